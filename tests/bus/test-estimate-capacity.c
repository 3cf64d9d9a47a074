/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EstimateCapacity: what it counts, what it asks for that, and what it refuses. */

#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>

#include "call.h"
#include "capacity-fixture.h"
#include "daemon/basic/macro.h"
#include "dbus/names.h"

#define SMALL "'vcpus': <uint32 1>, 'memory_bytes': <uint64 1048576>"

/* 107374182400 bytes are free, ten times ten GiB. */
static void test_running(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL, cpu = NULL, memory = NULL, disk = NULL, guest = NULL;
        g_autofree char *asked = NULL, *limiting = NULL;

        (void) data;

        start(fixture, "active", "active");
        answer = estimate(fixture, "{" SMALL ", 'disk_bytes': <uint64 10737418240>, 'cpu_ratio': <1000.0>, "
                                   "'storage_path': <'/srv'>, 'count': <uint32 10>}");
        g_assert_true(flag_of(answer, "guests_known"));
        g_assert_cmpuint(number_of(answer, "guests_running"), ==, 2);
        cpu = resource_of(answer, "cpu");
        g_assert_cmpuint(number_of(cpu, "used"), ==, 6);
        g_assert_cmpuint(number_of(cpu, "available"), ==, number_of(cpu, "total") * 1000 - 6);
        g_assert_cmpstr(text_of(cpu, "ratio_source"), ==, "the call");

        disk = resource_of(answer, "disk");
        g_assert_cmpuint(number_of(disk, "total"), ==, 1000 * GIB);
        g_assert_cmpuint(number_of(disk, "used"), ==, 900 * GIB);
        g_assert_cmpuint(number_of(disk, "available"), ==, 100 * GIB);
        g_assert_cmpuint(number_of(disk, "guests"), ==, 10);
        g_assert_cmpstr(text_of(answer, "storage_path"), ==, "/srv");

        /* A GiB that they may have, what it takes to manage that, and 70 MiB and 8 for each vCPU. */
        memory = resource_of(answer, "memory");
        g_assert_cmpuint(number_of(memory, "used"), ==,
                         GIB + GIB / 512 + 2 * (70 << 20) + 6 * (G_GUINT64_CONSTANT(8) << 20));
        g_assert_cmpuint(number_of(memory, "reserved"), >=, 512 << 20);
        g_assert_cmpuint(number_of(answer, "guests"), <=, 10);

        guest = g_variant_lookup_value(answer, "guest", G_VARIANT_TYPE("a{sv}"));
        g_assert_cmpuint(number_of(guest, "vcpus"), ==, 1);
        g_assert_cmpuint(number_of(guest, "disk_bytes"), ==, 10737418240);

        asked = helper_asked(fixture);
        g_assert_nonnull(strstr(asked, "--uri=qemu:///system\n"));
        g_assert_nonnull(strstr(asked, "--storage=/srv\n"));
        g_assert_cmpuint(helper_runs(fixture), ==, 2);
}

/* What is said of the guests where libvirt was not asked: there are none if the kernel counts none. */
static void assert_unasked(Fixture *fixture, const char *word) {
        g_autofree char *unknown = NULL, *detail = NULL;
        g_autoptr(GVariant) answer = NULL, cpu = NULL, memory = NULL;
        gboolean none = knows_of_no_vms(fixture);

        answer = estimate(fixture, "{" SMALL "}");
        unknown = names_of(answer, "unknown");
        detail = detail_of(answer, "guests");
        cpu = resource_of(answer, "cpu");
        memory = resource_of(answer, "memory");
        g_test_message("'%s' unknown: %s; %s", none ? "none" : "perhaps", unknown, detail);
        g_assert_true(flag_of(cpu, "known") && flag_of(memory, "known"));
        g_assert_cmpuint(number_of(cpu, "used"), ==, 0);
        g_assert_true(flag_of(answer, "guests_known") == none);
        g_assert_true(has_key(answer, "guests_running") == none);
        g_assert_true(g_str_has_prefix(unknown, "cpu memory") == !none);
        if (none)
                g_assert_cmpstr(detail, ==, "");
        else if (!strstr(detail, word))
                g_error("'%s' is not in: %s", word, detail);
        if (!none && active_vms(&fixture->daemon) > 0)
                g_assert_nonnull(strstr(detail, ". The kernel counts "));
        g_assert_cmpuint(helper_runs(fixture), ==, 0);
}

