/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes files, and what a machine has of them. */

#include <ftw.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>

#include "machine-files.h"

static void write_with_mode(const char *root, const char *path, const char *content, int mode) {
        const GFileSetContentsFlags flags =
                G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_ONLY_EXISTING;
        g_autofree char *full = g_build_filename(root, path, NULL), *parent = g_path_get_dirname(full);
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
        g_file_set_contents_full(full, content, -1, flags, mode, &error);
        g_assert_no_error(error);
}

void file_write(const char *root, const char *path, const char *content) {
        write_with_mode(root, path, content, 0666);
}

void program_write(const char *root, const char *path, const char *text) {
        write_with_mode(root, path, text, 0755);
}

void file_remove(const char *root, const char *path) {
        g_autofree char *full = g_build_filename(root, path, NULL);

        g_assert_cmpint(g_remove(full), ==, 0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void) st, (void) type, (void) ftw;
        return remove(path);
}

void directory_remove(const char *root) {
        g_assert_cmpint(nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
}

void machine_write_amd(const char *root) {
        file_write(root, "proc/cpuinfo",
                   "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 7B13\n"
                   "flags\t\t: fpu de pse lm svm\n");
        file_write(root, "proc/sys/kernel/arch", "x86_64\n");
        file_write(root, "proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
        file_write(root, "proc/sys/kernel/modules_disabled", "0\n");
        file_write(root, "proc/cmdline", "root=/dev/vda1 ro\n");
        file_write(root, "proc/modules", "tun 61440 0 - Live 0x0000000000000000\n");
        file_write(root, "proc/misc", "200 tun\n");
        file_write(root, "proc/mounts",
                   "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime 0 0\n");
        file_write(root, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
        file_write(root, "sys/module/tun/initstate", "live\n");
        file_write(root, "lib/modules/6.1.0-18-amd64/modules.builtin", "kernel/fs/fuse/fuse.ko\n");
        file_write(root, "lib/modules/6.1.0-18-amd64/modules.dep",
                   "kernel/arch/x86/kvm/kvm.ko:\n"
                   "kernel/arch/x86/kvm/kvm-amd.ko: kernel/arch/x86/kvm/kvm.ko\n"
                   "kernel/drivers/net/tun.ko:\n");
}

char *machine_new_amd(void) {
        g_autoptr(GError) error = NULL;
        char *root = g_dir_make_tmp("virtready-root-XXXXXX", &error);

        g_assert_no_error(error);
        machine_write_amd(root);
        return root;
}

void machine_load_kvm_amd(const char *root) {
        file_write(root, "proc/modules",
                   "kvm_amd 155648 0 - Live 0x0000000000000000\n"
                   "kvm 1142784 1 kvm_amd, Live 0x0000000000000000\n"
                   "tun 61440 0 - Live 0x0000000000000000\n");
        file_write(root, "proc/misc", "232 kvm\n200 tun\n");
        file_write(root, "sys/module/kvm/initstate", "live\n");
        file_write(root, "sys/module/kvm_amd/initstate", "live\n");
}
