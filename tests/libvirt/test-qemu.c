/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program with a real libvirtd and QEMU. */

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "compare.h"
#include "daemon/basic/cleanup.h"
#include "daemon/basic/macro.h"
#include "libvirtd.h"

static bool may_open_kvm(void) {
        _cleanup_close_ int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

        return fd >= 0;
}

static unsigned count_domains(const Answer *answer, const char *type) {
        const Json *domains = json_object_object_get(answer->document, "domains");
        size_t length = json_object_array_length(domains);
        unsigned n = 0;

        for (size_t i = 0; i < length; i++) {
                const Json *domain = json_object_array_get_idx(domains, i);

                /* What is printed is more than what the host's own capabilities tell. */
                g_assert_nonnull(json_object_object_get(domain, "devices"));
                if (streq(json_object_get_string(json_object_object_get(domain, "virt_type")), type))
                        n++;
        }

        return n;
}

static void test_describe(gconstpointer data) {
        Answer answer;

        assert_like_virsh(((const Libvirtd *) data)->uri, &answer);
        g_assert_cmpstr(answer_string(&answer, "type"), ==, "QEMU");
        g_assert_cmpuint(count_domains(&answer, "qemu"), >, 0);
        if (may_open_kvm())
                g_assert_cmpuint(count_domains(&answer, "kvm"), >, 0);
        answer_done(&answer);
}

/* --- Guests and storage */

static uint64_t number(const Answer *answer, const char *part, const char *key) {
        Json *value = NULL;

        g_assert_true(
                json_object_object_get_ex(json_object_object_get(answer->document, part), key, &value));
        g_assert_nonnull(value);
        return json_object_get_uint64(value);
}

static uint64_t resident_of_both(const Libvirtd *libvirtd) {
        return (libvirtd_virsh_number(libvirtd, "dommemstat", "one", "rss") +
                libvirtd_virsh_number(libvirtd, "dommemstat", "two", "rss")) *
               1024;
}

static void assert_guests(const Libvirtd *libvirtd, uint64_t count, uint64_t vcpus, uint64_t memory_kib) {
        g_autofree char *uri = g_strconcat("--uri=", libvirtd->uri, NULL);
        Answer answer;

        ask(&answer, "usage", uri, NULL);
        g_assert_cmpuint(number(&answer, "guests", "count"), ==, count);
        g_assert_cmpuint(number(&answer, "guests", "vcpus"), ==, vcpus);
        g_assert_cmpuint(number(&answer, "guests", "memory_bytes"), ==, memory_kib * 1024);
        answer_done(&answer);
}

/* A guest that does nothing hardly changes its memory; it is looked at again until it has not. */
static void assert_resident(const Libvirtd *libvirtd) {
        g_autofree char *uri = g_strconcat("--uri=", libvirtd->uri, NULL);

        for (unsigned i = 0; i < 50; i++) {
                uint64_t before = resident_of_both(libvirtd), found, after;
                Answer answer;

                ask(&answer, "usage", uri, NULL);
                found = number(&answer, "guests", "resident_bytes");
                after = resident_of_both(libvirtd);
                answer_done(&answer);
                if (before == after) {
                        g_assert_cmpuint(found, ==, before);
                        g_assert_cmpuint(found, >, 0);
                        return;
                }
        }

        g_error("The guests' memory changes all the time.");
}

static void test_guests(gconstpointer data) {
        const Libvirtd *libvirtd = data;
        g_autofree char *output = NULL, *suspended = NULL;

        assert_guests(libvirtd, 0, 0, 0);

        libvirtd_start_guest(libvirtd, "one", 1, 65536);
        libvirtd_start_guest(libvirtd, "two", 3, 98304);
        assert_guests(libvirtd, 2,
                      libvirtd_virsh_number(libvirtd, "dominfo", "one", "CPU(s)") +
                              libvirtd_virsh_number(libvirtd, "dominfo", "two", "CPU(s)"),
                      libvirtd_virsh_number(libvirtd, "dominfo", "one", "Max memory") +
                              libvirtd_virsh_number(libvirtd, "dominfo", "two", "Max memory"));
        assert_guests(libvirtd, 2, 4, 163840);

        /* One that is paused keeps its memory. */
        suspended = libvirtd_virsh(libvirtd, "suspend", "two", NULL);
        assert_guests(libvirtd, 2, 4, 163840);
        output = libvirtd_virsh(libvirtd, "suspend", "one", NULL);
        assert_resident(libvirtd);

        g_free(libvirtd_virsh(libvirtd, "destroy", "two", NULL));
        assert_guests(libvirtd, 1, 1, 65536);
        g_free(libvirtd_virsh(libvirtd, "destroy", "one", NULL));
        assert_guests(libvirtd, 0, 0, 0);
}

/* One guest's QEMU stands still: libvirtd waits for it, and whoever asks for that guest's memory, too. What
 * libvirtd knows itself is told all the same. */
