/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connects to a message bus, for the daemon and its clients. */
#pragma once

#include <systemd/sd-bus.h>

/* Starts a connection to the bus at ADDRESS, or to the system bus for NULL; DESCRIPTION is its name in debug
 * messages. Who is at the other end of it is not trusted. Errors: those of sd_bus_start(3). */
int bus_open(const char *address, const char *description, sd_bus **ret);
