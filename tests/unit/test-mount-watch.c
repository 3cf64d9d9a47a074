/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is mounted or unmounted is noticed. */

#include <glib.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/watch/mount-watch.h"

static void on_changed(SourceMask dirty, void *userdata) {
        SourceMask *sum = userdata;

        g_assert_cmpuint(dirty, !=, 0);
        *sum |= dirty;
}

/* After a few the next has to wait for half a second. */
static void wait_for_dirty(sd_event *event, const SourceMask *dirty) {
        while (*dirty == 0)
                g_assert_cmpint(sd_event_run(event, 20 * G_USEC_PER_SEC), >, 0);
}

static SourceMask take_dirty(sd_event *event, SourceMask *dirty) {
        SourceMask taken;
        int r;

        while ((r = sd_event_run(event, 0)) > 0)
                ;
        g_assert_cmpint(r, ==, 0);

        taken = *dirty;
        *dirty = 0;
        return taken;
}

/* In a child, whose mounts are its own. */
static int mount_something(const char *directory) {
        _cleanup_(mount_watch_freep) MountWatch *watch = NULL;
        SourceMask dirty = 0;
        sd_event *event = NULL;

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return 77;

        g_assert_cmpint(sd_event_new(&event), >=, 0);
        g_assert_cmpint(mount_watch_new(event, on_changed, &dirty, &watch), ==, 0);
        g_assert_cmpuint(take_dirty(event, &dirty), ==, 0);

        for (unsigned i = 0; i < 3; i++) {
                g_assert_cmpint(mount("tmpfs", directory, "tmpfs", 0, NULL), ==, 0);
                wait_for_dirty(event, &dirty);
                g_assert_true(take_dirty(event, &dirty) & SOURCE_MASK(SOURCE_CGROUP));
                g_assert_cmpuint(take_dirty(event, &dirty), ==, 0);
                g_assert_cmpint(umount(directory), ==, 0);
                wait_for_dirty(event, &dirty);
                g_assert_true(take_dirty(event, &dirty) & SOURCE_MASK(SOURCE_CGROUP));
        }

        watch = mount_watch_free(watch);
        sd_event_unref(event);
        return 0;
}

static void test_mount(void) {
        g_autoptr(GError) error = NULL;
        g_autofree char *directory = g_dir_make_tmp("virtready-mount-XXXXXX", &error);
        pid_t child;
        int status;

        g_assert_no_error(error);
        child = fork();
        g_assert_cmpint(child, >=, 0);
        if (child == 0)
                _exit(mount_something(directory));

        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_cmpint(rmdir(directory), ==, 0);
        g_assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77) {
                g_test_skip("nothing can be mounted here");
                return;
        }
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/mount-watch/mount", test_mount);

        return g_test_run();
}
