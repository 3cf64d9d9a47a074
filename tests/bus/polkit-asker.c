/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client of polkit behind methods that do nothing but count how often they were allowed to act.
 * Usage: polkit-asker ADDRESS, or "polkit-asker fd FD" for a connection to one peer. It ends at SIGTERM.
 * With FULL in the environment no call can be dispatched again; with IMPATIENT the bus's own limit, which
 * is half a minute, is a second for what polkit is asked. */

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "daemon/basic/clock.h"
#include "daemon/basic/log.h"
#include "dbus/names.h"
#include "policy/polkit.h"

/* The default of dbus-daemon's max_match_rules_per_connection. */
#define MATCHES_MAX 512U

/* The function that sets it is given nothing else of ours. */
static sd_bus_message *late_call;
static bool was_late;

typedef struct Asker {
        sd_bus *bus;
        sd_event *event;
        Polkit *polkit;
        unsigned n_acts, n_calls;
} Asker;

/* In place of sd-bus's own. Its queue of 384 Ki messages is hard to fill, and empty whenever a call is put
 * back into it, unless somebody waits for the bus. */
int sd_bus_enqueue_for_read(sd_bus *bus, sd_bus_message *message) {
        int (*original)(sd_bus *, sd_bus_message *) =
                (int (*)(sd_bus *, sd_bus_message *)) dlsym(RTLD_NEXT, "sd_bus_enqueue_for_read");

        if (getenv("FULL"))
                return -ENOBUFS;

        if (getenv("BUSY") && !was_late) {
                was_late = true;
                late_call = sd_bus_message_ref(message);
                return 0;
        }

        return original(bus, message);
}

/* In place of sd-bus's own, too: SYSTEMD_BUS_TIMEOUT= would also hold for what the bus is asked, which may
 * be slow. */
int sd_bus_call_async(sd_bus *bus, sd_bus_slot **slot, sd_bus_message *message,
                      sd_bus_message_handler_t callback, void *userdata, uint64_t usec) {
        int (*original)(sd_bus *, sd_bus_slot **, sd_bus_message *, sd_bus_message_handler_t, void *,
                        uint64_t) =
                (int (*)(sd_bus *, sd_bus_slot **, sd_bus_message *, sd_bus_message_handler_t, void *,
                         uint64_t)) dlsym(RTLD_NEXT, "sd_bus_call_async");
        const char *member = sd_bus_message_get_member(message);

        if (getenv("IMPATIENT") && usec == 0 && member && streq(member, "CheckAuthorization"))
                usec = USEC_PER_SEC;

        return original(bus, slot, message, callback, userdata, usec);
}

static int act(Asker *asker, sd_bus_message *call, const char *action, const char *const *details,
               sd_bus_error *error) {
        int r;

        r = polkit_check(asker->polkit, call, action, details, error);
        if (r < 0)
                return r;
        if (r == 0)
                return 1;

        asker->n_acts++;
        return sd_bus_reply_method_return(call, NULL);
}

static int method_load_module(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        const char *module;
        int r;

        r = sd_bus_message_read(call, "s", &module);
        if (r < 0)
                return r;

        return act(userdata, call, POLKIT_ACTION_LOAD_MODULE, (const char *[]){ "module", module, NULL },
                   error);
}

static int method_persist_module(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        const char *module;
        int persistent, r;

        r = sd_bus_message_read(call, "sb", &module, &persistent);
        if (r < 0)
                return r;

        return act(userdata, call, POLKIT_ACTION_PERSIST_MODULE,
                   (const char *[]){ "module", module, "persistent", persistent ? "true" : "false", NULL },
                   error);
}

/* Asks about one thing, and does another once it has the answer: the module, the number of details or the
 * action differ. */
