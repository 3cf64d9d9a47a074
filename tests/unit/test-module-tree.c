/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What could be loaded, and what modprobe is told to refuse. */

#include "daemon/facts/module.h"
#include "tree.h"

#define RELEASE "6.1.0-test"

static ModuleTreeFacts read_tree(const char *tree, const char *command_line) {
        const KernelFacts kernel = { .release = (char *) RELEASE, .command_line = (char *) command_line };
        _cleanup_(root_freep) Root *root = tree_root(tree);
        ModuleTreeFacts facts = {};

        g_assert_cmpint(module_tree_facts_read(root, &kernel, &facts), ==, 0);
        return facts;
}

static void assert_ban(const char *tree, ModuleId id, ModuleBan ban, const char *source) {
        ModuleTreeFacts facts = read_tree(tree, NULL);

        g_assert_cmpint(facts.ban[id], ==, ban);
        g_assert_cmpstr(facts.ban_source[id], ==, source);
        module_tree_facts_done(&facts);
}

static void test_index(void) {
        static const char *const directories[] = { "lib/modules/" RELEASE, "usr/lib/modules/" RELEASE,
                                                   "run/booted-system/kernel-modules/lib/modules/" RELEASE };

        FOREACH_ELEMENT(directory, directories) {
                _cleanup_tree_ char *tree = tree_new();
                g_autofree char *dep = g_strconcat(*directory, "/modules.dep", NULL);
                g_autofree char *builtin = g_strconcat(*directory, "/modules.builtin", NULL);
                ModuleTreeFacts facts;

                tree_file(tree, dep,
                          "kernel/arch/x86/kvm/kvm.ko.xz: kernel/virt/lib/irqbypass.ko.xz\n"
                          "kernel/arch/x86/kvm/kvm-amd.ko.zst: kernel/arch/x86/kvm/kvm.ko.xz\n"
                          "updates/dkms/vboxdrv.ko:\n"
                          "kernel/drivers/net/tun.ko.gz:\n"
                          "kernel/arch/powerpc/kvm/kvm_hv_pmu.ko:\n"
                          "kernel/drivers/vhost/vhost_net.txt:\n"
                          "kernel/x.ko: kernel/arch/x86/kvm/kvm-intel.ko\n"
                          "nonsense\n\n:\n/\n");
                tree_file(tree, builtin, "kernel/fs/fuse/fuse.ko\nkernel/fs/fuse/cuse.ko\n");
                facts = read_tree(tree, NULL);

                g_assert_true(facts.has_index);
                g_assert_true(facts.available[MODULE_KVM]);
                g_assert_true(facts.available[MODULE_KVM_AMD]);
                g_assert_true(facts.available[MODULE_VBOXDRV]);
                g_assert_true(facts.available[MODULE_TUN]);
                g_assert_false(facts.available[MODULE_KVM_HV]);
                g_assert_false(facts.available[MODULE_KVM_INTEL]);
                g_assert_false(facts.available[MODULE_VHOST_NET]);
                g_assert_true(facts.built_in[MODULE_FUSE]);
                g_assert_false(facts.built_in[MODULE_KVM]);
                module_tree_facts_done(&facts);
        }
}

static void test_other_release(void) {
        _cleanup_tree_ char *tree = tree_new();
        ModuleTreeFacts facts;

        tree_file(tree, "lib/modules/6.1.0-other/modules.dep", "kernel/arch/x86/kvm/kvm.ko:\n");
        facts = read_tree(tree, NULL);
        g_assert_false(facts.has_index);
        g_assert_false(facts.available[MODULE_KVM]);
        module_tree_facts_done(&facts);
}

/* A tree with another release's modules alone lacks the running one's; one that was not taken along, or that
 * cannot be read, tells nothing. */
