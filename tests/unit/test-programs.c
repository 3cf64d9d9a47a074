/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which programs are installed, by what is in the directories that they are looked for in. */

#include <glib/gstdio.h>
#include <sys/stat.h>

#include "daemon/facts/programs.h"
#include "tree.h"

static const DistributionFacts debian = { .id = DISTRIBUTION_DEBIAN };
static const DistributionFacts rhel = { .id = DISTRIBUTION_RHEL };
static const CpuFacts x86 = { .architecture = ARCHITECTURE_X86, .machine = (char *) "x86_64" };

static ProgramFacts read_programs(const char *tree, const DistributionFacts *distribution,
                                  const CpuFacts *cpu) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        ProgramFacts facts = {};

        program_facts_read(root, distribution, cpu, &facts);
        return facts;
}

/* The directories, with nothing of interest in them. */
static char *empty_system(void) {
        char *tree = tree_new();

        tree_directory(tree, "usr/bin");
        tree_directory(tree, "usr/sbin");
        tree_directory(tree, "usr/libexec");
        return tree;
}

static void make_executable(const char *tree, const char *path, mode_t mode) {
        g_autofree char *full = g_build_filename(tree, path, NULL);

        tree_file(tree, path, "\177ELF");
        g_assert_cmpint(g_chmod(full, mode), ==, 0);
}

static void test_emulators(void) {
        static const struct {
                CpuFacts cpu;
                const char *name;
        } cases[] = {
                { { .architecture = ARCHITECTURE_X86, .machine = (char *) "x86_64" }, "qemu-system-x86_64" },
                { { .architecture = ARCHITECTURE_X86, .machine = (char *) "i686" }, "qemu-system-i386" },
                { { .architecture = ARCHITECTURE_X86 }, "qemu-system-x86_64" },
                { { .architecture = ARCHITECTURE_ARM }, "qemu-system-arm" },
                { { .architecture = ARCHITECTURE_ARM64 }, "qemu-system-aarch64" },
                { { .architecture = ARCHITECTURE_LOONGARCH }, "qemu-system-loongarch64" },
                { { .architecture = ARCHITECTURE_PPC64 }, "qemu-system-ppc64" },
                { { .architecture = ARCHITECTURE_RISCV }, "qemu-system-riscv64" },
                { { .architecture = ARCHITECTURE_S390X }, "qemu-system-s390x" },
        };

        FOREACH_ELEMENT(own, cases)
                FOREACH_ELEMENT(c, cases) {
                        g_autofree char *path = g_strdup_printf("usr/bin/%s", c->name),
                                        *absolute = g_strconcat("/", path, NULL);
                        _cleanup_tree_ char *tree = empty_system();
                        bool same = streq(own->name, c->name);
                        ProgramFacts facts;

                        make_executable(tree, path, 0755);
                        facts = read_programs(tree, &debian, &own->cpu);
                        g_assert_cmpstr(facts.emulator, ==, own->name);
                        g_assert_cmpint(facts.installed[PROGRAM_QEMU], ==, same);
                        g_assert_cmpstr(facts.path[PROGRAM_QEMU], ==, same ? absolute : "");
                }
}

static void test_places(void) {
        static const struct {
                const char *path;
                Program program;
        } cases[] = {
                { "usr/bin/qemu-system-x86_64", PROGRAM_QEMU },
                { "usr/local/bin/qemu-system-x86_64", PROGRAM_QEMU },
                { "run/current-system/sw/bin/qemu-system-x86_64", PROGRAM_QEMU },
                { "usr/bin/qemu-kvm", PROGRAM_QEMU },
                { "usr/libexec/qemu-kvm", PROGRAM_QEMU },
                { "usr/bin/kvm", PROGRAM_QEMU },
                { "usr/sbin/libvirtd", PROGRAM_LIBVIRTD },
                { "usr/bin/libvirtd", PROGRAM_LIBVIRTD },
                { "usr/local/sbin/libvirtd", PROGRAM_LIBVIRTD },
                { "run/current-system/sw/bin/libvirtd", PROGRAM_LIBVIRTD },
                { "usr/sbin/virtqemud", PROGRAM_VIRTQEMUD },
                { "usr/bin/virtlxcd", PROGRAM_VIRTLXCD },
                { "usr/sbin/virtproxyd", PROGRAM_VIRTPROXYD },
        };

        FOREACH_ELEMENT(c, cases) {
                g_autofree char *absolute = g_strconcat("/", c->path, NULL);
                _cleanup_tree_ char *tree = empty_system();
                ProgramFacts facts;

                g_test_message("%s", c->path);
                make_executable(tree, c->path, 0755);
                facts = read_programs(tree, &debian, &x86);
                for (Program program = 0; program < _PROGRAM_MAX; program++)
                        g_assert_cmpint(facts.installed[program], ==, program == c->program);
                g_assert_cmpstr(facts.path[c->program], ==, absolute);
        }
}

