/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of EstimateCapacity: what is asked, and what is answered. */
#pragma once

#include <systemd/sd-bus.h>

#include "../daemon/capacity/inputs.h"
#include "../daemon/manager.h"

#define CAPACITY_STORAGE_DEFAULT "/var/lib/libvirt/images"

/* What the caller has said himself, rather than left to the preset. */
typedef enum CapacityGiven {
        CAPACITY_GIVEN_CPU_RATIO = 1 << 0,
        CAPACITY_GIVEN_MEMORY_RATIO = 1 << 1,
        CAPACITY_GIVEN_DISK_RATIO = 1 << 2,
        CAPACITY_GIVEN_RESERVE_CPUS = 1 << 3,
        CAPACITY_GIVEN_RESERVE_MEMORY = 1 << 4,
} CapacityGiven;

typedef struct CapacityRequest {
        CapacityGuest guest;
        CapacityPolicy policy;
        const CapacityPreset *preset;
        unsigned given;      /* of CapacityGiven */
        uint32_t count;      /* how many are wanted; 0: not said */
        const char *profile; /* its id */
        const char *storage; /* the message's, or the default one */
        bool storage_given;
} CapacityRequest;

/* Reads the argument of the call, whose message the result points into. Returns 0 or, after setting ERROR, a
 * negative errno. */
int bus_capacity_read(sd_bus_message *message, const Verdict *verdict, CapacityRequest *ret,
                      sd_bus_error *error);

/* What is known when it is answered. */
typedef struct CapacityKnown {
        const Manager *manager;
        const CapacityRequest *request;
        const Usage *usage;
        const char *guests_detail;  /* why not all is known of them; NULL: it is */
        const char *storage_detail; /* the same of the space for disks */
} CapacityKnown;

/* Reads what the machine has now, counts, and appends the result. Returns a negative errno on failure. */
int bus_capacity_append(sd_bus_message *reply, const CapacityKnown *known);
