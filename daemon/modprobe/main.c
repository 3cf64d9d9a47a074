/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtready-modprobe: loads the one module that virtreadyd asks for, or has it loaded at each start. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../basic/clock.h"
#include "../basic/log.h"
#include "config.h"
#include "load.h"
#include "persist.h"
#include "serve.h"

#define REQUEST_LIMIT_USEC (10 * USEC_PER_SEC)
#define MODULES_LOAD_DIRECTORY "/etc/modules-load.d"

static void print_help(void) {
        puts("virtready-modprobe [OPTION]\n"
             "\n"
             "Loads the kernel module that a packet on standard input asks for, and answers.\n"
             "\n"
             "  -h --help     Show this help\n"
             "     --version  Show the version\n"
             "\n"
             "It is started by systemd, for virtreadyd; see virtready-modprobe(8). To load a module, use\n"
             "'virtreadyctl load'.");
}

/* Returns 1 when there is a request to be served; else 0 or a negative number. */
static int parse_arguments(int argc, char *argv[]) {
        if (argc <= 1)
                return 1;

        if (argc > 2)
                log_error(
                        "virtready-modprobe takes one option at most, but was given '%s', too. Try --help.",
                        argv[2]);
        else if (streq(argv[1], "--help") || streq(argv[1], "-h")) {
                print_help();
                return 0;
        } else if (streq(argv[1], "--version")) {
                puts("virtready-modprobe " PROJECT_VERSION);
                return 0;
        } else
                log_error("virtready-modprobe takes no arguments, but was given '%s'. Try --help.", argv[1]);

        return -1;
}

/* Keeps what log.c wants to know. libkmod reads KMOD_LOG, and other versions may read more. */
static int forget_environment(void) {
        /* Both stay where they are: clearenv(3) frees nothing that exec brought. */
        const char *stream = secure_getenv("JOURNAL_STREAM"), *level = secure_getenv("SYSTEMD_LOG_LEVEL");

        if (clearenv() != 0 || (stream && setenv("JOURNAL_STREAM", stream, 1) < 0) ||
            (level && setenv("SYSTEMD_LOG_LEVEL", level, 1) < 0))
                return log_oom();

        return 0;
}

/* A file that would come to nothing is not written. */
static ModprobeAnswer persist(const char *module) {
        ModprobeAnswer answer = module_check_start(&(ModuleTree){}, module);

        /* The answer does not tell this from a file that cannot be written. */
        if (answer.outcome == MODPROBE_FAILED)
                (void) log_warning_errno(-answer.error, "Failed to read the module tree: %m");

        return answer.outcome == MODPROBE_DONE ? module_persist(MODULES_LOAD_DIRECTORY, module) : answer;
}

static ModprobeAnswer act(const ModprobeRequest *request, void *userdata) {
        (void) userdata;

        switch (request->act) {
        case MODPROBE_LOAD:
                return module_load(&(ModuleTree){}, request->module);
        case MODPROBE_PERSIST:
                return persist(request->module);
        case MODPROBE_FORGET:
                return module_forget(MODULES_LOAD_DIRECTORY, request->module);
        default:
                return (ModprobeAnswer){ .outcome = MODPROBE_BAD_REQUEST };
        }
}

int main(int argc, char *argv[]) {
        int r;

        r = parse_arguments(argc, argv);
        if (r <= 0)
                return r < 0 ? SERVE_USAGE : EXIT_SUCCESS;

        r = forget_environment();
        if (r < 0)
                return SERVE_FAILED;

        r = serve_check(STDIN_FILENO);
        if (r < 0) {
                (void) log_error_errno(r, "Standard input is no connection to take a request from: %m. This "
                                          "program is started by systemd, for virtreadyd. Try --help.");
                return SERVE_USAGE;
        }

        return (int) serve(STDIN_FILENO, REQUEST_LIMIT_USEC, act, NULL);
}