static void test_gone(void) {
        static const struct {
                const char *file, *other;
                bool gone;
        } cases[] = {
                { NULL, NULL, false },
                { "lib/modules/6.1.1-test/modules.dep", NULL, true },
                { "usr/lib/modules/6.1.1-test/modules.dep", NULL, true },
                { "lib/modules/6.1.1-test/modules.order", NULL, false },
                { "lib/modules/modules.dep", NULL, false },
                { "lib/modules/6.1.1-test/modules.dep", "lib/modules/" RELEASE "/modules.dep", false },
                { "lib/modules/6.1.1-test/modules.dep", "usr/lib/modules/" RELEASE "/modules.dep", false },
                { "lib/modules/6.1.1-test/modules.dep", "lib/modules/" RELEASE "/modules.order", true },
                { "lib/modules/6.1.1-test/modules.dep", "lib/modules/" RELEASE "/modules.dep/x", false },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                ModuleTreeFacts facts;

                g_test_message("case %zu", (size_t) (c - cases));
                if (c->file)
                        tree_file(tree, c->file, "kernel/arch/x86/kvm/kvm.ko:\n");
                if (c->other)
                        tree_file(tree, c->other, "kernel/arch/x86/kvm/kvm.ko:\n");
                facts = read_tree(tree, NULL);
                g_assert_cmpint(facts.is_gone, ==, c->gone);
                module_tree_facts_done(&facts);
        }
}

/* On a live machine a tree that is not there is gone; one that cannot be read tells nothing there, either.
 */
static void test_gone_live(void) {
        const KernelFacts kernel = { .release = (char *) RELEASE };
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        ModuleTreeFacts facts = {};

        root->live = true;
        g_assert_cmpint(module_tree_facts_read(root, &kernel, &facts), ==, 0);
        g_assert_true(facts.is_gone);

        tree_directory(tree, "lib/modules/" RELEASE "/modules.dep");
        g_assert_cmpint(module_tree_facts_read(root, &kernel, &facts), ==, 0);
        g_assert_false(facts.has_index);
        g_assert_false(facts.is_gone);
        module_tree_facts_done(&facts);
}

/* Of several files the one counts whose name is the last, and in it the last word; one of the same name
 * hides another. */
/* Of each parameter the last file decides, for the module that has it. */
static void test_vfio_switches(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(module_tree_facts_done) ModuleTreeFacts facts = {};
        const KernelFacts kernel = {};

        tree_file(tree, "etc/modprobe.d/a.conf",
                  "options vfio-pci ids=8086:37c8 disable_denylist\n"
                  "options vfio_iommu_type1 allow_unsafe_interrupts=1\n"
                  "options vfio_pci allow_unsafe_interrupts=1\n");
        tree_file(tree, "etc/modprobe.d/b.conf",
                  "options vfio_iommu_type1 allow_unsafe_interrupts=0\n"
                  "options vfio_pci disable_denylist=1\n");
        g_assert_cmpint(module_tree_facts_read(root, &kernel, &facts), ==, 0);
        g_assert_false(facts.vfio_on[VFIO_SWITCH_TYPE1_UNSAFE_INTERRUPTS]);
        g_assert_false(facts.vfio_on[VFIO_SWITCH_IOMMUFD_UNSAFE_INTERRUPTS]);
        g_assert_true(facts.vfio_on[VFIO_SWITCH_DISABLE_DENYLIST]);
}

static void test_nested(void) {
        static const struct {
                const char *first, *second, *name;
                bool off;
        } cases[] = {
                { "options kvm_intel nested=1\n", "options kvm-intel ept=1 nested=0\n", "b.conf", true },
                { "options kvm_intel nested=0\n", "options kvm_intel nested=Y\n", "b.conf", false },
                { "options kvm_intel nested=0\n", "options kvm_intel ept=1\n", "b.conf", true },
                { "options kvm_intel nested=0\n", "options kvm_intel nested=1\n", "0.conf", true },
                { "options kvm_intel nested=0\n", "options kvm_intel nested=1\n", "a.conf", true },
                { "options kvm_intel nested=1\noptions kvm_intel nested=N\n", "", "b.conf", true },
                { "options kvm_amd nested=0\n", "options kvm_intel\noptions\n", "b.conf", false },
                { "options kvm_intel nested=maybe nested_early_check=0\n", "#options kvm_intel nested=0\n",
                  "b.conf", false },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                g_autofree char *second = g_strconcat("usr/lib/modprobe.d/", c->name, NULL);
                ModuleTreeFacts facts;

                tree_file(tree, "etc/modprobe.d/a.conf", c->first);
                tree_file(tree, second, c->second);
                facts = read_tree(tree, NULL);
                g_test_message("case %zu", (size_t) (c - cases));
                g_assert_cmpint(facts.nested_off[MODULE_KVM_INTEL], ==, c->off);
                if (c->off)
                        g_assert_nonnull(facts.nested_source[MODULE_KVM_INTEL]);
                module_tree_facts_done(&facts);
        }
}

