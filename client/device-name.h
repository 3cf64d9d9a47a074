/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a device is spoken of. */
#pragma once

#include "document.h"
#include "output.h"

/* Yields what a person calls it: its names, as far as they are known, or else its numbers. Returns -ENOMEM
 * or 0. */
int device_name(Json *device, char **ret);

/* How it is coloured: a device that is not for guests is nothing to worry about. */
Style device_style(Json *device);
