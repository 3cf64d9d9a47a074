/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests of the daemon under load need beside the harness. */
#pragma once

#include "harness.h"
#include "tests/kernel-events.h"

/* A number of /proc/PID/status, in KiB: "VmHWM" is the peak of "VmRSS" since daemon_reset_peak(). */
guint64 daemon_memory_kib(const Daemon *daemon, const char *key);
void daemon_reset_peak(const Daemon *daemon);

/* What work that is done with may add to the peak: what allocators keep. Three bytes that are lost with each
 * event of a storm are more. ASan keeps much of what was freed, even with memory_env(). */
guint64 memory_growth_max_kib(void);

/* NAME=VALUE for a daemon whose memory is looked at. */
char *memory_env(void);

/* A client that has subscribed to all signals on the bus and never reads one. */
GSocket *deaf_subscriber_new(const Bus *bus);

/* How many bytes wait to be read from it. */
guint deaf_subscriber_pending(GSocket *socket);

/* Makes the machine below ROOT, of machine_write_amd(), have the driver of /dev/net/tun or not. Nobody is
 * told. */
void machine_set_tun(const char *root, bool has_tun);

/* Sends N events in a row, of each device in turn. */
void send_events(const KernelEvents *events, guint n);
