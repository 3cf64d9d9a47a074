/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes virtready-checks(7) in mdoc(7). */

#include <ctype.h>
#include <stdio.h>

#include "checks-page.h"
#include "config.h"

/* One character. What opens or closes a macro's argument, or a request at the start of a line, is escaped.
 */
static void print_character(char c, bool at_line_start) {
        switch (c) {
        case '\\':
                fputs("\\e", stdout);
                break;
        case '-':
                fputs("\\-", stdout);
                break;
        case '\'':
                fputs("\\(aq", stdout);
                break;
        case '"':
                fputs("\\(dq", stdout);
                break;
        case '{':
                fputs("\\fI", stdout);
                break;
        case '}':
                fputs("\\fP", stdout);
                break;
        default:
                if (c == '.' && at_line_start)
                        fputs("\\&", stdout);
                putchar(c);
                break;
        }
}

/* Prints text. {name} becomes a name in italics, and what follows the end of a sentence begins a new line,
 * as mdoc wants it to. */
static void print_text(const char *text) {
        bool at_line_start = true;

        for (const char *p = text; *p != '\0'; p++) {
                print_character(*p, at_line_start);
                at_line_start = *p == '.' && p[1] == ' ';
                if (at_line_start) {
                        putchar('\n');
                        p++;
                }
        }
}

static void print_line(const char *text) {
        print_text(text);
        putchar('\n');
}

static void write_paragraph(const char *text) {
        puts(".Pp");
        print_line(text);
}

static void begin_facts(void) {
        puts(".Bl -tag -width \"Recommended by\"");
}

static void write_ids(const char *label, const char *const *ids) {
        printf(".It %s\n", label);
        for (const char *const *id = ids; *id; id++) {
                fputs(id == ids ? "\\fB" : ", \\fB", stdout);
                print_text(*id);
                fputs("\\fP", stdout);
        }
        putchar('\n');
}

static void write_items(const char *label, const char *const *items) {
        printf(".It %s\n.Bl -item -compact\n", label);
        for (; *items; items++) {
                puts(".It");
                print_line(*items);
        }
        puts(".El");
}

static void write_links(const char *label, const char *const *uris) {
        printf(".It %s\n.Bl -item -compact\n", label);
        for (; *uris; uris++) {
                puts(".It");
                fputs(".Lk ", stdout);
                print_line(*uris);
        }
        puts(".El");
}

static void write_section(const char *title) {
        fputs(".Sh ", stdout);
        for (const char *p = title; *p != '\0'; p++)
                putchar(toupper((unsigned char) *p));
        putchar('\n');
}

/* The quotes keep words of the title from being taken for macros. */
static void write_heading(const char *id, const char *title) {
        printf(".Ss \"%s \\(en ", id);
        print_text(title);
        puts("\"");
}

static void write_states(const StateMeaning *meanings, size_t n) {
        puts(".Bl -tag -width \"not-applicable\"");
        for (size_t i = 0; i < n; i++) {
                fputs(".It Sy ", stdout);
                print_line(check_state_to_string(meanings[i].state));
                print_line(meanings[i].text);
        }
        puts(".El");
}

/* A section has no room for one more level of headings; ids begin with their area. */
static void write_area(const char *id, size_t length) {
        (void) id, (void) length;
}

static void begin_check(const Check *check) {
        write_heading(check->id, check->title);
}

static void begin_reasons(void) {
        puts(".Bl -tag -width Ds");
}

static void begin_reason(const Check *check, const Reason *reason) {
        (void) check;

        fputs(".It Sy ", stdout);
        print_text(reason->id);
        fputs(" No (", stdout);
        print_text(check_state_to_string(reason->state));
        puts(")");
}

static void write_remedy(const Remedy *remedy) {
        puts(".Pp");
        fputs("Remedy: \\fB", stdout);
        print_text(remedy_kind_to_string(remedy->kind));
        if (remedy->action)
                printf(" (%s)", remedy->action);
        fputs("\\fP", stdout);

        if (remedy->argument) {
                fputs(", ", stdout);
                print_text(remedy->argument);
        }
        if (remedy->command) {
                fputs(remedy->privileged ? "; as root: \\fB" : "; \\fB", stdout);
                print_text(remedy->command);
                fputs("\\fP", stdout);
        }
        if (remedy->service_command) {
                fputs("; on the running system: \\fB", stdout);
                print_text(remedy->service_command);
                fputs("\\fP", stdout);
        }
        putchar('\n');
}

static void end_nothing(void) {
}

static void end_list(void) {
        puts(".El");
}

static void begin_profile(const Profile *profile) {
        write_heading(profile->id, profile->title);
}

static void begin_page(void) {
        puts(".\\\" SPDX-License-Identifier: LGPL-2.1-or-later\n"
             ".\\\" Made by docs/checks-page.c from the catalogue of checks; change it there.\n"
             ".Dd November 24, 2026\n"
             ".Dt VIRTREADY-CHECKS 7\n"
             ".Os virtready\n"
             ".Sh NAME\n"
             ".Nm virtready-checks\n"
             ".Nd what virtreadyd checks, and what the outcome means\n"
             ".Sh DESCRIPTION");
}

static void end_page(void) {
        puts(".Sh FILES\n"
             ".Bl -tag -width Ds");
        fputs(".It Pa ", stdout);
        print_line(DOCUMENTATION_PAGE);
        puts("The same for a browser, with an anchor for each check and each reason.\n"
             ".El\n"
             ".Sh SEE ALSO\n"
             ".Xr virtreadyctl 1 ,\n"
             ".Xr virtreadyd 8");
}

const PageWriter mdoc_writer = {
        .begin = begin_page,
        .section = write_section,
        .text = print_line,
        .paragraph = write_paragraph,
        .states = write_states,
        .area = write_area,
        .begin_check = begin_check,
        .begin_facts = begin_facts,
        .checks = write_ids,
        .profiles = write_ids,
        .items = write_items,
        .links = write_links,
        .end_facts = end_list,
        .begin_reasons = begin_reasons,
        .begin_reason = begin_reason,
        .detail = print_line,
        .remedy = write_remedy,
        .end_reason = end_nothing,
        .end_reasons = end_list,
        .end_check = end_nothing,
        .begin_profile = begin_profile,
        .end_profile = end_nothing,
        .end = end_page,
};
