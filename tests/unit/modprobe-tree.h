/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A module tree and its configuration. No file in it is a module. */
#pragma once

#include "daemon/modprobe/load.h"

/* Names that no kernel knows. */
#define MAIN "virtready_test_main"
#define NEEDED "virtready_test_needed"
#define OTHER "virtready_test_other"
#define BUILT_IN "virtready_test_built_in"

/* A tree with the module MAIN, which depends on NEEDED, with OTHER and its alias virtready_test_alias, and
 * with BUILT_IN; configured as CONFIGURATION, a text of modprobe.d(5), says. To be freed with tree_free().
 */
char *modprobe_tree_new(const char *configuration);

/* Calls FUNCTION for a module of the tree. */
ModprobeAnswer modprobe_tree_ask(const char *tree, const char *module,
                                 ModprobeAnswer (*function)(const ModuleTree *tree, const char *module));

/* Asserts what it says. */
void modprobe_answer_assert(ModprobeAnswer answer, ModprobeOutcome outcome, int error);
