/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hypervisors that libvirt may reach: when each is asked, and what is known of it. */
#pragma once

#include <systemd/sd-event.h>

#include "checks/verdict.h"
#include "hypervisor-view.h"

/* One hypervisor, and all of them: no more than HYPERVISORS_MAX. */
#define HYPERVISORS_MAX 2U

typedef struct Hypervisor Hypervisor;
typedef struct Hypervisors Hypervisors;

typedef struct HypervisorsOptions {
        const char *helper;  /* the program that asks (libvirt-query.h) */
        const char *uri;     /* what to ask instead of the system's QEMU and LXC; NULL: those */
        bool live;           /* this is the running system; else nobody is asked but at URI */
        uint64_t retry_usec; /* how long to wait after the first answer that was none; 0: 30 s */
} HypervisorsOptions;

/* Called from the event loop, or while the list is told something. The first: a hypervisor has changed from
 * the view OLD to FRESH (hypervisor-view.h), of which NULL is one that is not there. The second: the queries
 * of a hypervisor up to NUMBER have come to an end, and what they have found out is known. */
typedef struct HypervisorsHandlers {
        void (*changed)(const Hypervisor *hypervisor, Json *old, Json *fresh, void *userdata);
        void (*answered)(const Hypervisor *hypervisor, uint64_t number, void *userdata);
} HypervisorsHandlers;

/* Errors: -ENOMEM, and those of deferred_new(). What OPTIONS point to has to outlive the list. */
int hypervisors_new(sd_event *event, const HypervisorsOptions *options, const HypervisorsHandlers *handlers,
                    void *userdata, Hypervisors **ret);
Hypervisors *hypervisors_free(Hypervisors *list);
DEFINE_POINTER_CLEANUP(Hypervisors *, hypervisors_free);

/* What is known beside the answers, until it is told again. */
typedef struct HypervisorsNews {
        const Facts *facts;
        const Verdict *verdict;
        uint32_t announced;     /* units of which systemd has announced something (watch/unit-watch.h) */
        bool systemd_is_absent; /* the system was started without systemd, and nobody wakes a service */
} HypervisorsNews;

/* Tells the list what is known now; what FACTS and VERDICT point to is used until the next time. The views
 * follow, and who has to be asked again is, as soon as the event loop and the rate limit permit. Who could
 * not be reached is asked again by and by as long as that wakes nobody; until then nobody asks it because
 * its service has been started. */
void hypervisors_update(Hypervisors *list, const HypervisorsNews *news);

/* Has everyone asked again whose service runs. */
void hypervisors_recheck(Hypervisors *list);

/* Whether anybody may be asked at all. */
bool hypervisors_can_ask(const Hypervisors *list);

/* Has one asked though that may wake its service, unless it is being asked; yields the number of the query
 * whose end is to be waited for. */
uint64_t hypervisor_refresh(Hypervisor *hypervisor);

/* Those that are there: the N-th, or the one with this id; NULL: none. */
Hypervisor *hypervisors_get(const Hypervisors *list, size_t n);
Hypervisor *hypervisors_find(const Hypervisors *list, const char *id);

/* Whether it can be asked now without waking its service. */
bool hypervisor_is_askable(const Hypervisor *hypervisor);

const char *hypervisor_id(const Hypervisor *hypervisor);
const char *hypervisor_uri(const Hypervisor *hypervisor);
void *hypervisor_userdata(const Hypervisor *hypervisor); /* that of the list */

/* Yields a reference to the view (hypervisor-view.h). Returns -ENOMEM or 0. */
int hypervisor_view(Hypervisor *hypervisor, Json **ret);

/* Fills an empty object with the views of all, by id. Returns -ENOMEM or 0. */
int hypervisors_describe(Hypervisors *list, Json *object);

/* Has what is known take little memory until it is asked for (packed-json.h). */
void hypervisors_pack(Hypervisors *list);
