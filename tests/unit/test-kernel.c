/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's release, command line and configuration. */

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "daemon/facts/kernel.h"
#include "tree.h"

static void test_command_line_lists(void) {
        static const struct {
                const char *command_line, *key, *item;
                bool listed;
        } cases[] = {
                { "cgroup_disable=memory", "cgroup_disable", "memory", true },
                { "ro cgroup_disable=cpu,memory quiet\n", "cgroup_disable", "memory", true },
                { "ro cgroup_disable=memory,cpu quiet", "cgroup_disable", "memory", true },
                { "cgroup_disable=cpu\tcgroup_disable=memory", "cgroup_disable", "memory", true },
                { "cgroup_disable=cpu  cgroup_disable=io,memory,cpu", "cgroup_disable", "memory", true },
                { "cgroup_disable=cpu,,memory", "cgroup_disable", "memory", true },
                { "cgroup_disable=memory2", "cgroup_disable", "memory", false },
                { "cgroup_disable=mem", "cgroup_disable", "memory", false },
                { "cgroup_disable=", "cgroup_disable", "memory", false },
                { "cgroup_disable", "cgroup_disable", "memory", false },
                { "cgroup_disabled=memory", "cgroup_disable", "memory", false },
                { "xcgroup_disable=memory", "cgroup_disable", "memory", false },
                { "memory=cgroup_disable", "cgroup_disable", "memory", false },

                /* Dashes and underscores are the same in the key, and differ in the items. */
                { "cgroup-disable=memory", "cgroup_disable", "memory", true },
                { "module_blacklist=kvm-amd", "module_blacklist", "kvm_amd", false },
                { "module-blacklist=kvm_amd", "module_blacklist", "kvm_amd", true },
                { "kvm_arm.mode=none", "kvm-arm.mode", "none", true },
                { "kvm-arm.mode=nvhe", "kvm-arm.mode", "none", false },

                /* What follows "--" is for init. */
                { "quiet -- cgroup_disable=memory", "cgroup_disable", "memory", false },
                { "cgroup_disable=memory -- quiet", "cgroup_disable", "memory", true },
                { "--x cgroup_disable=memory", "cgroup_disable", "memory", true },
                { "", "cgroup_disable", "memory", false },
                { " \t\n", "cgroup_disable", "memory", false },
                { NULL, "cgroup_disable", "memory", false },
        };

        FOREACH_ELEMENT(c, cases) {
                g_test_message("'%s'", c->command_line ? c->command_line : "(none)");
                g_assert_cmpint(command_line_lists(c->command_line, c->key, c->item), ==, c->listed);
        }
}

static void test_command_line_switch(void) {
        static const struct {
                const char *command_line;
                Tristate on;
        } cases[] = {
                { "intel_iommu=on", TRISTATE_YES },
                { "intel_iommu=off", TRISTATE_NO },
                { "intel-iommu=off", TRISTATE_NO },
                { "intel_iommu=on,off", TRISTATE_NO },
                { "intel_iommu=off,sm_on,on quiet", TRISTATE_YES },
                { "intel_iommu=on quiet intel_iommu=off", TRISTATE_NO },
                { "intel_iommu=off intel_iommu=on", TRISTATE_YES },
                { "intel_iommu=off intel_iommu=igfx_off", TRISTATE_NO },
                { "intel_iommu=on -- intel_iommu=off", TRISTATE_YES },
                { "intel_iommu=igfx_off", TRISTATE_UNKNOWN },
                { "amd_iommu=off iommu=pt", TRISTATE_UNKNOWN },
                { "", TRISTATE_UNKNOWN },
                { NULL, TRISTATE_UNKNOWN },
        };

        FOREACH_ELEMENT(c, cases) {
                g_test_message("'%s'", c->command_line ? c->command_line : "(none)");
                g_assert_cmpint(command_line_switch(c->command_line, "intel_iommu", "on", "off"), ==, c->on);
        }
}