/* Nobody is asked who would be woken by that; guests can outlive the service. */
static void test_dormant(Fixture *fixture, const void *data) {
        if (data)
                hold_vm(fixture);
        start(fixture, "inactive", "active");
        assert_unasked(fixture, "for libvirt sleeps and is not woken.");
}

static void test_stopped(Fixture *fixture, const void *data) {
        if (data)
                hold_vm(fixture);
        start(fixture, "inactive", "inactive");
        assert_unasked(fixture, "for libvirt is stopped.");
}

/* Whoever connects reaches virtqemud, which sleeps, though libvirtd runs. */
static void test_virtqemud_first(Fixture *fixture, const void *data) {
        if (data)
                hold_vm(fixture);
        fake_systemd_set(fixture->systemd, "virtqemud.service", "loaded", "inactive");
        fake_systemd_set(fixture->systemd, "virtqemud.socket", "loaded", "active");
        start(fixture, "active", "active");
        assert_unasked(fixture, "for libvirt sleeps and is not woken.");
}

/* systemd is there, and says nothing. */
static void test_not_told(Fixture *fixture, const void *data) {
        if (data)
                hold_vm(fixture);
        fake_systemd_set_manner(fixture->systemd, FAKE_REFUSES);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .libvirt_helper = fixture->helper });
        assert_unasked(fixture, "");
}

/* Nobody has systemd's name, and connecting wakes nobody. */
static void test_without_systemd(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;
        g_autofree char *state = NULL;

        (void) data;

        if (sd_booted() > 0) {
                g_test_skip("this system was started with systemd");
                return;
        }
        fake_systemd_free(g_steal_pointer(&fixture->systemd));
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .libvirt_helper = fixture->helper });
        state = property_get_string(&fixture->daemon, "/hypervisor/qemu", BUS_INTERFACE_HYPERVISOR, "State");
        if (g_str_equal(state, "not-installed")) {
                g_test_skip("no libvirt is installed here");
                return;
        }
        answer = estimate(fixture, "{" SMALL "}");
        g_assert_true(flag_of(answer, "guests_known"));
        g_assert_cmpuint(number_of(answer, "guests_running"), ==, 2);
        g_assert_cmpuint(helper_runs(fixture), ==, 1);
}

/* Somebody else has started one. */
static void test_others(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;
        g_autofree char *detail = NULL, *unknown = NULL;

        (void) data;

        hold_vm(fixture);
        helper_write(fixture, "echo '{\"guests\": {\"count\": 0, \"vcpus\": 0, \"memory_bytes\": 0}}'\n");
        start(fixture, "active", "active");
        answer = estimate(fixture, "{" SMALL "}");
        g_assert_true(flag_of(answer, "guests_known"));
        detail = detail_of(answer, "guests");
        unknown = names_of(answer, "unknown");
        if (active_vms(&fixture->daemon) == 0) {
                g_assert_cmpstr(detail, ==, "");
                g_test_skip("the kernel does not tell how many virtual machines run");
                return;
        }
        g_assert_true(g_str_has_prefix(detail, "The kernel counts "));
        g_assert_nonnull(strstr(detail, ", and libvirt knows of 0: "));
        g_assert_true(g_str_has_prefix(unknown, "cpu memory"));
}

/* A URI that the administrator gives is asked whatever systemd says. */
static void test_uri(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;
        g_autofree char *asked = NULL;

        (void) data;

        daemon_up(&fixture->daemon, &fixture->bus,
                  (DaemonOptions){ .libvirt = "test:///default", .libvirt_helper = fixture->helper });
        answer = estimate(fixture, "{" SMALL "}");
        g_assert_true(flag_of(answer, "guests_known"));
        asked = helper_asked(fixture);
        g_assert_cmpstr(asked, ==, "--uri=test:///default\n");
}

