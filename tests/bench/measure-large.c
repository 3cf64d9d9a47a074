/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the price of a pass grows with the machine: the same code, on the files of two machines in turn. */

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/log.h"
#include "../../daemon/checks/verdict.h"
#include "../../daemon/watch/uevent.h"
#include "large-machine.h"
#include "measure.h"
#include "open-counter.h"
#include "process.h"

#define SMALL_CPUS 16U
#define LARGE_CPUS 2048U

/* One machine, and what passes over it have cost. */
typedef struct Case {
        LargeMachine machine;
        Root *root;
        Facts facts;
        Samples pass_ms, devices_ms, bind_ms;
} Case;

static void case_done(Case *c) {
        samples_done(&c->bind_ms);
        samples_done(&c->devices_ms);
        samples_done(&c->pass_ms);
        facts_done(&c->facts);
        c->root = root_free(c->root);
        large_machine_done(&c->machine);
}

static int case_init(Case *c, unsigned n_cpus) {
        int r;

        r = large_machine_new(n_cpus, &c->machine);
        if (r < 0)
                return log_error_errno(r, "Failed to write the files of a machine with %u CPUs: %m", n_cpus);

        r = root_new(c->machine.path, &c->root);
        if (r < 0)
                return log_error_errno(r, "Failed to open %s: %m", c->machine.path);

        return 0;
}

/* Reads and judges, as a pass does. */
static int run_pass(Case *c, SourceMask sources, Samples *cpu_ms) {
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        double before, after;
        int r;

        r = process_cpu_usec(getpid(), &before);
        if (r < 0)
                return log_error_errno(r, "Failed to read the CPU clock: %m");

        r = facts_read(&c->facts, c->root, sources);
        if (r < 0)
                return log_error_errno(r, "Failed to read facts: %m");

        r = verdict_new(&c->facts, NULL, now_usec(CLOCK_REALTIME), &verdict);
        if (r < 0)
                return log_error_errno(r, "Failed to judge facts: %m");

        r = process_cpu_usec(getpid(), &after);
        if (r < 0)
                return log_error_errno(r, "Failed to read the CPU clock: %m");

        return samples_add(cpu_ms, (after - before) / USEC_PER_MSEC_F);
}

/* The two take turns. A pass over devices reads what it does when KVM's device comes or goes; one that
 * follows a "bind" of a PCI device reads these. */
static int measure_rounds(Case *const cases[static 2], unsigned rounds) {
        SourceMask devices = uevent_sources_of_module(MODULE_KVM);
        int r;

        for (unsigned round = 0; round < rounds; round++)
                for (size_t i = 0; i < 2; i++) {
                        r = run_pass(cases[i], SOURCE_MASK_ALL, &cases[i]->pass_ms);
                        if (r < 0)
                                return r;
                        r = run_pass(cases[i], devices, &cases[i]->devices_ms);
                        if (r < 0)
                                return r;
                        r = run_pass(cases[i], SOURCE_MASK(SOURCE_PCI), &cases[i]->bind_ms);
                        if (r < 0)
                                return r;
                }

        return 0;
}

static int count_opened(Case *c, OpenCounter *counter, SourceMask sources, double *ret) {
        unsigned n;
        int r;

        r = facts_read(&c->facts, c->root, sources);
        if (r < 0)
                return log_error_errno(r, "Failed to read facts: %m");

        r = open_counter_read(counter, &n);
        if (r < 0)
                return log_error_errno(r, "Failed to count opened files: %m");

        *ret = n;
        return 0;
}

/* Counts what two passes open of the files that describe CPUs and nodes. Being watched costs time, so this
 * is not done while that is measured. */
static int count_all_opened(Case *c, double *ret_all, double *ret_devices) {
        _cleanup_(open_counter_done) OpenCounter counter = OPEN_COUNTER_NONE;
        _cleanup_free_ char *watched = NULL;
        int r;

        if (asprintf(&watched, "%s/sys/devices/system", c->machine.path) < 0) {
                watched = NULL;
                return -ENOMEM;
        }

        r = open_counter_new(watched, &counter);
        if (r < 0)
                return log_error_errno(r, "Failed to watch %s: %m", watched);

        r = count_opened(c, &counter, SOURCE_MASK_ALL, ret_all);
        if (r < 0)
                return r;

        return count_opened(c, &counter, uevent_sources_of_module(MODULE_KVM), ret_devices);
}

/* It has to have seen the machine that it was measured on. */
static int check_facts(const Case *c) {
        if (c->facts.topology.threads != c->machine.n_cpus)
                return log_error_errno(-EBADMSG, "%u CPUs were written and %u found.", c->machine.n_cpus,
                                       c->facts.topology.threads);
        if (c->facts.pci->n_devices != c->machine.n_devices)
                return log_error_errno(-EBADMSG, "%u PCI devices were written and %zu found.",
                                       c->machine.n_devices, c->facts.pci->n_devices);

        return 0;
}

/* The rows that there are for each of the two machines. */
typedef struct CaseRows {
        Row pass, per_cpu, opened, devices, devices_opened, bind;
} CaseRows;

static int report_case(Report *report, Case *c, const CaseRows *rows) {
        double pass_ms = samples_quantile(&c->pass_ms, 0.5);
        int r;

        r = check_facts(c);
        if (r < 0)
                return r;

        report->values[rows->pass][SUBJECT_VIRTREADYD] = pass_ms;
        report->values[rows->per_cpu][SUBJECT_VIRTREADYD] = pass_ms * USEC_PER_MSEC_F / c->machine.n_cpus;
        report->values[rows->devices][SUBJECT_VIRTREADYD] = samples_quantile(&c->devices_ms, 0.5);
        report->values[rows->bind][SUBJECT_VIRTREADYD] = samples_quantile(&c->bind_ms, 0.5);

        return count_all_opened(c, &report->values[rows->opened][SUBJECT_VIRTREADYD],
                                &report->values[rows->devices_opened][SUBJECT_VIRTREADYD]);
}

int measure_large_machines(Bench *bench) {
        static const CaseRows rows[] = {
                { ROW_SMALL_PASS, ROW_SMALL_PER_CPU, ROW_SMALL_OPENED, ROW_SMALL_DEVICES,
                  ROW_SMALL_DEVICES_OPENED, ROW_SMALL_BIND },
                { ROW_LARGE_PASS, ROW_LARGE_PER_CPU, ROW_LARGE_OPENED, ROW_LARGE_DEVICES,
                  ROW_LARGE_DEVICES_OPENED, ROW_LARGE_BIND },
        };
        _cleanup_(case_done) Case small = {}, large = {};
        Case *const cases[] = { &small, &large };
        int r;

        r = case_init(&small, SMALL_CPUS);
        if (r < 0)
                return r;

        r = case_init(&large, LARGE_CPUS);
        if (r < 0)
                return r;

        r = measure_rounds(cases, bench->rounds);
        if (r < 0)
                return r;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                r = report_case(&bench->report, cases[i], &rows[i]);
                if (r < 0)
                        return r;
        }

        return 0;
}
