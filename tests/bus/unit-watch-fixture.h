/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A watch of units in this process, on a bus that has a systemd to play with. */
#pragma once

#include "daemon/watch/unit-watch.h"
#include "fake-systemd.h"

#define SERVICE "libvirtd.service"
#define SOCKET "libvirtd.socket"

typedef struct Fixture {
        Bus bus;
        FakeSystemd *systemd; /* NULL while it is not on the bus */
        sd_event *event;
        sd_bus *connection; /* the watch's */
        UnitWatch *watch;
        UnitStates states;  /* what was told last */
        guint told;         /* how often */
        uint32_t announced; /* what the news have been about so far */
        guint n_news;
        bool absent; /* the last news: systemd is not on the bus */
} Fixture;

/* Puts a systemd on a bus, whose socket of libvirtd is active. */
void set_up(Fixture *fixture, const void *data);

/* However a test goes, nothing but questions was asked, and none of them could start anything; and the
 * connection, which is the daemon's, has survived. */
void tear_down(Fixture *fixture, const void *data);

/* Begins to watch, which tells nothing yet. */
void start(Fixture *fixture);

/* Takes systemd off the bus. */
void leave(Fixture *fixture);

/* Runs the event loop once, or for long enough for whatever is on its way. */
void run(Fixture *fixture, uint64_t usec);
void run_a_while(Fixture *fixture);

/* Asks the same bus and waits: what the fake sent before has arrived then. */
void settle(Fixture *fixture);

#define run_until(fixture, condition)                                                            \
        do {                                                                                     \
                gint64 _limit = g_get_monotonic_time() + (gint64) WAIT_SECONDS * G_USEC_PER_SEC; \
                while (!(condition)) {                                                           \
                        g_assert_cmpint(g_get_monotonic_time(), <, _limit);                      \
                        run((fixture), 10000);                                                   \
                }                                                                                \
        } while (0)