/* The default storage may not be there yet: it will come into what is above it. */
static void test_default_storage(Fixture *fixture, const void *data) {
        static const char goes_up
                [] = "case $2 in --storage=/var/lib/libvirt*) echo '{\"guests\": null, \"storage\": null, "
                     "\"storage_missing\": true, \"detail\": \"not there\"}' ;;\n*) echo '" STORAGE_JSON
                     "' ;; esac\n",
         denied[] = "echo '{\"storage\": null, \"detail\": \"No '\"$2\"'.\"}'\n",
         missing[] = "echo '{\"storage\": null, \"storage_missing\": true, \"detail\": \"No '\"$2\"'.\"}'\n";
        g_autoptr(GVariant) found = NULL, lost = NULL, given = NULL, disk = NULL, nowhere = NULL;
        g_autofree char *asked = NULL, *unknown = NULL, *lost_detail = NULL, *given_detail = NULL,
                        *nowhere_detail = NULL;

        (void) data;

        start(fixture, "inactive", "active");
        helper_write(fixture, goes_up);
        found = estimate(fixture, "{" SMALL ", 'disk_bytes': <uint64 1>}");
        disk = resource_of(found, "disk");
        g_assert_true(flag_of(disk, "known"));
        asked = helper_asked(fixture);
        g_assert_cmpstr(
                asked, ==,
                "--storage=/var/lib/libvirt/images\n--storage=/var/lib/libvirt\n--storage=/var/lib\n");

        helper_write(fixture, denied);
        lost = estimate(fixture, "{" SMALL ", 'disk_bytes': <uint64 1>}");
        g_assert_cmpstr((lost_detail = detail_of(lost, "disk")), ==,
                        "No --storage=/var/lib/libvirt/images.");
        unknown = names_of(lost, "unknown");
        g_assert_nonnull(strstr(unknown, "disk"));
        g_assert_cmpuint(helper_runs(fixture), ==, 3 + 1);

        helper_write(fixture, missing);
        given = estimate(fixture, "{" SMALL ", 'disk_bytes': <uint64 1>, 'storage_path': <'/a/b'>}");
        g_assert_cmpstr((given_detail = detail_of(given, "disk")), ==, "No --storage=/a/b.");
        g_assert_cmpuint(helper_runs(fixture), ==, 3 + 1 + 1);

        /* To the root, and no further. */
        nowhere = estimate(fixture, "{" SMALL ", 'disk_bytes': <uint64 1>}");
        g_assert_cmpstr((nowhere_detail = detail_of(nowhere, "disk")), ==, "No --storage=/.");
        g_assert_cmpuint(helper_runs(fixture), ==, 3 + 1 + 1 + 5);
}

/* What the unit hides is not mistaken for what is there instead. */
static void test_hidden_storage(Fixture *fixture, const void *data) {
        static const struct {
                const char *path, *hidden;
        } cases[] = {
                { "/home", "/home" },       { "/home/me/disks", "/home" },
                { "/root/disks", "/root" }, { "/run/user/0", "/run/user" },
                { "/homes", NULL },         { "/run/users", NULL },
        };
        guint asked = 0;

        (void) data;

        start(fixture, "inactive", "active");
        FOREACH_ELEMENT(c, cases) {
                g_autofree char *guest = g_strdup_printf(
                        "{" SMALL ", 'disk_bytes': <uint64 1>, 'storage_path': <'%s'>}", c->path);
                g_autoptr(GVariant) answer = estimate(fixture, guest), disk = resource_of(answer, "disk");
                g_autofree char *detail = detail_of(answer, "disk"),
                                *expected = g_strdup_printf("The service does not see what is in %s.",
                                                            c->hidden);

                asked += !c->hidden;
                g_assert_true(flag_of(disk, "known") == !c->hidden);
                g_assert_cmpstr(detail, ==, c->hidden ? expected : "");
                g_assert_cmpuint(helper_runs(fixture), ==, asked);
        }
}

