/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Something that has systemd's name on a private bus, answers as it would, and remembers what it was asked.
 */
#pragma once

#include "harness.h"

/* What it does with a question for the state of units. */
typedef enum FakeManner {
        FAKE_ANSWERS,
        FAKE_HOLDS,        /* it answers when it is told to */
        FAKE_REFUSES,      /* with an error */
        FAKE_SAYS_NOTHING, /* with an answer that is empty */
        FAKE_SAYS_NUMBERS,
        FAKE_SAYS_TOO_LITTLE, /* each unit lacks half of what there is to say of it */
} FakeManner;

typedef struct FakeSystemd FakeSystemd;

/* Takes the name org.freedesktop.systemd1 on the bus. It answers from a thread of its own, so that callers
 * may wait for it. */
FakeSystemd *fake_systemd_new(const Bus *bus);

/* Leaves the bus; so does systemd when it executes itself again. */
void fake_systemd_free(FakeSystemd *fake);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeSystemd, fake_systemd_free)

void fake_systemd_set_manner(FakeSystemd *fake, FakeManner manner);

/* What Subscribe() fails with; NULL: it does not. */
void fake_systemd_refuse_subscription(FakeSystemd *fake, const char *error);

/* Sets what is said of a unit from now on, without a word; a unit without ACTIVITY is not loaded. */
void fake_systemd_set(FakeSystemd *fake, const char *name, const char *load, const char *activity);

/* Announces that properties of a unit have changed, or something of the manager; PARAMETERS may be floating.
 */
void fake_systemd_announce_unit(FakeSystemd *fake, const char *unit);
void fake_systemd_announce(FakeSystemd *fake, const char *signal, GVariant *parameters);

/* Answers what is held. */
void fake_systemd_release(FakeSystemd *fake);

/* How many questions for the state of units have come, and how many of them are held. */
guint fake_systemd_questions(FakeSystemd *fake);
guint fake_systemd_held(FakeSystemd *fake);

/* The most of them that waited at a time. */
guint fake_systemd_most_held(FakeSystemd *fake);

/* The names of the methods that were called, each once, sorted, separated by blanks. One that was called
 * without the flag that keeps the bus from starting systemd has a "!" behind it. */
char *fake_systemd_calls(FakeSystemd *fake);

/* The path of a unit's object. */
char *fake_systemd_unit_path(const char *unit);
