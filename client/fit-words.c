/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One sentence that says it all: how many guests fit, what ends first, and what is missing for one more. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "../daemon/basic/words.h"
#include "fit-words.h"

/* A resource as people call it, and whether guests can lack it without anybody noticing before. */
static const struct {
        const char *name, *label, *one, *many;
        bool plural;
        bool decides;
} resources[] = {
        { "cpu", "CPUs", "CPU", "CPUs", true, true },
        { "memory", "memory", NULL, NULL, false, true },
        { "hugepages", "huge pages", NULL, NULL, true, true },
        { "disk", "disk", NULL, NULL, false, true },
        { "vcpus", "vCPUs of one", "vCPU", "vCPUs", true, false },
        { "threads", "threads", "thread", "threads", true, false },
        { "commit", "commit limit", NULL, NULL, false, false },
};

const char *fit_label(const char *name) {
        FOREACH_ELEMENT(r, resources)
                if (streq(r->name, name))
                        return r->label;

        return name;
}

static bool is_plural(const char *name) {
        FOREACH_ELEMENT(r, resources)
                if (streq(r->name, name))
                        return r->plural;

        return false;
}

const char *fit_amount(Json *resource, uint64_t amount, char ret[static SIZE_TEXT_MAX]) {
        if (streq(doc_text(resource, "unit"), "bytes"))
                return size_format(amount, ret);

        (void) snprintf(ret, SIZE_TEXT_MAX, "%" PRIu64, amount);
        return ret;
}

/* "1.2 GiB", "1 CPU", "3 threads". */
static const char *shortage_format(const char *name, Json *resource, char ret[static 2 * SIZE_TEXT_MAX]) {
        uint64_t amount = doc_number(resource, "short_by");
        char number[SIZE_TEXT_MAX];
        const char *unit = "";

        if (streq(doc_text(resource, "unit"), "bytes"))
                (void) size_format_up(amount, number);
        else
                (void) fit_amount(resource, amount, number);
        FOREACH_ELEMENT(r, resources)
                if (streq(r->name, name) && r->one)
                        unit = amount == 1 ? r->one : r->many;

        (void) snprintf(ret, 2 * SIZE_TEXT_MAX, "%s%s%s", number, *unit != '\0' ? " " : "", unit);
        return ret;
}

/* "4 vCPUs, 8 GiB and 40 GiB of disk". */
static void put_guest(FILE *file, Json *guest) {
        uint64_t vcpus = doc_number(guest, "vcpus"), disk = doc_number(guest, "disk_bytes"),
                 page = doc_number(guest, "huge_page_bytes");
        char size[SIZE_TEXT_MAX];

        fprintf(file, "%" PRIu64 " vCPU%s%s %s", vcpus, vcpus == 1 ? "" : "s", disk > 0 ? "," : " and",
                size_format_given(doc_number(guest, "memory_bytes"), size));
        if (page > 0)
                fprintf(file, " in pages of %s", size_format_given(page, size));
        if (disk > 0)
                fprintf(file, " and %s of disk", size_format_given(disk, size));
}

bool fit_is_known(Json *answer) {
        return json_object_is_type(doc_get(answer, "guests"), json_type_int);
}

ProfileState fit_profile_state(Json *answer) {
        return profile_state_of_word(doc_text(answer, "profile_state"));
}

bool fit_may_be_fewer(Json *answer) {
        Json *unknown = doc_get(answer, "unknown");

        if (fit_profile_state(answer) == PROFILE_UNKNOWN)
                return true;

        FOREACH_ELEMENT(r, resources)
                if (r->decides && doc_lists(unknown, r->name))
                        return true;

        return false;
}

/* What ends first, and what is missing of it. */
static void put_limits(FILE *file, Json *answer) {
        Json *limiting = doc_get(answer, "limiting"), *all = doc_get(answer, "resources");
        size_t n = doc_size(limiting);
        char shortage[2 * SIZE_TEXT_MAX];

        for (size_t i = 0; i < n; i++)
                fprintf(file, "%s%s", words_separator(i, n), fit_label(doc_text_at(limiting, i)));
        fputs(n > 1 || is_plural(doc_text_at(limiting, 0)) ? " end first: " : " ends first: ", file);
        for (size_t i = 0; i < n; i++) {
                const char *name = doc_text_at(limiting, i);

                fprintf(file, "%s%s", words_separator(i, n),
                        shortage_format(name, doc_get(all, name), shortage));
        }
        fputs(doc_number(answer, "guests") == 0 ? " short of one." : " short of one more.", file);
}

/* The most that one guest may take: no ratio is for it alone. Of CPUs and memory the ratio is of what is not
 * reserved, of everything else of what is not in use. */
