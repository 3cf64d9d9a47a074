/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of the document that is about devices. */
#pragma once

#include "basic/json.h"
#include "checks/verdict.h"

/* Adds an object for each device to DEVICES, by address. Returns -ENOMEM or 0. */
int describe_devices(Json *devices, const Verdict *verdict);
