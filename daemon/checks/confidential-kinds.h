/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a kind of confidential guest can be had, and if not, why: for the checks of single kinds and the
 * one of all of them. */
#pragma once

#include "check.h"

/* Picks the reason for a kind, and adds the arguments that the reason's sentences name. */
const Reason *confidential_reason(const Facts *facts, ConfidentialKind kind);
void confidential_arguments(const Facts *facts, ConfidentialKind kind, const Reason *reason,
                            Finding *finding);
