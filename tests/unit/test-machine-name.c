/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What names a machine whose uname cannot be called: the release, a sosreport, cpuinfo. */

#include "daemon/facts/cpu.h"
#include "tree.h"

static void assert_machine(const char *tree, const char *release, const char *machine) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        KernelFacts kernel = { .release = (char *) release };
        CpuFacts cpu = {};

        g_assert_cmpint(cpu_facts_read(root, &kernel, &cpu), ==, 0);
        g_assert_cmpstr(cpu.machine, ==, machine);
        cpu_facts_done(&cpu);
}

/* Distributions put the architecture into the release; a 32-bit kernel may run on a 64-bit CPU. */
static void test_release(void) {
        static const struct {
                const char *release, *machine;
        } cases[] = {
                { "6.1.0-41-686-pae", "i686" },
                { "6.1.0-41-amd64", "x86_64" },
                { "6.1.0-41-cloud-amd64", "x86_64" },
                { "5.14.0-611.el9.x86_64", "x86_64" },
                { "6.12.0-55.el10.x86_64+debug", "x86_64" },
                { "6.11.4-301.fc41.i686", "i686" },
                { "6.12.57+deb13-arm64", "aarch64" },
                { "5.10.0-36-armmp-lpae", "armv7l" },
                { "5.14.0-611.el9.ppc64le", "ppc64le" },
                { "6.12.57+deb13-powerpc64", "ppc64" },
                { "6.6.0-72.oe2403.loongarch64", "loongarch64" },
                { "6.8.0-88-generic", "x86_64" }, /* says nothing */
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, "proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: lm vmx\n");
                assert_machine(tree, c->release, c->machine);
        }
}

/* Where the kernel's own file is missing, a sosreport still has what "uname -a" printed: the forms of
 * Debian, of Red Hat, and of a 32-bit kernel there; and then lines that name no machine. */
static void test_sosreport(void) {
        static const struct {
                const char *line, *machine;
        } cases[] = {
                { "Linux a 6.12.48 #1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20) ppc64 GNU/Linux\n",
                  "ppc64" },
                { "Linux a 5.14.0-570.el9.x86_64 #1 SMP Tue May 6 2025 x86_64 x86_64 x86_64 GNU/Linux\n",
                  "x86_64" },
                { "Linux a 2.6.32-754.el6.i686 #1 SMP Thu May 24 18:18:16 EDT 2018 i686 i686 i386 "
                  "GNU/Linux\n",
                  "i686" },
                { "Linux a 6.12.48 #1 SMP 2025 sparc64 GNU/Linux\n", NULL },
                { "x86_64", NULL },
                { " ", NULL },
                { "", NULL },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();

                g_test_message("'%s'", c->line);
                tree_file(tree, "sos_commands/kernel/uname_-a", c->line);
                assert_machine(tree, NULL, c->machine);

                tree_file(tree, "proc/sys/kernel/arch", "s390x\n");
                assert_machine(tree, NULL, "s390x");
        }
}

/* What cpuinfo shows is the CPU's; lines and files that are there tell more of the kernel. */
static void test_cpuinfo(void) {
        static const struct {
                const char *cpuinfo, *bits, *order, *machine;
        } cases[] = {
                { "vendor_id\t: GenuineIntel\ncpu family\t: 6\nflags\t\t: lm vmx\n", NULL, NULL, "x86_64" },
                { "vendor_id\t: GenuineIntel\ncpu family\t: 6\nflags\t\t: lm vmx\n", "64\n", "little\n",
                  "x86_64" },
                { "vendor_id\t: GenuineIntel\ncpu family\t: 6\nflags\t\t: lm vmx\n", "32\n", "little\n",
                  "i686" },
                { "vendor_id\t: GenuineIntel\ncpu family\t: 6\nflags\t\t: lm vmx\n", "many\n", NULL,
                  "x86_64" },

                /* Lines that kernels of 32 bits print, on a CPU of 64 and on older ones. */
                { "vendor_id\t: GenuineIntel\ncpu family\t: 15\ncoma_bug\t: no\nflags\t\t: lm\n", NULL, NULL,
                  "i686" },
                { "vendor_id\t: GenuineIntel\ncpu family\t: 5\ncoma_bug\t: no\nflags\t\t: fpu\n", NULL, NULL,
                  "i586" },
                { "vendor_id\t: CyrixInstead\ncpu family\t: 4\ncoma_bug\t: yes\nflags\t\t: fpu\n", NULL,
                  NULL, "i486" },

                /* Without flags, the addresses tell. */
                { "vendor_id\t: GenuineIntel\ncpu family\t: 6\naddress sizes\t: 39 bits physical, 48 bits "
                  "virtual\n",
                  NULL, NULL, "x86_64" },
                { "vendor_id\t: GenuineIntel\ncpu family\t: 6\naddress sizes\t: 32 bits physical, 32 bits "
                  "virtual\n",
                  NULL, NULL, NULL },
                { "vendor_id\t: GenuineIntel\ncpu family\t: 6\n", NULL, NULL, NULL },

                { "cpu\t\t: POWER8E (raw), altivec supported\n", NULL, NULL, "ppc64le" },
                { "cpu\t\t: POWER8E (raw), altivec supported\n", "64\n", "big\n", "ppc64" },
                { "cpu\t\t: POWER7 (raw), altivec supported\n", "64\n", "little\n", "ppc64le" },
                { "cpu\t\t: POWER7 (raw), altivec supported\n", "64\n", "middle\n", "ppc64" },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();

                g_test_message("%s", c->cpuinfo);
                tree_file(tree, "proc/cpuinfo", c->cpuinfo);
                if (c->bits)
                        tree_file(tree, "sys/kernel/address_bits", c->bits);
                if (c->order)
                        tree_file(tree, "sys/kernel/cpu_byteorder", c->order);

                assert_machine(tree, NULL, c->machine);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/machine-name/release", test_release);
        g_test_add_func("/machine-name/sosreport", test_sosreport);
        g_test_add_func("/machine-name/cpuinfo", test_cpuinfo);

        return g_test_run();
}
