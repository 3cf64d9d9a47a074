/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "fit" prints for answers made by hand, and what it tells the shell. */

#include "../../client/exit-status.h"
#include "../../client/fit.h"
#include "documents.h"

#define MEMORY                                                                                            \
        "'memory': {'unit': 'bytes', 'known': true, 'total': 68719476736, 'reserved': 4294967296, "       \
        "'used': 17179869184, 'available': 47244640256, 'per_guest': 8713666560, 'overhead': 123731968, " \
        "'guests': 5, 'short_by': 5037359104, 'ratio': 1.0, 'ratio_source': 'no overcommit', "            \
        "'reserve_source': 'what the host uses now'}"
#define CPU                                                                                           \
        "'cpu': {'unit': 'cpus', 'known': true, 'total': 16, 'reserved': 0, 'used': 6, "              \
        "'available': 58, 'per_guest': 4, 'overhead': 0, 'guests': 14, 'short_by': 0, 'ratio': 4.0, " \
        "'ratio_source': 'nova, initial_cpu_allocation_ratio'}"
#define DISK                                                                                        \
        "'disk': {'unit': 'bytes', 'known': true, 'total': 1073741824000, 'reserved': 0, "          \
        "'used': 966367641600, 'available': 107374182400, 'per_guest': 1073741824, 'overhead': 0, " \
        "'guests': 100, 'short_by': 0, 'ratio': 1.0}"
#define REST                                                                                     \
        "'overhead': {'total': 123731969, 'source': 'KubeVirt, GetMemoryOverhead()'}, "          \
        "'guest': {'vcpus': 4, 'memory_bytes': 8589934592, 'disk_bytes': 1073741824, "           \
        "'huge_page_bytes': 0}, 'preset': 'nova', 'profile': 'qemu', 'profile_state': 'ready', " \
        "'root_causes': [], 'guests_known': true, 'guests_running': 2, 'storage_path': '/srv'"

static const char answer[] = "{'guests': 5, 'limiting': ['memory'], 'unknown': ['threads'], "
                             "'resources': {" CPU ", " MEMORY ", " DISK
                             ", 'vcpus': {'unit': 'vcpus', 'known': true, 'total': 288}, "
                             "'threads': {'unit': 'threads', 'known': false}}, "
                             "'nodes': [{'id': 0, 'cpus': 8, 'memory_bytes': 27917287424, 'guests': 3, "
                             "'limiting': ['memory']}, {'id': 1, 'guests': 1, 'limiting': []}], " REST "}";

static void test_text(void) {
        g_auto(Shown) shown = show(fit_show, answer, (Form){}, (Arguments){});

        g_assert_cmpint(shown.status, ==, STATUS_READY);
        g_assert_cmpstr(shown.text, ==,
                        "5 more guests of 4 vCPUs, 8 GiB and 1 GiB of disk fit; memory ends first: 4.7\n"
                        "GiB short of one more.\n"
                        "\n"
                        "                                              free of   to give      guests\n"
                        "  CPUs         ██░░░░░░░░░░░░░░░░░░░░░░░        58 of        64          14\n"
                        "→ memory       ██████▒▒░░░░░░░░░░░░░░░░░    44 GiB of    64 GiB           5\n"
                        "  disk         ██████████████████████░░░   100 GiB of  1000 GiB         100\n"
                        "  threads      not known\n"
                        "               █ used  ▒ the host's  ░ free\n"
                        "\n"
                        "Guests that fit wholly into one NUMA node:\n"
                        "  node 0          8 CPUs       26 GiB free      3 guests\n"
                        "  node 1               ?                 ?       1 guest\n"
                        "\n"
                        "Preset nova: 4 times the CPUs, 118.1 MiB beside the memory of each guest, 4 GiB\n"
                        "of memory for the host, disks in /srv. 2 guests run already.\n");
}

