/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least that a service on libsystemd can be, with as many properties as org.virtready1.Manager. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

typedef struct Floor {
        const char *version;
        char **features;
        const char *state;
        int ready;
        char **root_causes;
        uint32_t active_vms;
        uint64_t generation;
        uint64_t last_check_usec;
} Floor;

static int get_profiles(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        (void) bus, (void) path, (void) interface, (void) property, (void) userdata, (void) error;
        return sd_bus_message_append(reply, "a{ss}", 2, "qemu", "degraded", "lxc", "ready");
}

/* The properties of org.virtready1.Manager, in name and type; the benchmark checks that they are. */
static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", NULL, offsetof(Floor, version), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Features", "as", NULL, offsetof(Floor, features), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("State", "s", NULL, offsetof(Floor, state), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Ready", "b", NULL, offsetof(Floor, ready), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Profiles", "a{ss}", get_profiles, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("RootCauses", "as", NULL, offsetof(Floor, root_causes),
                        SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("ActiveVMs", "u", NULL, offsetof(Floor, active_vms), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Generation", "t", NULL, offsetof(Floor, generation), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("LastCheckUSec", "t", NULL, offsetof(Floor, last_check_usec),
                        SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_VTABLE_END,
};

static int run(void) {
        char probe[] = "kvm-probe", events[] = "kernel-events", cause[] = "net.vhost_net";
        char *features[] = { probe, events, NULL }, *root_causes[] = { cause, NULL };
        Floor values = {
                .version = "0.1.0",
                .features = features,
                .state = "degraded",
                .ready = 1,
                .root_causes = root_causes,
                .generation = 1,
                .last_check_usec = UINT64_C(1795491047450758),
        };
        sd_event *event = NULL;
        sd_bus *bus = NULL;
        int r;

        r = sd_event_new(&event);
        if (r < 0)
                return r;

        r = sd_bus_open_system(&bus);
        if (r < 0)
                goto finish;

        r = sd_bus_add_object_vtable(bus, NULL, "/org/virtready1/bench/floor", "org.virtready1.bench.Floor",
                                     vtable, &values);
        if (r < 0)
                goto finish;

        r = sd_bus_request_name(bus, "org.virtready1.bench.Floor", 0);
        if (r < 0)
                goto finish;

        r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                goto finish;

        r = sd_event_loop(event);

finish:
        sd_bus_flush_close_unref(bus);
        sd_event_unref(event);
        return r;
}

int main(void) {
        return run() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
