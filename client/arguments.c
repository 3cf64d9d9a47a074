/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses the command line with getopt_long(3). */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../daemon/basic/log.h"
#include "arguments.h"
#include "config.h"

static void print_help(void) {
        puts("virtreadyctl [OPTION…] [COMMAND]\n"
             "\n"
             "Says whether this machine can run virtual machines, and what to do if it cannot; or\n"
             "another one, whose files are here.\n"
             "\n"
             "Commands:\n"
             "  status               Show a checklist with causes and remedies (the default)\n"
             "  why [PROFILE|CHECK]  Show the cause of a state, and what depends on it\n"
             "  check [CHECK…]       List all checks, or show some of them in full\n"
             "  access               Show which devices you may use, and what to do if you may not\n"
             "  device [ADDRESS…]    List the PCI devices that guests could be given, or show some in full\n"
             "  host                 Show the machine: its CPUs, memory and NUMA nodes\n"
             "  hypervisor [ID…]     List what libvirt manages, or show what guests may have there\n"
             "  fit                  Show how many guests of a size fit, and what ends first\n"
             "  monitor              Show what changes, as it changes\n"
             "  wait                 Wait until the profile is ready\n"
             "  load MODULE          Load a kernel module, if polkit allows it\n"
             "  persist MODULE       Have a kernel module loaded at each start\n"
             "  unpersist MODULE     Undo that\n"
             "  analyze              Show the checklist of another machine, without a daemon\n"
             "\n"
             "Options:\n"
             "  -h --help            Show this help\n"
             "     --version         Show the version\n"
             "     --json            Print JSON\n"
             "     --profile=ID      The purpose that the verdict is about (default: " PROFILE_ID_DEFAULT
             ")\n"
             "     --bus=ADDRESS     Ask on this message bus instead of the system bus\n"
             "     --timeout=TIME    Wait no longer than that, such as 30s or 2min (default: for ever)\n"
             "     --no-ask-password Do not ask for a password\n"
             "     --refresh         Have libvirt asked first, which wakes it if it "
             "sleeps\n" FIT_OPTIONS_HELP
             "     --root=DIR        Analyze the machine that proc/, sys/ and etc/ in DIR were copied from\n"
             "     --sosreport=FILE  Analyze the machine that 'sos report' has archived in FILE\n"
             "\n"
             "Exit status: 0 ready, 1 not ready, 2 wrong usage, 3 daemon unreachable, 4 unknown.\n"
             "That of wait: 0 ready, 1 not ready when the time is over; of load, persist and unpersist:\n"
             "0 done, 1 refused; of both else as above.\n"
             "That of fit: 0 they fit, 1 they do not; else as above.\n"
             "That of access: 0 you may use /dev/kvm, 1 you may not; else as above.\n"
             "That of analyze: 0 when it could judge the machine, whatever came out; else 2 or 4.\n"
             "See virtreadyctl(1).");
}

static int complain_if_empty(const char *option, const char *value) {
        if (!isempty(value))
                return 0;

        log_error("Option '%s' needs a value. Try --help.", option);
        return -EINVAL;
}

static int parse_timeout(const char *text, uint64_t *ret_usec) {
        int r;

        r = time_span_parse(text, ret_usec);
        if (r == -ERANGE)
                log_error("'%s' is too long a time for --timeout. Try --help.", text);
        else if (r < 0)
                log_error("'%s' is no time for --timeout, such as 30s or 2min. Try --help.", text);

        return r;
}

static int check_values(Arguments *arguments) {
        const struct {
                const char *option, *value;
        } given[] = {
                { "--profile", arguments->profile }, { "--bus", arguments->bus_address },
                { "--root", arguments->root },       { "--sosreport", arguments->sosreport },
                { "--timeout", arguments->timeout },
        };

        FOREACH_ELEMENT(g, given)
                if (g->value && complain_if_empty(g->option, g->value) < 0)
                        return -EINVAL;

        if (arguments->bus_address && !strchr(arguments->bus_address, ':')) {
                log_error("--bus needs an address, such as unix:path=%s. Try --help.",
                          arguments->bus_address);
                return -EINVAL;
        }

        return arguments->timeout ? parse_timeout(arguments->timeout, &arguments->timeout_usec) : 0;
}

enum {
        ARG_VERSION = 0x100,
        ARG_JSON,
        ARG_PROFILE,
        ARG_BUS,
        ARG_ROOT,
        ARG_SOSREPORT,
        ARG_TIMEOUT,
        ARG_NO_ASK_PASSWORD,
        ARG_REFRESH,
};

/* Takes one option with its value. Returns as arguments_parse() does. */
static int take_option(int option, const char *value, Arguments *arguments) {
        switch (option) {
        case 'h':
                print_help();
                return 0;
        case ARG_VERSION:
                puts("virtreadyctl " PROJECT_VERSION);
                return 0;
        case ARG_JSON:
                arguments->json = true;
                return 1;
        case ARG_PROFILE:
                arguments->profile = value;
                return 1;
        case ARG_BUS:
                arguments->bus_address = value;
                return 1;
        case ARG_ROOT:
                arguments->root = value;
                return 1;
        case ARG_SOSREPORT:
                arguments->sosreport = value;
                return 1;
        case ARG_TIMEOUT:
                arguments->timeout = value;
                return 1;
        case ARG_NO_ASK_PASSWORD:
                arguments->no_ask_password = true;
                return 1;
        case ARG_REFRESH:
                arguments->refresh = true;
                return 1;
        default:
                if (fit_options_have(option))
                        return fit_options_take(option, value, &arguments->fit);

                /* getopt_long() has said what is wrong. */
                log_error("Try --help.");
                return -EINVAL;
        }
}

int arguments_parse(int argc, char *argv[], Arguments *ret) {
        static const struct option options[] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, ARG_VERSION },
                { "json", no_argument, NULL, ARG_JSON },
                { "profile", required_argument, NULL, ARG_PROFILE },
                { "bus", required_argument, NULL, ARG_BUS },
                { "root", required_argument, NULL, ARG_ROOT },
                { "sosreport", required_argument, NULL, ARG_SOSREPORT },
                { "timeout", required_argument, NULL, ARG_TIMEOUT },
                { "no-ask-password", no_argument, NULL, ARG_NO_ASK_PASSWORD },
                { "refresh", no_argument, NULL, ARG_REFRESH },
                FIT_OPTIONS,
                {},
        };
        Arguments parsed = { .verb = "status", .timeout_usec = TIME_SPAN_INFINITE };
        int option, r;

        /* Zero makes getopt_long() forget an earlier command line. */
        optind = 0;
        while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                r = take_option(option, optarg, &parsed);
                if (r <= 0)
                        return r;
        }

        if (optind < argc)
                parsed.verb = argv[optind++];
        parsed.operands = (const char *const *) argv + optind;
        parsed.n_operands = (size_t) (argc - optind);

        if (check_values(&parsed) < 0)
                return -EINVAL;

        *ret = parsed;
        return 1;
}
