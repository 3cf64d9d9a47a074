/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl fit with the daemon: what it asks for, and what it refuses. */

#include <string.h>
#include <sys/wait.h>

#include "call.h"
#include "capacity-fixture.h"

/* Runs the client, and yields its exit status. */
static int run_fit(Fixture *fixture, const char *options, char **ret_out, char **ret_err) {
        g_autofree char *command = g_strdup_printf("'%s' --bus=%s fit %s", g_getenv("VIRTREADYCTL"),
                                                   fixture->bus.address, options);
        g_autoptr(GError) error = NULL;
        int status;

        g_spawn_command_line_sync(command, ret_out, ret_err, &status, &error);
        g_assert_no_error(error);
        g_assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void assert_fit(Fixture *fixture, const char *options, int expected, const char *word) {
        g_autofree char *out = NULL, *err = NULL;
        int status = run_fit(fixture, options, &out, &err);

        if (status != expected || !strstr(expected == 2 ? err : out, word))
                g_error("'%s' ended with %i, and not with %i and '%s':\n%s%s", options, status, expected,
                        word, out, err);
}

/* The client asks for what its options say. */
static void test_client(Fixture *fixture, const void *data) {
        (void) data;

        start_on_snapshot(fixture);
        capacity_machine_write(fixture->root);
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));

        /* Nobody loads KVM there: room is all that there is. */
        assert_fit(
                fixture, "--vcpus 2 --memory 4G --preset=nova", 1,
                "At most 12 more guests of 2 vCPUs and 4 GiB would fit if the profile qemu were\nready; ");
        assert_fit(fixture, "--vcpus 2 --memory 4G --count=2", 1, "\nBut the profile qemu is not-ready: ");
        machine_load_kvm_amd(fixture->root);
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));

        assert_fit(fixture, "--vcpus 2 --memory 4G --preset=nova", 4,
                   "At most 12 more guests of 2 vCPUs and 4 GiB fit; memory ends first: ");
        assert_fit(fixture, "--vcpus=2 --memory=4G --count=13", 1, "Not 13, but at most 8 guests of");
        assert_fit(fixture, "--vcpus=2 --memory=4G --cpu-ratio=1.5 --count=12", 4,
                   "12 guests of 2 vCPUs and 4 GiB may fit; ");
        assert_fit(
                fixture, "--vcpus=1 --memory=1G --huge-pages=2M", 4,
                "At most 6 more guests of 1 vCPU and 1 GiB in pages of 2 MiB fit; huge pages end\nfirst: 1 "
                "GiB short");
        assert_fit(fixture, "--vcpus=1 --memory=1G --reserve-cpus=15", 4, "At most 1 more guest of");
        assert_fit(fixture, "--vcpus=1 --memory=1G --reserve-memory=57G", 1, "No guest of");
        assert_fit(fixture, "--vcpus=1 --memory=1G --reserve-memory=17.3G", 4,
                   " 17.3 GiB of memory for the\nhost");
        assert_fit(fixture, "--vcpus=1 --memory=1G --disk=1G --storage=/srv --disk-ratio 2 --memory-ratio 2",
                   4, "At most 16 more guests");
        assert_fit(fixture, "--vcpus=1 --memory=1G --profile=lxc --json", 1, "\"profile\": \"lxc\"");
        assert_fit(fixture, "--vcpus=17 --memory=1G --preset=nova", 1,
                   "No\nguest has more vCPUs than there are CPUs for guests (16).");
        assert_fit(fixture, "--vcpus=1 --memory=1G --reserve-cpus=20", 1, "No CPU\nis left for guests.");
        assert_fit(fixture, "--vcpus=1 --memory=1G --huge-pages=4M", 1,
                   "\nhuge pages: This kernel has no pages of 4 MiB; it has 2 MiB.\n");
}