static void write_node(const char *root, unsigned id, const char *cpus, const char *meminfo) {
        g_autofree char *directory = g_strdup_printf("sys/devices/system/node/node%u", id),
                        *list = g_build_filename(directory, "cpulist", NULL),
                        *memory = g_build_filename(directory, "meminfo", NULL),
                        *total =
                                g_build_filename(directory, "hugepages/hugepages-2048kB/nr_hugepages", NULL),
                        *free = g_build_filename(directory, "hugepages/hugepages-2048kB/free_hugepages",
                                                 NULL);

        file_write(root, list, cpus);
        file_write(root, memory, meminfo);
        file_write(root, total, "2048\n");
        file_write(root, free, "2048\n");
}

/* 64 GiB on two nodes, of which 8 are huge pages of 2 MiB, and 16 CPUs. */
static void write_machine(const char *root) {
        file_write(root, "sys/devices/system/cpu/present", "0-15\n");
        file_write(root, "sys/devices/system/cpu/online", "0-15\n");
        file_write(root, "proc/meminfo",
                   "MemTotal:       67108864 kB\nMemFree:        50331648 kB\n"
                   "MemAvailable:   54525952 kB\nCommitLimit:    33554432 kB\n"
                   "Committed_AS:   16777216 kB\n");
        file_write(root, "proc/loadavg", "0.20 0.18 0.12 1/800 11206\n");
        file_write(root, "proc/sys/kernel/threads-max", "500000\n");
        file_write(root, "proc/sys/kernel/pid_max", "32768\n");
        file_write(root, "proc/sys/vm/overcommit_memory", "0\n");
        file_write(root, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "4096\n");
        file_write(root, "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "4096\n");
        file_write(root, "sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "1024\n");
        write_node(root, 0, "0-7\n",
                   "Node 0 MemTotal:       33554432 kB\nNode 0 MemFree:        25165824 kB\n"
                   "Node 0 Active(file):    1048576 kB\nNode 0 Inactive(file):  1048576 kB\n"
                   "Node 0 SReclaimable:    2097152 kB\n");
        write_node(root, 1, "8-15\n",
                   "Node 1 MemTotal:       33554432 kB\nNode 1 MemFree:         4194304 kB\n");
}

static guint64 node_number(GVariant *answer, gsize index, const char *key) {
        g_autoptr(GVariant) nodes = g_variant_lookup_value(answer, "nodes", G_VARIANT_TYPE("aa{sv}")),
                            node = NULL;

        g_assert_cmpuint(g_variant_n_children(nodes), ==, 2);
        node = g_variant_get_child_value(nodes, index);
        return number_of(node, key);
}

/* Of 56 GiB of ordinary memory 52 are available, and 4 in use; guests of 4 GiB take 118 MiB beside that. */
static void test_numbers(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL, memory = NULL, threads = NULL, disk = NULL;
        g_autofree char *limiting = NULL, *unknown = NULL, *guests_detail = NULL, *disk_detail = NULL;
        const guint64 per_guest = 4 * GIB + 8 * (1 << 20) + (70 << 20) + 2 * (8 << 20);

        (void) data;

        start_on_snapshot(fixture);
        write_machine(fixture->root);
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));
        answer = estimate(fixture, "{'vcpus': <uint32 2>, 'memory_bytes': <uint64 4294967296>, "
                                   "'disk_bytes': <uint64 1>, 'preset': <'nova'>, 'count': <uint32 13>}");
        memory = resource_of(answer, "memory");
        g_assert_cmpuint(number_of(memory, "total"), ==, 56 * GIB);
        g_assert_cmpuint(number_of(memory, "reserved"), ==, 4 * GIB);
        g_assert_cmpstr(text_of(memory, "reserve_source"), ==, "what the host uses now");
        g_assert_cmpuint(number_of(memory, "per_guest"), ==, per_guest);
        g_assert_cmpuint(number_of(answer, "guests"), ==, 12);
        g_assert_cmpuint(number_of(memory, "short_by"), ==, 13 * per_guest - 52 * GIB);
        limiting = names_of(answer, "limiting");
        g_assert_cmpstr(limiting, ==, "memory");
        g_assert_false(flag_of(answer, "fits"));

        threads = resource_of(answer, "threads");
        g_assert_cmpuint(number_of(threads, "total"), ==, 32768);
        g_assert_cmpuint(number_of(threads, "used"), ==, 800);
        g_assert_cmpuint(number_of(threads, "per_guest"), ==, 72);
        g_assert_null(resource_of(answer, "commit"));

        /* 24 GiB and the half of 4, and the 4 GiB of the other hold no guest of 4 GiB and its overhead. */
        g_assert_cmpuint(node_number(answer, 0, "memory_bytes"), ==, 26 * GIB);
        g_assert_cmpuint(node_number(answer, 0, "guests"), ==, 6);
        g_assert_cmpuint(node_number(answer, 1, "cpus"), ==, 8);
        g_assert_cmpuint(node_number(answer, 1, "guests"), ==, 0);

        /* Neither guests nor storage of another machine are known, and nobody on this one is asked. */
        unknown = names_of(answer, "unknown");
        g_assert_cmpstr(unknown, ==, "cpu memory disk vcpus");
        g_assert_false(flag_of(answer, "guests_known"));
        guests_detail = detail_of(answer, "guests");
        g_assert_nonnull(strstr(guests_detail, "another machine"));
        disk_detail = detail_of(answer, "disk");
        g_assert_nonnull(strstr(disk_detail, "another machine"));
        disk = resource_of(answer, "disk");
        g_assert_false(flag_of(disk, "known"));
        g_assert_cmpuint(helper_runs(fixture), ==, 0);
}

