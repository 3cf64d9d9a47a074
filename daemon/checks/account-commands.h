/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines to type that name a user or a group, where they can be typed and do what they should. */
#pragma once

#include "check.h"

/* Whether a name can be part of a line for root's shell: names come from files that somebody else may have
 * written. A number is no name. */
bool name_can_be_typed(const char *name);

/* Adds the argument join_command, which makes USER a member of GROUP. Tools change the files in etc alone,
 * so that there is no such command unless these have both. */
void finding_add_join_command(Finding *finding, const DistributionFacts *distribution, const char *group,
                              bool group_in_etc, const char *user, bool user_in_etc);

/* Adds the argument setfacl_command, which lets USER read and write PATH, and nobody else: the mask stays as
 * it is, and has to let that through. */
void finding_add_setfacl_command(Finding *finding, const char *user, const char *path);

/* Adds the argument newgrp_command, which starts a shell that has GROUP, of which the user is a member. */
void finding_add_newgrp_command(Finding *finding, const DistributionFacts *distribution, const char *group);
