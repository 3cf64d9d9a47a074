/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures virtreadyd beside a minimal service, systemd-hostnamed and virt-host-validate, in one run. */

#include <getopt.h>
#include <math.h>

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/log.h"
#include "../../dbus/names.h"
#include "machine.h"
#include "measure.h"
#include "shape.h"

#define ROUNDS_DEFAULT 30U
#define CALLS_DEFAULT 5000U
#define EVENTS_DEFAULT 300U
#define STORM_DEFAULT 100000U
#define IDLE_SECONDS_DEFAULT 60U

/* Larger numbers are typing errors. */
#define COUNT_MAX 1000000UL

#define HOSTNAMED "/lib/systemd/systemd-hostnamed"

typedef struct Options {
        unsigned rounds, calls, events, storm, idle_seconds;
        bool json, verbose;
        const char *bus_configuration, *floor, *floor_events, *virtreadyd;
        char *helper_argument; /* for virtreadyd: where virtready-libvirt is */
} Options;

static void options_done(Options *options) {
        free(options->helper_argument);
}

static void print_help(void) {
        puts("bench [OPTION…] BUS-CONFIGURATION FLOOR FLOOR-EVENTS VIRTREADYD VIRTREADY-LIBVIRT\n"
             "\n"
             "Measures virtreadyd beside others and prints a Markdown table.\n"
             "\n"
             "  -h --help            Show this help\n"
             "     --rounds=N        Starts of each service, passes, runs of virt-host-validate (30)\n"
             "     --calls=N         Calls of GetAll to each service (5000)\n"
             "     --events=N        Kernel events whose way to the bus is timed, for each service (300)\n"
             "     --storm=N         Kernel events of the storm (100000)\n"
             "     --idle=SECONDS    How long to watch the idle services (60)\n"
             "     --json            Print JSON instead\n"
             "  -v --verbose         Let the messages of what is started through");
}

static int parse_count(const char *text, unsigned *ret) {
        unsigned long value;
        char *end;

        errno = 0;
        value = strtoul(text, &end, 10);
        if (errno != 0 || end == text || *end || value == 0 || value > COUNT_MAX)
                return log_error_errno(-EINVAL, "'%s' is not a number from 1 to %lu.", text, COUNT_MAX);

        *ret = (unsigned) value;
        return 0;
}

static int parse_programs(int argc, char *argv[], Options *ret) {
        if (argc != 5)
                return log_error_errno(-EINVAL, "Five arguments are needed. Try --help.");

        ret->bus_configuration = argv[0];
        ret->floor = argv[1];
        ret->floor_events = argv[2];
        ret->virtreadyd = argv[3];
        if (asprintf(&ret->helper_argument, "--libvirt-helper=%s", argv[4]) < 0) {
                ret->helper_argument = NULL;
                return log_oom();
        }

        return 0;
}

/* Returns 1 to go on, 0 when all is done, or a negative errno value. */
static int options_parse(int argc, char *argv[], Options *ret) {
        enum {
                ARG_ROUNDS = 0x100,
                ARG_CALLS,
                ARG_EVENTS,
                ARG_STORM,
                ARG_IDLE,
                ARG_JSON,
        };
        static const struct option options[] = {
                { "help", no_argument, NULL, 'h' },
                { "rounds", required_argument, NULL, ARG_ROUNDS },
                { "calls", required_argument, NULL, ARG_CALLS },
                { "events", required_argument, NULL, ARG_EVENTS },
                { "storm", required_argument, NULL, ARG_STORM },
                { "idle", required_argument, NULL, ARG_IDLE },
                { "json", no_argument, NULL, ARG_JSON },
                { "verbose", no_argument, NULL, 'v' },
                {},
        };
        Options parsed = { .rounds = ROUNDS_DEFAULT,
                           .calls = CALLS_DEFAULT,
                           .events = EVENTS_DEFAULT,
                           .storm = STORM_DEFAULT,
                           .idle_seconds = IDLE_SECONDS_DEFAULT };
        /* In the order of their ARG_. */
        unsigned *const counts[] = { &parsed.rounds, &parsed.calls, &parsed.events, &parsed.storm,
                                     &parsed.idle_seconds };
        int c, r = 0;

        while (r >= 0 && (c = getopt_long(argc, argv, "hv", options, NULL)) >= 0)
                switch (c) {
                case 'h':
                        print_help();
                        return 0;
                case ARG_ROUNDS ... ARG_IDLE:
                        r = parse_count(optarg, counts[c - ARG_ROUNDS]);
                        break;
                case ARG_JSON:
                        parsed.json = true;
                        break;
                case 'v':
                        parsed.verbose = true;
                        break;
                default:
                        return -EINVAL;
                }
        if (r < 0)
                return r;
        r = parse_programs(argc - optind, argv + optind, &parsed);
        if (r < 0)
                return r;

        *ret = parsed;
        return 1;
}

