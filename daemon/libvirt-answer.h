/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtready-libvirt answers: its shape, and whether a text has it. */
#pragma once

#include <stddef.h>

#include "basic/json.h"
#include "basic/macro.h"

/* So much may be printed, with so many arrays and objects in it, which take hundreds of bytes each in
 * memory, and so many values in all, which take dozens, however short they are. The largest answer has 256
 * domains with a hundred arrays and objects, and four hundred values, each. */
#define LIBVIRT_ANSWER_SIZE_MAX ((size_t) 1024 * 1024)
#define LIBVIRT_ANSWER_CONTAINERS_MAX 32768U
#define LIBVIRT_ANSWER_VALUES_MAX 131072U

/* The longest string in it: the longest path. */
#define LIBVIRT_ANSWER_TEXT_MAX 8192U

/* A member of an object. SIGNATURE is its type on D-Bus: "s", "u", "t", "as", "a{su}", "a{sas}",
 * "a{sa{sas}}"; "a{sv}" is an object with the given MEMBERS, and "aa{sv}" an array of such. */
typedef struct AnswerField {
        const char *key;
        const char *signature;
        const struct AnswerField *members; /* ends with one that has no key */
} AnswerField;

/* A member of a domain that is the daemon's own: what the helper says of it counts for nothing. */
#define LIBVIRT_BLOCKED_BY "blocked_by"

/* All members of an answer, and of its objects; each may be missing or null but for "state", and a domain's
 * "arch" and "virt_type". Each table ends with a field that has no key. */
extern const AnswerField libvirt_answer_fields[];
extern const AnswerField libvirt_node_fields[];
extern const AnswerField libvirt_domain_fields[];

/* What state a hypervisor is in. The helper says one of those before "dormant". */
typedef enum HypervisorState {
        HYPERVISOR_RUNNING,
        HYPERVISOR_STOPPED,       /* nobody listens at its socket */
        HYPERVISOR_NOT_INSTALLED, /* libvirt does not have what the URI asks for */
        HYPERVISOR_UNREACHABLE,   /* something else went wrong, or its answer is of no use */
        HYPERVISOR_DENIED,        /* it answers others, and not us */
        HYPERVISOR_DORMANT,
        HYPERVISOR_UNKNOWN,
        _HYPERVISOR_STATE_MAX,
} HypervisorState;

const char *hypervisor_state_to_string(HypervisorState state);

/* Parses SIZE bytes. What is yielded has the shape: no other members, no other types, no numbers that are
 * too large for theirs, and no text that could not be shown or that a bus would not carry. Errors: -EBADMSG
 * when it does not, -ENOMEM. */
int libvirt_answer_parse(const char *text, size_t size, Json **ret);

/* Makes up an answer: libvirt could not be reached, because of DETAIL. Returns -ENOMEM or 0. */
int libvirt_answer_new_unreachable(const char *detail, Json **ret);

/* The member "state", and another one, which is NULL when it is missing or null. */
HypervisorState libvirt_answer_state(Json *answer);
Json *libvirt_answer_get(Json *answer, const char *key);
