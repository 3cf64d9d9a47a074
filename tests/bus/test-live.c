/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyd on the machine that the tests run on: its real KVM, its real kernel events. */

#include <fcntl.h>
#include <libudev.h>
#include <linux/kvm.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/facts/facts.h"
#include "dbus/names.h"
#include "harness.h"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        int kvm; /* -1 where KVM cannot be used */
} Fixture;

static int create_vm(int kvm) {
        int vm = ioctl(kvm, KVM_CREATE_VM, 0);

        g_assert_cmpint(vm, >=, 0);
        return vm;
}

/* Opening the node of a driver that is not there would load its module. */
static int open_kvm(void) {
        g_autofree char *misc = NULL;
        int kvm, vm;

        if (!g_file_get_contents("/proc/misc", &misc, NULL, NULL) || !strstr(misc, " kvm\n"))
                return -1;

        kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
        if (kvm < 0)
                return -1;

        vm = ioctl(kvm, KVM_CREATE_VM, 0);
        if (vm < 0) {
                close(kvm);
                return -1;
        }

        close(vm);
        return kvm;
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        fixture->kvm = open_kvm();
        /* One test runs the daemon as nobody; only root can. */
        bus_up_for(&fixture->bus, getuid() == 0 ? NOBODY : getuid());
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        bus_down(&fixture->bus);
        if (fixture->kvm >= 0)
                close(fixture->kvm);
}

/* The kernel sends its events to the initial user namespace alone. */
static bool kernel_events_reach_us(int kvm) {
        struct udev *udev = udev_new();
        struct udev_monitor *monitor = udev_monitor_new_from_netlink(udev, "kernel");
        struct pollfd fd = { .events = POLLIN };
        bool reached;

        g_assert_cmpint(udev_monitor_enable_receiving(monitor), >=, 0);
        close(create_vm(kvm));
        fd.fd = udev_monitor_get_fd(monitor);
        reached = poll(&fd, 1, 1000) > 0;

        udev_monitor_unref(monitor);
        udev_unref(udev);
        return reached;
}

/* The probe's verdict agrees with what this test could do itself, whatever the CPU flags say. */
static void test_probed(Fixture *fixture, const void *data) {
        (void) data;

        if (fixture->kvm < 0)
                skip_without("no usable /dev/kvm");

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        assert_property(&fixture->daemon, "/check/kvm/usable", BUS_INTERFACE_CHECK, "State", "pass");
        assert_property(&fixture->daemon, "/check/kvm/usable", BUS_INTERFACE_CHECK, "Evidence", "probed");
        assert_property(&fixture->daemon, "/check/kvm/device", BUS_INTERFACE_CHECK, "State", "pass");
        daemon_down(&fixture->daemon);
}

static void test_without_kvm(Fixture *fixture, const void *data) {
        g_autofree char *state = NULL;

        (void) data;

        if (fixture->kvm >= 0)
                skip_without("this machine has KVM");

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        state = property_get_string(&fixture->daemon, "/check/kvm/usable", BUS_INTERFACE_CHECK, "State");
        g_assert_cmpstr(state, !=, "pass");
        daemon_down(&fixture->daemon);
}

/* A user who may not open the device hears of permissions, not of CPUs. */
static void test_permission(Fixture *fixture, const void *data) {
        struct stat st;

        (void) data;

        if (fixture->kvm < 0)
                skip_without("no usable /dev/kvm");
        if (getuid() != 0) {
                g_test_skip("not root: cannot become another user");
                return;
        }
        if (stat("/dev/kvm", &st) < 0 || (st.st_mode & 0006) == 0006) {
                g_test_skip("hardware: everybody may open this machine's /dev/kvm");
                return;
        }

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .as_nobody = true });
        assert_property(&fixture->daemon, "/check/kvm/usable", BUS_INTERFACE_CHECK, "State", "blocked");
        assert_property(&fixture->daemon, "/check/kvm/usable", BUS_INTERFACE_CHECK, "Reason",
                        "permission-denied");
        assert_property(&fixture->daemon, "/check/kvm/access", BUS_INTERFACE_CHECK, "State", "fail");
        assert_property(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "State", "not-ready");
        daemon_down(&fixture->daemon);
}

/* The probe's own events start no pass, and change nothing that anybody sees. */
static void test_no_feedback(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) recheck = NULL;

        (void) data;

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        recheck = manager_call(&fixture->daemon, "Recheck");
        g_usleep(G_USEC_PER_SEC);
        daemon_settle(&fixture->daemon);

        g_assert_cmpuint(daemon_passes_over(&fixture->daemon, SOURCE_MASK(SOURCE_KVM)), ==, 2);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 0);
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", "/check/kvm/usable"), ==, 0);
        wait_until(active_vms(&fixture->daemon) == 0);
        daemon_down(&fixture->daemon);
}