static void test_huge_pages(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL, pages = NULL, memory = NULL, other = NULL, none = NULL;
        g_autofree char *limiting = NULL;

        (void) data;

        start_on_snapshot(fixture);
        write_machine(fixture->root);
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));

        /* Of 4096 pages 1024 are promised; a guest of 1 GiB and a byte takes 513. */
        answer = estimate(fixture, "{'vcpus': <uint32 1>, 'memory_bytes': <uint64 1073741825>, "
                                   "'huge_page_bytes': <uint64 2097152>}");
        pages = resource_of(answer, "hugepages");
        g_assert_cmpuint(number_of(pages, "total"), ==, 8 * GIB);
        g_assert_cmpuint(number_of(pages, "used"), ==, 2 * GIB);
        g_assert_cmpuint(number_of(pages, "per_guest"), ==, 513 * 2097152);
        g_assert_cmpuint(number_of(answer, "guests"), ==, 5);
        limiting = names_of(answer, "limiting");
        g_assert_cmpstr(limiting, ==, "hugepages");
        memory = resource_of(answer, "memory");
        g_assert_cmpuint(number_of(memory, "per_guest"), ==, number_of(memory, "overhead"));
        g_assert_cmpuint(node_number(answer, 0, "huge_page_bytes"), ==, 4 * GIB);
        g_assert_cmpuint(node_number(answer, 0, "guests"), ==, 3);

        /* There are no pages of this size. */
        other = estimate(fixture, "{" SMALL ", 'huge_page_bytes': <uint64 1073741824>}");
        g_assert_cmpuint(number_of(other, "guests"), ==, 0);
        none = resource_of(other, "hugepages");
        g_assert_cmpuint(number_of(none, "total"), ==, 0);
        g_assert_cmpuint(number_of(none, "short_by"), ==, GIB);
}

static void test_commit_limit(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL, commit = NULL;
        g_autofree char *limiting = NULL;

        (void) data;

        start_on_snapshot(fixture);
        write_machine(fixture->root);
        file_write(fixture->root, "proc/sys/vm/overcommit_memory", "2\n");
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));
        answer = estimate(fixture, "{'vcpus': <uint32 1>, 'memory_bytes': <uint64 4294967296>}");
        commit = resource_of(answer, "commit");
        g_assert_cmpuint(number_of(commit, "total"), ==, 32 * GIB);
        g_assert_cmpuint(number_of(commit, "used"), ==, 16 * GIB);
        g_assert_cmpuint(number_of(answer, "guests"), ==, 3);
        limiting = names_of(answer, "limiting");
        g_assert_cmpstr(limiting, ==, "commit");
}

/* Nothing at all is known of a machine without files, and that is what is said. */
static void test_nothing_known(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;
        g_autofree char *unknown = NULL;

        (void) data;

        start_on_snapshot(fixture);
        file_remove(fixture->root, "proc/cpuinfo");
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));
        answer = estimate(fixture, "{" SMALL ", 'count': <uint32 1>}");
        g_assert_false(has_key(answer, "guests"));
        g_assert_false(has_key(answer, "fits"));
        unknown = names_of(answer, "unknown");
        g_assert_cmpstr(unknown, ==, "cpu memory vcpus threads commit");
}