#define DAEMON_WAITS_USEC (5 * G_USEC_PER_SEC)

static void test_hangs(gconstpointer data) {
        const Libvirtd *libvirtd = data;
        g_autofree char *uri = g_strconcat("--uri=", libvirtd->uri, NULL);
        Json *resident = NULL;
        Answer answer;
        gint64 begin;

        libvirtd_start_guest_with_balloon(libvirtd, "one", 1, 65536);
        libvirtd_start_guest(libvirtd, "two", 3, 98304);
        libvirtd_stop_guest(libvirtd, "one");

        begin = g_get_monotonic_time();
        ask(&answer, "usage", uri, "--storage=/", NULL);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, DAEMON_WAITS_USEC);
        g_assert_cmpuint(number(&answer, "guests", "count"), ==, 2);
        g_assert_cmpuint(number(&answer, "guests", "vcpus"), ==, 4);
        g_assert_cmpuint(number(&answer, "guests", "memory_bytes"), ==, 163840 * 1024);
        g_assert_true(json_object_object_get_ex(json_object_object_get(answer.document, "guests"),
                                                "resident_bytes", &resident));
        g_assert_null(resident);
        g_assert_cmpuint(number(&answer, "storage", "total_bytes"), >, 0);
        g_assert_null(answer_string(&answer, "detail"));
        answer_done(&answer);

        libvirtd_continue_guest(libvirtd, "one");
        ask(&answer, "usage", uri, NULL);
        g_assert_cmpuint(number(&answer, "guests", "resident_bytes"), >, 0);
        answer_done(&answer);
        g_free(libvirtd_virsh(libvirtd, "destroy", "two", NULL));
        g_free(libvirtd_virsh(libvirtd, "destroy", "one", NULL));
}

static void test_storage(gconstpointer data) {
        const Libvirtd *libvirtd = data;
        g_autofree char *uri = g_strconcat("--uri=", libvirtd->uri, NULL);
        struct statvfs before, after;
        uint64_t available;
        Answer answer;

        g_assert_no_errno(statvfs("/", &before));
        ask(&answer, "usage", "--storage=/", uri, NULL);
        g_assert_no_errno(statvfs("/", &after));

        g_assert_cmpuint(number(&answer, "storage", "total_bytes"), ==, before.f_blocks * before.f_frsize);
        available = number(&answer, "storage", "available_bytes");
        /* Others write to it, too. */
        g_assert_cmpuint(available, >=, MIN(before.f_bavail, after.f_bavail) * before.f_frsize / 100 * 99);
        g_assert_cmpuint(available, <=, MAX(before.f_bavail, after.f_bavail) * before.f_frsize / 100 * 101);
        g_assert_cmpuint(number(&answer, "guests", "count"), ==, 0);
        answer_done(&answer);
}

static void test_storage_missing(gconstpointer data) {
        g_autofree char *uri = g_strconcat("--uri=", ((const Libvirtd *) data)->uri, NULL);
        Answer answer;

        /* The other half of the answer is there. */
        ask(&answer, "usage", uri, "--storage=/nonexistent/\x1b[31m/images", NULL);
        g_assert_null(json_object_object_get(answer.document, "storage"));
        g_assert_cmpuint(number(&answer, "guests", "count"), ==, 0);
        g_assert_cmpstr(answer_string(&answer, "detail"), ==,
                        "/nonexistent/ [31m/images: No such file or directory; give a path that exists");
        answer_done(&answer);

        ask(&answer, "usage", "--uri=qemu+unix:///session?socket=/nonexistent", "--storage=/", NULL);
        g_assert_null(json_object_object_get(answer.document, "guests"));
        g_assert_cmpuint(number(&answer, "storage", "total_bytes"), >, 0);
        g_assert_nonnull(strstr(answer_string(&answer, "detail"), "/nonexistent"));
        answer_done(&answer);

        ask(&answer, "usage", NULL);
        g_assert_cmpstr(answer.text, ==, "{\"guests\":null,\"storage\":null,\"detail\":null}\n");
        answer_done(&answer);
}

int main(int argc, char *argv[]) {
        Libvirtd libvirtd;
        int r;

        g_test_init(&argc, &argv, NULL);

        libvirtd_up(&libvirtd, NULL);
        g_test_add_data_func("/libvirt/qemu/describe", &libvirtd, test_describe);
        g_test_add_data_func("/libvirt/qemu/guests", &libvirtd, test_guests);
        g_test_add_data_func("/libvirt/qemu/hangs", &libvirtd, test_hangs);
        g_test_add_data_func("/libvirt/qemu/storage", &libvirtd, test_storage);
        g_test_add_data_func("/libvirt/qemu/storage-missing", &libvirtd, test_storage_missing);
        r = g_test_run();

        libvirtd_down(&libvirtd);
        return r;
}