static void test_command_line_bool(void) {
        static const struct {
                const char *command_line;
                Tristate value;
                const char *word;
        } cases[] = {
                { "kvm_amd.sev=0", TRISTATE_NO, "kvm_amd.sev=0" },
                { "ro kvm-amd.sev=N quiet", TRISTATE_NO, "kvm-amd.sev=N" },
                { "kvm_amd.sev=off", TRISTATE_NO, "kvm_amd.sev=off" },
                { "kvm_amd.sev=no", TRISTATE_NO, "kvm_amd.sev=no" },
                { "kvm_amd.sev=false", TRISTATE_NO, "kvm_amd.sev=false" },
                { "kvm_amd.sev=1", TRISTATE_YES, "kvm_amd.sev=1" },
                { "kvm_amd.sev=On", TRISTATE_YES, "kvm_amd.sev=On" },
                { "kvm_amd.sev=yes", TRISTATE_YES, "kvm_amd.sev=yes" },
                /* The last one holds. */
                { "kvm_amd.sev=0 kvm_amd.sev=1", TRISTATE_YES, "kvm_amd.sev=1" },
                { "kvm_amd.sev=1  kvm_amd.sev=0 ", TRISTATE_NO, "kvm_amd.sev=0" },
                { "kvm_amd.sev=0 kvm_amd.sev=what", TRISTATE_NO, "kvm_amd.sev=0" },
                /* What says neither, and what is another parameter's. */
                { "kvm_amd.sev", TRISTATE_UNKNOWN, "" },
                { "kvm_amd.sev=", TRISTATE_UNKNOWN, "" },
                { "kvm_amd.sev=o", TRISTATE_UNKNOWN, "" },
                { "kvm_amd.sev_es=0", TRISTATE_UNKNOWN, "" },
                { "xkvm_amd.sev=0", TRISTATE_UNKNOWN, "" },
                { "kvm_amd.sev=1_with_far_more_behind_it_than_there_is_room_for", TRISTATE_UNKNOWN, "" },
                { "-- kvm_amd.sev=0", TRISTATE_UNKNOWN, "" },
                { " ", TRISTATE_UNKNOWN, "" },
                { "", TRISTATE_UNKNOWN, "" },
                { NULL, TRISTATE_UNKNOWN, "" },
        };

        FOREACH_ELEMENT(c, cases) {
                char word[32] = "";

                g_test_message("'%s'", c->command_line ? c->command_line : "(none)");
                g_assert_cmpint(command_line_bool(c->command_line, "kvm_amd.sev", sizeof(word), word), ==,
                                c->value);
                g_assert_cmpstr(word, ==, c->word);
        }
}

static KernelFacts read_kernel(const char *tree) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        KernelFacts kernel = {};

        g_assert_cmpint(kernel_facts_read(root, &kernel), ==, 0);
        return kernel;
}

/* A release stands in paths and in commands to type. */
static void test_hostile_release(void) {
        static const char *const releases[] = { "6.1.0;reboot",  "6.1.0'$(reboot)'",
                                                "6.1.0/../..",   "6.1.0 x",
                                                "6.1.0`reboot`", "6.1.0\\x",
                                                "6.1.0|x",       "-6.1" };

        FOREACH_ELEMENT(release, releases) {
                _cleanup_tree_ char *tree = tree_new();
                KernelFacts kernel;

                tree_file(tree, "proc/sys/kernel/osrelease", *release);
                kernel = read_kernel(tree);
                g_assert_null(kernel.release);
                kernel_facts_done(&kernel);
        }
}

static void test_name_equal(void) {
        g_assert_true(kernel_name_equal("kvm-amd", "kvm_amd", 7));
        g_assert_true(kernel_name_equal("kvm_amd.ko", "kvm-amd.xz", 8));
        g_assert_false(kernel_name_equal("kvm", "kvm_amd", 7));
        g_assert_false(kernel_name_equal("kvm_amd", "kvm_amx", 7));
        g_assert_true(kernel_name_equal("kvm", "kvm", 20));
}

static void test_version(void) {
        static const struct {
                const char *release;
                unsigned version[3];
        } cases[] = {
                { "6.12.48+deb13-amd64", { 6, 12, 48 } },
                { "2.6.26.8", { 2, 6, 26 } },
                { "7.2", { 7, 2, 0 } },
                { "7.2-rc1", { 7, 2, 0 } },
                { "6.1.0", { 6, 1, 0 } },
                { "6", { 6, 0, 0 } },
                { "6.x", { 6, 0, 0 } },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                g_autofree char *content = g_strconcat(c->release, "\n", NULL);
                KernelFacts kernel;

                tree_file(tree, "proc/sys/kernel/osrelease", content);
                kernel = read_kernel(tree);
                g_assert_cmpstr(kernel.release, ==, c->release);
                g_assert_cmpmem(kernel.version, sizeof(kernel.version), c->version, sizeof(c->version));
                kernel_facts_done(&kernel);
        }
}

