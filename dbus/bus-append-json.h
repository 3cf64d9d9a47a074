/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts JSON into messages. */
#pragma once

#include <systemd/sd-bus.h>

#include "../daemon/libvirt-answer.h"

/* Appends VALUE, which has the shape that FIELD says, with the type that it says; NULL becomes an empty
 * string, zero, or an empty container, and in a dictionary of variants it is left out. Returns a negative
 * errno of sd-bus. */
int bus_append_json(sd_bus_message *message, Json *value, const AnswerField *field);
