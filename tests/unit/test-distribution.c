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

/* The image says that it is one, or the start of the machine does; only then does it matter how packages get
 * on top of it. */
static void test_ostree(void) {
        static const struct {
                const char *release;
                bool is_booted, has_tool;
                bool ostree, rpm_ostree;
        } cases[] = {
                { "ID=fedora\n", false, true, false, false },
                { "ID=fedora\nOSTREE_VERSION=\n", false, true, false, false },
                { "ID=fedora\nOSTREE_VERSION='42.20250901.0'\n", false, true, true, true },
                { "ID=fedora\nOSTREE_VERSION='42.20250901.0'\n", false, false, true, false },
                { "ID=rhel\n", true, false, true, false },
                { "ID=rhel\n", true, true, true, true },
                { NULL, true, true, true, true },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                _cleanup_(root_freep) Root *root = NULL;
                DistributionFacts distribution = {};

                g_test_message("case %zu", (size_t) (c - cases));
                if (c->release)
                        tree_file(tree, "etc/os-release", c->release);
                if (c->is_booted)
                        tree_file(tree, "run/ostree-booted", "");
                if (c->has_tool)
                        tree_program(tree, "usr/bin/rpm-ostree");
                root = tree_root(tree);
                g_assert_cmpint(distribution_facts_read(root, &distribution), ==, 0);
                g_assert_true(distribution.ostree == c->ostree);
                g_assert_true(distribution.rpm_ostree == c->rpm_ostree);
                distribution_facts_done(&distribution);
        }
}

static const char *get_argument(const Finding *finding, const char *name) {
        FOREACH_ARRAY(argument, finding->arguments, finding->n_arguments)
                if (streq(argument->name, name))
                        return argument->value;

        return NULL;
}

