/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least that can tell the bus about a kernel event: libudev, sd-event, sd-bus, one property. */

#include <errno.h>
#include <libudev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#define NAME "org.virtready1.bench.Events"
#define PATH "/org/virtready1/bench/events"

/* As virtreadyd's: the subsystems, the buffer, and the events in a row. */
static const char *const subsystems[] = {
        "cpu", "iommu", "memory", "misc", "module", "node", "pci", "vfio"
};
#define RECEIVE_BUFFER_SIZE (8 * 1024 * 1024)
#define EVENTS_PER_TURN 1024U

/* In a storm it would be unfair to tell the bus about each event, for virtreadyd does not either. */
#define INTERVAL_USEC UINT64_C(100000)

typedef struct Floor {
        const char *device; /* the one whose events are told */
        const char *state;
        uint64_t told_usec;
        struct udev_monitor *monitor;
        sd_event *event;
        sd_event_source *later;
        sd_bus *bus;
} Floor;

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("State", "s", NULL, offsetof(Floor, state), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static int tell(Floor *floor, uint64_t now_usec) {
        floor->told_usec = now_usec;
        floor->state = strcmp(floor->state, "pass") == 0 ? "fail" : "pass";
        return sd_bus_emit_properties_changed(floor->bus, PATH, NAME, "State", NULL);
}

static int on_later(sd_event_source *source, uint64_t usec, void *userdata) {
        (void) source;
        return tell(userdata, usec);
}

static bool receive(Floor *floor) {
        bool is_news = false;

        for (unsigned i = 0; i < EVENTS_PER_TURN; i++) {
                struct udev_device *device;

                errno = 0;
                device = udev_monitor_receive_device(floor->monitor);
                if (!device && errno != ENOBUFS)
                        break;

                is_news |= !device || strcmp(udev_device_get_sysname(device), floor->device) == 0;
                udev_device_unref(device);
        }

        return is_news;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Floor *floor = userdata;
        uint64_t now_usec;
        int r;

        (void) source, (void) fd, (void) revents;

        if (!receive(floor))
                return 0;

        r = sd_event_now(floor->event, CLOCK_MONOTONIC, &now_usec);
        if (r < 0)
                return r;
        if (now_usec >= floor->told_usec + INTERVAL_USEC)
                return tell(floor, now_usec);

        r = sd_event_source_set_time(floor->later, floor->told_usec + INTERVAL_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(floor->later, SD_EVENT_ONESHOT);
}

static int listen_to_events(Floor *floor) {
        const char *origin = access("/run/udev/control", F_OK) >= 0 ? "udev" : "kernel";
        int r;

        floor->monitor = udev_monitor_new_from_netlink(udev_new(), origin);
        if (!floor->monitor)
                return -errno;

        for (size_t i = 0; i < sizeof(subsystems) / sizeof(subsystems[0]); i++) {
                r = udev_monitor_filter_add_match_subsystem_devtype(floor->monitor, subsystems[i], NULL);
                if (r < 0)
                        return r;
        }

        (void) udev_monitor_set_receive_buffer_size(floor->monitor, RECEIVE_BUFFER_SIZE);
        return udev_monitor_enable_receiving(floor->monitor);
}

static int set_up_bus(Floor *floor) {
        int r;

        r = sd_bus_open_system(&floor->bus);
        if (r < 0)
                return r;

        r = sd_bus_add_object_vtable(floor->bus, NULL, PATH, NAME, vtable, floor);
        if (r < 0)
                return r;

        return sd_bus_attach_event(floor->bus, floor->event, SD_EVENT_PRIORITY_NORMAL);
}

static int run(Floor *floor) {
        int r;

        r = sd_event_new(&floor->event);
        if (r < 0)
                return r;

        r = listen_to_events(floor);
        if (r < 0)
                return r;

        r = set_up_bus(floor);
        if (r < 0)
                return r;

        r = sd_event_add_io(floor->event, NULL, udev_monitor_get_fd(floor->monitor), EPOLLIN, on_readable,
                            floor);
        if (r < 0)
                return r;

        r = sd_event_add_time(floor->event, &floor->later, CLOCK_MONOTONIC, 0, /* accuracy= */ 1, on_later,
                              floor);
        if (r < 0)
                return r;

        r = sd_event_source_set_enabled(floor->later, SD_EVENT_OFF);
        if (r < 0)
                return r;

        /* Who has the name is ready. */
        r = sd_bus_request_name(floor->bus, NAME, 0);
        return r < 0 ? r : sd_event_loop(floor->event);
}

/* The argument is the device's name. Its end is to be killed, so nothing is freed. */
int main(int argc, char *argv[]) {
        Floor floor = { .device = argc > 1 ? argv[1] : "", .state = "pass" };

        return run(&floor) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
