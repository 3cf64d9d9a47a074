/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a storm of events costs, and that the state is right after it. */

#include <limits.h>
#include <sys/inotify.h>

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/log.h"
#include "live.h"
#include "process.h"

/* Before and after the storm somebody has time to do what is left to do. */
#define CALM_USEC MEASURE_SETTLE_USEC

/* Passes are counted each time after so many events, or inotify's queue would overflow. */
#define EVENTS_BETWEEN_COUNTS 1000U

/* Counts passes by what each of them does once: it opens proc/misc. That is exact, and has virtreadyd log
 * nothing that it does not log in service. */
typedef struct PassCounter {
        int fd;
        unsigned n;
} PassCounter;

static int pass_counter_new(const char *root, PassCounter *ret) {
        _cleanup_close_ int fd = -EBADF;
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s/proc", root);
        fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        /* An event is merged with an equal one before it: that its file was closed keeps two openings apart.
         */
        if (fd < 0 || inotify_add_watch(fd, path, IN_OPEN | IN_CLOSE_NOWRITE | IN_ONLYDIR) < 0)
                return log_error_errno(-errno, "Failed to watch %s: %m", path);

        *ret = (PassCounter){ .fd = TAKE_FD(fd) };
        return 0;
}

static void pass_counter_done(PassCounter *counter) {
        counter->fd = safe_close(counter->fd);
}

