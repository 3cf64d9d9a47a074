/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the documentation of the checks from the catalogue itself, so that it is never wrong. Run while
 * building: "checks-page html" or "checks-page mdoc". */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks-page.h"
#include "daemon/basic/macro.h"

static const PageWriter *writer_from_name(const char *name) {
        if (streq(name, "html"))
                return &html_writer;

        return streq(name, "mdoc") ? &mdoc_writer : NULL;
}

static size_t area_length(const char *id) {
        return strcspn(id, ".");
}

static bool same_area(const Check *a, const Check *b) {
        size_t length = area_length(a->id);

        return length == area_length(b->id) && strncmp(a->id, b->id, length) == 0;
}

static bool area_begins_at(size_t index) {
        for (size_t i = 0; i < index; i++)
                if (same_area(catalogue_get(i), catalogue_get(index)))
                        return false;

        return true;
}

void page_walk_checks(AreaHandler area, CheckHandler check, const PageWriter *writer) {
        for (size_t first = 0; first < catalogue_size(); first++) {
                const Check *head = catalogue_get(first);

                if (!area_begins_at(first))
                        continue;

                area(head->id, area_length(head->id));
                for (size_t i = first; i < catalogue_size(); i++)
                        if (same_area(head, catalogue_get(i)))
                                check(writer, catalogue_get(i));
        }
}

static bool lists(const char *const *ids, const char *id) {
        for (; *ids; ids++)
                if (streq(*ids, id))
                        return true;

        return false;
}

/* The profiles that require, or recommend, a check. */
static void write_users(const PageWriter *writer, const Check *check, bool required) {
        const char *ids[PROFILES_MAX + 1] = {};
        size_t n = 0;

        for (size_t i = 0; i < profiles_size(); i++) {
                const Profile *profile = profiles_get(i);

                if (lists(required ? profile->required : profile->recommended, check->id))
                        ids[n++] = profile->id;
        }

        if (n > 0)
                writer->profiles(required ? "Required by" : "Recommended by", ids);
}

static void write_reason(const PageWriter *writer, const Check *check, const Reason *reason) {
        writer->begin_reason(check, reason);
        writer->detail(reason->detail);
        if (reason->explanation)
                writer->paragraph(reason->explanation);
        FOREACH_REMEDY(remedy, reason)
                writer->remedy(remedy);
        writer->end_reason();
}

static void write_facts(const PageWriter *writer, const Check *check) {
        writer->begin_facts();
        if (*check->needs)
                writer->checks("Needs", check->needs);
        write_users(writer, check, /* required= */ true);
        write_users(writer, check, /* required= */ false);
        if (check->reads)
                writer->items("Reads", check->reads);
        writer->end_facts();
}

/* A part that is missing is left out here; it is a unit test that complains of it. */
static void write_check(const PageWriter *writer, const Check *check) {
        writer->begin_check(check);
        writer->text(check->description);
        if (*check->needs || check->reads)
                write_facts(writer, check);

        writer->begin_reasons();
        for (const Reason *const *reason = check->reasons; *reason; reason++)
                write_reason(writer, check, *reason);
        writer->end_reasons();

        if (check->references) {
                writer->begin_facts();
                writer->links("References", check->references);
                writer->end_facts();
        }
        writer->end_check();
}

static void write_profile(const PageWriter *writer, const Profile *profile) {
        writer->begin_profile(profile);
        writer->begin_facts();
        writer->checks("Requires", profile->required);
        if (*profile->recommended)
                writer->checks("Recommends", profile->recommended);
        writer->end_facts();
        writer->end_profile();
}

static void write_introduction(const PageWriter *writer) {
        static const StateMeaning meanings[] = {
                { CHECK_PASS, "It holds." },
                { CHECK_FAIL, "It does not hold." },
                { CHECK_BLOCKED,
                  "It does not hold because a check that it needs fails, which is where to look." },
                { CHECK_NOT_APPLICABLE, "It has no meaning on this machine." },
                { CHECK_UNKNOWN, "What it takes to tell could not be read." },
        };

        writer->text("A check is about one thing that virtual machines or containers can need. "
                     "Its outcome is a state:");
        writer->states(meanings, ELEMENTSOF(meanings));
        writer->paragraph("Each check gives one of its reasons, which are stable identifiers, with a "
                          "sentence in which words such as {device} stand for values of this machine, and "
                          "what is in brackets is left out where its values are not known. "
                          "A reason may come with remedies: their kind, what they are about, and a command "
                          "if there is one. Where \"RELEASE\" is part of a file's name, it is that of the "
                          "running kernel.");
        writer->paragraph("Which checks matter depends on the purpose: that is what profiles are for.");
}

static void write_page(const PageWriter *writer) {
        writer->begin();
        write_introduction(writer);

        writer->section("Checks");
        page_walk_checks(writer->area, write_check, writer);

        writer->section("Profiles");
        writer->text("A profile is ready when all checks hold that it requires and none fails that it "
                     "recommends, degraded when only a recommended one fails, and not ready when a "
                     "required one fails.");
        for (size_t i = 0; i < profiles_size(); i++)
                write_profile(writer, profiles_get(i));

        writer->end();
}

int main(int argc, char *argv[]) {
        const PageWriter *writer = argc == 2 ? writer_from_name(argv[1]) : NULL;

        if (!writer) {
                fputs("Usage: checks-page html|mdoc\n", stderr);
                return EXIT_FAILURE;
        }

        write_page(writer);
        return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
