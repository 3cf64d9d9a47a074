/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares a node with udevd's file on its device. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../basic/macro.h"
#include "node-setup.h"

/* libudev's own test for a running udevd, and the directory with a file for each device (systemd,
 * src/libsystemd/sd-device/sd-device.c: device_get_device_id(), device_read_db()). */
#define UDEVD_SOCKET "run/udev/control"
#define UDEVD_FILE "run/udev/data/c%u:%u"
#define SYSFS_FILE "sys/dev/char/%u:%u"

static bool is_older(const struct timespec *a, const struct timespec *b) {
        return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Since version 255 systemd marks devices that it is at work on (device-private.c: device_is_processed()).
 */
static bool says_in_work(const Root *root, const char *path) {
        _cleanup_free_ char *text = NULL;

        return root_read(root, path, ROOT_FILE_MAX, &text) >= 0 && strstr(text, "\nE:ID_PROCESSING=1\n");
}

/* udevd sets the times of a node at each event, and writes its file after that. Who changes permissions
 * later, as udevd itself for who sits at the machine, leaves the time that is compared. */
static bool awaits_udevd(const Root *root, const struct stat *node) {
        char path[sizeof(UDEVD_FILE) + 2 * sizeof("4294967295")];
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        /* Of a node that no driver serves, as those are that load a module, udevd hears nothing. */
        (void) snprintf(path, sizeof(path), SYSFS_FILE, major(node->st_rdev), minor(node->st_rdev));
        if (root_exists(root, path) <= 0)
                return false;

        (void) snprintf(path, sizeof(path), UDEVD_FILE, major(node->st_rdev), minor(node->st_rdev));
        fd = root_open_path(root, path, &st);
        if (fd < 0)
                return fd == -ENOENT;

        return is_older(&st.st_mtim, &node->st_mtim) || says_in_work(root, path);
}

bool device_nodes_await_udevd(const Root *root, const DevicesFacts *seen) {
        root_begin_pass(root);
        if (root_exists(root, UDEVD_SOCKET) <= 0)
                return false;

        for (DeviceId id = 0; id < _DEVICE_MAX; id++) {
                const DeviceFacts *device = &seen->devices[id];
                _cleanup_close_ int fd = -EBADF;
                struct stat st;

                fd = root_open_path(root, device_path(id) + strlen("/"), &st);
                if (fd < 0 || !S_ISCHR(st.st_mode) ||
                    (device->has_node == TRISTATE_YES && device->inode == st.st_ino))
                        continue;
                if (awaits_udevd(root, &st))
                        return true;
        }

        return false;
}
