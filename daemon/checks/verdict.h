/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The outcome of one pass: every check judged, causes found, profiles settled, devices sorted out. */
#pragma once

#include <stdint.h>

#include "catalogue.h"
#include "profile.h"

/* A set of checks, one bit for each index in the catalogue. */
typedef struct CheckSet {
        uint64_t words[CATALOGUE_MAX / 64];
} CheckSet;

void check_set_add(CheckSet *set, size_t index);
void check_set_add_all(CheckSet *set, const CheckSet *more);
bool check_set_has(const CheckSet *set, size_t index);
bool check_set_is_empty(const CheckSet *set);
bool check_set_equal(const CheckSet *a, const CheckSet *b);

/* Iterates over the members' indexes, in the order of the catalogue. */
#define FOREACH_CHECK(index, set)                                                            \
        for (size_t index = 0, index##_end = catalogue_size(); index < index##_end; index++) \
                if (check_set_has((set), index))

typedef struct CheckResult {
        const Check *check;
        Finding finding;
        CheckState state;           /* the reason's, or BLOCKED */
        CheckSet blocked_by;        /* the failing checks that this one's failure comes from */
        uint64_t since_usec;        /* CLOCK_REALTIME at which the state became what it is */
        uint64_t reason_since_usec; /* and at which the reason, or a value in its sentence, did */
} CheckResult;

typedef struct ProfileResult {
        const Profile *profile;
        ProfileState state;
        CheckSet failing; /* required and recommended checks that fail or are blocked */
        /* Where that comes from: of the required ones if any fails, else of the others. */
        CheckSet root_causes;
        uint64_t since_usec;
} ProfileResult;

/* Whether a guest could be given a device: yes, if its reason's state is a pass (assignable.h). */
typedef struct DeviceResult {
        const PciDevice *device;
        const PciGroup *group; /* NULL: it is in none, or that is not known */
        Finding finding;
        CheckSet blocked_by; /* the failing checks that keep it from guests */
} DeviceResult;

typedef struct Verdict {
        PciFacts *pci;         /* what the devices are of */
        DeviceResult *devices; /* by address */
        size_t n_devices;
        size_t n_checks, n_profiles;
        CheckResult checks[CATALOGUE_MAX];
        ProfileResult profiles[PROFILES_MAX];
} Verdict;

/* Judges FACTS at NOW_USEC (CLOCK_REALTIME). What has kept its state since PREVIOUS, which may be NULL,
 * keeps its time, and so does a check that has kept its reason and the values in it. Returns -ENOMEM or 0.
 */
int verdict_new(const Facts *facts, const Verdict *previous, uint64_t now_usec, Verdict **ret);
Verdict *verdict_free(Verdict *verdict);
DEFINE_POINTER_CLEANUP(Verdict *, verdict_free);

/* Whether anything that is published about it differs. */
bool check_result_equal(const CheckResult *a, const CheckResult *b);
bool profile_result_equal(const ProfileResult *a, const ProfileResult *b);
bool device_result_equal(const DeviceResult *a, const DeviceResult *b);
bool verdict_equal(const Verdict *a, const Verdict *b); /* NULL is a verdict that equals no other */

/* Finds a device by its address; NULL: there is none that a guest could be given. */
const DeviceResult *verdict_find_device(const Verdict *verdict, const char *address);

/* What could be done about it: the remedies of its reason, whose number is yielded. A blocked check has none
 * of its own, for what helps is to deal with what it is blocked by. */
const Remedy *check_result_remedies(const CheckResult *result, size_t *ret_n);

/* The result of the default profile. */
const ProfileResult *verdict_default_profile(const Verdict *verdict);

/* The check that says most about why a profile is in its state: the first of its causes; the first that is
 * unknown, or not applicable, where the profile is; or the first that it requires. */
const CheckResult *verdict_telling_check(const Verdict *verdict, const ProfileResult *result);

/* One sentence on the default profile: its state, and the first thing to know about it. Returns -ENOMEM or
 * 0. */
int verdict_in_words(const Verdict *verdict, char **ret);