static int pass_counter_update(PassCounter *counter) {
        char buffer[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
        ssize_t size;

        while ((size = read(counter->fd, buffer, sizeof(buffer))) > 0)
                for (const char *p = buffer; p < buffer + size;) {
                        const struct inotify_event *event = (const void *) p;

                        if (event->mask & IN_Q_OVERFLOW)
                                return log_error_errno(-EOVERFLOW, "Too many passes to be counted.");
                        counter->n += event->mask & IN_OPEN && event->len > 0 && streq(event->name, "misc");
                        p += sizeof(*event) + event->len;
                }

        return size < 0 && errno != EAGAIN ? log_error_errno(-errno, "Failed to count passes: %m") : 0;
}

/* What one of the two looked like before the storm, and what it did. */
typedef struct Storm {
        double cpu_usec, peak_kib; /* before */
        double send_usec;          /* how long it took to send it */
        double last_usec;          /* when the last event was sent */
} Storm;

static int read_process(const Follower *follower, double *ret_cpu_usec, double *ret_peak_kib) {
        int r;

        r = process_cpu_usec(follower->service.child.pid, ret_cpu_usec);
        if (r < 0)
                return log_error_errno(r, "Failed to read the CPU clock of %s: %m",
                                       follower->service.program);

        r = process_peak_memory(follower->service.child.pid, ret_peak_kib);
        if (r < 0)
                return log_error_errno(r, "Failed to read the memory use of %s: %m",
                                       follower->service.program);

        return 0;
}

static int send_storm(Bench *bench, LiveMachine *machine, PassCounter *counter) {
        int r;

        for (unsigned i = 0; i < bench->storm; i++) {
                r = kernel_events_send(&machine->events, i % machine->events.n);
                if (r < 0)
                        return log_error_errno(r, "Failed to have an event sent: %m");

                if (i % EVENTS_BETWEEN_COUNTS == 0) {
                        r = pass_counter_update(counter);
                        if (r < 0)
                                return r;
                }
        }

        return 0;
}

/* All of the storm but the last event changes nothing, and that one is as good as any other. */
static int run_storm(Bench *bench, LiveMachine *machine, Follower *follower, PassCounter *counter,
                     Storm *storm) {
        double start_usec;
        int r;

        measure_pause(CALM_USEC);
        r = pass_counter_update(counter);
        if (r < 0)
                return r;
        counter->n = 0;

        /* Its start took more memory than it has now. */
        r = process_reset_peak(follower->service.child.pid);
        if (r < 0)
                return log_error_errno(r, "Failed to forget the peak of %s: %m", follower->service.program);

        r = read_process(follower, &storm->cpu_usec, &storm->peak_kib);
        if (r < 0)
                return r;

        start_usec = live_now_usec();
        r = send_storm(bench, machine, counter);
        if (r < 0)
                return r;

        r = follower_forget(follower, bench);
        if (r < 0)
                return r;

        r = live_machine_flip(machine);
        if (r < 0)
                return r;

        storm->last_usec = live_now_usec();
        storm->send_usec = storm->last_usec - start_usec;
        r = kernel_events_send(&machine->events, 0);
        if (r < 0)
                return log_error_errno(r, "Failed to have an event sent: %m");

        r = follower_wait(follower, bench);
        if (r < 0)
                return r;

        measure_pause(CALM_USEC);
        return pass_counter_update(counter);
}

static int report_storm(Bench *bench, Subject subject, const Follower *follower, const Storm *storm) {
        Report *report = &bench->report;
        double cpu_usec = 0, peak_kib = 0;
        unsigned dropped = 0;
        int r;

        r = read_process(follower, &cpu_usec, &peak_kib);
        if (r < 0)
                return r;

        r = kernel_events_dropped(follower->service.child.pid, &dropped);
        if (r < 0)
                return log_error_errno(r, "Failed to read how many events were dropped: %m");

        report->values[ROW_STORM_DROPPED][subject] = dropped;
        report->values[ROW_STORM_CPU][subject] =
                (cpu_usec - storm->cpu_usec) / (bench->storm + 1.0 - dropped);
        report->values[ROW_STORM_PEAK][subject] = peak_kib;
        report->values[ROW_STORM_GROWTH][subject] = peak_kib - storm->peak_kib;
        return 0;
}

static int check_state(Bench *bench, Follower *follower, const LiveMachine *machine) {
        const char *expected = machine->has_tun ? "pass" : "fail";
        _cleanup_free_ char *state = NULL;
        int r;

        r = follower_get_state(follower, bench, &state);
        if (r < 0)
                return r;

        if (!streq(state, expected) || !streq(follower->told_state, expected))
                return log_error_errno(-EBADMSG,
                                       "After the storm virtreadyd told '%s' and has '%s'; '%s' is right.",
                                       follower->told_state, state, expected);

        return 0;
}

/* Each has the machine and the bus for itself, and has just been started. */
static int measure_one(Bench *bench, LiveMachine *machine, PassCounter *counter, Subject subject) {
        _cleanup_(follower_done) Follower follower = { .service.child = CHILD_NONE };
        Storm storm = {};
        int r;

        r = follower_start(&follower, bench, subject, machine);
        if (r < 0)
                return r;

        r = run_storm(bench, machine, &follower, counter, &storm);
        if (r < 0)
                return r;

        r = report_storm(bench, subject, &follower, &storm);
        if (r < 0)
                return r;

        if (subject == SUBJECT_VIRTREADYD) {
                r = check_state(bench, &follower, machine);
                if (r < 0)
                        return r;

                bench->report.values[ROW_STORM_PASSES][subject] = counter->n;
                bench->report.values[ROW_STORM_SETTLED][subject] =
                        (follower.told_usec - storm.last_usec) / USEC_PER_MSEC_F;
                bench->storm_seconds = storm.send_usec / (double) USEC_PER_SEC;
        }

        return service_stop(&follower.service, &bench->bus, NULL);
}

int measure_storm(Bench *bench) {
        _cleanup_(pass_counter_done) PassCounter counter = { .fd = -EBADF };
        _cleanup_(live_machine_done) LiveMachine machine = {};
        int r;

        r = live_machine_new(&machine);
        if (r < 0)
                return r;
        if (machine.events.n == 0)
                return 0;

        r = pass_counter_new(machine.files.path, &counter);
        if (r < 0)
                return r;

        r = measure_one(bench, &machine, &counter, SUBJECT_FLOOR);
        if (r < 0)
                return r;

        return measure_one(bench, &machine, &counter, SUBJECT_VIRTREADYD);
}
