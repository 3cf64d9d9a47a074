/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Variants of a machine: one part of its facts is set to everything that it can be. */
#pragma once

#include "daemon/facts/facts.h"

typedef void (*VariantHandler)(const Facts *facts, void *userdata);

/* Calls HANDLER for each variant; FACTS itself is left alone. */
void variants_foreach(const Facts *facts, VariantHandler handler, void *userdata);
