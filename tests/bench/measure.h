/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The measurements. Each takes turns between its subjects: a machine that slows down slows all of them. */
#pragma once

#include "../../daemon/basic/clock.h"
#include "report.h"
#include "samples.h"
#include "service.h"

/* The subjects that are services come first. */
#define SERVICES_MAX SUBJECT_VALIDATE

typedef struct Bench {
        unsigned rounds, calls, events, storm, idle_seconds;
        bool has_validate; /* virt-host-validate is installed */

        PrivateBus bus;
        Service services[SERVICES_MAX]; /* one without a program is not installed */
        const char *floor_events;       /* the program that is the floor for events */

        Report report;
        unsigned n_other_listeners;            /* sockets that listened to the events, too */
        unsigned n_disturbed_events;           /* measured again, because there were others' */
        double storm_seconds;                  /* how long it took to send the storm to virtreadyd */
        unsigned n_idle_uevents;               /* device events during the idle period */
        unsigned n_reply_values[SERVICES_MAX]; /* values in each service's reply to GetAll */
} Bench;

/* The next service from POSITION on that is installed, which POSITION then is, or NULL:
 * "for (s = 0; (service = bench_next_service(bench, &s)); s++)". */
Service *bench_next_service(Bench *bench, Subject *position);

/* Passes leave a timer of the event loop's rate limit behind, which runs out within this time. */
#define MEASURE_SETTLE_USEC (1500 * USEC_PER_MSEC)

#define USEC_PER_MSEC_F ((double) USEC_PER_MSEC)

/* Sleeps. */
void measure_pause(uint64_t usec);

/* Runs "virt-host-validate qemu" and adds its CPU time in milliseconds. Its process start is part of what
 * its user pays, so it is part of the number. */
int measure_validate(const Bench *bench, Samples *cpu_ms);

/* Starts each service alone, ROUNDS times: time until the name is owned and until the first GetAll is
 * answered, memory and libraries then, and the CPU time of all that from fork to the end of the process. */
int measure_starts(Bench *bench);

/* Without any other service: time from EVENTS kernel events to the signal on the bus. Like the next one it
 * measures nothing where the kernel's events cannot be had. */
int measure_latency(Bench *bench);

/* Without any other service: STORM kernel events as fast as the kernel sends them, and what that costs.
 * Returns -EBADMSG when virtreadyd did not have the right state in the end. */
int measure_storm(Bench *bench);

/* With all services running: CALLS round trips of GetAll to each. */
int measure_calls(Bench *bench);

/* With virtreadyd running: CPU time of ROUNDS calls of Recheck, and of as many virt-host-validate runs. */
int measure_passes(Bench *bench);

/* CPU time of ROUNDS uses of KVM as a pass makes them, but by the benchmark itself: the part of a pass that
 * is the kernel's. */
int measure_probes(Bench *bench);

/* Without any service, on the files of a machine with 16 CPUs and of one with 2,048, in turn: CPU time of
 * ROUNDS full passes, and of as many as come when a device comes or goes; the files that describe CPUs and
 * nodes which each opens. */
int measure_large_machines(Bench *bench);

/* With all services running and nobody calling: context switches within IDLE_SECONDS. */
int measure_idle(Bench *bench);
