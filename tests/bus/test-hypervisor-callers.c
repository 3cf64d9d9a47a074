/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Callers of Refresh who are many, leave, lie, or lose the bus. */

#include <string.h>

#include "daemon/basic/macro.h"
#include "dbus/names.h"
#include "fake-libvirt.h"
#include "hostile.h"

#define SERVICE "libvirtd.service"
#define URI "qemu:///system"

static void start_asking(FakeLibvirt *fake) {
        fake_systemd_set(fake->systemd, SERVICE, "loaded", "active");
        fake_libvirt_start(fake, NULL, NULL);
        wait_until(fake_libvirt_asked(fake, URI) == 1);
}

/* More callers than can wait are told so, and everybody gets an answer; who wants none adds no query. */
static void test_many_calls(FakeLibvirt *fake, const void *data) {
        enum {
                CONNECTIONS = 5,
                CALLS = 40,
        };
        GDBusConnection *connections[CONNECTIONS];
        Refreshes refreshes = {};
        guint n;

        (void) data;

        start_asking(fake);
        fake_libvirt_settle(fake);
        fake_libvirt_set_manner(fake, "wait");
        for (guint i = 0; i < CONNECTIONS; i++) {
                connections[i] = bus_connect_client(&fake->bus);
                for (guint j = 0; j < CALLS; j++)
                        fake_libvirt_refresh(connections[i], QEMU, &refreshes);
        }
        wait_until(refreshes.limited == CONNECTIONS * (CALLS - 16));
        assert_others_are_answered(&fake->daemon);
        g_assert_cmpuint(refreshes.done, ==, 0);

        for (guint i = 0; i < 5000; i++)
                send_without_reply_to(connections[0], BUS_PATH_MANAGER QEMU, BUS_INTERFACE_HYPERVISOR,
                                      "Refresh", NULL);
        wait_for_bus(connections[0]);
        assert_others_are_answered(&fake->daemon);

        fake_libvirt_go(fake);
        wait_until(refreshes.done == CONNECTIONS * 16);
        g_assert_null(refreshes.failed);
        fake_libvirt_settle(fake);
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), <=, 3);

        /* It counts all the same. */
        n = fake_libvirt_asked(fake, URI);
        send_without_reply_to(connections[0], BUS_PATH_MANAGER QEMU, BUS_INTERFACE_HYPERVISOR, "Refresh",
                              NULL);
        wait_until(fake_libvirt_asked(fake, URI) == n + 1);
        for (guint i = 0; i < CONNECTIONS; i++) {
                g_dbus_connection_close_sync(connections[i], NULL, NULL);
                g_object_unref(connections[i]);
        }
        daemon_down(&fake->daemon);
}

/* Takes all places there are, leaves, and another caller has room. */
static void assert_leaving_makes_room(FakeLibvirt *fake) {
        enum {
                CONNECTIONS = 64,
                CALLS = 16,
        };
        GDBusConnection *connections[CONNECTIONS];
        Refreshes refreshes = {}, more = {};

        fake_libvirt_set_manner(fake, "wait");
        for (guint i = 0; i < CONNECTIONS; i++) {
                connections[i] = bus_connect_client(&fake->bus);
                for (guint j = 0; j < CALLS; j++)
                        fake_libvirt_refresh(connections[i], QEMU, &refreshes);
                wait_for_bus(connections[i]);
        }
        daemon_settle(&fake->daemon);
        fake_libvirt_refresh(fake->bus.connection, QEMU, &more);
        wait_until(more.limited == 1);

        for (guint i = 0; i < CONNECTIONS; i++) {
                g_dbus_connection_close_sync(connections[i], NULL, NULL);
                g_object_unref(connections[i]);
        }
        wait_until(refreshes.n_failed == CONNECTIONS * CALLS);
        g_free(refreshes.failed);
        daemon_settle(&fake->daemon);
        fake_libvirt_refresh(fake->bus.connection, QEMU, &more);
        daemon_settle(&fake->daemon);
        g_assert_cmpuint(more.limited, ==, 1);
        fake_libvirt_go(fake);
        wait_until(more.done == 1);
        g_assert_null(more.failed);
}

/* Calls of those who have left keep nobody out, however many there were, and not only the first time. */
static void test_callers_leave(FakeLibvirt *fake, const void *data) {
        (void) data;

        start_asking(fake);
        fake_libvirt_settle(fake);
        assert_leaving_makes_room(fake);
        assert_leaving_makes_room(fake);
        daemon_down(&fake->daemon);
}