static void test_blacklist(void) {
        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, "etc/modprobe.d/a.conf",
                  "# blacklist kvm\n#blacklist kvm\n\nblacklist\nblacklist \t kvm-amd  # really\n"
                  "options kvm_intel nested=1\nalias tun blacklist\n");
        assert_ban(tree, MODULE_KVM_AMD, MODULE_BAN_ALIAS, "/etc/modprobe.d/a.conf");
        assert_ban(tree, MODULE_KVM, MODULE_BAN_NONE, NULL);
        assert_ban(tree, MODULE_KVM_INTEL, MODULE_BAN_NONE, NULL);
        assert_ban(tree, MODULE_TUN, MODULE_BAN_NONE, NULL);
}

static void test_install(void) {
        static const struct {
                const char *command;
                ModuleBan ban;
        } cases[] = {
                { "/bin/false", MODULE_BAN_ALL },
                { "/usr/bin/true", MODULE_BAN_ALL },
                { "/bin/true # because", MODULE_BAN_ALL },
                { ":", MODULE_BAN_ALL },
                { "\\\n  /bin/false", MODULE_BAN_ALL },
                { "/bin/false || modprobe -i kvm_intel", MODULE_BAN_NONE },
                { "/bin/true; modprobe -i kvm_intel", MODULE_BAN_NONE },
                { "", MODULE_BAN_NONE },
                { "/sbin/modprobe --ignore-install kvm_intel $CMDLINE_OPTS", MODULE_BAN_NONE },
                { "/bin/falsehood", MODULE_BAN_NONE },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                g_autofree char *line = g_strdup_printf("install kvm_intel %s\n", c->command);

                tree_file(tree, "usr/lib/modprobe.d/a.conf", line);
                assert_ban(tree, MODULE_KVM_INTEL, c->ban,
                           c->ban == MODULE_BAN_NONE ? NULL : "/usr/lib/modprobe.d/a.conf");
        }
}

/* The stronger ban wins, wherever it is found. */
static void test_stronger_ban(void) {
        _cleanup_tree_ char *tree = tree_new();
        ModuleTreeFacts facts;

        tree_file(tree, "etc/modprobe.d/a.conf", "blacklist kvm_amd\n");
        tree_file(tree, "usr/lib/modprobe.d/b.conf", "install kvm_amd /bin/false\n");
        assert_ban(tree, MODULE_KVM_AMD, MODULE_BAN_ALL, "/usr/lib/modprobe.d/b.conf");

        facts = read_tree(tree, "module_blacklist=kvm_amd");
        g_assert_cmpint(facts.ban[MODULE_KVM_AMD], ==, MODULE_BAN_ALL);
        g_assert_cmpstr(facts.ban_source[MODULE_KVM_AMD], ==, "the kernel command line");
        module_tree_facts_done(&facts);
}

