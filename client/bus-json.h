/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns values of the bus into JSON, as the daemon's document has them. */
#pragma once

#include <systemd/sd-bus.h>

#include "document.h"

/* Reads the next complete value: variants vanish, dictionaries with strings as keys become objects,
 * structures arrays. Returns -EOPNOTSUPP for what JSON has no word for, -ENOMEM, an error of sd-bus or 0. */
int bus_json_read(sd_bus_message *message, Json **ret);