/* The same of those who had left before the daemon heard of them. */
static void test_callers_left(FakeLibvirt *fake, const void *data) {
        Refreshes refreshes = {}, more = {};

        (void) data;

        start_asking(fake);
        fake_libvirt_settle(fake);
        fake_libvirt_set_manner(fake, "wait");
        daemon_stop(&fake->daemon);
        for (guint i = 0; i < 64; i++) {
                g_autoptr(GDBusConnection) caller = bus_connect_client(&fake->bus);

                for (guint j = 0; j < 16; j++)
                        fake_libvirt_refresh(caller, QEMU, &refreshes);
                wait_for_bus(caller);
                g_dbus_connection_close_sync(caller, NULL, NULL);
        }
        daemon_continue(&fake->daemon);
        wait_until(refreshes.n_failed == 64 * 16);
        g_free(refreshes.failed);
        daemon_settle(&fake->daemon);
        daemon_settle(&fake->daemon);

        fake_libvirt_refresh(fake->bus.connection, QEMU, &more);
        daemon_settle(&fake->daemon);
        g_assert_cmpuint(more.limited, ==, 0);
        fake_libvirt_go(fake);
        wait_until(more.done == 1);
        daemon_down(&fake->daemon);
}

/* The second time the daemon has heard from the bus that it tells who leaves. */
static void tell_lies(FakeLibvirt *fake, GDBusConnection *about) {
        for (guint i = 0; i < 2; i++) {
                bus_forge_leaving(about, about);
                bus_forge_leaving(fake->bus.connection, about);
                daemon_settle(&fake->daemon);
        }
}

/* Anybody may send what looks like the bus's signal: nobody goes without an answer for it, and nobody gets
 * more places. */
static void test_leaving_forged(FakeLibvirt *fake, const void *data) {
        g_autoptr(GDBusConnection) caller = NULL;
        Refreshes refreshes = {};

        (void) data;

        start_asking(fake);
        fake_libvirt_settle(fake);
        fake_libvirt_set_manner(fake, "wait");
        caller = bus_connect_client(&fake->bus);
        for (guint i = 0; i < 16; i++)
                fake_libvirt_refresh(caller, QEMU, &refreshes);
        tell_lies(fake, caller);
        fake_libvirt_refresh(caller, QEMU, &refreshes);
        wait_until(refreshes.limited == 1);

        fake_libvirt_go(fake);
        wait_until(refreshes.done == 16);
        g_assert_null(refreshes.failed);
        g_dbus_connection_close_sync(caller, NULL, NULL);
        daemon_down(&fake->daemon);
}

/* A call that waits goes with its bus, and what is asked goes on; on the next bus systemd is asked again,
 * and then libvirt. */
static void test_bus_restarts(FakeLibvirt *fake, const void *data) {
        Refreshes refreshes = {};

        (void) data;

        fake_libvirt_set_manner(fake, "wait");
        start_asking(fake);
        fake_libvirt_refresh(fake->bus.connection, QEMU, &refreshes);
        fake_libvirt_settle(fake);
        fake_systemd_free(fake->systemd);
        fake->systemd = NULL;
        bus_kill(&fake->bus);
        wait_until(refreshes.failed);
        g_free(refreshes.failed);

        bus_start(&fake->bus);
        daemon_listen(&fake->daemon);
        wait_until(bus_has_daemon(&fake->bus));
        fake_libvirt_go(fake);
        fake->systemd = fake_systemd_new(&fake->bus);
        fake_systemd_set(fake->systemd, SERVICE, "loaded", "active");
        fake_systemd_announce_unit(fake->systemd, SERVICE);
        wait_until(fake_libvirt_asked(fake, URI) >= 2);
        wait_until(fake_libvirt_has_state(fake, QEMU, "running"));
        fake_libvirt_settle(fake);
        /* Each of these may lead to a query of its own: the start, the call, that until systemd is back this
         * looks like a machine without it, what systemd says of the service, and what it announces. */
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), <=, 5);
        assert_leaving_makes_room(fake);
        daemon_down(&fake->daemon);
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *name;
                void (*run)(FakeLibvirt *fake, const void *data);
        } tests[] = {
                { "/hypervisor-callers/many-calls", test_many_calls },
                { "/hypervisor-callers/callers-leave", test_callers_leave },
                { "/hypervisor-callers/callers-left", test_callers_left },
                { "/hypervisor-callers/leaving-forged", test_leaving_forged },
                { "/hypervisor-callers/bus-restarts", test_bus_restarts },
        };

        g_test_init(&argc, &argv, NULL);
        FOREACH_ELEMENT(test, tests)
                g_test_add(test->name, FakeLibvirt, NULL, fake_libvirt_up, test->run, fake_libvirt_down);

        return g_test_run();
}
