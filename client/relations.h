/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the checks and profiles of a document hang together. */
#pragma once

#include "document.h"

/* How much it matters that a check does not hold. */
typedef enum Weight {
        WEIGHT_NONE,        /* no profile asks for it */
        WEIGHT_RECOMMENDED, /* some profile is served less well */
        WEIGHT_REQUIRED,    /* some profile is not served at all */
} Weight;

/* Weighs a check: what the profiles say of it, or, where it is blocked, of what blocks it. */
Weight weigh_check(Json *document, const char *id);

/* These yield an array of ids. They return -ENOMEM or 0. */

/* The checks that are blocked by the given one. */
int find_blocked(Json *document, const char *id, Json **ret);

/* The profiles whose LIST ("required" or "recommended") has the given check. */
int find_profiles(Json *document, const char *id, const char *list, Json **ret);

/* The checks to look at in order to understand the state of a profile: its root causes, or, where it has
 * none, the required checks that are unknown or not applicable. */
int find_causes_of_profile(Json *document, Json *profile, Json **ret);
