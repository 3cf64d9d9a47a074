/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EstimateCapacity where the machine was started without systemd: connecting wakes no service, and libvirt
 * is asked which guests run. The test hides the machine's systemd, if it has one, and its units. */

#include <sys/mount.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "../unit/namespaces.h"
#include "capacity-fixture.h"
#include "daemon/basic/macro.h"
#include "dbus/names.h"

#define UNITS "/usr/lib/systemd/system"

static bool cover(const char *directory) {
        return !g_file_test(directory, G_FILE_TEST_IS_DIR) ||
               mount("tmpfs", directory, "tmpfs", 0, "mode=0755") == 0;
}

/* What is mounted here this process and its children see alone. */
static bool hide_systemd(void) {
        return namespaces_enter() && cover("/run/systemd") && cover("/etc/systemd/system") &&
               g_file_test(UNITS, G_FILE_TEST_IS_DIR) && cover(UNITS) && sd_booted() == 0;
}

static void test_asked(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;

        (void) data;

        fake_systemd_free(g_steal_pointer(&fixture->systemd));
        file_write("/", UNITS "/libvirtd.service", "[Service]\n");
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .libvirt_helper = fixture->helper });

        answer = estimate(fixture, "{'vcpus': <uint32 1>, 'memory_bytes': <uint64 1048576>}");
        g_assert_true(flag_of(answer, "guests_known"));
        g_assert_cmpuint(number_of(answer, "guests_running"), ==, 2);
        g_assert_cmpuint(helper_runs(fixture), ==, 1);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        if (!hide_systemd()) {
                g_printerr("Only who may mount here can hide the machine's systemd.\n");
                return 77;
        }

        g_test_add("/estimate-capacity-without-systemd/asked", Fixture, NULL, set_up, test_asked, tear_down);

        return g_test_run();
}