/* What it refuses, and with which words. */
static void test_refuses(Fixture *fixture, const void *data) {
        (void) data;

        start_on_snapshot(fixture);

        assert_fit(fixture, "--vcpus=1", 2, "'fit' needs --vcpus=N and --memory=SIZE.");
        assert_fit(fixture, "--vcpus=1 --memory=1G --preset=x", 2, "There is no preset 'x'");
        assert_fit(fixture, "--vcpus=1 --memory=1G --profile=x", 2,
                   "There is no profile 'x'; there are qemu, ");
        assert_fit(fixture, "--vcpus=1 --memory=1G --huge-pages=3M", 2,
                   "'3M' is no size of pages for --huge-pages");
        assert_fit(fixture, "--vcpus=1 --memory=1G --disk=1G --storage=srv", 2,
                   "--storage must be an absolute path");
        assert_fit(fixture, "--vcpus=1 --memory=1G --storage=/srv", 2,
                   "--storage says nothing without --disk=SIZE.");
        assert_fit(fixture, "--vcpus=1 --memory=1G --disk-ratio=2", 2,
                   "--disk-ratio says nothing without --disk=SIZE.");
        assert_fit(fixture, "--vcpus=1 --memory=2048", 2,
                   "--memory=2048 is 2 KiB; did you mean 2048M? Try --help.");
        assert_fit(fixture, "--vcpus=1 --memory=8", 2, "--memory=8 is 8 B; did you mean 8G?");
        assert_fit(fixture, "--vcpus=1 --memory=2.5", 2, "--memory=2.5 is 2 B; did you mean 2.5G?");
        assert_fit(fixture, "--vcpus=1 --memory=1G --disk=10", 2, "--disk=10 is 10 B; did you mean 10G?");
        assert_fit(fixture, "--vcpus=1 --memory=1G --reserve-memory=4", 2,
                   "--reserve-memory=4 is 4 B; did you mean 4G?");
        assert_fit(fixture, "--vcpus=1 --memory=2K", 2, "at least 1M");
        assert_fit(fixture, "--vcpus=0 --memory=1G", 2,
                   "--vcpus must be from 1 to 4294967295, and not '0'.");
        assert_fit(fixture, "--vcpus=1 --memory=1X", 2, "'1X' is no size for --memory");
        assert_fit(fixture, "--vcpus=1 --memory=1G more", 2, "one argument too many for 'fit'");
}

/* The words of the manual's paragraph about what "fit --json" prints, in their order. */
static char *members_of_manual(void) {
        static const char start[] = "\n.It Cm fit\nThe dictionary that\n.Li EstimateCapacity\n";
        g_autofree char *manual = NULL, *paragraph = NULL;
        g_autoptr(GString) members = g_string_new("");
        g_auto(GStrv) lines = NULL;
        g_autoptr(GError) error = NULL;
        const char *p;

        (void) g_file_get_contents(g_getenv("CLIENT_MANUAL"), &manual, NULL, &error);
        g_assert_no_error(error);
        p = strstr(manual, start);
        g_assert_nonnull(p);
        p += strlen(start);
        paragraph = g_strndup(p, (gsize) (strstr(p, "\n.It ") - p));

        lines = g_strsplit(paragraph, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", -1);

                for (char **word = words; g_str_has_prefix(*line, ".Li ") && *++word;)
                        if (g_ascii_isalpha(**word))
                                g_string_append_printf(members, "%s ", *word);
        }

        return g_string_free(g_steal_pointer(&members), FALSE);
}

/* JSON has the members of the dictionary, and the manual names each of them. */
static void test_manual(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;
        g_autofree char *expected = members_of_manual();
        g_autoptr(GString) members = g_string_new("");
        GVariantIter iter;
        const char *key;

        (void) data;

        start(fixture, "active", "active");
        answer = estimate(fixture, "{'vcpus': <uint32 1>, 'memory_bytes': <uint64 1048576>, 'count': "
                                   "<uint32 1>, 'disk_bytes': <uint64 1>}");
        g_variant_iter_init(&iter, answer);
        while (g_variant_iter_loop(&iter, "{&sv}", &key, NULL))
                g_string_append_printf(members, "%s ", key);

        g_assert_cmpstr(members->str, ==, expected);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/estimate-capacity-client/client", Fixture, NULL, set_up, test_client, tear_down);
        g_test_add("/estimate-capacity-client/refuses", Fixture, NULL, set_up, test_refuses, tear_down);
        g_test_add("/estimate-capacity-client/manual", Fixture, NULL, set_up, test_manual, tear_down);

        return g_test_run();
}
