/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the benchmark as briefly as can be and sees that it prints every row: no number is judged. */

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../../daemon/basic/cleanup.h"
#include "../../daemon/basic/macro.h"
#include "../kernel-events.h"

#define OUTPUT_MAX 65536U

/* The kernel ends the test, and with it the benchmark, when it takes longer. */
#define LIMIT_SECONDS 110U

/* What meson takes for a skipped test. */
#define EXIT_SKIPPED 77

/* Where the kernel's events cannot be had there is no number. */
static const char *const rows_of_events[] = {
        "event.p50",    "event.p99",     "storm.dropped", "storm.cpu",
        "storm.passes", "storm.settled", "storm.peak",    "storm.growth",
};

static const char *const expected_rows[] = {
        "start.owned.median",
        "start.owned.p90",
        "start.answered.median",
        "start.answered.p90",
        "memory.pss",
        "memory.anonymous",
        "memory.libraries",
        "getall.p50",
        "getall.p99",
        "getall.cpu",
        "pass.cpu",
        "probe.cpu",
        "whole.cpu",
        "idle.switches",
        "machine.16.pass",
        "machine.2048.pass",
        "machine.16.pass.cpu",
        "machine.2048.pass.cpu",
        "machine.16.opened",
        "machine.2048.opened",
        "machine.16.devices",
        "machine.2048.devices",
        "machine.16.devices.opened",
        "machine.2048.devices.opened",
        "machine.16.bind",
        "machine.2048.bind",
};

/* The arguments are the benchmark's command line. */
static int read_output(char *argv[], char output[static OUTPUT_MAX]) {
        _cleanup_(fclosep) FILE *f = NULL;
        int pipe_fds[2], status;
        size_t n;
        pid_t pid;

        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return -errno;

        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                if (prctl(PR_SET_PDEATHSIG, SIGKILL) >= 0 && dup2(pipe_fds[1], STDOUT_FILENO) >= 0)
                        (void) execv(argv[0], argv);
                _exit(EXIT_FAILURE);
        }

        (void) close(pipe_fds[1]);
        f = fdopen(pipe_fds[0], "re");
        if (!f)
                return -errno;

        n = fread(output, 1, OUTPUT_MAX - 1, f);
        output[n] = '\0';

        if (waitpid(pid, &status, 0) < 0)
                return -errno;
        return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS ? 0 : -EIO;
}

static struct json_object *find_row(struct json_object *rows, const char *id) {
        for (size_t i = 0; i < json_object_array_length(rows); i++) {
                struct json_object *row = json_object_array_get_idx(rows, i), *row_id;

                if (json_object_object_get_ex(row, "id", &row_id) &&
                    streq(json_object_get_string(row_id), id))
                        return row;
        }

        return NULL;
}

static bool has_number(struct json_object *row, const char *key) {
        struct json_object *value;

        return row && json_object_object_get_ex(row, key, &value) &&
               json_object_is_type(value, json_type_double);
}

/* Why there cannot be rows of events, or NULL. */
static const char *why_no_events(void) {
        KernelEvents events;
        bool arrive;

        if (kernel_events_open(&events) < 0)
                return "no device's events can be sent here";

        arrive = kernel_events_arrive(&events);
        kernel_events_close(&events);
        if (!arrive)
                return "the kernel's events do not reach this environment";

        return kernel_events_busy_udevd() ? "udevd runs here, and a storm would keep it busy for long"
                                          : NULL;
}

static int check_rows(const char *output, bool has_events) {
        _cleanup_(json_object_putp) struct json_object *report = NULL;
        struct json_object *rows;
        int r = 0;

        report = json_tokener_parse(output);
        if (!json_object_object_get_ex(report, "rows", &rows) ||
            !json_object_is_type(rows, json_type_array)) {
                fprintf(stderr, "The output is no report.\n");
                return -EBADMSG;
        }

        FOREACH_ELEMENT(id, expected_rows)
                if (!has_number(find_row(rows, *id), "virtreadyd")) {
                        fprintf(stderr, "Row %s has no number for virtreadyd.\n", *id);
                        r = -ENODATA;
                }

        FOREACH_ELEMENT(id, rows_of_events)
                if (!find_row(rows, *id) || has_number(find_row(rows, *id), "virtreadyd") != has_events) {
                        fprintf(stderr, "Row %s has %s number for virtreadyd.\n", *id,
                                has_events ? "no" : "a");
                        r = -ENODATA;
                }

        if (json_object_array_length(rows) != ELEMENTSOF(expected_rows) + ELEMENTSOF(rows_of_events)) {
                fprintf(stderr, "There are rows that this test does not know.\n");
                r = -EBADMSG;
        }

        return r;
}

int main(int argc, char *argv[]) {
        char output[OUTPUT_MAX];
        const char *missing;

        if (argc < 2)
                return EXIT_FAILURE;

        (void) alarm(LIMIT_SECONDS);
        if (read_output(argv + 1, output) < 0) {
                fprintf(stderr, "The benchmark failed.\n");
                return EXIT_FAILURE;
        }

        fputs(output, stdout);
        missing = why_no_events();
        if (check_rows(output, !missing) < 0)
                return EXIT_FAILURE;
        if (!missing)
                return EXIT_SUCCESS;

        printf("1..0 # SKIP without the rows of events: %s\n", missing);
        return EXIT_SKIPPED;
}
