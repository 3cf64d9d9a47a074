/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "fit" says in words of an answer of EstimateCapacity. */
#pragma once

#include "document.h"
#include "size.h"

/* A resource as people call it; one that this program does not know, as the daemon does. */
const char *fit_label(const char *name);

/* Writes an amount of a resource: a size, or a number. Returns the text. */
const char *fit_amount(Json *resource, uint64_t amount, char ret[static SIZE_TEXT_MAX]);

/* The state of the profile that the guests are of. */
ProfileState fit_profile_state(Json *answer);

/* Whether the number of guests is known, and whether something is not known that could leave no room, or
 * have none run. */
bool fit_is_known(Json *answer);
bool fit_may_be_fewer(Json *answer);

/* Makes the sentence. Returns -ENOMEM or 0. */
int fit_headline(Json *answer, char **ret);