static bool has_feature(Daemon *daemon, const char *feature) {
        g_autoptr(GVariant) features = property_get(daemon, "", BUS_INTERFACE_MANAGER, "Features");
        g_autofree const char **words = g_variant_get_strv(features, NULL);

        return g_strv_contains(words, feature);
}

/* Who may not probe does not claim to know. */
static void test_unknown_vms(Fixture *fixture, const void *data) {
        struct stat st;

        (void) data;

        if (fixture->kvm < 0)
                skip_without("no usable /dev/kvm");
        if (getuid() != 0) {
                g_test_skip("not root: cannot become another user");
                return;
        }
        if (stat("/dev/kvm", &st) < 0 || (st.st_mode & 0006) == 0006)
                skip_without("everybody may open this machine's /dev/kvm");

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .as_nobody = true });
        g_assert_false(has_feature(&fixture->daemon, "active-vms"));
        daemon_down(&fixture->daemon);
}

static void test_active_vms(Fixture *fixture, const void *data) {
        const Signal *summary;
        int first, second;
        guint32 announced;
        guint passes;

        (void) data;

        if (fixture->kvm < 0)
                skip_without("no usable /dev/kvm");
        if (!kernel_events_reach_us(fixture->kvm))
                skip_because("the kernel's events do not reach this environment");

        /* One is there before the daemon: the probe's event tells. */
        first = create_vm(fixture->kvm);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        g_assert_cmpuint(active_vms(&fixture->daemon), ==, 1);
        g_assert_true(has_feature(&fixture->daemon, "active-vms"));
        passes = daemon_passes_over(&fixture->daemon, SOURCE_MASK(SOURCE_KVM));
        signals_forget(&fixture->daemon);

        second = create_vm(fixture->kvm);
        wait_until(active_vms(&fixture->daemon) == 2);
        wait_until(signals_count(&fixture->daemon, "PropertiesChanged", "") > 0);
        summary = signals_last(&fixture->daemon, "PropertiesChanged", "");
        g_assert_true(g_variant_lookup(summary->parameters, "ActiveVMs", "u", &announced));
        g_assert_cmpuint(announced, ==, 2);
        close(second);
        wait_until(active_vms(&fixture->daemon) == 1);
        close(first);
        wait_until(active_vms(&fixture->daemon) == 0);

        g_assert_cmpuint(daemon_passes_over(&fixture->daemon, SOURCE_MASK(SOURCE_KVM)), ==, passes);
        daemon_down(&fixture->daemon);
}

/* udevd's events come later, if at all; the kernel's own are there when the probe is done. */
static void test_active_vms_beside_udevd(Fixture *fixture, const void *data) {
        int vm;

        (void) data;

        if (fixture->kvm < 0)
                skip_without("no usable /dev/kvm");
        if (!kernel_events_reach_us(fixture->kvm))
                skip_because("the kernel's events do not reach this environment");

        vm = create_vm(fixture->kvm);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .beside_udevd = true });
        g_assert_true(has_feature(&fixture->daemon, "udev-events"));
        g_assert_true(has_feature(&fixture->daemon, "active-vms"));
        g_assert_cmpuint(active_vms(&fixture->daemon), ==, 1);
        daemon_down(&fixture->daemon);
        close(vm);
}

/* An open /dev/kvm would keep its module from being unloaded. */
static void test_holds_nothing(Fixture *fixture, const void *data) {
        g_autofree char *directory = NULL;
        g_autoptr(GDir) fds = NULL;
        const char *name;
        guint n = 0;

        (void) data;

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        directory = g_strdup_printf("/proc/%i/fd", (int) daemon_pid(&fixture->daemon));
        fds = g_dir_open(directory, 0, NULL);
        g_assert_nonnull(fds);
        while ((name = g_dir_read_name(fds))) {
                g_autofree char *path = g_build_filename(directory, name, NULL);
                g_autofree char *target = g_file_read_link(path, NULL);

                g_assert_nonnull(target);
                g_assert_null(strstr(target, "kvm"));
                n++;
        }
        g_assert_cmpuint(n, >, 3);
        daemon_down(&fixture->daemon);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/live/probed", Fixture, NULL, set_up, test_probed, tear_down);
        g_test_add("/live/without-kvm", Fixture, NULL, set_up, test_without_kvm, tear_down);
        g_test_add("/live/permission", Fixture, NULL, set_up, test_permission, tear_down);
        g_test_add("/live/no-feedback", Fixture, NULL, set_up, test_no_feedback, tear_down);
        g_test_add("/live/active-vms", Fixture, NULL, set_up, test_active_vms, tear_down);
        g_test_add("/live/active-vms-beside-udevd", Fixture, NULL, set_up, test_active_vms_beside_udevd,
                   tear_down);
        g_test_add("/live/unknown-vms", Fixture, NULL, set_up, test_unknown_vms, tear_down);
        g_test_add("/live/holds-nothing", Fixture, NULL, set_up, test_holds_nothing, tear_down);

        return g_test_run();
}
