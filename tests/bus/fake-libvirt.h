/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A helper that answers the daemon as a test wants it to, and remembers what it was asked. */
#pragma once

#include "fake-systemd.h"

/* A path below /org/virtready1. */
#define QEMU "/hypervisor/qemu"
#define LXC "/hypervisor/lxc"

/* Two kinds of guests, with host devices and SEV; and what is said where there is no driver. */
extern const char answer_of_qemu[];
extern const char answer_without_driver[];

typedef struct FakeLibvirt {
        Bus bus;
        FakeSystemd *systemd; /* NULL while it is not on the bus */
        Daemon daemon;
        char *directory;
        char *environment[2];
} FakeLibvirt;

/* A bus with a systemd whose libvirtd sleeps behind its socket, and a helper that answers. */
void fake_libvirt_up(FakeLibvirt *fake, const void *data);
void fake_libvirt_down(FakeLibvirt *fake, const void *data);

/* Starts the daemon with it; URI and ROOT may be NULL. */
void fake_libvirt_start(FakeLibvirt *fake, const char *uri, const char *root);

/* What the helper does: "answer", "hang", "die", "fail", "flood", or "wait" until fake_libvirt_go(). */
void fake_libvirt_set_manner(FakeLibvirt *fake, const char *manner);
void fake_libvirt_go(FakeLibvirt *fake);

/* What it answers of QEMU, and of LXC. */
void fake_libvirt_set_answer(FakeLibvirt *fake, const char *text);
void fake_libvirt_set_answer_of_lxc(FakeLibvirt *fake, const char *text);

/* How often it was asked about a URI that begins so; and whether there has been no more for a while. */
guint fake_libvirt_asked(FakeLibvirt *fake, const char *uri);
void fake_libvirt_settle(FakeLibvirt *fake);

/* Has systemd say that a unit is in this state, and announce that it has changed. */
void fake_libvirt_set_unit(FakeLibvirt *fake, const char *unit, const char *activity);

bool fake_libvirt_has_state(FakeLibvirt *fake, const char *path, const char *state);

/* Calls Refresh without waiting. Each answer adds one to DONE, and to FAILED the name of an error. */
typedef struct Refreshes {
        guint done, limited;
        char *failed; /* another error, the first one */
        unsigned n_failed;
} Refreshes;

void fake_libvirt_refresh(GDBusConnection *connection, const char *path, Refreshes *refreshes);
