/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks ids up, and helps with those that are misspelt. */

#include <errno.h>
#include <stdio.h>

#include "../daemon/basic/log.h"
#include "choose.h"

#define ID_MAX 64U
#define SIMILAR_MAX 4U

unsigned id_distance(const char *a, const char *b) {
        size_t length_a = strlen(a), length_b = strlen(b);
        unsigned row[ID_MAX + 1];

        if (length_a > ID_MAX || length_b > ID_MAX)
                return ID_MAX;

        for (unsigned j = 0; j <= length_b; j++)
                row[j] = j;

        for (unsigned i = 1; i <= length_a; i++) {
                unsigned diagonal = row[0];

                row[0] = i;
                for (unsigned j = 1; j <= length_b; j++) {
                        unsigned replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                        unsigned shifted = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

                        diagonal = row[j];
                        row[j] = replaced < shifted ? replaced : shifted;
                }
        }

        return row[length_b];
}

static bool is_similar(const char *id, const char *candidate) {
        unsigned tolerance = strlen(id) < 6 ? 1 : (unsigned) strlen(id) / 3;

        return strcasestr(candidate, id) || strcasestr(id, candidate) ||
               id_distance(id, candidate) <= tolerance;
}

/* Prints the similar ids, separated by commas, into BUFFER. */
static void list_similar(const char *id, Json *objects, FILE *f) {
        unsigned n = 0;

        for (Member *m = doc_first(objects); m && n < SIMILAR_MAX; m = doc_next(m))
                if (!isempty(id) && is_similar(id, doc_key(m)))
                        fprintf(f, "%s%s", n++ > 0 ? ", " : "", doc_key(m));
}

void complain_about_id(const char *what, const char *id, Json *objects, const char *hint) {
        _cleanup_free_ char *similar = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&similar, &size);
        if (!f) {
                (void) log_oom();
                return;
        }

        list_similar(id, objects, f);
        if (fclose(f) != 0)
                (void) log_oom();
        else if (isempty(similar))
                log_error("There is no %s '%s'. %s", what, id, hint);
        else
                log_error("There is no %s '%s'. Did you mean %s? %s", what, id, similar, hint);
}

int choose_profile(const Arguments *arguments, Json *document, const char **ret_id, Json **ret_profile) {
        const char *id = arguments->profile ? arguments->profile : PROFILE_ID_DEFAULT;
        Json *profile = doc_profile(document, id);

        if (!profile && arguments->profile) {
                complain_about_id("profile", id, doc_get(document, "profiles"),
                                  arguments->root || arguments->sosreport
                                          ? "'virtreadyctl analyze' lists all profiles."
                                          : "'virtreadyctl status' lists all profiles.");
                return -EINVAL;
        }

        *ret_id = id;
        *ret_profile = profile;
        return 0;
}

ExitStatus profile_exit_status(Json *profile) {
        return profile_state_exit_status(doc_profile_state(profile));
}

ExitStatus profile_state_exit_status(ProfileState state) {
        switch (state) {
        case PROFILE_READY:
        case PROFILE_DEGRADED:
                return STATUS_READY;
        case PROFILE_NOT_READY:
        case PROFILE_NOT_APPLICABLE:
                return STATUS_NOT_READY;
        default:
                return STATUS_UNKNOWN;
        }
}

ExitStatus check_exit_status(Json *check) {
        switch (doc_check_state(check)) {
        case CHECK_PASS:
        case CHECK_NOT_APPLICABLE:
                return STATUS_READY;
        case CHECK_FAIL:
        case CHECK_BLOCKED:
                return STATUS_NOT_READY;
        default:
                return STATUS_UNKNOWN;
        }
}

ExitStatus device_exit_status(Json *device) {
        switch (doc_device_state(device)) {
        case CHECK_PASS:
                return STATUS_READY;
        case CHECK_FAIL:
                return STATUS_NOT_READY;
        default:
                return STATUS_UNKNOWN;
        }
}

ExitStatus worse_exit_status(ExitStatus a, ExitStatus b) {
        if (a == STATUS_NOT_READY || b == STATUS_NOT_READY)
                return STATUS_NOT_READY;

        return a > b ? a : b;
}
