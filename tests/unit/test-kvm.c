/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The probe of KVM, on the machine that the test runs on. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/facts/facts.h"
#include "tree.h"

static unsigned count_open_files(void) {
        _cleanup_(closedirp) DIR *directory = opendir("/proc/self/fd");
        unsigned n = 0;

        g_assert_nonnull(directory);
        while (readdir(directory))
                n++;

        return n;
}

/* How many mappings there are of vCPUs, each of which keeps its virtual machine alive. */
static unsigned count_mappings(void) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        unsigned n = 0;

        (void) g_file_get_contents("/proc/self/maps", &text, NULL, &error);
        g_assert_no_error(error);
        for (const char *p = text; (p = strstr(p, "kvm-vcpu")); p++)
                n++;

        return n;
}

static KvmFacts probe(Tristate registered) {
        const DeviceFacts device = { .registered = registered };
        _cleanup_(root_freep) Root *root = tree_root("/");
        KvmFacts kvm = {};

        g_assert_cmpint(kvm_facts_read(root, &device, &kvm), ==, 0);
        return kvm;
}

static bool driver_is_registered(void) {
        _cleanup_(root_freep) Root *root = tree_root("/");
        const KernelFacts kernel = {};
        DevicesFacts devices = {};
        bool registered;

        g_assert_cmpint(devices_facts_read(root, &kernel, &devices), ==, 0);
        registered = devices.devices[DEVICE_KVM].registered == TRISTATE_YES;
        devices_facts_done(&devices);
        return registered;
}

/* Whether the test may use KVM; else the test is skipped. */
static bool kvm_is_usable(void) {
        _cleanup_close_ int fd = -EBADF;

        if (!driver_is_registered()) {
                g_test_skip("hardware: this machine offers no virtualization, KVM is not there");
                return false;
        }

        fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
        if (fd < 0) {
                g_test_skip("This user may not open /dev/kvm.");
                return false;
        }

        return true;
}

static void test_runs_a_guest(void) {
        unsigned open_files = count_open_files();
        KvmFacts kvm;

        if (!kvm_is_usable())
                return;

        kvm = probe(TRISTATE_YES);
        g_assert_cmpint(kvm.stage, ==, KVM_STAGE_DONE);
        g_assert_cmpint(kvm.error, ==, 0);
        g_assert_cmpint(kvm.api_version, ==, KVM_API_VERSION_EXPECTED);
        g_assert_cmpuint(kvm.limits.max_vcpus, >, 0);
        g_assert_cmpuint(kvm.limits.max_vcpus, >=, kvm.limits.recommended_vcpus);
        g_assert_cmpuint(kvm.limits.memory_slots, >, 0);
        g_assert_nonnull(kvm.user);
        kvm_facts_done(&kvm);

        /* An open file would keep the module from being unloaded. */
        g_assert_cmpuint(count_open_files(), ==, open_files);
        g_assert_cmpuint(count_mappings(), ==, 0);
}

/* A probe would overwrite the mark. */
static bool is_probed_again(Facts *facts, KvmStage stage, int error) {
        _cleanup_(root_freep) Root *root = tree_root("/");

        facts->kvm.exit_reason = G_MAXUINT;
        facts->kvm.stage = stage;
        facts->kvm.error = error;
        g_assert_cmpint(facts_read(facts, root, SOURCE_MASK(SOURCE_KVM_ACCESS)), ==, 0);
        return facts->kvm.exit_reason != G_MAXUINT;
}

/* udevd takes back what somebody permits by hand when a virtual machine comes, so none does unless it is
 * needed. */
static void test_permissions_need_no_guest(void) {
        unsigned open_files = count_open_files();
        Facts facts = { .devices.devices[DEVICE_KVM] = { .registered = TRISTATE_YES } };

        if (!kvm_is_usable())
                return;

        g_assert_false(is_probed_again(&facts, KVM_STAGE_DONE, 0));
        g_assert_false(is_probed_again(&facts, KVM_STAGE_CREATE_VM, -EBUSY));
        g_assert_true(is_probed_again(&facts, KVM_STAGE_OPEN, -EACCES));
        g_assert_cmpint(facts.kvm.stage, ==, KVM_STAGE_DONE);
        g_assert_true(is_probed_again(&facts, KVM_STAGE_NONE, 0));
        facts_done(&facts);

        g_assert_cmpuint(count_open_files(), ==, open_files);
}

static void test_runs_many_guests(void) {
        unsigned open_files = count_open_files();

        if (!kvm_is_usable())
                return;

        for (unsigned i = 0; i < 20; i++) {
                KvmFacts kvm = probe(TRISTATE_YES);

                g_assert_cmpint(kvm.stage, ==, KVM_STAGE_DONE);
                kvm_facts_done(&kvm);
        }
        g_assert_cmpuint(count_open_files(), ==, open_files);
}

