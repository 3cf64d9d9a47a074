/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of hypervisors in this process, told what a test makes up, with a helper that is a script. */
#pragma once

#include <glib.h>

#include "daemon/hypervisors.h"
#include "tree.h"

#define WAIT_SECONDS 20
/* How long one that could not be reached is left alone at first: longer than settle() waits. */
#define RETRY_USEC G_USEC_PER_SEC
#define SERVICE_BIT (UINT32_C(1) << UNIT_LIBVIRTD_SERVICE)

typedef struct Fixture {
        sd_event *event;
        char *directory, *helper;
        Facts facts;
        Verdict *verdict;
        Hypervisors *list;
        uint64_t answered; /* the number of QEMU's last query that has come to an end */
} Fixture;

/* What the helper answers at first: libvirt runs, and has one kind of guests. */
extern const char answer_of_helper[];

/* libvirtd is installed and dormant, all checks pass, and nobody has been told so. */
void set_up(Fixture *fixture, const void *data);

/* Makes sure that no process is left. */
void tear_down(Fixture *fixture, const void *data);

/* Sets what systemd says of libvirtd and its socket. */
void set_activity(Fixture *fixture, UnitActivity service, UnitActivity socket);

/* Tells the list what there is, with the units that something was announced of. */
void tell(Fixture *fixture, uint32_t announced);

/* How often QEMU's helper was started. */
guint asked(const Fixture *fixture);

/* Runs the event loop for longer than the rate limit keeps anything back. */
void settle(Fixture *fixture);

/* Has the helper wait before it answers, and lets it. */
void make_wait(Fixture *fixture);
void let_go(Fixture *fixture);

/* A member of QEMU's view; and makes sure of its state, and how many domains it has. */
Json *member(const Fixture *fixture, const char *key);
void assert_view(const Fixture *fixture, const char *state, size_t n_domains);

/* Tells that it runs, and has it answer; or that it sleeps, after it was woken and has answered. */
void start_running(Fixture *fixture);
void start_dormant(Fixture *fixture);

#define run_until(fixture, condition)                                                    \
        do {                                                                             \
                int64_t _limit = g_get_monotonic_time() + WAIT_SECONDS * G_USEC_PER_SEC; \
                while (!(condition)) {                                                   \
                        g_assert_cmpint(g_get_monotonic_time(), <, _limit);              \
                        g_assert_cmpint(sd_event_run((fixture)->event, 10000), >=, 0);   \
                }                                                                        \
        } while (0)
