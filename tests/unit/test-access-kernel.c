/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may use a node, as the kernel has it: permissions made at random, and processes that try to open it.
 */

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <sys/acl.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "daemon/checks/access.h"
#include "tree.h"

#define ROUNDS 1500U
#define NULL_NUMBER makedev(1, 3)

static unsigned pick_permission(GRand *random) {
        static const unsigned permissions[] = { 0, 2, 4, 6, 6, 6 };

        return permissions[g_rand_int_range(random, 0, G_N_ELEMENTS(permissions))];
}

/* Few numbers, so that they meet. */
static id_t pick_id(GRand *random) {
        return 2000U + (id_t) g_rand_int_range(random, 0, 3);
}

static void append_entries(GRand *random, char kind, GString *text) {
        for (id_t id = 2000; id < 2003; id++) {
                unsigned permission = pick_permission(random);

                if (g_rand_boolean(random))
                        g_string_append_printf(text, ",%c:%u:%s%s", kind, id, permission & 4 ? "r" : "-",
                                               permission & 2 ? "w" : "-");
        }
}

/* Gives the node an owner, a mode and, in two of three cases, a list. */
static void shuffle_node(GRand *random, const char *path) {
        mode_t mode = pick_permission(random) << 6 | pick_permission(random) << 3 | pick_permission(random);
        g_autoptr(GString) text = NULL;
        _cleanup_(acl_freep) acl_t acl = NULL;

        if (removexattr(path, "system.posix_acl_access") < 0)
                g_assert_cmpint(errno, ==, ENODATA);
        g_assert_no_errno(chown(path, g_rand_boolean(random) ? 0 : pick_id(random), pick_id(random)));
        g_assert_no_errno(g_chmod(path, mode));
        if (g_rand_int_range(random, 0, 3) == 0)
                return;

        text = g_string_new(NULL);
        g_string_append_printf(text, "u::%s%s,g::%s%s,o::%s%s,m::%s%s", mode & 0400 ? "r" : "-",
                               mode & 0200 ? "w" : "-", mode & 0040 ? "r" : "-", mode & 0020 ? "w" : "-",
                               mode & 0004 ? "r" : "-", mode & 0002 ? "w" : "-",
                               g_rand_int_range(random, 0, 4) == 0 ? "-" : "r",
                               g_rand_int_range(random, 0, 4) == 0 ? "-" : "w");
        append_entries(random, 'u', text);
        append_entries(random, 'g', text);
        acl = acl_from_text(text->str);
        g_assert_nonnull(acl);
        g_assert_no_errno(acl_set_file(path, ACL_TYPE_ACCESS, acl));
}

/* Opens the node as another process would. Returns 0 or a positive errno. */
static int open_as(const char *path, uid_t uid, const gid_t *groups, size_t n_groups) {
        int status;
        pid_t pid;

        pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                int fd;

                if (setgroups(n_groups - 1, groups + 1) < 0 || setgid(groups[0]) < 0 || setuid(uid) < 0)
                        _exit(EXIT_FAILURE);
                fd = open(path, O_RDWR | O_CLOEXEC);
                _exit(fd >= 0 ? 0 : 100 + errno);
        }

        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), !=, EXIT_FAILURE);
        return WEXITSTATUS(status) == 0 ? 0 : WEXITSTATUS(status) - 100;
}

static bool we_say(const char *tree, uid_t uid, const gid_t *groups, size_t n_groups) {
        const Account account = {};
        const KernelFacts kernel = {};
        const AccessCaller caller = {
                .has_uid = true,
                .has_groups = true,
                .uid = uid,
                .groups = groups,
                .n_groups = n_groups,
                .account = &account,
        };
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(devices_facts_done) DevicesFacts devices = {};
        CheckResult result = {};
        Facts facts = {};
        bool allowed;

        g_assert_cmpint(devices_facts_read(root, &kernel, &devices), ==, 0);
        g_assert_cmpint(devices.devices[DEVICE_KVM].has_node, ==, TRISTATE_YES);
        facts.devices = devices;
        g_assert_cmpint(access_judge(&facts, DEVICE_KVM, &caller, &result), ==, 0);
        g_assert_cmpint(result.state, !=, CHECK_UNKNOWN);
        allowed = result.state == CHECK_PASS;
        finding_done(&result.finding);
        return allowed;
}

/* Makes a node of a driver that is always there. Returns whether it can be opened here. */
static bool make_node(const char *tree, const char *path) {
        _cleanup_(acl_freep) acl_t acl = acl_from_text("u::rw,u:2000:r,g::r,m::r,o::-");
        int error;

        g_assert_no_errno(g_chmod(tree, 0755));
        tree_directory(tree, "dev");
        tree_file(tree, "proc/misc", "232 kvm\n");
        if (getuid() != 0) {
                g_test_skip("not root: cannot make a device node and become another user");
                return false;
        }
        if (mknod(path, S_IFCHR, NULL_NUMBER) < 0) {
                g_test_skip("no device node can be made here");
                return false;
        }
        if (acl_set_file(path, ACL_TYPE_ACCESS, acl) < 0) {
                g_test_skip("the file system of temporary files keeps no access control lists");
                return false;
        }

        error = open_as(path, 0, (const gid_t[]){ 0 }, 1);
        if (error != 0)
                g_test_skip("the file system of temporary files has no devices");
        return error == 0;
}

static void test_kernel_agrees(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *path = g_build_filename(tree, "dev/kvm", NULL);
        g_autoptr(GRand) random = g_rand_new_with_seed((guint32) g_test_rand_int());
        unsigned n_allowed = 0;

        if (!make_node(tree, path))
                return;

        for (unsigned i = 0; i < ROUNDS; i++) {
                gid_t groups[3] = { 3000, 3001, 3002 };
                size_t n_groups = (size_t) g_rand_int_range(random, 1, 4);
                uid_t uid = g_rand_int_range(random, 0, 20) == 0 ? 0 : pick_id(random);
                int error;

                for (size_t j = 0; j < n_groups; j++)
                        if (g_rand_boolean(random))
                                groups[j] = pick_id(random);

                shuffle_node(random, path);
                error = open_as(path, uid, groups, n_groups);
                g_assert_true(error == 0 || error == EACCES);
                if ((error == 0) != we_say(tree, uid, groups, n_groups)) {
                        g_autofree char *command = g_strdup_printf("getfacl -n -p %s", path), *list = NULL;

                        (void) g_spawn_command_line_sync(command, &list, NULL, NULL, NULL);
                        g_error("user %u, groups %u %u %u (%zu of them): the kernel says %s\n%s", uid,
                                groups[0], groups[1], groups[2], n_groups, error == 0 ? "yes" : "no",
                                list ? list : "");
                }
                n_allowed += error == 0;
        }

        /* What is all yes or all no has compared nothing. */
        g_test_message("%u of %u allowed", n_allowed, ROUNDS);
        g_assert_cmpuint(n_allowed, >, ROUNDS / 10);
        g_assert_cmpuint(n_allowed, <, ROUNDS - ROUNDS / 10);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/access-kernel/agrees", test_kernel_agrees);

        return g_test_run();
}