static const struct {
        Distribution id;
        const char *machine, *release;
        const char *kernel, *modules;
} package_cases[] = {
        { DISTRIBUTION_DEBIAN, "x86_64", "6.1.0-41-cloud-amd64", "apt-get install linux-image-amd64",
          "apt-get install linux-image-amd64" },
        { DISTRIBUTION_DEBIAN, "x86_64", "6.12.48+deb13-amd64", "apt-get install linux-image-amd64",
          "apt-get install linux-image-amd64" },
        { DISTRIBUTION_DEBIAN, "ppc64le", "6.1.0-41-powerpc64le", "apt-get install linux-image-powerpc64le",
          "apt-get install linux-image-powerpc64le" },
        { DISTRIBUTION_DEBIAN, "i686", "6.1.0-18-686-pae", "apt-get install linux-image-686-pae",
          "apt-get install linux-image-686-pae" },
        { DISTRIBUTION_DEBIAN, "sparc64", "6.1.0-41-sparc64", NULL, NULL },
        { DISTRIBUTION_DEBIAN, NULL, "6.1.0-41-amd64", NULL, NULL },
        { DISTRIBUTION_DEBIAN, "x86_64", NULL, NULL, NULL },

        /* Proxmox VE, Raspberry Pi OS, a board's and Ubuntu's kernel under a container. */
        { DISTRIBUTION_DEBIAN, "x86_64", "6.8.12-4-pve", NULL, NULL },
        { DISTRIBUTION_DEBIAN, "aarch64", "6.6.51+rpt-rpi-2712", NULL, NULL },
        { DISTRIBUTION_DEBIAN, "aarch64", "5.10.103-v8+", NULL, NULL },
        { DISTRIBUTION_DEBIAN, "riscv64", "6.6.20-starfive", NULL, NULL },
        { DISTRIBUTION_DEBIAN, "x86_64", "6.8.0-45-generic", NULL, NULL },

        { DISTRIBUTION_UBUNTU, "x86_64", "6.8.0-88-generic", "apt-get install linux-image-generic",
          "apt-get install linux-modules-extra-6.8.0-88-generic" },
        { DISTRIBUTION_UBUNTU, "x86_64", "6.8.0-1015-aws", "apt-get install linux-image-generic",
          "apt-get install linux-modules-extra-6.8.0-1015-aws" },
        { DISTRIBUTION_UBUNTU, "aarch64", "6.8.0-31-generic-64k", "apt-get install linux-image-generic",
          "apt-get install linux-modules-extra-6.8.0-31-generic-64k" },
        { DISTRIBUTION_UBUNTU, "x86_64", NULL, NULL, NULL },

        /* A board's kernel, one of another project, one of the kernel team's builds without patches. */
        { DISTRIBUTION_UBUNTU, "riscv64", "6.6.21-p550", NULL, NULL },
        { DISTRIBUTION_UBUNTU, "x86_64", "5.15.153.1-microsoft-standard-WSL2", NULL, NULL },
        { DISTRIBUTION_UBUNTU, "x86_64", "6.9.0-060900-generic", NULL, NULL },

        { DISTRIBUTION_FEDORA, "aarch64", "6.11.4-301.fc41.aarch64", "dnf install kernel",
          "dnf install kernel-modules-6.11.4-301.fc41.aarch64" },
        { DISTRIBUTION_FEDORA, "x86_64", "5.14.0-427.el9.x86_64", "dnf install kernel",
          "dnf install kernel-modules-5.14.0-427.el9.x86_64" },
        { DISTRIBUTION_FEDORA, "x86_64", "6.1.94-99.176.amzn2023.x86_64", NULL, NULL },
        { DISTRIBUTION_FEDORA, "x86_64", "5.15.0-205.149.5.1.el9uek.x86_64", NULL, NULL },
        { DISTRIBUTION_FEDORA, "aarch64", "6.11.8-400.asahi.fc41.aarch64+16k", NULL, NULL },
        { DISTRIBUTION_FEDORA, "x86_64", "6.12.9", NULL, NULL },
        { DISTRIBUTION_RHEL, "x86_64", "5.14.0-611.el9.x86_64", "dnf install kernel",
          "dnf install kernel-modules-5.14.0-611.el9.x86_64" },
        { DISTRIBUTION_RHEL, "x86_64", "4.18.0-553.el8_10.x86_64", "dnf install kernel",
          "dnf install kernel-modules-4.18.0-553.el8_10.x86_64" },
        { DISTRIBUTION_RHEL, "x86_64", "6.12.0-55.9.1.el10_0.x86_64", "dnf install kernel",
          "dnf install kernel-modules-6.12.0-55.9.1.el10_0.x86_64" },
        { DISTRIBUTION_RHEL, "x86_64", "3.10.0-1160.el7.x86_64", NULL, NULL },
        { DISTRIBUTION_RHEL, "aarch64", "5.14.0-427.el9.aarch64+64k", NULL, NULL },
        { DISTRIBUTION_RHEL, "x86_64", "6.9.3-1.el9.elrepo.x86_64", NULL, NULL },
        { DISTRIBUTION_SUSE, "x86_64", "6.4.0-150600.21-default", "zypper install kernel-default",
          "zypper install kernel-default" },
        { DISTRIBUTION_SUSE, "x86_64", "6.4.0", NULL, NULL },
        { DISTRIBUTION_ARCH, "x86_64", "6.17.1-arch1-1", "pacman -S linux", "pacman -S linux" },
        { DISTRIBUTION_ARCH, "x86_64", "6.6.37-1-lts", "pacman -S linux", "pacman -S linux" },
        { DISTRIBUTION_ARCH, "x86_64", "6.6.40-1-MANJARO", NULL, NULL },
        { DISTRIBUTION_ARCH, "aarch64", "6.2.10-1-aarch64-ARCH", NULL, NULL },
        { DISTRIBUTION_ALPINE, "x86_64", "6.12.1-0-virt", "apk add linux-lts", "apk add linux-lts" },
        { DISTRIBUTION_ALPINE, "aarch64", "6.12.1-0-rpi", NULL, NULL },
        { DISTRIBUTION_UNKNOWN, "x86_64", "6.12.1-1-lts", NULL, NULL },
};