static int method_waver(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        static const char *const details[][5] = {
                { "module", "kvm" }, { "module", "kvm_amd" }, { "module", "kvm", "persistent", "true" }, {},
                { "module", "kvm" },
        };
        Asker *asker = userdata;
        bool second = asker->n_calls % 2;
        uint32_t how;
        int r;

        r = sd_bus_message_read(call, "u", &how);
        if (r < 0)
                return r;

        asker->n_calls++;
        return act(asker, call,
                   second && how == 4 ? POLKIT_ACTION_PERSIST_MODULE : POLKIT_ACTION_LOAD_MODULE,
                   details[second ? how : 0], error);
}

static int method_get_acts(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        const Asker *asker = userdata;

        (void) error;
        return sd_bus_reply_method_return(call, "u", asker->n_acts);
}

/* Has the call that came late dispatched. */
static int method_release(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        int r;

        (void) userdata, (void) error;

        r = sd_bus_enqueue_for_read(sd_bus_message_get_bus(call), late_call);
        late_call = sd_bus_message_unref(late_call);
        return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}

static int ignore(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        (void) message, (void) userdata, (void) error;
        return 0;
}

/* Uses up what the bus allows a connection to listen to. */
static int method_fill(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        char match[64];
        int r;

        (void) userdata, (void) error;

        for (unsigned i = 0; i < MATCHES_MAX; i++) {
                (void) snprintf(match, sizeof(match), "type='signal',interface='a.b%u'", i);
                r = sd_bus_add_match_async(sd_bus_message_get_bus(call), NULL, match, ignore, ignore, NULL);
                if (r < 0)
                        return r;
        }

        return sd_bus_reply_method_return(call, NULL);
}

static int method_is_late(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        (void) userdata, (void) error;
        return sd_bus_reply_method_return(call, "u", late_call ? 1U : 0U);
}

static int method_drop(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        const Asker *asker = userdata;

        (void) error;
        polkit_drop(asker->polkit);
        return sd_bus_reply_method_return(call, NULL);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("LoadModule", "s", "", method_load_module, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("PersistModule", "sb", "", method_persist_module, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Waver", "u", "", method_waver, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetActs", "", "u", method_get_acts, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("IsLate", "", "u", method_is_late, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Release", "", "", method_release, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Fill", "", "", method_fill, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Drop", "", "", method_drop, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int open_bus(Asker *asker, const char *address, const char *fd) {
        int r;

        r = sd_bus_new(&asker->bus);
        if (r < 0)
                return r;

        if (fd) {
                int number = atoi(fd);

                r = sd_bus_set_fd(asker->bus, number, number);
                if (r >= 0)
                        r = sd_bus_set_server(asker->bus, 1,
                                              SD_ID128_MAKE(1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f, 0));
        } else {
                r = sd_bus_set_address(asker->bus, address);
                if (r >= 0)
                        r = sd_bus_set_bus_client(asker->bus, 1);
        }
        if (r < 0)
                return r;

        r = sd_bus_set_exit_on_disconnect(asker->bus, 1);
        if (r < 0)
                return r;

        r = sd_bus_start(asker->bus);
        if (r < 0)
                return r;

        r = sd_bus_add_object_vtable(asker->bus, NULL, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, vtable,
                                     asker);
        if (r < 0)
                return r;

        r = sd_bus_attach_event(asker->bus, asker->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0 || fd)
                return r;

        return sd_bus_request_name(asker->bus, BUS_NAME, 0);
}

int main(int argc, char *argv[]) {
        Asker asker = {};
        int r;

        if (argc < 2)
                return EXIT_FAILURE;

        r = sd_event_default(&asker.event);
        if (r >= 0)
                r = sd_event_set_signal_exit(asker.event, 1);
        if (r >= 0)
                r = polkit_new(&asker.polkit);
        if (r >= 0)
                r = open_bus(&asker, argv[1], argc > 2 ? argv[2] : NULL);
        if (r >= 0)
                r = sd_event_loop(asker.event);
        if (r < 0)
                (void) log_error_errno(r, "Failed to answer calls: %m");

        (void) polkit_free(asker.polkit);
        sd_bus_flush_close_unref(asker.bus);
        sd_event_unref(asker.event);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