/* "kvm" is what Debian calls the emulator for x86; elsewhere it may be anything. */
static void test_kvm_is_a_name_on_x86(void) {
        static const struct {
                const char *path;
                Architecture architecture;
                Tristate installed;
        } cases[] = {
                { "usr/bin/kvm", ARCHITECTURE_X86, TRISTATE_YES },
                { "usr/bin/kvm", ARCHITECTURE_ARM64, TRISTATE_NO },
                { "usr/bin/kvm", ARCHITECTURE_PPC64, TRISTATE_NO },
                { "usr/bin/kvm", ARCHITECTURE_S390X, TRISTATE_NO },
                { "usr/bin/kvm", ARCHITECTURE_UNKNOWN, TRISTATE_UNKNOWN },
                { "usr/local/bin/kvm", ARCHITECTURE_X86, TRISTATE_NO },
                { "run/current-system/sw/bin/kvm", ARCHITECTURE_X86, TRISTATE_NO },
                { "usr/libexec/kvm", ARCHITECTURE_X86, TRISTATE_NO },
        };

        FOREACH_ELEMENT(c, cases) {
                const CpuFacts cpu = { .architecture = c->architecture };
                _cleanup_tree_ char *tree = empty_system();

                g_test_message("%s", c->path);
                make_executable(tree, c->path, 0755);
                g_assert_cmpint(read_programs(tree, &debian, &cpu).installed[PROGRAM_QEMU], ==,
                                c->installed);
        }
}

/* The longest path there is fits. */
static void test_longest(void) {
        const char *path = "run/current-system/sw/bin/qemu-system-loongarch64";
        static const CpuFacts loongarch = { .architecture = ARCHITECTURE_LOONGARCH };
        _cleanup_tree_ char *tree = empty_system();
        ProgramFacts facts;

        make_executable(tree, path, 0755);
        facts = read_programs(tree, &debian, &loongarch);
        g_assert_cmpstr(facts.path[PROGRAM_QEMU] + 1, ==, path);
}

/* What was not copied is not missing. */
static void test_incomplete(void) {
        static const char *const directories[][2] = {
                { NULL },
                { "usr/sbin" },
                { "usr/libexec", "usr/sbin" },
                { "usr/local/bin", "usr/local/sbin" },
        };

        FOREACH_ELEMENT(pair, directories) {
                _cleanup_tree_ char *tree = tree_new();
                ProgramFacts facts;

                for (unsigned i = 0; i < 2; i++)
                        if ((*pair)[i])
                                tree_directory(tree, (*pair)[i]);
                facts = read_programs(tree, &debian, &x86);
                FOREACH_ELEMENT(installed, facts.installed)
                        g_assert_cmpint(*installed, ==, TRISTATE_UNKNOWN);
        }
}