static void test_release_is_none(void) {
        static const char *const releases[] = { "", "\n", "linux", "-5.1", " 6.1", "\377\376" };

        FOREACH_ELEMENT(release, releases) {
                _cleanup_tree_ char *tree = tree_new();
                KernelFacts kernel;

                tree_file(tree, "proc/sys/kernel/osrelease", *release);
                kernel = read_kernel(tree);
                g_assert_null(kernel.release);
                g_assert_cmpint(kernel_at_least(&kernel, 0, 0, 1), ==, TRISTATE_UNKNOWN);
                kernel_facts_done(&kernel);
        }
}

/* Where the kernel's own file is missing or none, a sosreport still has what "uname -a" printed. */
static void test_release_of_sosreport(void) {
        static const struct {
                const char *line, *release;
        } cases[] = {
                { "Linux host 5.14.0-570.el9.x86_64 #1 SMP Tue May 6 2025 x86_64 x86_64 x86_64 GNU/Linux\n",
                  "5.14.0-570.el9.x86_64" },
                { "Linux host 6.1.0", "6.1.0" },
                { "Linux host", NULL },
                { "bash: uname: command not found\n", NULL },
                { "", NULL },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                KernelFacts kernel;

                g_test_message("'%s'", c->line);
                tree_file(tree, "sos_commands/kernel/uname_-a", c->line);
                tree_file(tree, "proc/sys/kernel/osrelease", "\n");
                kernel = read_kernel(tree);
                g_assert_cmpstr(kernel.release, ==, c->release);
                kernel_facts_done(&kernel);

                tree_file(tree, "proc/sys/kernel/osrelease", "4.18.0\n");
                kernel = read_kernel(tree);
                g_assert_cmpstr(kernel.release, ==, "4.18.0");
                kernel_facts_done(&kernel);
        }
}

static void test_at_least(void) {
        const KernelFacts kernel = { .version = { 6, 1, 12 } };

        g_assert_cmpint(kernel_at_least(&kernel, 6, 1, 12), ==, TRISTATE_YES);
        g_assert_cmpint(kernel_at_least(&kernel, 6, 1, 11), ==, TRISTATE_YES);
        g_assert_cmpint(kernel_at_least(&kernel, 6, 0, 99), ==, TRISTATE_YES);
        g_assert_cmpint(kernel_at_least(&kernel, 5, 99, 99), ==, TRISTATE_YES);
        g_assert_cmpint(kernel_at_least(&kernel, 6, 1, 13), ==, TRISTATE_NO);
        g_assert_cmpint(kernel_at_least(&kernel, 6, 2, 0), ==, TRISTATE_NO);
        g_assert_cmpint(kernel_at_least(&kernel, 7, 0, 0), ==, TRISTATE_NO);
}

#define RELEASE "6.1.0-test"
#define CONFIG                                                                            \
        "#\n# Configuration\n#\nCONFIG_MODULES=y\nCONFIG_KVM=m\n# CONFIG_USER_NS is not " \
        "set\nCONFIG_UTS_NS_X=y\n"

static void test_config_places(void) {
        static const char *const places[] = { "boot/config-" RELEASE, "lib/modules/" RELEASE "/config",
                                              "usr/lib/modules/" RELEASE "/config" };

        FOREACH_ELEMENT(place, places) {
                _cleanup_tree_ char *tree = tree_new();
                KernelFacts kernel;

                tree_file(tree, "proc/sys/kernel/osrelease", RELEASE "\n");
                tree_file(tree, *place, CONFIG);
                kernel = read_kernel(tree);
                g_assert_cmpint(kernel.options[KERNEL_OPTION_MODULES], ==, TRISTATE_YES);
                g_assert_cmpint(kernel.options[KERNEL_OPTION_KVM], ==, TRISTATE_YES);
                g_assert_cmpint(kernel.options[KERNEL_OPTION_USER_NS], ==, TRISTATE_NO);
                g_assert_cmpint(kernel.options[KERNEL_OPTION_UTS_NS], ==, TRISTATE_NO);
                kernel_facts_done(&kernel);
        }
}