static uint64_t most_of_one(const char *name, Json *resource) {
        uint64_t total = doc_number(resource, "total"),
                 kept = doc_number(resource,
                                   streq(name, "cpu") || streq(name, "memory") ? "reserved" : "used");

        return total > kept ? total - kept : 0;
}

/* What keeps a single guest away though there is more free than it takes. Returns whether that was said. */
static bool put_limit_of_one(FILE *file, const char *name, Json *resource) {
        uint64_t most = most_of_one(name, resource), per_guest = doc_number(resource, "per_guest");
        char size[SIZE_TEXT_MAX];

        if (per_guest <= most)
                return false;

        if (streq(name, "cpu") && most == 0) {
                fputs(" No CPU is left for guests.", file);
                return true;
        }

        if (streq(name, "cpu")) {
                fprintf(file, " No guest has more vCPUs than there are CPUs for guests (%" PRIu64 ").",
                        most);
                return true;
        }

        if (streq(name, "vcpus")) {
                fprintf(file, " One guest can have at most %" PRIu64 " vCPU%s here.", most,
                        most == 1 ? "" : "s");
                return true;
        }

        if (!streq(name, "memory") && !streq(name, "disk"))
                return false;
        if (doc_number(resource, "available") < per_guest)
                return false;

        fprintf(file, " One guest can take at most %s of %s here, whatever the ratio.",
                size_format(most, size), name);
        return true;
}

static void put_limits_of_one(FILE *file, Json *answer) {
        Json *limiting = doc_get(answer, "limiting"), *all = doc_get(answer, "resources");

        if (!fit_is_known(answer) || doc_number(answer, "guests") > 0)
                return;

        for (size_t i = 0; i < doc_size(limiting); i++)
                if (put_limit_of_one(file, doc_text_at(limiting, i), doc_get(all, doc_text_at(limiting, i))))
                        return;
}

/* What has to be for the guests that there is room for, or NULL. */
static const char *condition_of(Json *answer) {
        switch (fit_profile_state(answer)) {
        case PROFILE_NOT_READY:
                return "were ready";
        case PROFILE_NOT_APPLICABLE:
                return "applied here";
        default:
                return NULL;
        }
}

/* That so many fit as are wanted is promised only where they can be run, and where nothing could leave room
 * for fewer. */
static void put_verb(FILE *file, Json *answer) {
        uint64_t guests = doc_number(answer, "guests"), count = doc_number(answer, "count");
        bool enough = count > 0 && doc_flag(answer, "fits"), fewer = enough && fit_may_be_fewer(answer);
        const char *condition = guests > 0 ? condition_of(answer) : NULL;

        if (!fit_is_known(answer))
                fputs(" fit", file);
        else if (condition)
                fprintf(file, " %s fit if the profile %s %s", fewer ? "might" : "would",
                        doc_text(answer, "profile"), condition);
        else if (fewer)
                fputs(" may fit", file);
        else
                fputs((enough ? count : guests) > 1 ? " fit" : " fits", file);
}

static void put_number_of_guests(FILE *file, Json *answer) {
        uint64_t guests = doc_number(answer, "guests"), count = doc_number(answer, "count");
        bool fits = doc_flag(answer, "fits");

        if (!fit_is_known(answer))
                fputs("It is not known how many guests of ", file);
        else if (count > 0 && fits)
                fprintf(file, "%" PRIu64 " guest%s of ", count, count == 1 ? "" : "s");
        else if (guests == 0)
                fputs("No guest of ", file);
        else if (count > 0)
                fprintf(file, "Not %" PRIu64 ", but %s%" PRIu64 " guest%s of ", count,
                        fit_may_be_fewer(answer) ? "at most " : "", guests, guests == 1 ? "" : "s");
        else
                fprintf(file, "%s%" PRIu64 " more guest%s of ", fit_may_be_fewer(answer) ? "At most " : "",
                        guests, guests == 1 ? "" : "s");

        put_guest(file, doc_get(answer, "guest"));
        put_verb(file, answer);
        if (fit_is_known(answer) && count > 0 && fits && guests > count)
                fprintf(file, ", of %s%" PRIu64 " that there is room for",
                        fit_may_be_fewer(answer) ? "at most " : "", guests);
}

int fit_headline(Json *answer, char **ret) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *file = NULL;
        size_t size;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;

        put_number_of_guests(file, answer);
        if (doc_size(doc_get(answer, "limiting")) > 0) {
                fputs("; ", file);
                put_limits(file, answer);
                put_limits_of_one(file, answer);
        } else
                fputc('.', file);
        if (fflush(file) != 0)
                return -ENOMEM;

        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}
