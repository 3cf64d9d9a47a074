/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints virtready-checks(7) from the catalogue itself, so that the page is never wrong. Run
 * while building. */

#include <stdio.h>
#include <stdlib.h>

#include "daemon/basic/macro.h"
#include "daemon/checks/catalogue.h"
#include "daemon/checks/profile.h"

/* Prints text for a line of mdoc(7). {name} becomes a name in italics, and what follows a full stop begins a
 * new line, as mdoc wants each sentence to. */
static void print_text(const char *text) {
        for (const char *p = text; *p != '\0'; p++)
                switch (*p) {
                case '\\':
                        fputs("\\e", stdout);
                        break;
                case '-':
                        fputs("\\-", stdout);
                        break;
                case '\'':
                        fputs("\\(aq", stdout);
                        break;
                case '{':
                        fputs("\\fI", stdout);
                        break;
                case '}':
                        fputs("\\fP", stdout);
                        break;
                case '.':
                        if (p == text)
                                fputs("\\&", stdout);
                        putchar('.');
                        if (p[1] == ' ') {
                                putchar('\n');
                                p++;
                        }
                        break;
                default:
                        putchar(*p);
                        break;
                }
}

static void print_line(const char *text) {
        print_text(text);
        putchar('\n');
}

/* WHAT, and the ids of a NULL-terminated list that is not empty. */
static void print_ids(const char *what, const char *const *ids) {
        fputs(what, stdout);
        for (const char *const *id = ids; *id; id++) {
                fputs(id == ids ? " \\fB" : ", \\fB", stdout);
                print_text(*id);
                fputs("\\fP", stdout);
        }
        puts(".");
}

static void print_remedy(const Remedy *remedy) {
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
        putchar('\n');
}

static void print_reason(const Reason *reason) {
        fputs(".It Sy ", stdout);
        print_text(reason->id);
        fputs(" No (", stdout);
        print_text(check_state_to_string(reason->state));
        puts(")");
        print_line(reason->detail);

        for (size_t i = 0; i < REASON_REMEDIES_MAX && reason->remedies[i].kind != REMEDY_NONE; i++)
                print_remedy(&reason->remedies[i]);
}

static void print_check(const Check *check) {
        printf(".Ss %s \\(en ", check->id);
        print_line(check->title);
        print_line(check->description);
        if (*check->needs) {
                puts(".Pp");
                print_ids("It needs", check->needs);
        }

        puts(".Bl -tag -width Ds");
        for (const Reason *const *reason = check->reasons; *reason; reason++)
                print_reason(*reason);
        puts(".El");
}

static void print_profile(const Profile *profile) {
        printf(".Ss %s \\(en ", profile->id);
        print_line(profile->title);
        print_ids("It requires", profile->required);
        if (*profile->recommended)
                print_ids("It recommends", profile->recommended);
}

static void print_introduction(void) {
        puts(".\\\" SPDX-License-Identifier: LGPL-2.1-or-later\n"
             ".\\\" Made by docs/checks-page.c from the catalogue of checks; change it there.\n"
             ".Dd November 24, 2026\n"
             ".Dt VIRTREADY-CHECKS 7\n"
             ".Os virtready\n"
             ".Sh NAME\n"
             ".Nm virtready-checks\n"
             ".Nd what virtreadyd checks, and what the outcome means\n"
             ".Sh DESCRIPTION\n"
             "A check is about one thing that virtual machines or containers can need.\n"
             "Its outcome is a state:\n"
             ".Bl -tag -width \"not-applicable\"\n"
             ".It Sy pass\n"
             "It holds.\n"
             ".It Sy fail\n"
             "It does not hold.\n"
             ".It Sy blocked\n"
             "It does not hold because a check that it needs fails, which is where to look.\n"
             ".It Sy not-applicable\n"
             "It has no meaning on this machine.\n"
             ".It Sy unknown\n"
             "What it takes to tell could not be read.\n"
             ".El\n"
             ".Pp\n"
             "Each check gives one of its reasons, which are stable identifiers, with a sentence.\n"
             "Words in italics stand for values of this machine.\n"
             "A reason may come with remedies: their kind, what they are about, and a command if there is "
             "one.\n"
             ".Pp\n"
             "Which checks matter depends on the purpose: see\n"
             ".Sx PROFILES .");
}

static void print_conclusion(void) {
        puts(".Sh SEE ALSO\n"
             ".Xr virtreadyctl 1 ,\n"
             ".Xr virtreadyd 8");
}

int main(void) {
        print_introduction();

        puts(".Sh CHECKS");
        for (size_t i = 0; i < catalogue_size(); i++)
                print_check(catalogue_get(i));

        puts(".Sh PROFILES\n"
             "A profile is ready when all checks hold that it requires and none fails that it recommends,\n"
             "degraded when only a recommended one fails, and not ready when a required one fails.");
        for (size_t i = 0; i < profiles_size(); i++)
                print_profile(profiles_get(i));

        print_conclusion();
        return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
