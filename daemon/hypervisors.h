/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hypervisors that libvirt may reach. */
#pragma once

#include "hypervisor.h"

/* There are no more. */
#define HYPERVISORS_MAX 2U

typedef struct Hypervisors Hypervisors;

/* Errors: -ENOMEM, and those of deferred_new(). What OPTIONS point to has to outlive the list. */
int hypervisors_new(sd_event *event, const HypervisorsOptions *options, const HypervisorsHandlers *handlers,
                    void *userdata, Hypervisors **ret);
Hypervisors *hypervisors_free(Hypervisors *list);
DEFINE_POINTER_CLEANUP(Hypervisors *, hypervisors_free);

/* Tells the list what is known now; what FACTS and VERDICT point to is used until the next time. The views
 * follow, and who has to be asked again is, as soon as the event loop and the rate limit permit. Who could
 * not be reached is asked again by and by as long as that wakes nobody; that its
 * service has been started makes that sooner, and not at once. */
void hypervisors_update(Hypervisors *list, const HypervisorsNews *news);

/* Has everyone asked again whose service runs. */
void hypervisors_recheck(Hypervisors *list);

/* Whether anybody may be asked at all. */
bool hypervisors_can_ask(const Hypervisors *list);

/* Those that are there: the N-th, or the one with this id; NULL: none. */
Hypervisor *hypervisors_get(const Hypervisors *list, size_t n);
Hypervisor *hypervisors_find(const Hypervisors *list, const char *id);

/* Fills an empty object with the views of all, by id. Returns -ENOMEM or 0. */
int hypervisors_describe(Hypervisors *list, Json *object);

/* Has what is known take little memory until it is asked for (packed-json.h). */
void hypervisors_pack(Hypervisors *list);
