/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long it takes from an event to those who hear of it on the bus: virtreadyd's way, and the shortest. */

#include <signal.h>

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/log.h"
#include "live.h"
#include "machine.h"

/* The two take turns event by event, and who is not measured is stopped: it neither takes time from the
 * other nor has more to do than one event when it goes on. So virtreadyd passes twice in two of these
 * intervals: for the event that it slept through, and for its own. Three passes in half a second are not
 * held back by the rate limit, so none of these is. */
#define EVENT_INTERVAL_USEC (250 * USEC_PER_MSEC)

/* What somebody has to do after it has told what we listen to. */
#define REST_USEC (20 * USEC_PER_MSEC)

/* These come before the first that counts. */
#define EVENTS_WARM_UP 3U

/* So many rounds are tried for each that counts: others' events are followed, too, and with them passes meet
 * their limit. */
#define ATTEMPTS_MAX 4U

typedef struct Pair {
        Follower daemon, floor;
        Samples daemon_usec, floor_usec;
        int uevents; /* hears all events */
} Pair;

static void pair_done(Pair *pair) {
        follower_done(&pair->daemon);
        follower_done(&pair->floor);
        samples_done(&pair->daemon_usec);
        samples_done(&pair->floor_usec);
        pair->uevents = safe_close(pair->uevents);
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

/* The files have changed by now, if they are to. RET_USEC is the time from event to signal. */
static int measure_event(Bench *bench, const LiveMachine *machine, Follower *follower, double *ret_usec) {
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

        *ret_usec = follower->told_usec - sent_usec;
        measure_pause(REST_USEC);
        return 0;
}

/* Returns 1, or 0 when there were others' events, so that the round does not count. */
static int measure_round(Bench *bench, LiveMachine *machine, Pair *pair, double *ret_daemon_usec,
                         double *ret_floor_usec) {
        int r;

        (void) machine_count_uevents(pair->uevents);
        r = take_turn(&pair->daemon, &pair->floor);
        if (r < 0)
                return r;

        r = live_machine_flip(machine);
        if (r < 0)
                return r;

        r = measure_event(bench, machine, &pair->daemon, ret_daemon_usec);
        if (r < 0)
                return r;

        r = take_turn(&pair->floor, &pair->daemon);
        if (r < 0)
                return r;

        r = measure_event(bench, machine, &pair->floor, ret_floor_usec);
        if (r < 0)
                return r;

        return machine_count_uevents(pair->uevents) == 2;
}

static int measure_rounds(Bench *bench, LiveMachine *machine, Pair *pair) {
        double daemon_usec = 0, floor_usec = 0;
        int r;

        for (unsigned i = 0; pair->floor_usec.n < bench->events; i++) {
                if (i >= ATTEMPTS_MAX * (bench->events + EVENTS_WARM_UP))
                        return log_error_errno(-EBUSY, "There were others' events all the time.");

                r = measure_round(bench, machine, pair, &daemon_usec, &floor_usec);
                if (r < 0)
                        return r;
                if (r == 0 || i < EVENTS_WARM_UP) {
                        bench->n_disturbed_events += r == 0;
                        continue;
                }

                if (samples_add(&pair->daemon_usec, daemon_usec) < 0 ||
                    samples_add(&pair->floor_usec, floor_usec) < 0)
                        return log_oom();
        }

        return 0;
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
                                           .floor.service.child = CHILD_NONE,
                                           .uevents = -EBADF };
        int r;

        r = live_machine_new(&machine);
        if (r < 0)
                return r;
        if (machine.events.n == 0)
                return 0;
        bench->report.has_events = true;
        bench->n_other_listeners = kernel_events_listeners();

        r = follower_start(&pair.daemon, bench, SUBJECT_VIRTREADYD, &machine);
        if (r < 0)
                return r;

        r = follower_start(&pair.floor, bench, SUBJECT_FLOOR, &machine);
        if (r < 0)
                return r;

        pair.uevents = machine_open_uevents();
        if (pair.uevents < 0)
                return log_error_errno(pair.uevents, "Failed to listen to device events: %m");

        r = measure_rounds(bench, &machine, &pair);
        if (r < 0)
                return r;

        report_latency(&bench->report, &pair);
        return 0;
}