static void test_half_a_system(void) {
        static const DistributionFacts unknown = { .id = DISTRIBUTION_UNKNOWN };
        _cleanup_tree_ char *tree = tree_new();

        tree_directory(tree, "usr/bin");
        g_assert_cmpint(read_programs(tree, &debian, &x86).installed[PROGRAM_QEMU], ==, TRISTATE_NO);
        g_assert_cmpint(read_programs(tree, &rhel, &x86).installed[PROGRAM_QEMU], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(read_programs(tree, &unknown, &x86).installed[PROGRAM_QEMU], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(read_programs(tree, &debian, &x86).installed[PROGRAM_LIBVIRTD], ==,
                        TRISTATE_UNKNOWN);
}

/* Without the architecture nobody knows what its emulator is called; the names for any machine still tell.
 */
static void test_unknown_architecture(void) {
        static const CpuFacts cpus[] = { { .architecture = ARCHITECTURE_UNKNOWN },
                                         { .architecture = ARCHITECTURE_OTHER,
                                           .machine = (char *) "sparc64" } };

        FOREACH_ELEMENT(cpu, cpus) {
                _cleanup_tree_ char *tree = empty_system();

                make_executable(tree, "usr/bin/qemu-system-x86_64", 0755);
                g_assert_null(read_programs(tree, &debian, cpu).emulator);
                g_assert_cmpint(read_programs(tree, &debian, cpu).installed[PROGRAM_QEMU], ==,
                                TRISTATE_UNKNOWN);
                make_executable(tree, "usr/bin/qemu-kvm", 0755);
                g_assert_cmpint(read_programs(tree, &debian, cpu).installed[PROGRAM_QEMU], ==, TRISTATE_YES);
        }
}

static void test_merged_sbin(void) {
        _cleanup_tree_ char *tree = tree_new();
        ProgramFacts facts;

        tree_link(tree, "usr/sbin", "bin");
        make_executable(tree, "usr/bin/virtqemud", 0755);
        facts = read_programs(tree, &debian, &x86);
        g_assert_cmpint(facts.installed[PROGRAM_VIRTQEMUD], ==, TRISTATE_YES);
        g_assert_cmpint(facts.installed[PROGRAM_LIBVIRTD], ==, TRISTATE_NO);
}

static void test_modes(void) {
        static const struct {
                mode_t mode;
                Tristate installed;
        } cases[] = {
                { 0755, TRISTATE_YES }, { 0700, TRISTATE_YES }, { 0001, TRISTATE_YES },
                { 0644, TRISTATE_NO },  { 0000, TRISTATE_NO },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = empty_system();

                make_executable(tree, "usr/sbin/libvirtd", c->mode);
                g_assert_cmpint(read_programs(tree, &debian, &x86).installed[PROGRAM_LIBVIRTD], ==,
                                c->installed);
        }
}

static void test_links(void) {
        static const struct {
                const char *target;
                Tristate installed;
        } cases[] = {
                { "qemu-here", TRISTATE_YES },
                { "/usr/bin/qemu-here", TRISTATE_YES },
                { "../../../../../../usr/bin/qemu-here", TRISTATE_YES }, /* the root is where ".." ends */
                { "not-copied", TRISTATE_UNKNOWN },
                { "/bin/sh", TRISTATE_UNKNOWN }, /* in the root, not on this machine */
                { "qemu-system-x86_64", TRISTATE_UNKNOWN },
                { "/usr/libexec", TRISTATE_NO },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = empty_system();

                g_test_message("%s", c->target);
                make_executable(tree, "usr/bin/qemu-here", 0755);
                tree_link(tree, "usr/bin/qemu-system-x86_64", c->target);
                g_assert_cmpint(read_programs(tree, &debian, &x86).installed[PROGRAM_QEMU], ==,
                                c->installed);
        }
}

/* What is no file is no program, and is neither opened nor waited for. */
static void test_odd_types(void) {
        _cleanup_tree_ char *tree = empty_system();
        ProgramFacts facts;

        tree_fifo(tree, "usr/bin/qemu-system-x86_64");
        tree_directory(tree, "usr/sbin/libvirtd");
        facts = read_programs(tree, &debian, &x86);
        g_assert_cmpint(facts.installed[PROGRAM_QEMU], ==, TRISTATE_NO);
        g_assert_cmpint(facts.installed[PROGRAM_LIBVIRTD], ==, TRISTATE_NO);
}

static void test_odd_directories(void) {
        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, "usr/bin", "");
        tree_link(tree, "usr/sbin", "sbin");
        FOREACH_ELEMENT(installed, read_programs(tree, &debian, &x86).installed)
                g_assert_cmpint(*installed, ==, TRISTATE_UNKNOWN);
}

static void test_live(void) {
        _cleanup_(root_freep) Root *root = tree_root("/");
        ProgramFacts facts = {};

        g_assert_true(root->live);
        program_facts_read(root, &debian, &x86, &facts);
        FOREACH_ELEMENT(installed, facts.installed)
                g_assert_cmpint(*installed, !=, TRISTATE_UNKNOWN);
}

/* Another file at the same place is another program, also under the same size. */
static void test_identity(void) {
        _cleanup_tree_ char *tree = empty_system();
        g_autofree char *old = g_build_filename(tree, "usr/bin/qemu-system-x86_64", NULL),
                        *fresh = g_build_filename(tree, "usr/bin/new", NULL);
        uint64_t none, first;

        none = read_programs(tree, &debian, &x86).identity[PROGRAM_QEMU];
        make_executable(tree, "usr/bin/qemu-system-x86_64", 0755);
        first = read_programs(tree, &debian, &x86).identity[PROGRAM_QEMU];
        g_assert_true(first != none);
        g_assert_true(read_programs(tree, &debian, &x86).identity[PROGRAM_QEMU] == first);
        g_assert_true(read_programs(tree, &debian, &x86).identity[PROGRAM_LIBVIRTD] == none);

        make_executable(tree, "usr/bin/new", 0755);
        g_assert_cmpint(g_rename(fresh, old), ==, 0);
        g_assert_true(read_programs(tree, &debian, &x86).identity[PROGRAM_QEMU] != first);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/programs/emulators", test_emulators);
        g_test_add_func("/programs/places", test_places);
        g_test_add_func("/programs/kvm-is-a-name-on-x86", test_kvm_is_a_name_on_x86);
        g_test_add_func("/programs/longest", test_longest);
        g_test_add_func("/programs/incomplete", test_incomplete);
        g_test_add_func("/programs/half-a-system", test_half_a_system);
        g_test_add_func("/programs/unknown-architecture", test_unknown_architecture);
        g_test_add_func("/programs/merged-sbin", test_merged_sbin);
        g_test_add_func("/programs/modes", test_modes);
        g_test_add_func("/programs/links", test_links);
        g_test_add_func("/programs/odd-types", test_odd_types);
        g_test_add_func("/programs/odd-directories", test_odd_directories);
        g_test_add_func("/programs/identity", test_identity);
        g_test_add_func("/programs/live", test_live);

        return g_test_run();
}
