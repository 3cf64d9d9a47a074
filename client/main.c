/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl: shows on a terminal, or to a script, what virtreadyd has found out, or what it would; and
 * has it act. */

#include <errno.h>
#include <limits.h>
#include <locale.h>

#include "../daemon/basic/log.h"
#include "access.h"
#include "analyze.h"
#include "arguments.h"
#include "exit-status.h"
#include "fit.h"
#include "hypervisor.h"
#include "module.h"
#include "monitor.h"
#include "service.h"
#include "show.h"
#include "wait.h"

/* The options that say something to a verb; --json does to all. */
#define TAKES_BUS (1U << 0)
#define TAKES_PROFILE (1U << 1) /* unless there are operands */
#define TAKES_SOURCE (1U << 2)  /* of a machine, and needs one */
#define TAKES_TIMEOUT (1U << 3)
#define TAKES_NO_ASK_PASSWORD (1U << 4)
#define TAKES_GUEST (1U << 5) /* and needs its size */
#define TAKES_REFRESH (1U << 6)

/* SHOW shows the daemon's document, RUN does all with the bus, ALONE does all without a bus that is there.
 */
typedef struct Verb {
        const char *name;
        const char *needed_operand; /* what the one is that it needs; NULL: it needs none */
        size_t max_operands;
        unsigned takes;
        int (*show)(const Arguments *arguments, const Output *output, Json *document);
        int (*run)(const Arguments *arguments, const Output *output, sd_bus *bus);
        int (*alone)(const Arguments *arguments, const Output *output);
} Verb;

static const Verb verbs[] = {
        { "status", NULL, 0, TAKES_BUS | TAKES_PROFILE, .show = status_show },
        { "why", NULL, 1, TAKES_BUS | TAKES_PROFILE, .show = why_show },
        { "check", NULL, SIZE_MAX, TAKES_BUS, .show = check_show },
        { "access", NULL, 0, TAKES_BUS, .run = access_run },
        { "device", NULL, SIZE_MAX, TAKES_BUS, .show = device_show },
        { "host", NULL, 0, TAKES_BUS, .show = host_show },
        { "hypervisor", NULL, SIZE_MAX, TAKES_BUS | TAKES_REFRESH, .run = hypervisor_run },
        { "fit", NULL, 0, TAKES_BUS | TAKES_PROFILE | TAKES_GUEST, .run = fit_run },
        { "monitor", NULL, 0, TAKES_BUS | TAKES_PROFILE, .run = monitor_run },
        { "wait", NULL, 0, TAKES_BUS | TAKES_PROFILE | TAKES_TIMEOUT, .alone = wait_run },
        { "load", "a module", 1, TAKES_BUS | TAKES_NO_ASK_PASSWORD, .run = module_load_run },
        { "persist", "a module", 1, TAKES_BUS | TAKES_NO_ASK_PASSWORD, .run = module_persist_run },
        { "unpersist", "a module", 1, TAKES_BUS | TAKES_NO_ASK_PASSWORD, .run = module_unpersist_run },
        { "analyze", NULL, 0, TAKES_PROFILE | TAKES_SOURCE, .alone = analyze_run },
};

/* The daemon knows one machine, and analyze asks no daemon. */
static bool accepts_options(const Verb *verb, const Arguments *arguments) {
        const struct {
                const char *option;
                bool given;
                unsigned takes;
                const char *hint;
        } options[] = {
                { "--bus", arguments->bus_address, TAKES_BUS, ", which asks no daemon" },
                { "--profile", arguments->profile, TAKES_PROFILE, "" },
                { "--root", arguments->root, TAKES_SOURCE, ", but to 'analyze'" },
                { "--sosreport", arguments->sosreport, TAKES_SOURCE, ", but to 'analyze'" },
                { "--timeout", arguments->timeout, TAKES_TIMEOUT, ", but to 'wait'" },
                { "--no-ask-password", arguments->no_ask_password, TAKES_NO_ASK_PASSWORD,
                  ", which asks for none" },
                { "--refresh", arguments->refresh, TAKES_REFRESH, ", but to 'hypervisor'" },
                { arguments->fit.first, arguments->fit.first, TAKES_GUEST, ", but to 'fit'" },
        };

        FOREACH_ELEMENT(o, options)
                if (o->given && !(verb->takes & o->takes)) {
                        log_error("%s says nothing to '%s'%s. Try --help.", o->option, verb->name, o->hint);
                        return false;
                }

        if (arguments->profile && arguments->n_operands > 0) {
                log_error("--profile says nothing to '%s %s'. Try --help.", verb->name,
                          arguments->operands[0]);
                return false;
        }

        if ((verb->takes & TAKES_SOURCE) && !arguments->root == !arguments->sosreport) {
                log_error("'%s' needs either --root=DIR or --sosreport=FILE. Try --help.", verb->name);
                return false;
        }

        return !(verb->takes & TAKES_GUEST) || fit_options_check(&arguments->fit, verb->name);
}

static bool accepts(const Verb *verb, const Arguments *arguments) {
        if (arguments->n_operands > verb->max_operands) {
                log_error("'%s' is one argument too many for '%s'. Try --help.",
                          arguments->operands[verb->max_operands], verb->name);
                return false;
        }

        if (verb->needed_operand && arguments->n_operands == 0) {
                log_error("'%s' needs %s. Try --help.", verb->name, verb->needed_operand);
                return false;
        }

        return accepts_options(verb, arguments);
}

static const Verb *find_verb(const Arguments *arguments) {
        FOREACH_ELEMENT(verb, verbs)
                if (streq(verb->name, arguments->verb))
                        return accepts(verb, arguments) ? verb : NULL;

        log_error(
                "There is no command '%s'; there are status, why, check, access, device, host, hypervisor, "
                "fit, monitor, wait, load, persist, unpersist and analyze. Try --help.",
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
