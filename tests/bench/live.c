/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the files, starts who follows, and listens to it. */

#include <time.h>

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/log.h"
#include "../../dbus/names.h"
#include "live.h"

/* drivers/char/misc.c: misc_seq_show() */
#define MISC_WITHOUT_TUN "238 vhost-net\n229 fuse\n232 kvm\n"
#define MISC_WITH_TUN "238 vhost-net\n200 tun\n229 fuse\n232 kvm\n"

int live_machine_new(LiveMachine *ret) {
        _cleanup_(live_machine_done) LiveMachine machine = { .has_tun = true };
        int r;

        *ret = (LiveMachine){};

        r = kernel_events_open(&machine.events);
        if (r < 0) {
                log_warning("No event can be sent (%s); what needs events is left out.", strerror(-r));
                return 0;
        }
        if (!kernel_events_arrive(&machine.events)) {
                log_warning("The kernel's events do not arrive here; what needs events is left out.");
                return 0;
        }
        if (kernel_events_busy_udevd()) {
                log_warning("udevd runs here and would have to handle the events, too; what needs events is "
                            "left out.");
                return 0;
        }

        r = large_machine_new(LARGE_MACHINE_CPUS_MIN, &machine.files);
        if (r < 0)
                return log_error_errno(r, "Failed to write the files of a machine: %m");

        *ret = machine;
        machine = (LiveMachine){};
        return 0;
}

void live_machine_done(LiveMachine *machine) {
        kernel_events_close(&machine->events);
        large_machine_done(&machine->files);
        *machine = (LiveMachine){};
}

/* Nobody ever sees half of the file. */
static int replace_misc(const char *directory, const char *content) {
        _cleanup_free_ char *path = NULL, *temporary = NULL;
        FILE *file;

        if (asprintf(&path, "%s/proc/misc", directory) < 0 ||
            asprintf(&temporary, "%s/misc.new", directory) < 0)
                return -ENOMEM;

        file = fopen(temporary, "we");
        if (!file)
                return -errno;
        (void) fputs(content, file);
        if (fclose(file) != 0)
                return -errno;

        return rename(temporary, path) < 0 ? -errno : 0;
}

int live_machine_flip(LiveMachine *machine) {
        int r;

        r = replace_misc(machine->files.path, machine->has_tun ? MISC_WITHOUT_TUN : MISC_WITH_TUN);
        if (r < 0)
                return log_error_errno(r, "Failed to change the files of a machine: %m");

        machine->has_tun = !machine->has_tun;
        return 0;
}

double live_now_usec(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (double) t.tv_sec * (double) USEC_PER_SEC + (double) t.tv_nsec / (double) NSEC_PER_USEC;
}

/* PropertiesChanged: interface, changed properties, names of others. */
static int on_changed(sd_bus_message *signal, void *userdata, sd_bus_error *error) {
        double now_usec = live_now_usec();
        Follower *follower = userdata;
        const char *name;
        int r;

        (void) error;

        r = sd_bus_message_skip(signal, "s");
        if (r < 0)
                return r;

        r = sd_bus_message_enter_container(signal, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(signal, 'e', "sv")) > 0) {
                const char *state;

                r = sd_bus_message_read(signal, "s", &name);
                if (r < 0)
                        return r;

                if (!streq(name, "State"))
                        r = sd_bus_message_skip(signal, "v");
                else if ((r = sd_bus_message_read(signal, "v", "s", &state)) >= 0) {
                        snprintf(follower->told_state, sizeof(follower->told_state), "%s", state);
                        follower->told_usec = now_usec;
                        follower->n_told++;
                }
                if (r < 0)
                        return r;

                r = sd_bus_message_exit_container(signal);
        }

        return r < 0 ? r : 0;
}

static int describe_follower(Follower *follower, Bench *bench, Subject subject, const LiveMachine *machine) {
        if (subject == SUBJECT_FLOOR) {
                *follower = (Follower){
                        .service = { .program = bench->floor_events,
                                     .name = "org.virtready1.bench.Events",
                                     .child = CHILD_NONE },
                        .object = "/org/virtready1/bench/events",
                        .interface = "org.virtready1.bench.Events",
                        .argument = strdup(machine->events.names[0]),
                };
                return follower->argument ? 0 : log_oom();
        }

        *follower = (Follower){
                .service = { .program = bench->services[SUBJECT_VIRTREADYD].program,
                             .name = BUS_NAME,
                             .child = CHILD_NONE },
                .object = BUS_PATH_CHECK "/net/tun",
                .interface = BUS_INTERFACE_CHECK,
        };
        return asprintf(&follower->argument, "--root=%s", machine->files.path) < 0 ? log_oom() : 0;
}

int follower_start(Follower *follower, Bench *bench, Subject subject, const LiveMachine *machine) {
        int r;

        r = describe_follower(follower, bench, subject, machine);
        if (r < 0)
                return r;
        follower->service.argument = follower->argument;

        r = sd_bus_match_signal(bench->bus.client, &follower->slot, follower->service.name, follower->object,
                                "org.freedesktop.DBus.Properties", "PropertiesChanged", on_changed,
                                follower);
        if (r < 0)
                return log_error_errno(r, "Failed to listen to %s: %m", follower->service.name);

        return service_start(&follower->service, &bench->bus, NULL);
}

void follower_done(Follower *follower) {
        sd_bus_slot_unref(follower->slot);
        child_done(&follower->service.child);
        free(follower->argument);
        *follower = (Follower){ .service.child = CHILD_NONE };
}

static int process(Follower *follower, Bench *bench) {
        int r;

        r = sd_bus_process(bench->bus.client, NULL);
        if (r < 0)
                return log_error_errno(r, "Failed to hear of %s: %m", follower->service.name);

        return r;
}

int follower_forget(Follower *follower, Bench *bench) {
        int r;

        do {
                r = process(follower, bench);
                if (r < 0)
                        return r;
        } while (r > 0);

        follower->n_told = 0;
        return 0;
}

int follower_wait(Follower *follower, Bench *bench) {
        double end_usec = live_now_usec() + (double) SERVICE_LIMIT_USEC;
        int r;

        while (follower->n_told == 0) {
                r = process(follower, bench);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;

                if (live_now_usec() >= end_usec)
                        return log_error_errno(-ETIMEDOUT, "%s has not told of an event.",
                                               follower->service.program);

                r = sd_bus_wait(bench->bus.client, USEC_PER_SEC);
                if (r < 0 && r != -EINTR)
                        return log_error_errno(r, "Failed to wait for %s: %m", follower->service.program);
        }

        return 0;
}

int follower_get_state(Follower *follower, Bench *bench, char **ret) {
        int r;

        r = sd_bus_get_property_string(bench->bus.client, follower->service.name, follower->object,
                                       follower->interface, "State", NULL, ret);
        if (r < 0)
                return log_error_errno(r, "Failed to ask %s for its state: %m", follower->service.program);

        return 0;
}