static void test_forms(void) {
        g_auto(Shown) ascii = show(fit_show, answer, (Form){ .ascii = TRUE }, (Arguments){});
        g_auto(Shown) colour = show(fit_show, answer, (Form){ .colour = TRUE }, (Arguments){});
        g_auto(Shown) narrow = show(fit_show, answer, (Form){ .columns = 40 }, (Arguments){});
        g_auto(Shown) fits = show(fit_show, answer, (Form){ .columns = 63 }, (Arguments){});
        g_auto(Shown) wide = show(fit_show, answer, (Form){ .columns = 300 }, (Arguments){});

        for (const char *p = ascii.text; *p != '\0'; p++)
                g_assert_cmpint((unsigned char) *p, <, 0x80);
        assert_contains(ascii.text, "> memory       ######==.................    44 GiB");
        assert_contains(ascii.text, "# used  = the host's  . free");
        assert_contains(colour.text, "\033[32m░░░░░░░░░░░░░░░░░\033[0m");
        assert_contains(narrow.text, "→ memory           44 GiB of    64 GiB           5\n");
        assert_contains(fits.text, "→ memory       █▒░░░░░░    44 GiB of    64 GiB           5\n");
        assert_contains(fits.text, "█ used");
        g_assert_null(strstr(narrow.text, "█"));
        assert_contains(wide.text, "→ memory       ████████▒▒░░░░░░░░░░░░░░░░░░░░░░    44 GiB");
}

#define OF(guest) "'guest': {" guest "}"
#define WHEN(state, guest) "'profile': 'lxc', 'profile_state': '" state "', " OF(guest)
#define ONE "'vcpus': 1, 'memory_bytes': 1073741824"
#define SMALL WHEN("ready", ONE)

typedef struct Case {
        const char *answer, *sentence;
        ExitStatus status;
} Case;

/* Each begins with the sentence, and tells the shell the same in JSON. */
static void assert_sentences(const Case *cases, gsize n) {
        for (gsize i = 0; i < n; i++) {
                g_auto(Shown) text = show(fit_show, cases[i].answer, (Form){}, (Arguments){});
                g_auto(Shown) json = show(fit_show, cases[i].answer, (Form){}, (Arguments){ .json = true });

                g_test_message("%s", cases[i].answer);
                if (!g_str_has_prefix(text.text, cases[i].sentence))
                        g_error("'%s' does not begin:\n%s", cases[i].sentence, text.text);
                g_assert_cmpint(text.status, ==, cases[i].status);
                g_assert_cmpint(json.status, ==, cases[i].status);
        }
}

