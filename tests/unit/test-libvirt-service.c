/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who would answer a client of libvirt, from what systemd, files and programs tell. */

#include <glib.h>

#include "daemon/checks/libvirt-service.h"

#define ACTIVE UNIT_ACTIVITY_ACTIVE
#define INACTIVE UNIT_ACTIVITY_INACTIVE
#define FAILED UNIT_ACTIVITY_FAILED
#define ACTIVATING UNIT_ACTIVITY_ACTIVATING

/* Both daemons for QEMU are installed. */
static Facts installed_facts(void) {
        Facts facts = { .live = true, .units.states.known = true };

        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                facts.units.present[id] = id < UNIT_VIRTLXCD_SERVICE ? TRISTATE_YES : TRISTATE_NO;
                facts.units.states.activity[id] = INACTIVE;
        }

        return facts;
}

static void test_activities(void) {
        static const struct {
                UnitActivity modular, modular_socket, all, all_socket;
                LibvirtServiceState expected;
                UnitId unit;
        } cases[] = {
                { INACTIVE, INACTIVE, INACTIVE, INACTIVE, LIBVIRT_SERVICE_STOPPED, UNIT_VIRTQEMUD_SERVICE },
                { ACTIVE, ACTIVE, INACTIVE, INACTIVE, LIBVIRT_SERVICE_RUNNING, UNIT_VIRTQEMUD_SERVICE },
                { INACTIVE, ACTIVE, INACTIVE, INACTIVE, LIBVIRT_SERVICE_DORMANT, UNIT_VIRTQEMUD_SOCKET },
                { INACTIVE, INACTIVE, ACTIVE, INACTIVE, LIBVIRT_SERVICE_RUNNING, UNIT_LIBVIRTD_SERVICE },
                { INACTIVE, INACTIVE, INACTIVE, ACTIVE, LIBVIRT_SERVICE_DORMANT, UNIT_LIBVIRTD_SOCKET },
                /* A client comes to the socket of the one, and would wake it, though the other runs. */
                { INACTIVE, ACTIVE, ACTIVE, ACTIVE, LIBVIRT_SERVICE_DORMANT, UNIT_VIRTQEMUD_SOCKET },
                { ACTIVE, INACTIVE, INACTIVE, ACTIVE, LIBVIRT_SERVICE_RUNNING, UNIT_VIRTQEMUD_SERVICE },
                { FAILED, ACTIVE, ACTIVE, ACTIVE, LIBVIRT_SERVICE_FAILED, UNIT_VIRTQEMUD_SERVICE },
                { FAILED, INACTIVE, ACTIVE, ACTIVE, LIBVIRT_SERVICE_RUNNING, UNIT_LIBVIRTD_SERVICE },
                { FAILED, INACTIVE, INACTIVE, INACTIVE, LIBVIRT_SERVICE_FAILED, UNIT_VIRTQEMUD_SERVICE },
                { INACTIVE, FAILED, INACTIVE, INACTIVE, LIBVIRT_SERVICE_FAILED, UNIT_VIRTQEMUD_SOCKET },
                { INACTIVE, INACTIVE, ACTIVATING, INACTIVE, LIBVIRT_SERVICE_STARTING,
                  UNIT_LIBVIRTD_SERVICE },
                /* While it ends, and while it starts again, its socket listens. */
                { UNIT_ACTIVITY_DEACTIVATING, ACTIVE, INACTIVE, INACTIVE, LIBVIRT_SERVICE_DORMANT,
                  UNIT_VIRTQEMUD_SOCKET },
                { ACTIVATING, ACTIVE, INACTIVE, INACTIVE, LIBVIRT_SERVICE_DORMANT, UNIT_VIRTQEMUD_SOCKET },
        };

        FOREACH_ELEMENT(c, cases) {
                Facts facts = installed_facts();
                LibvirtService service;

                facts.units.states.activity[UNIT_VIRTQEMUD_SERVICE] = c->modular;
                facts.units.states.activity[UNIT_VIRTQEMUD_SOCKET] = c->modular_socket;
                facts.units.states.activity[UNIT_LIBVIRTD_SERVICE] = c->all;
                facts.units.states.activity[UNIT_LIBVIRTD_SOCKET] = c->all_socket;

                service = libvirt_service(&facts, LIBVIRT_DRIVER_QEMU);
                g_test_message("Case %zu", (size_t) (c - cases));
                g_assert_cmpint(service.state, ==, c->expected);
                g_assert_cmpint(service.unit, ==, c->unit);
                g_assert_true(service.flavour->service == c->unit || service.flavour->socket == c->unit);
        }
}