static void test_presets(Fixture *fixture, const void *data) {
        static const struct {
                const char *preset, *source;
                double ratio;
                guint64 overhead;
        } cases[] = {
                { "none", "no overcommit", 1, 78 },
                { "nova", "nova, initial_cpu_allocation_ratio", 4, 78 },
                { "kubevirt", "KubeVirt, cpuAllocationRatio", 10, 268 },
        };

        (void) data;

        start(fixture, "inactive", "active");
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *guest = g_strdup_printf(
                        "{'vcpus': <uint32 1>, 'memory_bytes': <uint64 512>, 'preset': <'%s'>, "
                        "'reserve_cpus': <uint32 1>}",
                        cases[i].preset);
                g_autoptr(GVariant) answer = estimate(fixture, guest), cpu = resource_of(answer, "cpu"),
                                    overhead = g_variant_lookup_value(answer, "overhead",
                                                                      G_VARIANT_TYPE("a{sv}"));
                guint64 total = number_of(cpu, "total");
                double ratio;

                g_assert_cmpstr(text_of(answer, "preset"), ==, cases[i].preset);
                g_assert_true(g_variant_lookup(cpu, "ratio", "d", &ratio));
                g_assert_cmpfloat_with_epsilon(ratio, cases[i].ratio, 1e-9);
                g_assert_cmpstr(text_of(cpu, "ratio_source"), ==, cases[i].source);
                g_assert_cmpstr(text_of(cpu, "reserve_source"), ==, "the call");
                g_assert_cmpuint(number_of(cpu, "available"), ==,
                                 (guint64) ((double) (total - 1) * cases[i].ratio));
                if (number_of(overhead, "firmware") == 0)
                        g_assert_cmpuint(number_of(overhead, "total"), ==, (cases[i].overhead << 20) + 1);
        }
}

static void test_profile(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL, causes = NULL;
        g_autofree char *root_causes = NULL, *state = NULL;

        (void) data;

        start(fixture, "inactive", "active");
        answer = estimate(fixture, "{" SMALL ", 'profile': <'lxc'>}");
        g_assert_cmpstr(text_of(answer, "profile"), ==, "lxc");
        state = property_get_string(&fixture->daemon, "/profile/lxc", BUS_INTERFACE_PROFILE, "State");
        g_assert_cmpstr(text_of(answer, "profile_state"), ==, state);
        root_causes = names_of(answer, "root_causes");
        causes = property_get(&fixture->daemon, "/profile/lxc", BUS_INTERFACE_PROFILE, "RootCauses");
        {
                g_autofree const char **names = g_variant_get_strv(causes, NULL);
                g_autofree char *joined = g_strjoinv(" ", (char **) names);

                g_assert_cmpstr(root_causes, ==, joined);
        }
}

