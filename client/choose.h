/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which check or profile is meant, what its state is worth to the shell, and what to say of an id that is
 * none. */
#pragma once

#include "arguments.h"
#include "document.h"
#include "exit-status.h"

/* Finds the profile that --profile or the default names. A document without the default profile yields NULL,
 * of which nothing is known. Returns 0, or -EINVAL after complaining about a --profile that does
 * not exist. */
int choose_profile(const Arguments *arguments, Json *document, const char **ret_id, Json **ret_profile);

/* Complains that no member of OBJECTS has ID. WHAT is what they are ("check"), HINT how they are listed.
 * Names those that look like ID. */
void complain_about_id(const char *what, const char *id, Json *objects, const char *hint);

/* How much two ids differ: the number of characters to insert, delete or replace (Levenshtein). */
unsigned id_distance(const char *a, const char *b);

ExitStatus profile_exit_status(Json *profile);
ExitStatus profile_state_exit_status(ProfileState state);

/* Ready is a device that a guest could be given. */
ExitStatus device_exit_status(Json *device);

ExitStatus check_exit_status(Json *check);

/* Of several things: the one that fails decides, then the one that is unknown. */
ExitStatus worse_exit_status(ExitStatus a, ExitStatus b);
