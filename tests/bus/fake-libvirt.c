/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the helper through files, which it reads each time. */

#include <glib/gstdio.h>
#include <string.h>

#include "dbus/names.h"
#include "fake-libvirt.h"

const char answer_of_qemu[] =
        "{\"state\":\"running\",\"detail\":null,\"library_version\":\"9.0.0\",\"daemon_version\":\"9.0.1\","
        "\"type\":\"QEMU\",\"version\":\"7.2.22\",\"node_info\":{\"model\":\"x86_64\",\"memory_kib\":"
        "8388608,"
        "\"cpus\":4,\"mhz\":2000,\"nodes\":1,\"sockets\":1,\"cores\":2,\"threads\":2},"
        "\"max_vcpus\":{\"kvm\":710,\"qemu\":16},\"domains\":[{\"arch\":\"x86_64\",\"virt_type\":\"kvm\","
        "\"machine\":\"pc-q35-7.2\",\"alias\":\"q35\",\"emulator\":\"/usr/bin/qemu-system-x86_64\","
        "\"max_vcpus\":288,\"firmware\":[\"efi\"],\"loader\":{\"type\":[\"rom\",\"pflash\"],\"secure\":["
        "\"no\"]},"
        "\"loader_paths\":[\"/usr/share/OVMF/"
        "OVMF_CODE_4M.fd\"],\"cpu_modes\":[\"host-passthrough\",\"custom\"],"
        "\"host_model\":\"EPYC\",\"host_model_vendor\":\"AMD\",\"host_model_features\":{\"require\":["
        "\"x2apic\"],"
        "\"disable\":[]},\"cpu_models\":[\"qemu64\"],"
        "\"memory_backing\":{\"sourceType\":[\"file\",\"memfd\"]},\"devices\":{\"disk\":{\"bus\":["
        "\"virtio\",\"scsi\"]},"
        "\"video\":{},\"hostdev\":{\"subsysType\":[\"usb\",\"pci\"]}},\"features\":{\"genid\":{},"
        "\"sev\":{\"cbitpos\":[\"47\"]}}},{\"arch\":\"x86_64\",\"virt_type\":\"qemu\",\"machine\":null,"
        "\"alias\":null,\"emulator\":\"/usr/bin/qemu-system-x86_64\",\"max_vcpus\":255}]}\n";

const char answer_without_driver[] =
        "{\"state\":\"not-installed\",\"detail\":\"no connection driver available for lxc:///system\","
        "\"library_version\":\"9.0.0\"}\n";

static void write_in(const FakeLibvirt *fake, const char *name, const char *text) {
        g_autofree char *path = g_build_filename(fake->directory, name, NULL);
        g_autoptr(GError) error = NULL;

        /* Renamed into its place, so that it is never read by halves. */
        g_file_set_contents(path, text, -1, &error);
        g_assert_no_error(error);
}

void fake_libvirt_set_manner(FakeLibvirt *fake, const char *manner) {
        g_autofree char *go = g_build_filename(fake->directory, "go", NULL);

        (void) g_unlink(go);
        write_in(fake, "manner", manner);
}

void fake_libvirt_go(FakeLibvirt *fake) {
        write_in(fake, "go", "");
}

void fake_libvirt_set_answer(FakeLibvirt *fake, const char *text) {
        write_in(fake, "answer", text);
}

void fake_libvirt_set_answer_of_lxc(FakeLibvirt *fake, const char *text) {
        write_in(fake, "answer-lxc", text);
}

void fake_libvirt_up(FakeLibvirt *fake, const void *data) {
        (void) data;

        *fake = (FakeLibvirt){};
        bus_up(&fake->bus);
        fake->systemd = fake_systemd_new(&fake->bus);
        fake_systemd_set(fake->systemd, "libvirtd.service", "loaded", "inactive");
        fake_systemd_set(fake->systemd, "libvirtd.socket", "loaded", "active");

        fake->directory = g_dir_make_tmp("virtready-libvirt-XXXXXX", NULL);
        fake->environment[0] = g_strconcat("FAKE_LIBVIRT=", fake->directory, NULL);
        fake_libvirt_set_manner(fake, "answer");
        fake_libvirt_set_answer(fake, answer_of_qemu);
        fake_libvirt_set_answer_of_lxc(fake, answer_without_driver);
}

void fake_libvirt_down(FakeLibvirt *fake, const void *data) {
        (void) data;

        fake_systemd_free(fake->systemd);
        bus_down(&fake->bus);
        directory_remove(fake->directory);
        g_free(fake->directory);
        g_free(fake->environment[0]);
}

void fake_libvirt_start(FakeLibvirt *fake, const char *uri, const char *root) {
        daemon_up(&fake->daemon, &fake->bus,
                  (DaemonOptions){ .root = root,
                                   .libvirt = uri,
                                   .libvirt_helper = g_getenv("LIBVIRT_HELPER"),
                                   .env = (const char *const *) fake->environment });
}

guint fake_libvirt_asked(FakeLibvirt *fake, const char *uri) {
        g_autofree char *path = g_build_filename(fake->directory, "asked", NULL), *text = NULL;
        g_auto(GStrv) lines = NULL;
        guint n = 0;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                return 0;

        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++)
                n += **line && g_str_has_prefix(*line, uri);

        return n;
}

void fake_libvirt_settle(FakeLibvirt *fake) {
        gint64 limit = g_get_monotonic_time() + G_USEC_PER_SEC * 4 / 5;

        while (g_get_monotonic_time() < limit) {
                g_main_context_iteration(NULL, FALSE);
                g_usleep(2000);
        }
        daemon_settle(&fake->daemon);
}

void fake_libvirt_set_unit(FakeLibvirt *fake, const char *unit, const char *activity) {
        fake_systemd_set(fake->systemd, unit, "loaded", activity);
        fake_systemd_announce_unit(fake->systemd, unit);
}

bool fake_libvirt_has_state(FakeLibvirt *fake, const char *path, const char *state) {
        g_autofree char *now = property_get_string(&fake->daemon, path, BUS_INTERFACE_HYPERVISOR, "State");

        return g_str_equal(now, state);
}

static void on_refreshed(GObject *source, GAsyncResult *result, gpointer userdata) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        Refreshes *refreshes = userdata;
        g_autofree char *name = NULL;

        if (reply) {
                refreshes->done++;
                return;
        }

        name = g_dbus_error_get_remote_error(error);
        if (g_strcmp0(name, BUS_ERROR_RATE_LIMITED) == 0)
                refreshes->limited++;
        else if (refreshes->n_failed++ == 0)
                refreshes->failed = g_strdup(name ? name : error->message);
}

void fake_libvirt_refresh(GDBusConnection *connection, const char *path, Refreshes *refreshes) {
        g_autofree char *full = g_strconcat(BUS_PATH_MANAGER, path, NULL);

        g_dbus_connection_call(connection, BUS_NAME, full, BUS_INTERFACE_HYPERVISOR, "Refresh", NULL, NULL,
                               G_DBUS_CALL_FLAGS_NONE, 60 * 1000, NULL, on_refreshed, refreshes);
}
