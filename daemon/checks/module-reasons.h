/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a kernel module is not there: the reasons that every check shares which depends on one. */
#pragma once

#include "check.h"
#include "reads.h"

extern const Reason module_not_loaded;
extern const Reason module_tree_missing;
extern const Reason module_blacklisted;
extern const Reason module_blacklisted_by_parameter;
extern const Reason module_forbidden;
extern const Reason module_forbidden_by_parameter;
extern const Reason module_not_installed;
extern const Reason module_impossible;
extern const Reason module_unknown;

/* All of them, for a check's list of reasons; and those for which a module could not be loaded when needed.
 */
#define MODULE_REASONS &module_not_loaded, MODULE_OBSTACLES
#define MODULE_OBSTACLES                                                                                \
        &module_tree_missing, &module_blacklisted, &module_blacklisted_by_parameter, &module_forbidden, \
                &module_forbidden_by_parameter, &module_not_installed, &module_impossible, &module_unknown

#define REFERENCES_ON_MODULES                                    \
        "https://man7.org/linux/man-pages/man8/modprobe.8.html", \
                "https://man7.org/linux/man-pages/man5/modprobe.d.5.html"

/* Picks the reason for a module that is neither live nor built in, and adds the arguments of
 * its sentences. */
const Reason *explain_module(const Facts *facts, ModuleId id, Finding *finding);
