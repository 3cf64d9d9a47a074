/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts services one after the other: how fast, and how large they then are. */

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/log.h"
#include "measure.h"
#include "process.h"

typedef struct StartSamples {
        Samples owned_ms, answered_ms, pss_kib, anonymous_kib, libraries, cpu_ms;
} StartSamples;

/* The samples of every subject. */
typedef struct AllStartSamples {
        StartSamples of[_SUBJECT_MAX];
} AllStartSamples;

static void all_start_samples_done(AllStartSamples *all) {
        FOREACH_ELEMENT(samples, all->of) {
                samples_done(&samples->owned_ms);
                samples_done(&samples->answered_ms);
                samples_done(&samples->pss_kib);
                samples_done(&samples->anonymous_kib);
                samples_done(&samples->libraries);
                samples_done(&samples->cpu_ms);
        }
}

static int measure_memory(const Service *service, StartSamples *samples) {
        ProcessMemory memory;
        double libraries;
        int r;

        r = process_memory(service->child.pid, &memory);
        if (r < 0)
                return log_error_errno(r, "Failed to read the memory use of %s: %m", service->program);

        r = process_libraries(service->child.pid, &libraries);
        if (r < 0)
                return log_error_errno(r, "Failed to read the mappings of %s: %m", service->program);

        r = samples_add(&samples->pss_kib, memory.pss_kib);
        if (r < 0)
                return r;

        r = samples_add(&samples->anonymous_kib, memory.anonymous_kib);
        if (r < 0)
                return r;

        return samples_add(&samples->libraries, libraries);
}

static int measure_start(Bench *bench, Service *service, StartSamples *samples) {
        uint64_t owned_usec, answered_usec;
        double cpu_usec;
        int r;

        r = service_start(service, &bench->bus, &owned_usec);
        if (r < 0)
                return r;

        r = service_get_all(service, &bench->bus, NULL);
        if (r < 0)
                return r;
        answered_usec = now_usec(CLOCK_MONOTONIC) - service->child.started_usec;

        r = measure_memory(service, samples);
        if (r < 0)
                return r;

        r = service_stop(service, &bench->bus, &cpu_usec);
        if (r < 0)
                return r;

        r = samples_add(&samples->owned_ms, (double) owned_usec / USEC_PER_MSEC_F);
        if (r < 0)
                return r;

        r = samples_add(&samples->answered_ms, (double) answered_usec / USEC_PER_MSEC_F);
        if (r < 0)
                return r;

        return samples_add(&samples->cpu_ms, cpu_usec / USEC_PER_MSEC_F);
}

static void report_starts(Report *report, AllStartSamples *all) {
        for (Subject s = 0; s < _SUBJECT_MAX; s++) {
                StartSamples *samples = &all->of[s];

                report->values[ROW_OWNED_MEDIAN][s] = samples_quantile(&samples->owned_ms, 0.5);
                report->values[ROW_OWNED_P90][s] = samples_quantile(&samples->owned_ms, 0.9);
                report->values[ROW_ANSWERED_MEDIAN][s] = samples_quantile(&samples->answered_ms, 0.5);
                report->values[ROW_ANSWERED_P90][s] = samples_quantile(&samples->answered_ms, 0.9);
                report->values[ROW_PSS][s] = samples_quantile(&samples->pss_kib, 0.5);
                report->values[ROW_ANONYMOUS][s] = samples_quantile(&samples->anonymous_kib, 0.5);
                report->values[ROW_LIBRARIES][s] = samples_quantile(&samples->libraries, 0.5);
                report->values[ROW_WHOLE_CPU][s] = samples_mean(&samples->cpu_ms);
        }
}

int measure_starts(Bench *bench) {
        _cleanup_(all_start_samples_done) AllStartSamples all = {};
        int r;

        for (unsigned round = 0; round < bench->rounds; round++) {
                /* Who comes first changes, so that nobody always follows the same one. */
                for (unsigned turn = 0; turn < SERVICES_MAX; turn++) {
                        Subject subject = (Subject) ((round + turn) % SERVICES_MAX);
                        Service *service = &bench->services[subject];

                        if (!service->program)
                                continue;

                        r = measure_start(bench, service, &all.of[subject]);
                        if (r < 0)
                                return r;
                }

                if (bench->has_validate) {
                        r = measure_validate(bench, &all.of[SUBJECT_VALIDATE].cpu_ms);
                        if (r < 0)
                                return r;
                }
        }

        report_starts(&bench->report, &all);
        return 0;
}