/* Another release's configuration is none, nor is an empty file; then the next place is asked. */
static void test_config_is_none(void) {
        _cleanup_tree_ char *tree = tree_new();
        KernelFacts kernel;

        tree_file(tree, "proc/sys/kernel/osrelease", RELEASE "\n");
        tree_file(tree, "boot/config-6.1.0-other", CONFIG);
        tree_file(tree, "boot/config-" RELEASE, "");
        kernel = read_kernel(tree);
        g_assert_cmpint(kernel.options[KERNEL_OPTION_MODULES], ==, TRISTATE_UNKNOWN);
        kernel_facts_done(&kernel);

        tree_file(tree, "lib/modules/" RELEASE "/config", CONFIG);
        kernel = read_kernel(tree);
        g_assert_cmpint(kernel.options[KERNEL_OPTION_MODULES], ==, TRISTATE_YES);
        kernel_facts_done(&kernel);
}

static GByteArray *gzip(const char *text, size_t size) {
        GByteArray *bytes = g_byte_array_sized_new((guint) (size / 2 + 128));
        z_stream stream = { .next_in = (const unsigned char *) text, .avail_in = (unsigned) size };

        g_byte_array_set_size(bytes, (guint) (size / 2 + 128));
        g_assert_cmpint(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), ==,
                        Z_OK);
        stream.next_out = bytes->data;
        stream.avail_out = bytes->len;
        g_assert_cmpint(deflate(&stream, Z_FINISH), ==, Z_STREAM_END);
        g_byte_array_set_size(bytes, (guint) stream.total_out);
        g_assert_cmpint(deflateEnd(&stream), ==, Z_OK);
        return bytes;
}

static void assert_kvm(const char *tree, Tristate kvm) {
        KernelFacts kernel = read_kernel(tree);

        g_assert_cmpint(kernel.options[KERNEL_OPTION_KVM], ==, kvm);
        g_assert_cmpint(kernel.options[KERNEL_OPTION_USER_NS], ==,
                        kvm == TRISTATE_UNKNOWN ? TRISTATE_UNKNOWN : TRISTATE_NO);
        kernel_facts_done(&kernel);
}

/* What the kernel itself shows needs no release, and goes before the files beside a kernel. */
static void test_config_gz(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autoptr(GByteArray) bytes = gzip(CONFIG, strlen(CONFIG));

        tree_bytes(tree, "proc/config.gz", bytes->data, bytes->len);
        assert_kvm(tree, TRISTATE_YES);

        tree_file(tree, "proc/sys/kernel/osrelease", RELEASE "\n");
        assert_kvm(tree, TRISTATE_YES);
        tree_file(tree, "boot/config-" RELEASE, "#\nCONFIG_MODULES=y\n");
        assert_kvm(tree, TRISTATE_YES);
}

static void test_config_gz_is_none(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *zeroes = g_malloc0(64 << 20), *blanks = g_strnfill(64 << 20, '\n');
        g_autoptr(GByteArray) good = gzip(CONFIG, strlen(CONFIG)), other = gzip("text\n", 5),
                              empty = gzip("", 0), nul = gzip(CONFIG, sizeof(CONFIG)),
                              bomb = gzip(zeroes, 64 << 20), longer = gzip(blanks, 64 << 20);

        assert_kvm(tree, TRISTATE_UNKNOWN);
        tree_file(tree, "proc/config.gz", CONFIG);
        assert_kvm(tree, TRISTATE_UNKNOWN);

        for (guint length = 0; length < good->len; length++) {
                tree_bytes(tree, "proc/config.gz", good->data, length);
                assert_kvm(tree, TRISTATE_UNKNOWN);
        }
        good->data[good->len - 8] ^= 1; /* the checksum */
        tree_bytes(tree, "proc/config.gz", good->data, good->len);
        assert_kvm(tree, TRISTATE_UNKNOWN);

        for (size_t i = 0; i < 5; i++) {
                const GByteArray *bytes = (const GByteArray *[]){ other, empty, nul, bomb, longer }[i];

                tree_bytes(tree, "proc/config.gz", bytes->data, bytes->len);
                assert_kvm(tree, TRISTATE_UNKNOWN);
        }
}

