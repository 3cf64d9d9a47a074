/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which distribution a machine has, and what its packages are called. */

#include "daemon/checks/package.h"
#include "daemon/facts/distribution.h"
#include "tree.h"

static const struct {
        const char *text;
        Distribution id;
        const char *name;
} files[] = {
        { "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nID=debian\n",
          DISTRIBUTION_DEBIAN, "Debian GNU/Linux 12 (bookworm)" },
        { "NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n", DISTRIBUTION_UBUNTU, "Ubuntu" },
        { "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", DISTRIBUTION_UBUNTU, NULL },
        { "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nNAME='Rocky Linux'\n", DISTRIBUTION_RHEL,
          "Rocky Linux" },
        { "ID=fedora\nNAME=\"Fedora Linux\"\n", DISTRIBUTION_FEDORA, "Fedora Linux" },
        { "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n", DISTRIBUTION_SUSE, NULL },
        { "ID=\"sles\"\nID_LIKE=\"suse\"\n", DISTRIBUTION_SUSE, NULL },
        { "ID=manjaro\nID_LIKE=arch\n", DISTRIBUTION_ARCH, NULL },
        { "ID=alpine\n", DISTRIBUTION_ALPINE, NULL },
        { "ID=nixos\nNAME=NixOS\n", DISTRIBUTION_UNKNOWN, "NixOS" },
        { "ID=other\nID_LIKE=\"  unheard of  \"\n", DISTRIBUTION_UNKNOWN, NULL },
        { "# ID=debian\n ID=debian\nVERSION_ID=ubuntu\n", DISTRIBUTION_UNKNOWN, NULL },
        /* Quotes and backslashes as a shell has them; what is not closed ends with the line. */
        { "NAME=\"A \\\"B\\\" \\\\ 'C'\"\nID=a\n", DISTRIBUTION_UNKNOWN, "A \"B\" \\ 'C'" },
        { "NAME='A \\\"B'\n", DISTRIBUTION_UNKNOWN, "A \\\"B" },
        { "NAME=\"open\nID=debian", DISTRIBUTION_DEBIAN, "open" },
        { "NAME=\\", DISTRIBUTION_UNKNOWN, "\\" },
        { "NAME=\nPRETTY_NAME=\"\"\n", DISTRIBUTION_UNKNOWN, NULL },
        { "", DISTRIBUTION_UNKNOWN, NULL },
};

static void test_parse(void) {
        FOREACH_ELEMENT(file, files) {
                g_autofree char *text = g_strdup(file->text);
                DistributionFacts distribution = {};

                g_test_message("%s", file->text);
                g_assert_cmpint(distribution_facts_parse(text, &distribution), ==, 0);
                g_assert_cmpint(distribution.id, ==, file->id);
                g_assert_cmpstr(distribution.name, ==, file->name);
                distribution_facts_done(&distribution);
        }
}

static void assert_distribution(const char *tree, Distribution id) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        DistributionFacts distribution = {};

        g_assert_cmpint(distribution_facts_read(root, &distribution), ==, 0);
        g_assert_cmpint(distribution.id, ==, id);
        distribution_facts_done(&distribution);
}

/* The administrator's file goes before the vendor's, to which it most often is a link. */
static void test_places(void) {
        _cleanup_tree_ char *tree = tree_new();

        assert_distribution(tree, DISTRIBUTION_UNKNOWN);
        tree_file(tree, "usr/lib/os-release", "ID=debian\n");
        assert_distribution(tree, DISTRIBUTION_DEBIAN);
        tree_file(tree, "etc/os-release", "ID=arch\n");
        assert_distribution(tree, DISTRIBUTION_ARCH);
}

static void test_link(void) {
        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, "usr/lib/os-release", "ID=alpine\n");
        tree_link(tree, "etc/os-release", "/usr/lib/os-release");
        assert_distribution(tree, DISTRIBUTION_ALPINE);
}

static const char *get_argument(const Finding *finding, const char *name) {
        FOREACH_ARRAY(argument, finding->arguments, finding->n_arguments)
                if (streq(argument->name, name))
                        return argument->value;

        return NULL;
}

static void test_packages(void) {
        static const struct {
                Distribution id;
                const char *machine, *release;
                const char *kernel, *modules;
        } cases[] = {
                { DISTRIBUTION_DEBIAN, "x86_64", "6.1.0-41-cloud-amd64", "apt-get install linux-image-amd64",
                  "apt-get install linux-image-amd64" },
                { DISTRIBUTION_DEBIAN, "ppc64le", "6.1.0", "apt-get install linux-image-powerpc64le",
                  "apt-get install linux-image-powerpc64le" },
                { DISTRIBUTION_DEBIAN, "sparc64", "6.1.0", NULL, NULL },
                { DISTRIBUTION_DEBIAN, NULL, "6.1.0", NULL, NULL },
                { DISTRIBUTION_UBUNTU, "x86_64", "6.8.0-88-generic", "apt-get install linux-image-generic",
                  "apt-get install linux-modules-extra-6.8.0-88-generic" },
                { DISTRIBUTION_UBUNTU, "x86_64", NULL, "apt-get install linux-image-generic", NULL },
                { DISTRIBUTION_FEDORA, "aarch64", "6.11.4-301.fc41.aarch64", "dnf install kernel",
                  "dnf install kernel-modules-6.11.4-301.fc41.aarch64" },
                { DISTRIBUTION_RHEL, "x86_64", "5.14.0-611.el9.x86_64", "dnf install kernel",
                  "dnf install kernel-modules-5.14.0-611.el9.x86_64" },
                { DISTRIBUTION_SUSE, "x86_64", "6.4.0", "zypper install kernel-default",
                  "zypper install kernel-default" },
                { DISTRIBUTION_ARCH, "x86_64", "6.17.1", "pacman -S linux", "pacman -S linux" },
                { DISTRIBUTION_ALPINE, "x86_64", "6.12.1-0-virt", "apk add linux-lts", "apk add linux-lts" },
                { DISTRIBUTION_UNKNOWN, "x86_64", "6.12.1", NULL, NULL },
        };

        FOREACH_ELEMENT(c, cases) {
                const Facts facts = { .distribution.id = c->id,
                                      .cpu.machine = (char *) c->machine,
                                      .kernel.release = (char *) c->release };
                Finding kernel = {}, modules = {};

                finding_add_package(&kernel, &facts, PACKAGE_KERNEL);
                finding_add_package(&modules, &facts, PACKAGE_KERNEL_MODULES);
                g_assert_cmpstr(get_argument(&kernel, "install_command"), ==, c->kernel);
                g_assert_cmpstr(get_argument(&modules, "install_command"), ==, c->modules);
                g_assert_cmpint(kernel.n_arguments, ==, c->kernel ? 2 : 0);
                if (c->kernel)
                        g_assert_true(g_str_has_suffix(c->kernel, get_argument(&kernel, "package")));
                finding_done(&kernel);
                finding_done(&modules);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/distribution/parse", test_parse);
        g_test_add_func("/distribution/places", test_places);
        g_test_add_func("/distribution/link", test_link);
        g_test_add_func("/distribution/packages", test_packages);

        return g_test_run();
}
