/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves the machine's namespaces, as root or as a user who may have some of its own. */

#include <fcntl.h>
#include <glib.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "daemon/basic/cleanup.h"
#include "namespaces.h"

static bool write_file(const char *path, const char *text) {
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text);
}

/* An ordinary user may mount in a user namespace, where its numbers are mapped to themselves. */
static bool unshare_all(void) {
        g_autofree char *users = g_strdup_printf("%u %u 1", getuid(), getuid());
        g_autofree char *groups = g_strdup_printf("%u %u 1", getgid(), getgid());

        if (geteuid() == 0)
                return unshare(CLONE_NEWNS) >= 0;

        return unshare(CLONE_NEWUSER | CLONE_NEWNS) >= 0 && write_file("/proc/self/uid_map", users) &&
               write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/gid_map", groups);
}

bool namespaces_enter(void) {
        return unshare_all() && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) >= 0;
}
