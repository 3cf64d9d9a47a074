/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What systemd says of the units of a fixture machine. */
#pragma once

#include "daemon/facts/units.h"

/* Writes that systemd answers and lists a unit. WORDS are NULL-terminated: the unit, its activity and,
 * unless it is "loaded", its load state; without any, it lists none. A unit that is never listed is not
 * loaded. A mistake ends the test. */
void machine_unit_script(UnitStates *states, char **words);