static void test_sentences(void) {
        static const Case cases[] = {
                { "{'guests': 1, 'limiting': ['cpu'], 'resources': {'cpu': {'unit': 'cpus', 'short_by': "
                  "1}}, " SMALL "}",
                  "1 more guest of 1 vCPU and 1 GiB fits; CPUs end first: 1 CPU short of one more.\n",
                  STATUS_READY },
                { "{'guests': 0, 'limiting': ['memory', 'threads', 'cpu'], 'resources': {'memory': {'unit': "
                  "'bytes', 'short_by': 512}, 'threads': {'unit': 'threads', 'short_by': 3}, 'cpu': "
                  "{'unit': "
                  "'cpus', 'short_by': 2}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; memory, threads and CPUs end first: 512 B, 3\n"
                  "threads and 2 CPUs short of one.\n",
                  STATUS_NOT_READY },
                { "{'guests': 2, 'unknown': ['disk'], 'limiting': [], " SMALL "}",
                  "At most 2 more guests of 1 vCPU and 1 GiB fit.\n", STATUS_UNKNOWN },
                { "{'guests': 2, 'unknown': ['threads', 'commit', 'vcpus'], 'limiting': [], " SMALL "}",
                  "2 more guests of 1 vCPU and 1 GiB fit.\n", STATUS_READY },
                { "{'guests': 0, 'unknown': ['memory'], 'limiting': [], " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits.\n", STATUS_NOT_READY },
                { "{'unknown': ['cpu', 'memory'], 'count': 3, 'limiting': [], " SMALL "}",
                  "It is not known how many guests of 1 vCPU and 1 GiB fit.\n", STATUS_UNKNOWN },
                { "{'guests': 2, " WHEN("degraded",
                                        "'vcpus': 2, 'memory_bytes': 3, 'huge_page_bytes': 2097152") "}",
                  "2 more guests of 2 vCPUs and 3 B in pages of 2 MiB fit.\n", STATUS_READY },
                { "{}", "It is not known how many guests of 0 vCPUs and 0 B fit.\n", STATUS_UNKNOWN },
                { "{'guests': 'x', 'limiting': [7, 'what'], 'resources': 7, 'nodes': [7, 8], 'overhead': "
                  "[]}",
                  "It is not known how many guests of 0 vCPUs and 0 B fit; ", STATUS_UNKNOWN },
                { "{'guests': 18446744073709551615, 'profile_state': 'ready', 'resources': {'what': "
                  "{'known': true, 'ratio': 1e308, "
                  "'total': 18446744073709551615, 'used': 1, 'reserved': 18446744073709551615}, 'cpu': 7}}",
                  "18446744073709551615 more guests of ", STATUS_READY },
        };

        assert_sentences(cases, G_N_ELEMENTS(cases));
}

/* With "--count", and with what could leave room for fewer. */
static void test_counts(void) {
        static const Case cases[] = {
                { "{'guests': 9, 'count': 3, 'fits': true, 'limiting': [], " SMALL "}",
                  "3 guests of 1 vCPU and 1 GiB fit, of 9 that there is room for.\n", STATUS_READY },
                { "{'guests': 3, 'count': 3, 'fits': true, 'limiting': [], " SMALL "}",
                  "3 guests of 1 vCPU and 1 GiB fit.\n", STATUS_READY },
                { "{'guests': 3, 'count': 1, 'fits': true, 'limiting': [], " SMALL "}",
                  "1 guest of 1 vCPU and 1 GiB fits, of 3 that there is room for.\n", STATUS_READY },
                { "{'guests': 2, 'count': 3, 'fits': false, 'limiting': [], " SMALL "}",
                  "Not 3, but 2 guests of 1 vCPU and 1 GiB fit.\n", STATUS_NOT_READY },
                { "{'guests': 2, 'unknown': ['cpu', 'memory'], 'count': 2, 'fits': true, 'limiting': "
                  "[], " SMALL "}",
                  "2 guests of 1 vCPU and 1 GiB may fit.\n", STATUS_UNKNOWN },
                { "{'guests': 7, 'unknown': ['disk'], 'count': 1, 'fits': true, 'limiting': [], " SMALL "}",
                  "1 guest of 1 vCPU and 1 GiB may fit, of at most 7 that there is room for.\n",
                  STATUS_UNKNOWN },
                { "{'guests': 2, 'unknown': ['threads'], 'count': 2, 'fits': true, 'limiting': [], " SMALL
                  "}",
                  "2 guests of 1 vCPU and 1 GiB fit.\n", STATUS_READY },
                { "{'guests': 2, 'unknown': ['disk'], 'count': 3, 'fits': false, 'limiting': [], " SMALL "}",
                  "Not 3, but at most 2 guests of 1 vCPU and 1 GiB fit.\n", STATUS_NOT_READY },
        };

        assert_sentences(cases, G_N_ELEMENTS(cases));
}

/* Room is not enough where guests cannot be run: nothing is promised, and the shell is told what "status"
 * tells it. */
static void test_profile(void) {
        static const Case cases[] = {
                { "{'guests': 2, 'limiting': [], " WHEN("not-ready", ONE) "}",
                  "2 more guests of 1 vCPU and 1 GiB would fit if the profile lxc were ready.\n",
                  STATUS_NOT_READY },
                { "{'guests': 1, 'limiting': [], " WHEN("not-applicable", ONE) "}",
                  "1 more guest of 1 vCPU and 1 GiB would fit if the profile lxc applied here.\n",
                  STATUS_NOT_READY },
                { "{'guests': 2, 'limiting': [], " WHEN("degraded", ONE) "}",
                  "2 more guests of 1 vCPU and 1 GiB fit.\n", STATUS_READY },
                { "{'guests': 2, 'limiting': [], " WHEN("unknown", ONE) "}",
                  "At most 2 more guests of 1 vCPU and 1 GiB fit.\n", STATUS_UNKNOWN },
                { "{'guests': 2, 'limiting': [], " WHEN("rather well", ONE) "}",
                  "At most 2 more guests of 1 vCPU and 1 GiB fit.\n", STATUS_UNKNOWN },
                { "{'guests': 2, 'limiting': [], " OF(ONE) "}",
                  "At most 2 more guests of 1 vCPU and 1 GiB fit.\n", STATUS_UNKNOWN },
                { "{'guests': 3, 'count': 2, 'fits': true, 'limiting': [], " WHEN("not-ready", ONE) "}",
                  "2 guests of 1 vCPU and 1 GiB would fit if the profile lxc were ready, of 3 that\n"
                  "there is room for.\n",
                  STATUS_NOT_READY },
                { "{'guests': 2, 'count': 2, 'fits': true, 'limiting': [], " WHEN("unknown", ONE) "}",
                  "2 guests of 1 vCPU and 1 GiB may fit.\n", STATUS_UNKNOWN },
                { "{'guests': 2, 'count': 2, 'fits': true, 'unknown': ['disk'], 'limiting': [], " WHEN(
                          "not-ready", ONE) "}",
                  "2 guests of 1 vCPU and 1 GiB might fit if the profile lxc were ready.\n",
                  STATUS_NOT_READY },
                { "{'guests': 2, 'count': 3, 'fits': false, 'limiting': [], " WHEN("not-ready", ONE) "}",
                  "Not 3, but 2 guests of 1 vCPU and 1 GiB would fit if the profile lxc were ready.\n",
                  STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': [], " WHEN("not-ready", ONE) "}",
                  "No guest of 1 vCPU and 1 GiB fits.\n", STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': [], " WHEN("unknown", ONE) "}",
                  "No guest of 1 vCPU and 1 GiB fits.\n", STATUS_NOT_READY },
                { "{'limiting': [], " WHEN("not-ready", ONE) "}",
                  "It is not known how many guests of 1 vCPU and 1 GiB fit.\n", STATUS_NOT_READY },
        };

        assert_sentences(cases, G_N_ELEMENTS(cases));
        FOREACH_ELEMENT(c, cases) {
                g_auto(Shown) shown = show(fit_show, c->answer, (Form){}, (Arguments){});
                bool fine = strstr(c->answer, "'degraded'") != NULL,
                     nameless = !strstr(c->answer, "'profile'");

                g_assert_true((strstr(shown.text, "\nBut the profile lxc is ") != NULL) ==
                              !(fine || nameless));
        }
}

/* No ratio makes room for a guest that is larger than the machine. */
static void test_limit_of_one(void) {
        static const struct {
                const char *answer, *sentence;
                ExitStatus status;
        } cases[] = {
                { "{'guests': 0, 'limiting': ['cpu'], 'resources': {'cpu': {'unit': 'cpus', 'total': 3, "
                  "'reserved': 1, 'available': 8, 'per_guest': 3, 'short_by': 1}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; CPUs end first: 1 CPU short of one. No guest\n"
                  "has more vCPUs than there are CPUs for guests (2).\n",
                  STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': ['vcpus'], 'resources': {'vcpus': {'unit': 'vcpus', 'total': "
                  "1, "
                  "'per_guest': 3, 'short_by': 2}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; vCPUs of one end first: 2 vCPUs short of one.\n"
                  "One guest can have at most 1 vCPU here.\n",
                  STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': ['cpu'], 'resources': {'cpu': {'unit': 'cpus', 'total': 2, "
                  "'reserved': 5, 'available': 0, 'per_guest': 1, 'short_by': 4}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; CPUs end first: 4 CPUs short of one. No CPU\n"
                  "is left for guests.\n",
                  STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': ['cpu', 'vcpus'], 'resources': {'cpu': {'unit': 'cpus', "
                  "'total': 2, 'available': 20, 'per_guest': 300, 'short_by': 298}, 'vcpus': {'unit': "
                  "'vcpus', 'total': 288, 'available': 288, 'per_guest': 300, 'short_by': 12}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; CPUs and vCPUs of one end first: 298 CPUs and\n"
                  "12 vCPUs short of one. No guest has more vCPUs than there are CPUs for guests\n(2).\n",
                  STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': ['cpu'], 'resources': {'cpu': {'unit': 'cpus', 'total': 3, "
                  "'available': 0, 'per_guest': 3, 'short_by': 1}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; CPUs end first: 1 CPU short of one.\n\n",
                  STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': ['disk'], 'resources': {'disk': {'unit': 'bytes', 'total': "
                  "1099511627776, 'reserved': 0, 'used': 992137445376, 'available': 214748364800, "
                  "'per_guest': 161061273600, 'short_by': 53687091200}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; disk ends first: 50 GiB short of one. One\n"
                  "guest can take at most 100 GiB of disk here, whatever the ratio.\n",
                  STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': ['memory'], 'resources': {'memory': {'unit': 'bytes', 'total': "
                  "34359738368, 'reserved': 17179869184, 'used': 1073741824, 'available': 33285996544, "
                  "'per_guest': 18253611008, 'short_by': 1073741824}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; memory ends first: 1 GiB short of one. One\n"
                  "guest can take at most 16 GiB of memory here, whatever the ratio.\n",
                  STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': ['disk'], 'resources': {'disk': {'unit': 'bytes', 'total': "
                  "1099511627776, 'used': 992137445376, 'available': 107374182400, "
                  "'per_guest': 161061273600, 'short_by': 53687091200}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; disk ends first: 50 GiB short of one.\n\n",
                  STATUS_NOT_READY },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(Shown) text = show(fit_show, cases[i].answer, (Form){}, (Arguments){});

                if (!g_str_has_prefix(text.text, cases[i].sentence))
                        g_error("'%s' does not begin:\n%s", cases[i].sentence, text.text);
                g_assert_cmpint(text.status, ==, cases[i].status);
        }
}

/* Nothing of nothing is an empty bar, and where nothing is multiplied the column is the total. */
static void test_nothing_of_nothing(void) {
        g_auto(Shown) shown =
                show(fit_show,
                     "{'guests': 0, 'limiting': [], 'resources': {'hugepages': {'unit': 'bytes', "
                     "'known': true, 'total': 0, 'available': 0, 'guests': 0, 'ratio': 1.0}}}",
                     (Form){}, (Arguments){});

        assert_contains(shown.text, "free of     total      guests\n");
        assert_contains(shown.text,
                        "  huge pages   ·························       0 B of       0 B           0\n");
}

/* So it is where the ratio leaves nothing, whatever there is. What it makes is counted in millionths. */
static void test_nothing_to_give(void) {
        g_auto(Shown) shown = show(
                fit_show,
                "{'guests': 0, 'limiting': ['cpu'], 'resources': {'cpu': {'unit': 'cpus', 'known': "
                "true, 'total': 2, 'used': 0, 'available': 0, 'guests': 0, 'ratio': 0.1}, 'disk': "
                "{'unit': 'cpus', 'known': true, 'total': 100, 'used': 0, 'available': 29, 'guests': 29, "
                "'ratio': 0.29}}}",
                (Form){}, (Arguments){});

        assert_contains(shown.text, "free of   to give      guests\n");
        assert_contains(shown.text,
                        "→ CPUs         ·························         0 of         0           0\n");
        assert_contains(shown.text,
                        "  disk         ░░░░░░░░░░░░░░░░░░░░░░░░░        29 of        29          29\n");
}

/* Sizes that were asked for are not rounded down, as what is free is. */
static void test_given_sizes(void) {
        g_auto(Shown) shown =
                show(fit_show,
                     "{'guests': 0, 'limiting': [], 'profile_state': 'ready', 'guest': {'vcpus': 1, "
                     "'memory_bytes': 2469606195, 'huge_page_bytes': 2097152, 'disk_bytes': 1209462790553}}",
                     (Form){}, (Arguments){});

        g_assert_true(g_str_has_prefix(
                shown.text, "No guest of 1 vCPU, 2.3 GiB in pages of 2 MiB and 1.1 TiB of disk fits.\n"));
}

static void test_warnings(void) {
        g_auto(Shown) shown = show(fit_show,
                                   "{'guests': 2, 'details': {'guests': 'Libvirt \\u001b hangs.', 'disk': "
                                   "'/srv: No such file or directory'}, 'profile': 'qemu', "
                                   "'profile_state': 'not-ready', 'root_causes': ['kvm.device', 'net.tun'], "
                                   "'guests_known': false, " OF(ONE) "}",
                                   (Form){}, (Arguments){});

        g_assert_cmpint(shown.status, ==, STATUS_NOT_READY);

        assert_contains(shown.text,
                        "each guest.\nguests: Libvirt ? hangs.\ndisk: /srv: No such file or directory\n");
        g_assert_null(strstr(shown.text, "run"));
        assert_contains(shown.text,
                        "But the profile qemu is not-ready: kvm.device, net.tun. See: virtreadyctl "
                        "why\nqemu\n");
}

static void test_json(void) {
        g_auto(Shown) shown = show(fit_show, answer, (Form){}, (Arguments){ .json = true });
        _cleanup_(json_object_putp) Json *printed = NULL, *expected = NULL;

        g_assert_cmpint(document_parse(shown.text, &printed), ==, 0);
        g_assert_cmpint(document_parse(answer, &expected), ==, 0);
        g_assert_true(json_object_equal(printed, expected));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/fit/text", test_text);
        g_test_add_func("/fit/forms", test_forms);
        g_test_add_func("/fit/sentences", test_sentences);
        g_test_add_func("/fit/counts", test_counts);
        g_test_add_func("/fit/profile", test_profile);
        g_test_add_func("/fit/limit-of-one", test_limit_of_one);
        g_test_add_func("/fit/nothing-of-nothing", test_nothing_of_nothing);
        g_test_add_func("/fit/nothing-to-give", test_nothing_to_give);
        g_test_add_func("/fit/given-sizes", test_given_sizes);
        g_test_add_func("/fit/warnings", test_warnings);
        g_test_add_func("/fit/json", test_json);

        return g_test_run();
}