/* Each says which key it is, and what it should be. */
static void test_refuses(Fixture *fixture, const void *data) {
        static const struct {
                const char *guest, *word;
        } cases[] = {
                { "@a{sv} {}", "'vcpus' is missing" },
                { "{'vcpus': <uint32 1>}", "'memory_bytes' is missing" },
                { "{" SMALL ", 'vcpu': <uint32 1>}", "no key 'vcpu'; there are vcpus, " },
                { "{" SMALL ", '\\033[1m': <1>}", "There is no key" },
                { "{" SMALL
                  ", '0123456789012345678901234567890123456789012345678901234567890123456789': <1>}",
                  "(a long text)" },
                { "{'vcpus': <1>}", "'vcpus' must be an unsigned 32-bit number (u)" },
                { "{'vcpus': <<uint32 1>>}", "'vcpus' must be an unsigned 32-bit number" },
                { "{'vcpus': <uint64 1>}", "'vcpus' must be an unsigned 32-bit number" },
                { "{'memory_bytes': <uint32 1>}", "'memory_bytes' must be an unsigned 64-bit number (t)" },
                { "{" SMALL ", 'cpu_ratio': <4>}", "'cpu_ratio' must be a floating-point number (d)" },
                { "{" SMALL ", 'preset': <1>}", "'preset' must be a string (s)" },
                { "{'vcpus': <uint32 0>, 'memory_bytes': <uint64 1>}", "'vcpus' must be at least 1" },
                { "{'vcpus': <uint32 1>, 'memory_bytes': <uint64 0>}", "'memory_bytes' must be at least 1" },
                { "{" SMALL ", 'count': <uint32 0>}", "'count' must be at least 1" },
                { "{" SMALL ", 'count': <uint32 1>, 'count': <uint32 1>}", "'count' is there twice" },
                { "{" SMALL ", 'cpu_ratio': <0.0>}", "'cpu_ratio' must be more than 0 and at most 1000" },
                { "{" SMALL ", 'memory_ratio': <-1.0>}", "'memory_ratio' must be more than 0" },
                { "{" SMALL ", 'disk_ratio': <1000.1>}", "'disk_ratio' must be more than 0" },
                { "{" SMALL ", 'disk_ratio': <nan>}", "'disk_ratio' must be more than 0" },
                { "{" SMALL ", 'huge_page_bytes': <uint64 3000000>}", "'huge_page_bytes' must be" },
                { "{" SMALL ", 'huge_page_bytes': <uint64 2>}", "'huge_page_bytes' must be" },
                { "{" SMALL ", 'preset': <'Nova'>}", "no preset 'Nova'; there are none, nova and kubevirt" },
                { "{" SMALL ", 'profile': <'all'>}", "no profile 'all'" },
                { "{" SMALL ", 'storage_path': <''>}", "'storage_path' must be an absolute path" },
                { "{" SMALL ", 'storage_path': <'srv'>}", "'storage_path' must be an absolute path" },
                { "{" SMALL ", 'storage_path': <'/a\\nb'>}", "'storage_path' must be an absolute path" },
        };
        g_autofree char *path = g_strnfill(4096, '/'),
                        *long_path = g_strdup_printf("{" SMALL ", 'storage_path': <'%s'>}", path);
        g_autoptr(GVariant) answer = NULL;

        (void) data;

        start(fixture, "inactive", "active");
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                assert_refused(fixture, cases[i].guest, INVALID_ARGS, cases[i].word);
        assert_refused(fixture, long_path, INVALID_ARGS, "fewer than 4096 bytes");
        g_assert_cmpuint(helper_runs(fixture), ==, 0);

        /* The largest numbers that there are have an answer. */
        answer =
                estimate(fixture, "{'vcpus': <uint32 4294967295>, "
                                  "'memory_bytes': <uint64 18446744073709551615>, "
                                  "'disk_bytes': <uint64 18446744073709551615>, "
                                  "'reserve_memory_bytes': <uint64 18446744073709551615>, "
                                  "'reserve_cpus': <uint32 4294967295>, "
                                  "'huge_page_bytes': <uint64 9223372036854775808>, "
                                  "'cpu_ratio': <1000.0>, 'memory_ratio': <1000.0>, 'disk_ratio': <1e-300>, "
                                  "'count': <uint32 4294967295>}");
        g_assert_cmpuint(number_of(answer, "guests"), ==, 0);
        g_assert_false(flag_of(answer, "fits"));
}