#define NOBODY 65534
#define EXIT_NOT_REFUSED 77

/* Puts a node that is for root alone in the place of /dev/kvm, which may be open to everybody; in the eyes
 * of this process only. Where that is not permitted, the probe will show what the system's own node does. */
static void hide_kvm(const char *tree) {
        g_autofree char *path = g_build_filename(tree, "kvm", NULL);

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mknod(path, S_IFCHR | 0600, makedev(10, 232)) < 0 ||
            mount(path, "/dev/kvm", NULL, MS_BIND, NULL) < 0)
                fprintf(stderr, "Failed to hide /dev/kvm, ignoring: %m\n");
}

/* Runs in a process of its own, for there is no way back from another user. */
static int probe_as_nobody(const char *tree) {
        _cleanup_close_ int fd = -EBADF;
        KvmFacts kvm;
        int error;

        if (geteuid() == 0) {
                hide_kvm(tree);
                g_assert_no_errno(setgroups(0, NULL));
                g_assert_no_errno(setresgid(NOBODY, NOBODY, NOBODY));
                g_assert_no_errno(setresuid(NOBODY, NOBODY, NOBODY));
        }

        fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
        error = -errno;
        if (fd >= 0)
                return EXIT_NOT_REFUSED;

        kvm = probe(TRISTATE_YES);
        g_assert_cmpint(kvm.stage, ==, KVM_STAGE_OPEN);
        g_assert_cmpint(kvm.error, ==, error);
        g_assert_nonnull(kvm.user);
        kvm_facts_done(&kvm);
        return EXIT_SUCCESS;
}

/* The driver is there, and the user may not use it: stage and error tell. */
static void test_is_refused(void) {
        _cleanup_tree_ char *tree = tree_new();
        int status;
        pid_t child;

        if (!driver_is_registered()) {
                g_test_skip("hardware: this machine offers no virtualization, KVM is not there");
                return;
        }

        child = fork();
        g_assert_no_errno(child);
        if (child == 0)
                _exit(probe_as_nobody(tree));

        g_assert_no_errno(waitpid(child, &status, 0));
        g_assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == EXIT_NOT_REFUSED)
                g_test_skip("/dev/kvm refuses nobody here, and no other node can be put in its place.");
        else
                g_assert_cmpint(WEXITSTATUS(status), ==, EXIT_SUCCESS);
}

/* A node without a driver is not opened, for that would load one. */
static void test_without_driver(void) {
        static const Tristate registered[] = { TRISTATE_NO, TRISTATE_UNKNOWN };

        FOREACH_ELEMENT(r, registered) {
                KvmFacts kvm = probe(*r);

                g_assert_cmpint(kvm.stage, ==, KVM_STAGE_NONE);
                g_assert_null(kvm.user);
                kvm_facts_done(&kvm);
        }
}

static void test_snapshot_is_not_probed(void) {
        const DeviceFacts device = { .registered = TRISTATE_YES, .has_node = TRISTATE_YES };
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        KvmFacts kvm = {};

        g_assert_cmpint(kvm_facts_read(root, &device, &kvm), ==, 0);
        g_assert_cmpint(kvm.stage, ==, KVM_STAGE_NONE);
        kvm_facts_done(&kvm);
}

/* All together, as the daemon reads them. */
static void test_facts_of_this_machine(void) {
        unsigned open_files = count_open_files();
        _cleanup_(root_freep) Root *root = tree_root("/");
        Facts facts = {};
        bool registered;

        for (unsigned i = 0; i < 2; i++)
                g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK_ALL), ==, 0);

        registered = facts.devices.devices[DEVICE_KVM].registered == TRISTATE_YES;
        g_assert_true(facts.live);
        g_assert_nonnull(facts.kernel.release);
        g_assert_cmpint(facts.kvm.stage == KVM_STAGE_NONE, ==, !registered);
        facts_done(&facts);

        g_assert_null(facts.kernel.release);
        g_assert_cmpuint(count_open_files(), ==, open_files + 1);
}

static void test_sources(void) {
        for (Source source = 0; source < _SOURCE_MAX; source++)
                g_assert_nonnull(source_to_string(source));
        g_assert_null(source_to_string(_SOURCE_MAX));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/kvm/runs-a-guest", test_runs_a_guest);
        g_test_add_func("/kvm/runs-many-guests", test_runs_many_guests);
        g_test_add_func("/kvm/permissions-need-no-guest", test_permissions_need_no_guest);
        g_test_add_func("/kvm/is-refused", test_is_refused);
        g_test_add_func("/kvm/without-driver", test_without_driver);
        g_test_add_func("/kvm/snapshot-is-not-probed", test_snapshot_is_not_probed);
        g_test_add_func("/kvm/facts-of-this-machine", test_facts_of_this_machine);
        g_test_add_func("/kvm/sources", test_sources);

        return g_test_run();
}
