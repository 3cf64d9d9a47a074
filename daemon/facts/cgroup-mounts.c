/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the table of mounts (proc_pid_mounts(5)), or guesses what it would have said. */

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "cgroup-mounts.h"

void cgroup_mounts_done(CgroupMounts *mounts) {
        free(mounts->v2);
}

static int read_mounts_text(const Root *root, char **ret) {
        static const char *const paths[] = { "proc/self/mounts", "proc/mounts", "proc/1/mounts" };
        int r = -ENOENT;

        FOREACH_ELEMENT(path, paths) {
                /* A host of many containers has a long table. */
                r = root_read(root, *path, ROOT_INDEX_MAX, ret);
                if (r >= 0 || r == -ENOMEM)
                        return r;
        }

        return r;
}

static void note_v1(CgroupMounts *mounts, CgroupController controller) {
        mounts->v1[controller] = true;
        mounts->any_v1 = true;
}

static int note_mount(CgroupMounts *mounts, const struct mntent *mount) {
        mounts->is_table |= mount->mnt_dir[0] == '/';

        if (streq(mount->mnt_dir, "/sys/fs/cgroup"))
                mounts->base = hasmntopt(mount, "ro") ? CGROUP_BASE_READ_ONLY : CGROUP_BASE_WRITABLE;

        if (streq(mount->mnt_type, "cgroup2") && !mounts->v2 && mount->mnt_dir[0] == '/') {
                mounts->v2 = strdup(mount->mnt_dir + 1);
                if (!mounts->v2)
                        return -ENOMEM;
        }

        if (!streq(mount->mnt_type, "cgroup"))
                return 0;

        for (CgroupController i = 0; i < _CGROUP_CONTROLLER_MAX; i++)
                if (hasmntopt(mount, cgroup_controller_to_string(i)))
                        note_v1(mounts, i);

        return 0;
}

static int parse_mounts(const Root *root, CgroupMounts *ret) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *f = NULL;
        struct mntent storage;
        char buffer[4096];
        int r;

        r = read_mounts_text(root, &text);
        if (r < 0)
                return r;
        r = open_text(text, &f);
        if (r < 0)
                return r;

        while (getmntent_r(f, &storage, buffer, sizeof(buffer))) {
                r = note_mount(ret, &storage);
                if (r < 0)
                        return r;
        }

        return ret->is_table ? 0 : -ENODATA;
}

/* Takes a directory of sys/fs/cgroup for the version 1 hierarchy of the controllers that it is named after.
 * All groups of version 1 have "tasks", and none of version 2 has (kernel/cgroup/cgroup-v1.c:
 * cgroup1_base_files).
 */
static int note_directory(const Root *root, CgroupMounts *mounts, char *name) {
        _cleanup_free_ char *path = NULL;
        char *word;

        if (asprintf(&path, "sys/fs/cgroup/%s/tasks", name) < 0)
                return -ENOMEM;
        if (root_exists(root, path) <= 0)
                return 0;

        while ((word = strsep(&name, ",")))
                for (CgroupController i = 0; i < _CGROUP_CONTROLLER_MAX; i++)
                        if (streq(word, cgroup_controller_to_string(i)))
                                note_v1(mounts, i);

        return 0;
}

static int note_directories(const Root *root, CgroupMounts *mounts) {
        _cleanup_(closedirp) DIR *directory = NULL;
        struct dirent *entry;
        int r;

        r = root_opendir(root, "sys/fs/cgroup", &directory);
        if (r < 0)
                return r;

        while ((entry = root_readdir(root, directory))) {
                r = note_directory(root, mounts, entry->d_name);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* Without a table, what a copy has of the usual places shows what was mounted there. */
static int guess_mounts(const Root *root, CgroupMounts *ret) {
        _cleanup_free_ char *list = NULL;
        const char *v2 = NULL;
        int r;

        r = root_read_line(root, "sys/fs/cgroup/cgroup.controllers", &list);
        if (r == -ENOMEM)
                return r;
        if (r >= 0 && !isempty(list))
                v2 = "sys/fs/cgroup";
        else {
                r = note_directories(root, ret);
                if (r < 0)
                        return r;
                if (!ret->any_v1)
                        return -ENODATA;
                if (root_exists(root, "sys/fs/cgroup/unified/cgroup.controllers") > 0)
                        v2 = "sys/fs/cgroup/unified";
        }

        if (v2) {
                ret->v2 = strdup(v2);
                if (!ret->v2)
                        return -ENOMEM;
        }

        return 0;
}

int cgroup_mounts_read(const Root *root, CgroupMounts *ret) {
        int r;

        r = parse_mounts(root, ret);
        if (r >= 0 || r == -ENOMEM)
                return r;

        cgroup_mounts_done(ret);
        *ret = (CgroupMounts){};
        return guess_mounts(root, ret);
}