/* What is missing leaves its column empty. */
static int find_peers(Bench *bench) {
        _cleanup_(child_done) Child child = CHILD_NONE;
        int r, status;

        if (access(HOSTNAMED, X_OK) >= 0)
                bench->services[SUBJECT_HOSTNAMED] = (Service){
                        .program = HOSTNAMED,
                        .name = "org.freedesktop.hostname1",
                        .path = "/org/freedesktop/hostname1",
                        .interface = "org.freedesktop.hostname1",
                        .child = CHILD_NONE,
                };
        else
                log_warning("%s is not installed; it is left out.", HOSTNAMED);

        r = child_start((const char *[]){ "virt-host-validate", "--version", NULL }, /* output= */ -EBADF,
                        /* quiet= */ true, &child);
        if (r < 0)
                return log_error_errno(r, "Failed to start virt-host-validate: %m");

        r = child_wait(&child, SERVICE_LIMIT_USEC, &status, NULL);
        if (r < 0)
                return log_error_errno(r, "Failed to wait for virt-host-validate: %m");

        bench->has_validate = status == 0;
        if (!bench->has_validate)
                log_warning("virt-host-validate (libvirt-clients) is not installed; it is left out.");
        return 0;
}

static void bench_init(Bench *bench, const Options *options) {
        *bench = (Bench){
                .rounds = options->rounds,
                .calls = options->calls,
                .events = options->events,
                .storm = options->storm,
                .idle_seconds = options->idle_seconds,
                .floor_events = options->floor_events,
                .bus = { .daemon = CHILD_NONE },
                .services = {
                        [SUBJECT_FLOOR] = {
                                .program = options->floor,
                                .name = "org.virtready1.bench.Floor",
                                .path = "/org/virtready1/bench/floor",
                                .interface = "org.virtready1.bench.Floor",
                                .child = CHILD_NONE,
                        },
                        [SUBJECT_VIRTREADYD] = {
                                .program = options->virtreadyd,
                                .argument = options->helper_argument,
                                .name = BUS_NAME,
                                .path = BUS_PATH_MANAGER,
                                .interface = BUS_INTERFACE_MANAGER,
                                .child = CHILD_NONE,
                        },
                        [SUBJECT_HOSTNAMED] = { .child = CHILD_NONE },
                },
        };
        report_init(&bench->report);
}

static void bench_done(Bench *bench) {
        FOREACH_ELEMENT(service, bench->services)
                child_done(&service->child);
        private_bus_done(&bench->bus);
}

