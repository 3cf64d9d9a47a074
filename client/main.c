/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl: shows on a terminal, or to a script, what virtreadyd has found out, or what it would. */

#include <errno.h>
#include <limits.h>
#include <locale.h>

#include "../daemon/basic/log.h"
#include "access.h"
#include "analyze.h"
#include "arguments.h"
#include "exit-status.h"
#include "monitor.h"
#include "service.h"
#include "show.h"

/* SHOW shows the daemon's document, RUN does all with the bus, ALONE does all without it. */
typedef struct Verb {
        const char *name;
        size_t max_operands;
        bool about_profile; /* unless there are operands, it is about one profile */
        int (*show)(const Arguments *arguments, const Output *output, Json *document);
        int (*run)(const Arguments *arguments, const Output *output, sd_bus *bus);
        int (*alone)(const Arguments *arguments, const Output *output);
} Verb;

static const Verb verbs[] = {
        { "status", 0, true, status_show, NULL, NULL },
        { "why", 1, true, why_show, NULL, NULL },
        { "check", SIZE_MAX, false, check_show, NULL, NULL },
        { "access", 0, false, NULL, access_run, NULL },
        { "device", SIZE_MAX, false, device_show, NULL, NULL },
        { "monitor", 0, true, NULL, monitor_run, NULL },
        { "analyze", 0, true, NULL, NULL, analyze_run },
};

/* The daemon knows one machine, and analyze asks no daemon. */
static bool accepts_source(const Verb *verb, const Arguments *arguments) {
        if (!verb->alone && (arguments->root || arguments->sosreport)) {
                log_error("%s says nothing to '%s', but to 'analyze'. Try --help.",
                          arguments->root ? "--root" : "--sosreport", verb->name);
                return false;
        }

        if (verb->alone && arguments->bus_address) {
                log_error("--bus says nothing to '%s', which asks no daemon. Try --help.", verb->name);
                return false;
        }

        if (verb->alone && !arguments->root == !arguments->sosreport) {
                log_error("'%s' needs either --root=DIR or --sosreport=FILE. Try --help.", verb->name);
                return false;
        }

        return true;
}

static bool accepts(const Verb *verb, const Arguments *arguments) {
        if (arguments->n_operands > verb->max_operands) {
                log_error("'%s' is one argument too many for '%s'. Try --help.",
                          arguments->operands[verb->max_operands], verb->name);
                return false;
        }

        if (arguments->profile && (!verb->about_profile || arguments->n_operands > 0)) {
                log_error("--profile says nothing to '%s%s%s'. Try --help.", verb->name,
                          arguments->n_operands > 0 ? " " : "",
                          arguments->n_operands > 0 ? arguments->operands[0] : "");
                return false;
        }

        return accepts_source(verb, arguments);
}

static const Verb *find_verb(const Arguments *arguments) {
        FOREACH_ELEMENT(verb, verbs)
                if (streq(verb->name, arguments->verb))
                        return accepts(verb, arguments) ? verb : NULL;

        log_error("There is no command '%s'; there are status, why, check, access, device, monitor and "
                  "analyze. "
                  "Try --help.",
                  arguments->verb);
        return NULL;
}

static int run_verb(const Verb *verb, const Arguments *arguments, const Output *output) {
        _cleanup_(json_object_putp) Json *document = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        if (verb->alone)
                return verb->alone(arguments, output);

        r = service_connect(arguments->bus_address, &bus);
        if (r != 0)
                return r;

        if (verb->run)
                return verb->run(arguments, output, bus);

        r = service_describe(bus, &document);
        if (r != 0)
                return r;

        return verb->show(arguments, output, document);
}

static int run(int argc, char *argv[]) {
        Arguments arguments;
        const Verb *verb;
        Output output;
        int r;

        (void) setlocale(LC_ALL, "");

        r = arguments_parse(argc, argv, &arguments);
        if (r <= 0)
                return r < 0 ? STATUS_USAGE : STATUS_READY;

        verb = find_verb(&arguments);
        if (!verb)
                return STATUS_USAGE;

        output_detect(stdout, &output);
        r = run_verb(verb, &arguments, &output);
        if (r < 0)
                (void) log_error_errno(r, "Failed to show the answer: %m");

        return r < 0 ? STATUS_UNKNOWN : r;
}

int main(int argc, char *argv[]) {
        int status = run(argc, argv);

        if (fflush(stdout) != 0 || ferror(stdout)) {
                (void) log_error_errno(-errno, "Failed to write the answer: %m");
                return STATUS_UNKNOWN;
        }

        return status;
}
