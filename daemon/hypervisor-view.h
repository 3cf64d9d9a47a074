/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is published of a hypervisor: the same on D-Bus and in the document. */
#pragma once

#include "checks/libvirt-service.h"
#include "checks/verdict.h"
#include "libvirt-answer.h"

/* What it is made of. */
typedef struct HypervisorParts {
        const char *uri;
        const LibvirtService *service; /* NULL: nobody tells of its service, only an answer says anything */
        Json *answer;                  /* the last one (libvirt-answer.h), or NULL */
        bool answer_is_current;        /* no service has come or gone since: it decides on the state */
        uint64_t answered_usec;        /* when libvirt itself has answered last (CLOCK_REALTIME), or 0 */
} HypervisorParts;

/* A member of a view, the property that shows it, and whether that is announced when it changes. */
typedef struct HypervisorField {
        AnswerField field;
        const char *property;
        bool announced;
} HypervisorField;

/* All of them, ending with one that has no key. Each is there; null is for what is not known. */
extern const HypervisorField hypervisor_fields[];

/* Yields an object with these members, which shares what it can with the answer. Returns -ENOMEM or 0. */
int hypervisor_view_new(const HypervisorParts *parts, const Facts *facts, const Verdict *verdict,
                        Json **ret);

/* Yields the id of a URI, which is its scheme, "qemu" of "qemu+ssh://host/system", in a place of
 * HYPERVISOR_ID_MAX bytes. Returns -EINVAL when it has none, or one that could not be in an object path. */
#define HYPERVISOR_ID_MAX 32U
int hypervisor_id_of_uri(const char *uri, char ret[HYPERVISOR_ID_MAX]);

/* Fills an empty object with the views of the system's hypervisors, by id, where nobody was asked. Returns
 * -ENOMEM or 0. */
int hypervisors_describe_unasked(const Facts *facts, const Verdict *verdict, Json *object);

/* Whether the system has this one at all: libvirt for QEMU always counts, that for LXC if its own daemon is
 * installed. The one that has all drivers can be there without it, which shows in no unit. */
bool hypervisor_is_shown(const Facts *facts, LibvirtDriver driver);

/* The URI that libvirt has for the system's hypervisor. */
const char *libvirt_driver_uri(LibvirtDriver driver);
