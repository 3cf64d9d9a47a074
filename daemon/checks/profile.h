/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles: what a purpose requires of the machine, and what it recommends. */
#pragma once

#include <stddef.h>

#include "../basic/string-table.h"

typedef enum ProfileState {
        PROFILE_UNKNOWN, /* a required check is unknown */
        PROFILE_READY,
        PROFILE_DEGRADED,  /* a recommended check does not hold */
        PROFILE_NOT_READY, /* a required check does not hold */
        PROFILE_NOT_APPLICABLE,
        _PROFILE_STATE_MAX,
} ProfileState;

typedef struct Profile {
        const char *id;
        const char *title;
        const char *const *required;    /* ids of checks, NULL-terminated */
        const char *const *recommended; /* likewise */
} Profile;

/* There is room for this many profiles where a result is kept for each. */
#define PROFILES_MAX 16U

/* The index of the profile that the summary speaks of: "qemu". */
#define PROFILE_DEFAULT 0U

size_t profiles_size(void);
const Profile *profiles_get(size_t index);

DECLARE_STRING_TABLE(profile_state, ProfileState);
