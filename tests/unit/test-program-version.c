/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Versions: from what real programs print, from what others might, and from the file of virt-install. */

#include <glib.h>
#include <string.h>

#include "daemon/facts/programs.h"
#include "tree.h"

static void assert_version(Program program, const char *text, const char *expected) {
        char version[PROGRAM_VERSION_MAX] = "untouched";
        bool found = program_version_parse(text, strlen(text), program_question(program).marker, version);
        g_autofree char *shown = g_strescape(text, NULL);

        g_test_message("%s", shown);
        g_assert_cmpint(found, ==, expected != NULL);
        g_assert_cmpstr(version, ==, expected ? expected : "untouched");
}

/* As the programs of Debian 12, Fedora, CentOS Stream 9, Ubuntu and older ones print them. */
static void test_real(void) {
        static const struct {
                Program program;
                const char *text, *version;
        } cases[] = {
                { PROGRAM_QEMU,
                  "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\n"
                  "Copyright (c) 2003-2022 Fabrice Bellard and the QEMU Project developers\n",
                  "7.2.22" },
                { PROGRAM_QEMU, "QEMU emulator version 8.2.0 (qemu-kvm-8.2.0-11.el9)\n", "8.2.0" },
                { PROGRAM_QEMU, "QEMU emulator version 9.1.50 (v9.1.0-803-g05adb38839)\n", "9.1.50" },
                { PROGRAM_QEMU, "QEMU PC emulator version 0.12.5 (qemu-kvm-0.12.5), Copyright (c)\n",
                  "0.12.5" },
                { PROGRAM_QEMU, "QEMU emulator version 2.0.0, Copyright (c) 2003-2008 Fabrice Bellard\n",
                  "2.0.0" },
                { PROGRAM_LIBVIRTD, "/usr/sbin/libvirtd (libvirt) 9.0.0\n", "9.0.0" },
                { PROGRAM_VIRTQEMUD, "virtqemud (libvirt) 10.0.0\n", "10.0.0" },
                { PROGRAM_VIRT_VIEWER, "virt-viewer version 11.0\n", "11.0" },
                { PROGRAM_VIRT_VIEWER, "virt-viewer version 7.0-8.el7 (OS ID: rhel7)\n", "7.0-8.el7" },
                { PROGRAM_REMOTE_VIEWER, "remote-viewer version 11.0\n", "11.0" },
                { PROGRAM_IP, "ip utility, iproute2-6.1.0, libbpf 1.1.2\n", "6.1.0" },
                { PROGRAM_IP, "ip utility, iproute2-ss190107\n", "ss190107" },
                { PROGRAM_BRCTL, "bridge-utils, 1.7.1\n", "1.7.1" },
        };

        FOREACH_ELEMENT(c, cases)
                assert_version(c->program, c->text, c->version);
}

/* A version is a short word with a digit, where one is expected; anything else is none. */
static void test_garbage(void) {
        static const char *const texts[] = {
                "",
                "\n",
                "QEMU emulator version",
                "QEMU emulator version ",
                "QEMU emulator version \n",
                "QEMU emulator version unknown\n",
                "QEMU emulator version .1\n",
                "QEMU emulator version -1\n",
                "QEMU emulator version \0337.2\n",
                "QEMU emulator version \xff\xfe\n",
                "QEMU emulator version 1234567890.1234567890.1234567890\n",
                "warning\nQEMU emulator version 7.2\n",
                "7.2.22\n",
        };

        FOREACH_ELEMENT(text, texts)
                assert_version(PROGRAM_QEMU, *text, NULL);

        assert_version(PROGRAM_QEMU, "QEMU emulator version 7.2.", "7.2");
        assert_version(PROGRAM_QEMU, "QEMU emulator version 7.2\0337m\n", "7.2");
        assert_version(PROGRAM_QEMU, "QEMU emulator version 123456789.123456789.123456789.1",
                       "123456789.123456789.123456789.1");
}

/* Nothing is read beyond what was printed, and a null byte is no end. */
static void test_bounds(void) {
        static const char text[] = "QEMU emulator version 7.2", odd[] = "x\0QEMU emulator version 7.2\n";
        char version[PROGRAM_VERSION_MAX] = "untouched";

        for (size_t size = 0; size < strlen("QEMU emulator version 7"); size++) {
                g_autofree char *part = g_memdup2(text, size);

                g_assert_false(program_version_parse(part ? part : "", size, "emulator version ", version));
        }
        g_assert_true(program_version_parse(text, strlen("QEMU emulator version 7"), "emulator version ",
                                            version));
        g_assert_cmpstr(version, ==, "7");
        g_assert_true(program_version_parse(odd, sizeof(odd) - 1, "emulator version ", version));
        g_assert_cmpstr(version, ==, "7.2");
}

static void assert_read(const char *tree, const char *program, const char *expected) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        char version[PROGRAM_VERSION_MAX] = "untouched";

        program_version_read(root, program, version);
        g_assert_cmpstr(version, ==, expected ? expected : "untouched");
}

static void test_files(void) {
        _cleanup_tree_ char *tree = tree_new();

        assert_read(tree, "/usr/bin/virt-install", NULL);

        /* as virt-manager 1.4 had it */
        tree_file(tree, "usr/share/virt-manager/virtcli/cliconfig.py",
                  "import os\n\n__version__ = \"1.4.3\"\n\n__snapshot__ = 0\n");
        assert_read(tree, "/usr/bin/virt-install", "1.4.3");

        tree_file(tree, "usr/share/virt-manager/virtinst/buildconfig.py",
                  "\"\"\"\nConfiguration variables\n\"\"\"\n\nimport sys\n\n__version__ = \"4.1.0\"\n\n\n"
                  "class _BuildConfig(object):\n    def __init__(self):\n"
                  "        self.version = __version__\n");
        assert_read(tree, "/usr/bin/virt-install", "4.1.0");
        assert_read(tree, "/usr/bin/virt-manager", "4.1.0");
        assert_read(tree, "/usr/local/bin/virt-install", NULL);
        assert_read(tree, "/opt/virt-install", NULL);

        tree_file(tree, "usr/local/share/virt-manager/virtinst/buildconfig.py", "__version__='5.0.0'\n");
        assert_read(tree, "/usr/local/bin/virt-install", "5.0.0");
}

static void test_odd_files(void) {
        static const char *const texts[] = {
                "",
                "__version__",
                "__version__ = ",
                "__version__ = \"",
                "__version__ = \"\"\n",
                "__version__ = version\n",
                "    __version__ = \"4.1.0\"\n",
                "__version__ = \"a\033[1mb\"\n",
        };
        const char *path = "usr/share/virt-manager/virtinst/buildconfig.py";
        g_autofree char *long_text = g_strnfill(100000, '\n');

        FOREACH_ELEMENT(text, texts) {
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, path, *text);
                assert_read(tree, "/usr/bin/virt-install", NULL);
        }

        {
                _cleanup_tree_ char *tree = tree_new();
                g_autofree char *text = g_strconcat("__version__ = \"4.1.0\"\n", long_text, NULL);

                tree_file(tree, path, text);
                assert_read(tree, "/usr/bin/virt-install", NULL);
        }

        {
                _cleanup_tree_ char *tree = tree_new();

                tree_fifo(tree, path);
                assert_read(tree, "/usr/bin/virt-install", NULL);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/program-version/real", test_real);
        g_test_add_func("/program-version/garbage", test_garbage);
        g_test_add_func("/program-version/bounds", test_bounds);
        g_test_add_func("/program-version/files", test_files);
        g_test_add_func("/program-version/odd-files", test_odd_files);

        return g_test_run();
}
