/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Something that listens where the daemon looks for virtready-modprobe, and answers what it is told to. */
#pragma once

#include "harness.h"

typedef struct FakeModprobe {
        char *path;
        int listener;
} FakeModprobe;

/* Listens at a path in the directory of the bus. */
void fake_modprobe_up(FakeModprobe *fake, const Bus *bus);
void fake_modprobe_down(FakeModprobe *fake);

/* Waits for the next request, which must be REQUEST, and yields its connection. */
int fake_modprobe_next(FakeModprobe *fake, const char *request);

/* Answers it and hangs up; with NULL it hangs up without an answer. */
void fake_modprobe_answer(int connection, const char *answer);

/* Whether somebody has connected whom fake_modprobe_next() has not taken yet. */
bool fake_modprobe_is_asked(const FakeModprobe *fake);