/* Each daemon that has one driver is for that alone. */
static void test_lxc(void) {
        Facts facts = installed_facts();

        facts.units.states.activity[UNIT_VIRTQEMUD_SERVICE] = ACTIVE;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_LXC).state, ==, LIBVIRT_SERVICE_STOPPED);

        facts.units.states.activity[UNIT_LIBVIRTD_SERVICE] = ACTIVE;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_LXC).state, ==, LIBVIRT_SERVICE_RUNNING);

        facts.units.present[UNIT_VIRTLXCD_SERVICE] = TRISTATE_YES;
        facts.units.states.activity[UNIT_VIRTLXCD_SOCKET] = ACTIVE;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_LXC).state, ==, LIBVIRT_SERVICE_DORMANT);
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).unit, ==, UNIT_VIRTQEMUD_SERVICE);
}

static void test_masked(void) {
        Facts facts = installed_facts();

        facts.units.masked[UNIT_VIRTQEMUD_SERVICE] = TRISTATE_YES;
        facts.units.states.activity[UNIT_VIRTQEMUD_SOCKET] = INACTIVE;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).state, ==, LIBVIRT_SERVICE_STOPPED);
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).unit, ==, UNIT_LIBVIRTD_SERVICE);

        facts.units.states.load[UNIT_LIBVIRTD_SERVICE] = UNIT_LOAD_MASKED;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).state, ==, LIBVIRT_SERVICE_MASKED);

        /* Who connects gets to a socket whose service cannot start. */
        facts.units.states.load[UNIT_LIBVIRTD_SERVICE] = UNIT_LOAD_LOADED;
        facts.units.states.activity[UNIT_LIBVIRTD_SERVICE] = ACTIVE;
        facts.units.states.activity[UNIT_VIRTQEMUD_SOCKET] = ACTIVE;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).state, ==, LIBVIRT_SERVICE_MASKED);
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).unit, ==, UNIT_VIRTQEMUD_SERVICE);
}

/* An administrator would start the one that is enabled. */
static void test_enabled(void) {
        Facts facts = installed_facts();

        facts.units.enabled[UNIT_LIBVIRTD_SOCKET] = TRISTATE_YES;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).unit, ==, UNIT_LIBVIRTD_SERVICE);
        facts.units.masked[UNIT_LIBVIRTD_SERVICE] = TRISTATE_YES;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).unit, ==, UNIT_VIRTQEMUD_SERVICE);
}

/* What nobody says is unknown, unless there is nothing that it could be about. */
static void test_untold(void) {
        Facts facts = installed_facts();

        facts.units.states.known = false;
        facts.units.states.activity[UNIT_LIBVIRTD_SERVICE] = ACTIVE;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).state, ==, LIBVIRT_SERVICE_NOT_TOLD);

        facts.live = false;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).state, ==, LIBVIRT_SERVICE_NOT_SHOWN);

        for (UnitId id = 0; id < _UNIT_MAX; id++)
                facts.units.present[id] = TRISTATE_NO;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).state, ==,
                        LIBVIRT_SERVICE_NOT_INSTALLED);
        g_assert_null(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).flavour);

        facts.units.present[UNIT_LIBVIRTD_SERVICE] = TRISTATE_UNKNOWN;
        facts.programs.installed[PROGRAM_LIBVIRTD] = TRISTATE_UNKNOWN;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).state, ==, LIBVIRT_SERVICE_NOT_SHOWN);

        /* Where there is no systemd there are programs. */
        facts.units.present[UNIT_LIBVIRTD_SERVICE] = TRISTATE_NO;
        facts.programs.installed[PROGRAM_LIBVIRTD] = TRISTATE_YES;
        facts.live = true;
        g_assert_cmpint(libvirt_service(&facts, LIBVIRT_DRIVER_QEMU).state, ==, LIBVIRT_SERVICE_NOT_TOLD);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/libvirt-service/activities", test_activities);
        g_test_add_func("/libvirt-service/lxc", test_lxc);
        g_test_add_func("/libvirt-service/masked", test_masked);
        g_test_add_func("/libvirt-service/enabled", test_enabled);
        g_test_add_func("/libvirt-service/untold", test_untold);

        return g_test_run();
}