static void test_hidden_files(void) {
        _cleanup_tree_ char *tree = tree_new();

        /* The administrator's file replaces the distribution's of the same name, even with nothing in it. */
        tree_file(tree, "usr/lib/modprobe.d/kvm.conf", "blacklist kvm_amd\n");
        tree_file(tree, "etc/modprobe.d/kvm.conf", "");
        tree_file(tree, "lib/modprobe.d/tun.conf", "blacklist tun\n");
        tree_link(tree, "run/modprobe.d/tun.conf", "/dev/null");

        /* Other names are others, and only *.conf counts. */
        tree_file(tree, "usr/local/lib/modprobe.d/fuse.conf", "blacklist fuse\n");
        tree_file(tree, "etc/modprobe.d/vhost.conf.dpkg-old", "blacklist vhost_net\n");
        tree_file(tree, "etc/modprobe.d/vhost", "blacklist vhost_net\n");

        assert_ban(tree, MODULE_KVM_AMD, MODULE_BAN_NONE, NULL);
        assert_ban(tree, MODULE_TUN, MODULE_BAN_NONE, NULL);
        assert_ban(tree, MODULE_FUSE, MODULE_BAN_ALIAS, "/usr/local/lib/modprobe.d/fuse.conf");
        assert_ban(tree, MODULE_VHOST_NET, MODULE_BAN_NONE, NULL);
}

static void test_command_line(void) {
        _cleanup_tree_ char *tree = tree_new();
        ModuleTreeFacts facts = read_tree(
                tree, "ro modprobe.blacklist=nouveau,kvm-amd module_blacklist=kvm_intel,tun,vhost-net");

        g_assert_cmpint(facts.ban[MODULE_KVM_AMD], ==, MODULE_BAN_ALIAS);
        g_assert_cmpint(facts.ban[MODULE_KVM_INTEL], ==, MODULE_BAN_ALL);
        g_assert_cmpint(facts.ban[MODULE_TUN], ==, MODULE_BAN_ALL);
        g_assert_cmpint(facts.ban[MODULE_KVM], ==, MODULE_BAN_NONE);
        g_assert_cmpint(facts.ban[MODULE_VHOST_NET], ==, MODULE_BAN_NONE);
        g_assert_cmpstr(facts.ban_source[MODULE_KVM_AMD], ==, "the kernel command line");
        module_tree_facts_done(&facts);
}

static void test_hostile_files(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *long_line = g_strnfill(300000, 'x');

        tree_fifo(tree, "etc/modprobe.d/fifo.conf");
        tree_directory(tree, "etc/modprobe.d/directory.conf");
        tree_link(tree, "etc/modprobe.d/loop.conf", "loop.conf");
        tree_file(tree, "etc/modprobe.d/long.conf", long_line);
        tree_bytes(tree, "etc/modprobe.d/binary.conf", "blacklist tun\n\0\n", 16);
        tree_file(tree, "etc/modprobe.d/\033[2J\377.conf", "blacklist kvm\n");
        tree_file(tree, "run/modprobe.d", "a file where a directory should be");

        assert_ban(tree, MODULE_KVM, MODULE_BAN_ALIAS, "/etc/modprobe.d/?[2J?.conf");
        assert_ban(tree, MODULE_TUN, MODULE_BAN_NONE, NULL);
}

/* More files than anybody has: the first are read, and the others not. */
static void test_many_files(void) {
        _cleanup_tree_ char *tree = tree_new();

        for (unsigned i = 0; i < 1200; i++) {
                g_autofree char *path = g_strdup_printf("etc/modprobe.d/%u.conf", i);

                tree_file(tree, path, "blacklist kvm\n");
        }
        tree_file(tree, "run/modprobe.d/last.conf", "blacklist tun\n");

        assert_ban(tree, MODULE_TUN, MODULE_BAN_NONE, NULL);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/module-tree/index", test_index);
        g_test_add_func("/module-tree/other-release", test_other_release);
        g_test_add_func("/module-tree/gone", test_gone);
        g_test_add_func("/module-tree/gone-live", test_gone_live);
        g_test_add_func("/module-tree/vfio-switches", test_vfio_switches);
        g_test_add_func("/module-tree/nested", test_nested);
        g_test_add_func("/module-tree/blacklist", test_blacklist);
        g_test_add_func("/module-tree/install", test_install);
        g_test_add_func("/module-tree/stronger-ban", test_stronger_ban);
        g_test_add_func("/module-tree/hidden-files", test_hidden_files);
        g_test_add_func("/module-tree/command-line", test_command_line);
        g_test_add_func("/module-tree/hostile-files", test_hostile_files);
        g_test_add_func("/module-tree/many-files", test_many_files);

        return g_test_run();
}
