/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether giving a PCI device to a guest would take nothing from the host but the device itself. */
#pragma once

#include "verdict.h"

/* Judges one device of FACTS, whose checks are judged in VERDICT: fills in all of RET but for the device,
 * which is given in it. The state of the reason says whether a guest could be given the device: a pass, a
 * failure, or unknown. It is pure. Returns -ENOMEM or 0; RET has to be released in either case. */
int assignable_judge(const Facts *facts, const Verdict *verdict, DeviceResult *ret);

/* All reasons that there are, NULL-terminated. */
const Reason *const *assignable_reasons(void);

/* The devices of a verdict: judges all of FACTS that a guest could be given, compares, releases. */
int judge_devices(const Facts *facts, Verdict *verdict);
bool device_results_equal(const Verdict *a, const Verdict *b);
void device_results_done(Verdict *verdict);
