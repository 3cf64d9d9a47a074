/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long it takes from an event to those who hear of it on the bus: virtreadyd's way, and the shortest. */

#include <signal.h>

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/log.h"
#include "live.h"

/* The two take turns event by event, and who is not measured is stopped: it neither takes time from the
 * other nor has more to do than one event when it goes on. So virtreadyd passes twice in two of these
 * intervals: for the event that it slept through, and for its own. Three passes in half a second are not
 * held back by the rate limit, so none of these is. */
#define EVENT_INTERVAL_USEC (250 * USEC_PER_MSEC)

/* What somebody has to do after it has told what we listen to. */
#define REST_USEC (20 * USEC_PER_MSEC)

/* These come before the first that counts. */
#define EVENTS_WARM_UP 3U

typedef struct Pair {
        Follower daemon, floor;
        Samples daemon_usec, floor_usec;
} Pair;

static void pair_done(Pair *pair) {
        follower_done(&pair->daemon);
        follower_done(&pair->floor);
        samples_done(&pair->daemon_usec);
        samples_done(&pair->floor_usec);
}

static int send_signal(const Follower *follower, int number) {
        if (kill(follower->service.child.pid, number) < 0)
                return log_error_errno(-errno, "Failed to stop or continue %s: %m",
                                       follower->service.program);

        return 0;
}

/* One goes on, with the event that it has missed, and the other one stops. */
static int take_turn(const Follower *next, const Follower *other) {
        int r;

        r = send_signal(other, SIGSTOP);
        if (r < 0)
                return r;

        r = send_signal(next, SIGCONT);
        if (r < 0)
                return r;

        measure_pause(EVENT_INTERVAL_USEC);
        return 0;
}

/* The files have changed by now, if they are to. SAMPLES may be NULL. */
static int measure_event(Bench *bench, const LiveMachine *machine, Follower *follower, Samples *samples) {
        double sent_usec;
        int r;

        r = follower_forget(follower, bench);
        if (r < 0)
                return r;

        sent_usec = live_now_usec();
        r = kernel_events_send(&machine->events, 0);
        if (r < 0)
                return log_error_errno(r, "Failed to have an event sent: %m");

        r = follower_wait(follower, bench);
        if (r < 0)
                return r;
        if (samples) {
                r = samples_add(samples, follower->told_usec - sent_usec);
                if (r < 0)
                        return log_oom();
        }

        measure_pause(REST_USEC);
        return 0;
}

static int measure_round(Bench *bench, LiveMachine *machine, Pair *pair, bool counts) {
        int r;

        r = take_turn(&pair->daemon, &pair->floor);
        if (r < 0)
                return r;

        r = live_machine_flip(machine);
        if (r < 0)
                return r;

        r = measure_event(bench, machine, &pair->daemon, counts ? &pair->daemon_usec : NULL);
        if (r < 0)
                return r;

        r = take_turn(&pair->floor, &pair->daemon);
        if (r < 0)
                return r;

        return measure_event(bench, machine, &pair->floor, counts ? &pair->floor_usec : NULL);
}

static void report_latency(Report *report, Pair *pair) {
        report->values[ROW_EVENT_P50][SUBJECT_VIRTREADYD] = samples_quantile(&pair->daemon_usec, 0.5);
        report->values[ROW_EVENT_P99][SUBJECT_VIRTREADYD] = samples_quantile(&pair->daemon_usec, 0.99);
        report->values[ROW_EVENT_P50][SUBJECT_FLOOR] = samples_quantile(&pair->floor_usec, 0.5);
        report->values[ROW_EVENT_P99][SUBJECT_FLOOR] = samples_quantile(&pair->floor_usec, 0.99);
}

int measure_latency(Bench *bench) {
        _cleanup_(live_machine_done) LiveMachine machine = {};
        _cleanup_(pair_done) Pair pair = { .daemon.service.child = CHILD_NONE,
                                           .floor.service.child = CHILD_NONE };
        int r;

        r = live_machine_new(&machine);
        if (r < 0)
                return r;
        if (machine.events.n == 0)
                return 0;
        bench->report.has_events = true;

        r = follower_start(&pair.daemon, bench, SUBJECT_VIRTREADYD, &machine);
        if (r < 0)
                return r;

        r = follower_start(&pair.floor, bench, SUBJECT_FLOOR, &machine);
        if (r < 0)
                return r;

        for (unsigned i = 0; i < bench->events + EVENTS_WARM_UP; i++) {
                r = measure_round(bench, &machine, &pair, i >= EVENTS_WARM_UP);
                if (r < 0)
                        return r;
        }

        report_latency(&bench->report, &pair);
        return 0;
}
