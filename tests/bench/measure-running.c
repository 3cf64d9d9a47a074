/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What running services do when they are called, and when they are not. */

#include <math.h>
#include <time.h>

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/log.h"
#include "../../daemon/tidy.h"
#include "machine.h"
#include "measure.h"
#include "process.h"

/* Calls to one service in a row before it is the next one's turn. */
#define CALLS_PER_TURN 50U

/* By then virtreadyd has tidied up after what was measured before; its timer may be a second late. */
#define IDLE_AFTER_USEC (TIDY_AFTER_USEC + 2 * USEC_PER_SEC)

/* Device events wake whoever listens; so many periods are tried to find one without. */
#define IDLE_ATTEMPTS 3U

typedef struct CallSamples {
        Samples usec[SERVICES_MAX];
} CallSamples;

static void call_samples_done(CallSamples *samples) {
        FOREACH_ELEMENT(usec, samples->usec)
                samples_done(usec);
}

/* SAMPLES may be NULL: then the calls only warm up. */
static int call_in_a_row(Bench *bench, const Service *service, unsigned n, Samples *samples) {
        int r;

        for (unsigned i = 0; i < n; i++) {
                struct timespec start, end;

                (void) clock_gettime(CLOCK_MONOTONIC, &start);
                r = service_get_all(service, &bench->bus, NULL);
                if (r < 0)
                        return r;
                (void) clock_gettime(CLOCK_MONOTONIC, &end);

                if (!samples)
                        continue;
                r = samples_add(samples,
                                (double) (end.tv_sec - start.tv_sec) * (double) USEC_PER_SEC +
                                        (double) (end.tv_nsec - start.tv_nsec) / (double) NSEC_PER_USEC);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int call_by_turns(Bench *bench, unsigned calls, CallSamples *samples) {
        Service *service;
        int r;

        for (unsigned done = 0; done < calls; done += CALLS_PER_TURN) {
                unsigned n = calls - done < CALLS_PER_TURN ? calls - done : CALLS_PER_TURN;

                for (Subject s = 0; (service = bench_next_service(bench, &s)); s++) {
                        r = call_in_a_row(bench, service, n, samples ? &samples->usec[s] : NULL);
                        if (r < 0)
                                return r;
                }
        }

        return 0;
}

int measure_calls(Bench *bench) {
        _cleanup_(call_samples_done) CallSamples samples = {};
        double cpu_before[SERVICES_MAX], cpu_after;
        Report *report = &bench->report;
        const Service *service;
        int r;

        r = call_by_turns(bench, CALLS_PER_TURN, NULL);
        if (r < 0)
                return r;

        for (Subject s = 0; (service = bench_next_service(bench, &s)); s++) {
                r = process_cpu_usec(service->child.pid, &cpu_before[s]);
                if (r < 0)
                        return log_error_errno(r, "Failed to read the CPU clock of %s: %m",
                                               service->program);
        }

        r = call_by_turns(bench, bench->calls, &samples);
        if (r < 0)
                return r;

        for (Subject s = 0; (service = bench_next_service(bench, &s)); s++) {
                r = process_cpu_usec(service->child.pid, &cpu_after);
                if (r < 0)
                        return log_error_errno(r, "Failed to read the CPU clock of %s: %m",
                                               service->program);

                report->values[ROW_GET_ALL_CPU][s] = (cpu_after - cpu_before[s]) / bench->calls;
                report->values[ROW_GET_ALL_P50][s] = samples_quantile(&samples.usec[s], 0.5);
                report->values[ROW_GET_ALL_P99][s] = samples_quantile(&samples.usec[s], 0.99);
        }

        return 0;
}

static void read_switches(Bench *bench, double switches[static SERVICES_MAX]) {
        const Service *service;

        for (Subject s = 0; s < SERVICES_MAX; s++)
                switches[s] = NAN;

        /* hostnamed exits when nobody has asked for a while; it then has no number, which is no failure. */
        for (Subject s = 0; (service = bench_next_service(bench, &s)); s++)
                if (!child_has_exited(&service->child))
                        (void) process_context_switches(service->child.pid, &switches[s]);
}

int measure_idle(Bench *bench) {
        double before[SERVICES_MAX], after[SERVICES_MAX];
        _cleanup_close_ int uevents = -EBADF;

        uevents = machine_open_uevents();
        if (uevents < 0)
                return log_error_errno(uevents, "Failed to listen to device events: %m");

        measure_pause(IDLE_AFTER_USEC);
        for (unsigned attempt = 0; attempt < IDLE_ATTEMPTS; attempt++) {
                (void) machine_count_uevents(uevents);
                read_switches(bench, before);
                measure_pause(bench->idle_seconds * USEC_PER_SEC);
                read_switches(bench, after);

                bench->n_idle_uevents = machine_count_uevents(uevents);
                if (bench->n_idle_uevents == 0)
                        break;
        }

        for (Subject s = 0; s < SERVICES_MAX; s++)
                bench->report.values[ROW_IDLE_SWITCHES][s] = after[s] - before[s];
        return 0;
}