/* Runs the client, and yields its exit status. */
static int run_fit(Fixture *fixture, const char *options, char **ret_out, char **ret_err) {
        g_autofree char *command = g_strdup_printf("'%s' --bus=%s fit %s", g_getenv("VIRTREADYCTL"),
                                                   fixture->bus.address, options);
        g_autoptr(GError) error = NULL;
        int status;

        g_spawn_command_line_sync(command, ret_out, ret_err, &status, &error);
        g_assert_no_error(error);
        g_assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void assert_fit(Fixture *fixture, const char *options, int expected, const char *word) {
        g_autofree char *out = NULL, *err = NULL;
        int status = run_fit(fixture, options, &out, &err);

        if (status != expected || !strstr(expected == 2 ? err : out, word))
                g_error("'%s' ended with %i, and not with %i and '%s':\n%s%s", options, status, expected,
                        word, out, err);
}

/* The client asks for what its options say. */
static void test_client(Fixture *fixture, const void *data) {
        (void) data;

        start_on_snapshot(fixture);
        write_machine(fixture->root);
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));

        assert_fit(fixture, "--vcpus 2 --memory 4G --preset=nova", 4,
                   "At most 12 more guests of 2 vCPUs and 4 GiB fit; memory ends first: ");
        assert_fit(fixture, "--vcpus=2 --memory=4G --count=13", 1, "Not 13, but at most 8 guests of");
        assert_fit(fixture, "--vcpus=2 --memory=4G --cpu-ratio=1.5 --count=12", 4, "12 guests of");
        assert_fit(
                fixture, "--vcpus=1 --memory=1G --huge-pages=2M", 4,
                "At most 6 more guests of 1 vCPU and 1 GiB in pages of 2 MiB fit; huge pages end\nfirst: 1 "
                "GiB short");
        assert_fit(fixture, "--vcpus=1 --memory=1G --reserve-cpus=15", 4, "At most 1 more guest of");
        assert_fit(fixture, "--vcpus=1 --memory=1G --reserve-memory=57G", 1, "No guest of");
        assert_fit(fixture, "--vcpus=1 --memory=1G --disk=1G --storage=/srv --disk-ratio 2 --memory-ratio 2",
                   4, "At most 16 more guests");
        assert_fit(fixture, "--vcpus=1 --memory=1G --profile=lxc --json", 4, "\"profile\": \"lxc\"");

        assert_fit(fixture, "--vcpus=1", 2, "'fit' needs --vcpus=N and --memory=SIZE.");
        assert_fit(fixture, "--vcpus=1 --memory=1G --preset=x", 2, "There is no preset 'x'");
        assert_fit(fixture, "--vcpus=1 --memory=1G --profile=x", 2, "There is no profile 'x'");
        assert_fit(fixture, "--vcpus=1 --memory=1G --huge-pages=3M", 2, "'huge_page_bytes' must be");
        assert_fit(fixture, "--vcpus=1 --memory=1G --storage=srv", 2, "'storage_path' must be");
        assert_fit(fixture, "--vcpus=1 --memory=1X", 2, "'1X' is no size for --memory");
        assert_fit(fixture, "--vcpus=1 --memory=1G more", 2, "one argument too many for 'fit'");
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *path;
                void (*test)(Fixture *fixture, const void *data);
        } tests[] = {
                { "/estimate-capacity/running", test_running },
                { "/estimate-capacity/dormant", test_dormant },
                { "/estimate-capacity/stopped", test_stopped },
                { "/estimate-capacity/virtqemud-first", test_virtqemud_first },
                { "/estimate-capacity/not-told", test_not_told },
                { "/estimate-capacity/without-systemd", test_without_systemd },
                { "/estimate-capacity/others", test_others },
                { "/estimate-capacity/uri", test_uri },
                { "/estimate-capacity/default-storage", test_default_storage },
                { "/estimate-capacity/hidden-storage", test_hidden_storage },
                { "/estimate-capacity/numbers", test_numbers },
                { "/estimate-capacity/huge-pages", test_huge_pages },
                { "/estimate-capacity/commit-limit", test_commit_limit },
                { "/estimate-capacity/nothing-known", test_nothing_known },
                { "/estimate-capacity/presets", test_presets },
                { "/estimate-capacity/profile", test_profile },
                { "/estimate-capacity/refuses", test_refuses },
                { "/estimate-capacity/client", test_client },
        };

        g_test_init(&argc, &argv, NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

        g_test_add("/estimate-capacity/dormant-beside-a-vm", Fixture, "", set_up, test_dormant, tear_down);
        g_test_add("/estimate-capacity/stopped-beside-a-vm", Fixture, "", set_up, test_stopped, tear_down);
        g_test_add("/estimate-capacity/virtqemud-first-beside-a-vm", Fixture, "", set_up,
                   test_virtqemud_first, tear_down);
        g_test_add("/estimate-capacity/not-told-beside-a-vm", Fixture, "", set_up, test_not_told, tear_down);

        return g_test_run();
}
