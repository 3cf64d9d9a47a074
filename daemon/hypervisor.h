/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One hypervisor that libvirt may reach: when it is asked, and what is known of it. */
#pragma once

#include <systemd/sd-event.h>

#include "checks/verdict.h"
#include "deferred.h"
#include "hypervisor-view.h"

typedef struct Hypervisor Hypervisor;

typedef struct HypervisorsOptions {
        const char *helper;  /* the program that asks (libvirt-query.h) */
        const char *uri;     /* what to ask instead of the system's QEMU and LXC; NULL: those */
        bool live;           /* this is the running system; else nobody is asked but at URI */
        uint64_t retry_usec; /* how long to wait after the first answer that was none; 0: 5 s (retry.h) */
} HypervisorsOptions;

/* Called from the event loop, or while the list is told something. The first: a hypervisor has changed from
 * the view OLD to FRESH (hypervisor-view.h), of which NULL is one that is not there. The second: the queries
 * of a hypervisor up to NUMBER have come to an end, and what they have found out is known. */
typedef struct HypervisorsHandlers {
        void (*changed)(const Hypervisor *hypervisor, Json *old, Json *fresh, void *userdata);
        void (*answered)(const Hypervisor *hypervisor, uint64_t number, void *userdata);
} HypervisorsHandlers;

/* What is known beside the answers, until it is told again. */
typedef struct HypervisorsNews {
        const Facts *facts;
        const Verdict *verdict;
        uint32_t announced;     /* units of which systemd has announced something (watch/unit-watch.h) */
        bool systemd_is_absent; /* the system was started without systemd, and nobody wakes a service */
} HypervisorsNews;

/* What all of them have in common. */
typedef struct HypervisorContext {
        sd_event *event;
        HypervisorsOptions options;
        HypervisorsHandlers handlers;
        void *userdata;
        Deferred *queries; /* calls hypervisor_begin() */
        HypervisorsNews news;
} HypervisorContext;

static inline bool hypervisor_context_can_ask(const HypervisorContext *context) {
        return context->options.live || context->options.uri;
}

/* Errors: -ENOMEM. CONTEXT and URI have to outlive it. */
int hypervisor_new(const HypervisorContext *context, LibvirtDriver driver, const char *uri,
                   Hypervisor **ret);
Hypervisor *hypervisor_free(Hypervisor *hypervisor);

/* The context has news. OUTDATED: they may make what libvirt has told wrong. */
void hypervisor_update(Hypervisor *hypervisor, bool outdated);

/* Begins a query if one is due. */
void hypervisor_begin(Hypervisor *hypervisor);

/* Has it asked again if its service runs. */
void hypervisor_recheck(Hypervisor *hypervisor);

/* Has it asked though that may wake its service, by a query that begins from now on; yields the number of
 * the one whose end is to be waited for. */
uint64_t hypervisor_refresh(Hypervisor *hypervisor);

/* Whether it can be asked now without waking its service. */
bool hypervisor_is_askable(const Hypervisor *hypervisor);

/* Whether the system has it at all. */
bool hypervisor_is_there(const Hypervisor *hypervisor);

const char *hypervisor_id(const Hypervisor *hypervisor);
const char *hypervisor_uri(const Hypervisor *hypervisor);
void *hypervisor_userdata(const Hypervisor *hypervisor); /* that of the context */

/* Yields a reference to the view (hypervisor-view.h), NULL if it is not there. Returns -ENOMEM or 0. */
int hypervisor_view(Hypervisor *hypervisor, Json **ret);

/* Has what is known take little memory until it is asked for (packed-json.h). */
void hypervisor_pack(Hypervisor *hypervisor);