static int start_services(Bench *bench) {
        Service *service;
        int r;

        for (Subject s = 0; (service = bench_next_service(bench, &s)); s++) {
                r = service_start(service, &bench->bus, NULL);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int read_shape(Bench *bench, Subject subject, Shape *ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = service_get_all(&bench->services[subject], &bench->bus, &reply);
        if (r < 0)
                return r;

        r = shape_read(reply, ret);
        if (r < 0)
                return log_error_errno(r, "Failed to read a reply to GetAll: %m");

        bench->n_reply_values[subject] = ret->n_values;
        return 0;
}

/* The floor has the Manager's properties, or the two cannot be compared. */
static int check_floor_is_comparable(Bench *bench) {
        _cleanup_(shape_done) Shape floor = {}, manager = {};
        int r;

        r = read_shape(bench, SUBJECT_FLOOR, &floor);
        if (r < 0)
                return r;

        r = read_shape(bench, SUBJECT_VIRTREADYD, &manager);
        if (r < 0)
                return r;

        if (!streq(floor.properties, manager.properties))
                return log_error_errno(-ENOTSUP,
                                       "floor.c has to have the properties of " BUS_INTERFACE_MANAGER
                                       ".\nIt has: %s\nThat has: %s",
                                       floor.properties, manager.properties);

        return 0;
}

static int describe_run(Bench *bench) {
        _cleanup_free_ char *kvm_state = NULL;
        Report *report = &bench->report;
        int r;

        (void) sd_bus_get_property_string(bench->bus.client, BUS_NAME, BUS_PATH_CHECK "/kvm/usable",
                                          BUS_INTERFACE_CHECK, "State", NULL, &kvm_state);

        r = machine_describe(kvm_state ? kvm_state : "unknown", report->machine, sizeof(report->machine));
        if (r < 0)
                return log_error_errno(r, "Failed to describe the machine: %m");

        (void) snprintf(
                report->method, sizeof(report->method),
                "Method: %u starts, %u passes and %u runs of virt-host-validate, %u calls of GetAll "
                "to each service (%u values in the floor's reply, %u in virtreadyd's), idle for %u "
                "s (%u device events meanwhile). The machines with 16 and 2,048 CPUs are files that "
                "the benchmark writes; the two take turns. Events are the kernel's, and change the smaller "
                "machine: %u to each of virtreadyd and a floor that follows events, which take turns and "
                "are stopped in between, 250 ms or more apart, so that none is held back (%u were repeated "
                "because there were others; %u other sockets listened); the storm is %u events to each, "
                "which took %.1f s to send to virtreadyd.",
                bench->rounds, bench->rounds, bench->has_validate ? 3 * bench->rounds : 0, bench->calls,
                bench->n_reply_values[SUBJECT_FLOOR], bench->n_reply_values[SUBJECT_VIRTREADYD],
                bench->idle_seconds, bench->n_idle_uevents, report->has_events ? bench->events : 0,
                bench->n_disturbed_events, bench->n_other_listeners, report->has_events ? bench->storm : 0,
                bench->storm_seconds);
        return 0;
}

static int measure_all(Bench *bench) {
        int r;

        r = measure_starts(bench);
        if (r < 0)
                return r;

        r = measure_latency(bench);
        if (r < 0)
                return r;

        r = measure_storm(bench);
        if (r < 0)
                return r;

        r = start_services(bench);
        if (r < 0)
                return r;

        r = check_floor_is_comparable(bench);
        if (r < 0)
                return r;

        r = measure_calls(bench);
        if (r < 0)
                return r;

        r = measure_passes(bench);
        if (r < 0)
                return r;

        r = measure_probes(bench);
        if (r < 0)
                return r;

        r = measure_idle(bench);
        if (r < 0)
                return r;

        r = measure_large_machines(bench);
        if (r < 0)
                return r;

        return describe_run(bench);
}

static int run(int argc, char *argv[]) {
        _cleanup_(options_done) Options options = {};
        _cleanup_(bench_done) Bench bench;
        int r;

        bench_init(&bench, &options);
        r = options_parse(argc, argv, &options);
        if (r <= 0)
                return r;
        bench_init(&bench, &options);

        r = private_bus_start(&bench.bus, options.bus_configuration, !options.verbose);
        if (r < 0)
                return r;

        r = find_peers(&bench);
        if (r < 0)
                return r;

        r = measure_all(&bench);
        if (r < 0)
                return r;
        if (!report_is_complete(&bench.report))
                return log_error_errno(-ENODATA, "Something could not be measured.");

        if (options.json)
                report_print_json(&bench.report);
        else
                report_print_markdown(&bench.report);
        return 0;
}

int main(int argc, char *argv[]) {
        return run(argc, argv) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