/* Of an old release of those who take work back from newer kernels nobody knows what it lacks. */
static void test_has(void) {
        static const struct {
                const char *release;
                Tristate has;
        } cases[] = {
                { "5.18.0", TRISTATE_YES },
                { "5.17.0", TRISTATE_NO },
                { "5.14.0-427.13.1.el9_4.x86_64", TRISTATE_UNKNOWN },
                { "4.18.0-553.el8_10.x86_64", TRISTATE_UNKNOWN },
                { "6.12.0-55.9.1.el10_0.x86_64", TRISTATE_YES },
                { "5.14.21-150500.55.7-default", TRISTATE_UNKNOWN },
                { "5.3.18-150300.59.106-default", TRISTATE_UNKNOWN },
                { "6.4.0-150600.21-default", TRISTATE_YES },
                { "5.17.4-1-default", TRISTATE_NO },
                { "5.10.0-28-amd64", TRISTATE_NO },
                { "5.15.0-100-generic", TRISTATE_NO },
                { "5.4.0.elrepo", TRISTATE_NO },
        };
        KernelFacts none = {};

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                _cleanup_(root_freep) Root *root = tree_root(tree);
                _cleanup_(kernel_facts_done) KernelFacts kernel = {};

                g_test_message("%s", c->release);
                tree_file(tree, "proc/sys/kernel/osrelease", c->release);
                g_assert_cmpint(kernel_facts_read(root, &kernel), ==, 0);
                g_assert_cmpint(kernel_has(&kernel, 5, 18, 0), ==, c->has);
        }
        g_assert_cmpint(kernel_has(&none, 5, 18, 0), ==, TRISTATE_UNKNOWN);
}

static void test_command_line_has(void) {
        g_assert_true(command_line_has_word("ro nointremap quiet\n", "nointremap"));
        g_assert_true(command_line_has_word("nointremap", "nointremap"));
        g_assert_false(command_line_has_word("nointremap2", "nointremap"));
        g_assert_false(command_line_has_word("nointremap=1 xnointremap", "nointremap"));
        g_assert_false(command_line_has_word("quiet -- nointremap", "nointremap"));
        g_assert_false(command_line_has_word("", "nointremap"));
        g_assert_false(command_line_has_word(NULL, "nointremap"));
}

/* Reading again replaces what was there. */
static void test_reads_again(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        KernelFacts kernel = {};

        tree_file(tree, "proc/sys/kernel/osrelease", RELEASE "\n");
        tree_file(tree, "proc/cmdline", "quiet\n");
        g_assert_cmpint(kernel_facts_read(root, &kernel), ==, 0);
        g_assert_cmpstr(kernel.command_line, ==, "quiet");

        tree_file(tree, "proc/cmdline", "debug\n");
        g_assert_cmpint(kernel_facts_read(root, &kernel), ==, 0);
        g_assert_cmpstr(kernel.command_line, ==, "debug");
        kernel_facts_done(&kernel);
        g_assert_null(kernel.release);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/kernel/command-line-lists", test_command_line_lists);
        g_test_add_func("/kernel/command-line-switch", test_command_line_switch);
        g_test_add_func("/kernel/command-line-bool", test_command_line_bool);
        g_test_add_func("/kernel/hostile-release", test_hostile_release);
        g_test_add_func("/kernel/name-equal", test_name_equal);
        g_test_add_func("/kernel/version", test_version);
        g_test_add_func("/kernel/release-is-none", test_release_is_none);
        g_test_add_func("/kernel/release-of-sosreport", test_release_of_sosreport);
        g_test_add_func("/kernel/at-least", test_at_least);
        g_test_add_func("/kernel/has", test_has);
        g_test_add_func("/kernel/command-line-has", test_command_line_has);
        g_test_add_func("/kernel/config-places", test_config_places);
        g_test_add_func("/kernel/config-is-none", test_config_is_none);
        g_test_add_func("/kernel/config-gz", test_config_gz);
        g_test_add_func("/kernel/config-gz-is-none", test_config_gz_is_none);
        g_test_add_func("/kernel/reads-again", test_reads_again);

        return g_test_run();
}
