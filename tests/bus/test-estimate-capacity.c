/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EstimateCapacity: what it counts, what it asks for that, and what it refuses. */

#include <string.h>
#include <sys/wait.h>

#include "call.h"
#include "capacity-fixture.h"
#include "daemon/basic/macro.h"
#include "dbus/names.h"

#define SMALL "'vcpus': <uint32 1>, 'memory_bytes': <uint64 1048576>"

/* 107374182400 bytes are free, ten times ten GiB. */
static void test_running(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL, cpu = NULL, memory = NULL, disk = NULL, guest = NULL;
        g_autofree char *asked = NULL;

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
        capacity_machine_write(fixture->root);
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
        g_autoptr(GVariant) answer = NULL, pages = NULL, memory = NULL, other = NULL, none = NULL,
                            third = NULL;
        g_autofree char *limiting = NULL, *one_size = NULL, *sizes = NULL;

        (void) data;

        start_on_snapshot(fixture);
        capacity_machine_write(fixture->root);
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
        one_size = detail_of(other, "hugepages");
        g_assert_cmpstr(one_size, ==, "This kernel has no pages of 1 GiB; it has 2 MiB.");

        file_write(fixture->root, "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
        file_write(fixture->root, "sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "0\n");
        file_write(fixture->root, "sys/kernel/mm/hugepages/hugepages-64kB/nr_hugepages", "0\n");
        file_write(fixture->root, "sys/kernel/mm/hugepages/hugepages-64kB/free_hugepages", "0\n");
        third = estimate(fixture, "{" SMALL ", 'huge_page_bytes': <uint64 4194304>}");
        sizes = detail_of(third, "hugepages");
        g_assert_cmpstr(sizes, ==, "This kernel has no pages of 4 MiB; it has 64 KiB, 2 MiB and 1 GiB.");
}

static void test_commit_limit(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL, commit = NULL;
        g_autofree char *limiting = NULL;

        (void) data;

        start_on_snapshot(fixture);
        capacity_machine_write(fixture->root);
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
                const char *preset, *source, *reserve;
                double ratio;
                guint64 overhead;
        } cases[] = {
                { "none", "no overcommit", "nova, reserved_host_cpus", 1, 78 },
                { "nova", "nova, initial_cpu_allocation_ratio", "nova, reserved_host_cpus", 4, 78 },
                { "kubevirt", "KubeVirt, cpuAllocationRatio", "none reserved", 10, 268 },
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
                {
                        g_autofree char *as_preset =
                                g_strdup_printf("{" SMALL ", 'preset': <'%s'>}", cases[i].preset);
                        g_autoptr(GVariant) unreserved = estimate(fixture, as_preset),
                                            all = resource_of(unreserved, "cpu");

                        g_assert_cmpstr(text_of(all, "reserve_source"), ==, cases[i].reserve);
                }
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
                { "{" SMALL ", 'vcpu': <uint32 1>}", ", huge_page_bytes and storage_path." },
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
                { "{" SMALL ", 'cpu_ratio': <0.0>}",
                  "'cpu_ratio' must be at least 0.000001 and at most 1000" },
                { "{" SMALL ", 'cpu_ratio': <9e-7>}", "'cpu_ratio' must be at least 0.000001" },
                { "{" SMALL ", 'memory_ratio': <-1.0>}", "'memory_ratio' must be at least" },
                { "{" SMALL ", 'disk_ratio': <1000.1>}", "'disk_ratio' must be at least" },
                { "{" SMALL ", 'disk_ratio': <nan>}", "'disk_ratio' must be at least" },
                { "{" SMALL ", 'huge_page_bytes': <uint64 3000000>}", "'huge_page_bytes' must be" },
                { "{" SMALL ", 'huge_page_bytes': <uint64 2>}", "'huge_page_bytes' must be" },
                { "{" SMALL ", 'preset': <'Nova'>}", "no preset 'Nova'; there are none, nova and kubevirt" },
                { "{" SMALL ", 'profile': <'all'>}", "no profile 'all'; there are qemu, " },
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
        answer = estimate(fixture, "{'vcpus': <uint32 4294967295>, "
                                   "'memory_bytes': <uint64 18446744073709551615>, "
                                   "'disk_bytes': <uint64 18446744073709551615>, "
                                   "'reserve_memory_bytes': <uint64 18446744073709551615>, "
                                   "'reserve_cpus': <uint32 4294967295>, "
                                   "'huge_page_bytes': <uint64 9223372036854775808>, "
                                   "'cpu_ratio': <1000.0>, 'memory_ratio': <1000.0>, 'disk_ratio': <1e-6>, "
                                   "'count': <uint32 4294967295>}");
        g_assert_cmpuint(number_of(answer, "guests"), ==, 0);
        g_assert_false(flag_of(answer, "fits"));
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *path;
                void (*test)(Fixture *fixture, const void *data);
        } tests[] = {
                { "/estimate-capacity/running", test_running },
                { "/estimate-capacity/default-storage", test_default_storage },
                { "/estimate-capacity/numbers", test_numbers },
                { "/estimate-capacity/huge-pages", test_huge_pages },
                { "/estimate-capacity/commit-limit", test_commit_limit },
                { "/estimate-capacity/nothing-known", test_nothing_known },
                { "/estimate-capacity/presets", test_presets },
                { "/estimate-capacity/profile", test_profile },
                { "/estimate-capacity/refuses", test_refuses },
        };

        g_test_init(&argc, &argv, NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

        return g_test_run();
}