static void test_packages(void) {
        FOREACH_ELEMENT(c, package_cases) {
                const Facts facts = { .distribution.id = c->id,
                                      .cpu.machine = (char *) c->machine,
                                      .kernel.release = (char *) c->release };
                Finding kernel = {}, modules = {};

                g_test_message("%s", c->release ? c->release : "(none)");
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

static const struct {
        Distribution id;
        bool derived;
        Architecture architecture;
        const char *release, *emulator;
        const char *qemu, *libvirt; /* the commands; NULL where no package is certain */
} software_cases[] = {
        { DISTRIBUTION_DEBIAN, false, ARCHITECTURE_X86, "6.1.0-41-amd64", "qemu-system-x86_64",
          "apt-get install qemu-system-x86", "apt-get install libvirt-daemon-system" },
        { DISTRIBUTION_DEBIAN, false, ARCHITECTURE_X86, "6.18.1-mine", "qemu-system-x86_64",
          "apt-get install qemu-system-x86", "apt-get install libvirt-daemon-system" },
        { DISTRIBUTION_DEBIAN, false, ARCHITECTURE_ARM64, NULL, "qemu-system-aarch64",
          "apt-get install qemu-system-arm", "apt-get install libvirt-daemon-system" },
        { DISTRIBUTION_DEBIAN, false, ARCHITECTURE_RISCV, NULL, "qemu-system-riscv64", NULL,
          "apt-get install libvirt-daemon-system" },
        { DISTRIBUTION_DEBIAN, false, ARCHITECTURE_X86, "6.8.12-4-pve", "qemu-system-x86_64", NULL, NULL },
        { DISTRIBUTION_UBUNTU, false, ARCHITECTURE_S390X, NULL, "qemu-system-s390x",
          "apt-get install qemu-system-s390x", "apt-get install libvirt-daemon-system" },

        /* Linux Mint, and a board's system. */
        { DISTRIBUTION_UBUNTU, true, ARCHITECTURE_X86, "6.8.0-88-generic", "qemu-system-x86_64",
          "apt-get install qemu-system-x86", "apt-get install libvirt-daemon-system" },
        { DISTRIBUTION_UBUNTU, true, ARCHITECTURE_ARM64, "6.1.75-rockchip", "qemu-system-aarch64", NULL,
          NULL },

        { DISTRIBUTION_FEDORA, false, ARCHITECTURE_PPC64, "6.14.0-63.fc42.ppc64le", "qemu-system-ppc64",
          "dnf install qemu-kvm", "dnf install libvirt-daemon-kvm" },
        /* Amazon Linux */
        { DISTRIBUTION_FEDORA, true, ARCHITECTURE_X86, "6.1.94-99.176.amzn2023.x86_64", "qemu-system-x86_64",
          NULL, NULL },
        { DISTRIBUTION_RHEL, true, ARCHITECTURE_X86, "5.14.0-611.el9.x86_64", "qemu-system-x86_64",
          "dnf install qemu-kvm", "dnf install libvirt-daemon-kvm" },
        { DISTRIBUTION_SUSE, false, ARCHITECTURE_PPC64, NULL, "qemu-system-ppc64", "zypper install qemu-ppc",
          "zypper install libvirt-daemon-qemu" },
        { DISTRIBUTION_SUSE, false, ARCHITECTURE_S390X, NULL, "qemu-system-s390x", NULL,
          "zypper install libvirt-daemon-qemu" },
        { DISTRIBUTION_ARCH, false, ARCHITECTURE_X86, NULL, "qemu-system-x86_64", "pacman -S qemu-base",
          "pacman -S libvirt" },
        { DISTRIBUTION_ALPINE, false, ARCHITECTURE_LOONGARCH, NULL, "qemu-system-loongarch64",
          "apk add qemu-system-loongarch64", "apk add libvirt-daemon" },
        { DISTRIBUTION_ALPINE, false, ARCHITECTURE_UNKNOWN, NULL, NULL, NULL, "apk add libvirt-daemon" },
        { DISTRIBUTION_UNKNOWN, false, ARCHITECTURE_X86, NULL, "qemu-system-x86_64", NULL, NULL },
};

static void assert_software(const Facts *facts, Package package, const char *command) {
        Finding finding = {};

        finding_add_software(&finding, facts, package, "a program");
        g_assert_false(finding.out_of_memory);
        g_assert_cmpstr(get_argument(&finding, "install_command"), ==, command);
        g_assert_cmpstr(get_argument(&finding, "missing_program"), ==, command ? NULL : "a program");
        finding_done(&finding);
}

static void test_software(void) {
        FOREACH_ELEMENT(c, software_cases) {
                const Facts facts = { .distribution = { .id = c->id, .derived = c->derived },
                                      .cpu.architecture = c->architecture,
                                      .programs.emulator = c->emulator,
                                      .kernel.release = (char *) c->release };

                g_test_message("%u %s", c->id, c->release ? c->release : "(none)");
                assert_software(&facts, PACKAGE_QEMU, c->qemu);
                assert_software(&facts, PACKAGE_LIBVIRT, c->libvirt);
        }
}

/* What people manage guests with: the same on every architecture. */
static void test_management(void) {
        static const struct {
                Distribution id;
                bool derived;
                const char *release;
                const char *install, *viewer, *manager, *bridge;
        } cases[] = {
                { DISTRIBUTION_ALPINE, false, NULL, "apk add virt-install", "apk add virt-viewer",
                  "apk add virt-manager", "apk add iproute2" },
                { DISTRIBUTION_ARCH, false, NULL, "pacman -S virt-install", "pacman -S virt-viewer",
                  "pacman -S virt-manager", "pacman -S iproute2" },
                { DISTRIBUTION_DEBIAN, false, NULL, "apt-get install virtinst",
                  "apt-get install virt-viewer", "apt-get install virt-manager",
                  "apt-get install iproute2" },
                { DISTRIBUTION_UBUNTU, false, NULL, "apt-get install virtinst",
                  "apt-get install virt-viewer", "apt-get install virt-manager",
                  "apt-get install iproute2" },
                { DISTRIBUTION_FEDORA, false, NULL, "dnf install virt-install", "dnf install virt-viewer",
                  "dnf install virt-manager", "dnf install iproute" },
                { DISTRIBUTION_RHEL, false, NULL, "dnf install virt-install", "dnf install virt-viewer",
                  NULL, "dnf install iproute" },
                /* Rocky Linux */
                { DISTRIBUTION_RHEL, true, "5.14.0-611.el9.x86_64", "dnf install virt-install",
                  "dnf install virt-viewer", NULL, "dnf install iproute" },
                { DISTRIBUTION_SUSE, false, NULL, "zypper install virt-install",
                  "zypper install virt-viewer", "zypper install virt-manager", "zypper install iproute2" },
                { DISTRIBUTION_UNKNOWN, false, NULL, NULL, NULL, NULL, NULL },
                /* Amazon Linux */
                { DISTRIBUTION_FEDORA, true, "6.1.94-99.176.amzn2023.x86_64", NULL, NULL, NULL, NULL },
        };

        FOREACH_ELEMENT(c, cases) {
                const Facts facts = { .distribution = { .id = c->id, .derived = c->derived },
                                      .kernel.release = (char *) c->release };

                g_test_message("%u", c->id);
                assert_software(&facts, PACKAGE_VIRT_INSTALL, c->install);
                assert_software(&facts, PACKAGE_VIRT_VIEWER, c->viewer);
                assert_software(&facts, PACKAGE_VIRT_MANAGER, c->manager);
                assert_software(&facts, PACKAGE_BRIDGE, c->bridge);
        }
}

/* The image has a kernel, which no package replaces; others are put on top of it, by those who have the
 * tool. */
static void test_packages_of_image(void) {
        static const struct {
                Distribution id;
                bool rpm_ostree;
                const char *libvirt;
        } cases[] = {
                { DISTRIBUTION_FEDORA, true, "rpm-ostree install libvirt-daemon-kvm" },
                { DISTRIBUTION_RHEL, true, "rpm-ostree install libvirt-daemon-kvm" },
                { DISTRIBUTION_FEDORA, false, NULL },
                { DISTRIBUTION_DEBIAN, false, NULL },
                { DISTRIBUTION_UNKNOWN, true, NULL },
        };

        FOREACH_ELEMENT(c, cases) {
                const Facts facts = {
                        .distribution = { .id = c->id, .ostree = true, .rpm_ostree = c->rpm_ostree },
                        .kernel.release = (char *) "6.14.0-63.fc42.x86_64",
                };
                Finding finding = {};

                assert_software(&facts, PACKAGE_LIBVIRT, c->libvirt);
                finding_add_package(&finding, &facts, PACKAGE_KERNEL);
                finding_add_package(&finding, &facts, PACKAGE_KERNEL_MODULES);
                g_assert_cmpuint(finding.n_arguments, ==, 0);
        }
}

/* A derivative is one only of what is known. */
static void test_derived(void) {
        static const struct {
                const char *text;
                bool derived;
        } cases[] = {
                { "ID=debian\n", false },
                { "ID=ubuntu\nID_LIKE=debian\n", false },
                { "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", true },
                { "ID=other\nID_LIKE=\"unheard of\"\n", false },
                { "ID_LIKE=arch\n", true },
                { "", false },
        };

        FOREACH_ELEMENT(c, cases) {
                g_autofree char *text = g_strdup(c->text);
                DistributionFacts distribution = {};

                g_assert_cmpint(distribution_facts_parse(text, &distribution), ==, 0);
                g_assert_cmpint(distribution.derived, ==, c->derived);
                distribution_facts_done(&distribution);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/distribution/parse", test_parse);
        g_test_add_func("/distribution/places", test_places);
        g_test_add_func("/distribution/link", test_link);
        g_test_add_func("/distribution/ostree", test_ostree);
        g_test_add_func("/distribution/packages", test_packages);
        g_test_add_func("/distribution/software", test_software);
        g_test_add_func("/distribution/management", test_management);
        g_test_add_func("/distribution/packages-of-image", test_packages_of_image);
        g_test_add_func("/distribution/derived", test_derived);

        return g_test_run();
}
