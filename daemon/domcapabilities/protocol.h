/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtready-libvirt and virtready-domcapabilities say to each other, over a stream: lines and texts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "../basic/string-table.h"

/* Where systemd listens for it (virtready-domcapabilities.socket). */
#define DOMCAPABILITIES_SOCKET "/run/virtready/domcapabilities"

/* A line is no longer than that, its end included, and a text that follows an answer's line. */
#define DOMCAPABILITIES_LINE_MAX 1024U
#define DOMCAPABILITIES_TEXT_MAX (4U * 1024 * 1024)

/* Which guests are asked about: "qemu:///system x86_64 kvm pc". Each word is made of letters, digits and
 * a few other characters; what "-" stands for is libvirt's to choose. */
typedef struct DomcapabilitiesRequest {
        const char *uri;
        const char *arch;
        const char *virt_type;
        const char *machine; /* NULL: libvirt's default */
} DomcapabilitiesRequest;

/* The first line is "ready 0": the program has been started, and waits for requests. */
typedef enum DomcapabilitiesOutcome {
        DOMCAPABILITIES_READY,       /* no text */
        DOMCAPABILITIES_DONE,        /* the text is libvirt's XML */
        DOMCAPABILITIES_UNSUPPORTED, /* this hypervisor has none; no text */
        DOMCAPABILITIES_FAILED,      /* the text is libvirt's message */
        DOMCAPABILITIES_OTHER_URI,   /* it asks another libvirt alone; no text */
        DOMCAPABILITIES_BAD_REQUEST, /* no text */
        _DOMCAPABILITIES_OUTCOME_MAX,
} DomcapabilitiesOutcome;

/* The line before a text of SIZE bytes: "done 20000". */
typedef struct DomcapabilitiesAnswer {
        DomcapabilitiesOutcome outcome;
        size_t size;
} DomcapabilitiesAnswer;

/* Parse a line without its end, which is cut into pieces; the request points into it. Returns -EBADMSG for
 * what is none, or 0. */
int domcapabilities_request_parse(char *line, DomcapabilitiesRequest *ret);
int domcapabilities_answer_parse(const char *line, DomcapabilitiesAnswer *ret);

/* Whether a request about this URI can be written. */
bool domcapabilities_can_ask(const char *uri);

/* Write a line with its end. Returns its length; of the request also -EINVAL when a word cannot be asked
 * for. */
int domcapabilities_request_format(const DomcapabilitiesRequest *request,
                                   char ret[static DOMCAPABILITIES_LINE_MAX]);
int domcapabilities_answer_format(const DomcapabilitiesAnswer *answer,
                                  char ret[static DOMCAPABILITIES_LINE_MAX]);

DECLARE_STRING_TABLE(domcapabilities_outcome, DomcapabilitiesOutcome);
