/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtreadyd and virtready-modprobe say to each other, which modules it may be about, and nothing else.
 *
 * A connection is a SOCK_SEQPACKET socket and carries one packet each way: the request, "load kvm_amd", and
 * the answer, "refused 95". Both are an ASCII word, one blank and one more, without a NUL or newline at the
 * end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "../basic/string-table.h"

/* No packet is longer. The kernel's names of modules have at most 55 characters
 * (include/linux/moduleparam.h: MAX_PARAM_PREFIX_LEN, include/linux/module.h: MODULE_NAME_LEN). */
#define MODPROBE_PACKET_MAX 80U
#define MODPROBE_NAME_MAX 55U

typedef enum ModprobeAct {
        MODPROBE_LOAD,
        MODPROBE_PERSIST, /* have the module loaded at each start from now on */
        MODPROBE_FORGET,  /* no longer */
        _MODPROBE_ACT_MAX,
} ModprobeAct;

typedef struct ModprobeRequest {
        ModprobeAct act;
        const char *module; /* of the allow-list, as the kernel has it: "kvm_amd" */
} ModprobeRequest;

/* How it went. "refused" and "failed" have an error, and the others none. */
typedef enum ModprobeOutcome {
        MODPROBE_DONE,        /* also: there was nothing to do */
        MODPROBE_BAD_REQUEST, /* this is no request */
        MODPROBE_NOT_ALLOWED, /* the module is not in the allow-list */
        MODPROBE_NOT_FOUND,   /* the module is not in the module tree of the running kernel */
        MODPROBE_OVERRIDDEN,  /* modprobe.d(5) has another command in its place, or of one that it needs */
        MODPROBE_BLACKLISTED, /* a blacklist keeps it from being loaded at each start */
        MODPROBE_REFUSED,     /* the kernel does not take it */
        MODPROBE_FAILED,      /* something else than the kernel: a file that cannot be read or written */
        _MODPROBE_OUTCOME_MAX,
} ModprobeOutcome;

typedef struct ModprobeAnswer {
        ModprobeOutcome outcome;
        int error; /* a positive errno(3), or 0 */
} ModprobeAnswer;

/* Finds a module that may be loaded, by its name with dashes or underscores. Yields the kernel's name, or
 * NULL for any other. */
const char *modprobe_allowed(const char *name);

/* All of them, NULL-terminated. */
const char *const *modprobe_allow_list(void);

/* Tells whether this could be the name of a module: letters, digits, underscores and dashes, at most
 * MODPROBE_NAME_MAX. */
bool modprobe_name_is_valid(const char *name);

/* Understands a packet of SIZE bytes; they need not be text. Errors: -EBADMSG when it is no request, -EPERM
 * when it is one for a module that is not allowed. */
int modprobe_request_parse(const char *packet, size_t size, ModprobeRequest *ret);

/* Both write the text of a packet, without a NUL at the end as part of it, and return its size. */
size_t modprobe_request_format(const ModprobeRequest *request, char ret[static MODPROBE_PACKET_MAX + 1]);
size_t modprobe_answer_format(const ModprobeAnswer *answer, char ret[static MODPROBE_PACKET_MAX + 1]);

/* Understands an answer of SIZE bytes. Returns -EBADMSG when it is none. */
int modprobe_answer_parse(const char *packet, size_t size, ModprobeAnswer *ret);

DECLARE_STRING_TABLE(modprobe_act, ModprobeAct);
DECLARE_STRING_TABLE(modprobe_outcome, ModprobeOutcome);
