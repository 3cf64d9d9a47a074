/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a look at the machine costs: virtreadyd's, KVM's share of it, and virt-host-validate's. */

#include <sys/wait.h>

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/log.h"
#include "../../daemon/facts/kvm.h"
#include "../../dbus/names.h"
#include "measure.h"
#include "process.h"

/* Microseconds: about as far apart as the rate limit lets passes come. */
#define PROBE_INTERVAL_USEC (130 * USEC_PER_MSEC)

int measure_validate(const Bench *bench, Samples *cpu_ms) {
        _cleanup_(child_done) Child child = CHILD_NONE;
        double cpu_usec;
        int r, status;

        r = child_start((const char *[]){ "virt-host-validate", "qemu", NULL }, /* output= */ -EBADF,
                        bench->bus.quiet, &child);
        if (r < 0)
                return log_error_errno(r, "Failed to start virt-host-validate: %m");

        r = child_wait(&child, SERVICE_LIMIT_USEC, &status, &cpu_usec);
        if (r < 0)
                return log_error_errno(r, "Failed to wait for virt-host-validate: %m");

        /* A failed check is exit status 1, and no failure to measure. */
        if (!WIFEXITED(status))
                return log_error_errno(-EIO, "virt-host-validate was killed by signal %i.",
                                       WTERMSIG(status));

        return samples_add(cpu_ms, cpu_usec / USEC_PER_MSEC_F);
}

static int recheck(Bench *bench) {
        int r;

        r = sd_bus_call_method(bench->bus.client, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                               "Recheck", NULL, NULL, NULL);
        if (r < 0)
                return log_error_errno(r, "Failed to have virtreadyd check the machine again: %m");

        return 0;
}

int measure_passes(Bench *bench) {
        const Service *service = &bench->services[SUBJECT_VIRTREADYD];
        _cleanup_(samples_done) Samples validate_ms = {};
        double before, after;
        int r;

        r = process_cpu_usec(service->child.pid, &before);
        if (r < 0)
                return log_error_errno(r, "Failed to read the CPU clock of virtreadyd: %m");

        for (unsigned round = 0; round < bench->rounds; round++) {
                r = recheck(bench);
                if (r < 0)
                        return r;

                if (bench->has_validate) {
                        r = measure_validate(bench, &validate_ms);
                        if (r < 0)
                                return r;
                }
        }

        /* The last probe's own events are part of its price. */
        measure_pause(MEASURE_SETTLE_USEC);
        r = process_cpu_usec(service->child.pid, &after);
        if (r < 0)
                return log_error_errno(r, "Failed to read the CPU clock of virtreadyd: %m");

        bench->report.values[ROW_PASS_CPU][SUBJECT_VIRTREADYD] =
                (after - before) / USEC_PER_MSEC_F / bench->rounds;
        bench->report.values[ROW_PASS_CPU][SUBJECT_VALIDATE] = samples_mean(&validate_ms);
        return 0;
}

int measure_probes(Bench *bench) {
        const DeviceFacts device = { .registered = TRISTATE_YES };
        _cleanup_(samples_done) Samples validate_ms = {}, probe_ms = {};
        _cleanup_(root_freep) Root *root = NULL;
        _cleanup_(kvm_facts_done) KvmFacts kvm = {};
        double before, after;
        int r;

        r = root_new("/", &root);
        if (r < 0)
                return log_error_errno(r, "Failed to open the root directory: %m");

        for (unsigned round = 0; round < bench->rounds; round++) {
                /* As often as passes come, and with the same competition for the CPU's caches. */
                measure_pause(PROBE_INTERVAL_USEC);
                if (bench->has_validate) {
                        r = measure_validate(bench, &validate_ms);
                        if (r < 0)
                                return r;
                }

                r = process_cpu_usec(getpid(), &before);
                if (r < 0)
                        return log_error_errno(r, "Failed to read the CPU clock: %m");

                r = kvm_facts_read(root, &device, &kvm);
                if (r < 0)
                        return log_error_errno(r, "Failed to use KVM: %m");

                r = process_cpu_usec(getpid(), &after);
                if (r < 0)
                        return log_error_errno(r, "Failed to read the CPU clock: %m");

                r = samples_add(&probe_ms, (after - before) / USEC_PER_MSEC_F);
                if (r < 0)
                        return r;
        }

        bench->report.values[ROW_PROBE_CPU][SUBJECT_VIRTREADYD] = samples_mean(&probe_ms);
        bench->report.values[ROW_PROBE_CPU][SUBJECT_VALIDATE] = samples_mean(&validate_ms);
        return 0;
}
