/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "fit" prints for answers made by hand, what it tells the shell, and which sizes and numbers it takes.
 */

#include <errno.h>

#include "../../client/exit-status.h"
#include "../../client/fit.h"
#include "../../client/size.h"
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
        "'overhead': {'total': 123731968, 'source': 'KubeVirt, GetMemoryOverhead()'}, "          \
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
                        "5 more guests of 4 vCPUs, 8 GiB and 1 GiB of disk fit; memory ends first: 4.6\n"
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
                        "Preset nova: 4 times the CPUs, 118 MiB beside the memory of each guest, 4 GiB of\n"
                        "memory for the host, disks in /srv. 2 guests run already.\n");
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
#define SMALL OF("'vcpus': 1, 'memory_bytes': 1073741824")

static void test_sentences(void) {
        static const struct {
                const char *answer, *sentence;
                ExitStatus status;
        } cases[] = {
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
                { "{'guests': 9, 'count': 3, 'fits': true, 'limiting': [], " SMALL "}",
                  "3 guests of 1 vCPU and 1 GiB fit, of 9 that there is room for.\n", STATUS_READY },
                { "{'guests': 3, 'count': 3, 'fits': true, 'limiting': [], " SMALL "}",
                  "3 guests of 1 vCPU and 1 GiB fit.\n", STATUS_READY },
                { "{'guests': 3, 'count': 1, 'fits': true, 'limiting': [], " SMALL "}",
                  "1 guest of 1 vCPU and 1 GiB fits, of 3 that there is room for.\n", STATUS_READY },
                { "{'guests': 2, 'count': 3, 'fits': false, 'limiting': [], " SMALL "}",
                  "Not 3, but 2 guests of 1 vCPU and 1 GiB fit.\n", STATUS_NOT_READY },
                { "{'guests': 2, 'unknown': ['disk'], 'limiting': [], " SMALL "}",
                  "At most 2 more guests of 1 vCPU and 1 GiB fit.\n", STATUS_UNKNOWN },
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
                { "{'guests': 2, 'unknown': ['threads', 'commit', 'vcpus'], 'limiting': [], " SMALL "}",
                  "2 more guests of 1 vCPU and 1 GiB fit.\n", STATUS_READY },
                { "{'guests': 0, 'unknown': ['memory'], 'limiting': [], " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits.\n", STATUS_NOT_READY },
                { "{'unknown': ['cpu', 'memory'], 'count': 3, 'limiting': [], " SMALL "}",
                  "It is not known how many guests of 1 vCPU and 1 GiB fit.\n", STATUS_UNKNOWN },
                { "{'guests': 2, " OF("'vcpus': 2, 'memory_bytes': 3, 'huge_page_bytes': 2097152") "}",
                  "2 more guests of 2 vCPUs and 3 B in pages of 2 MiB fit.\n", STATUS_READY },
                { "{}", "It is not known how many guests of 0 vCPUs and 0 B fit.\n", STATUS_UNKNOWN },
                { "{'guests': 'x', 'limiting': [7, 'what'], 'resources': 7, 'nodes': [7, 8], 'overhead': "
                  "[]}",
                  "It is not known how many guests of 0 vCPUs and 0 B fit; ", STATUS_UNKNOWN },
                { "{'guests': 18446744073709551615, 'resources': {'what': {'known': true, 'ratio': 1e308, "
                  "'total': 18446744073709551615, 'used': 1, 'reserved': 18446744073709551615}, 'cpu': 7}}",
                  "18446744073709551615 more guests of ", STATUS_READY },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(Shown) text = show(fit_show, cases[i].answer, (Form){}, (Arguments){});
                g_auto(Shown) json = show(fit_show, cases[i].answer, (Form){}, (Arguments){ .json = true });

                g_test_message("%s", cases[i].answer);
                if (!g_str_has_prefix(text.text, cases[i].sentence))
                        g_error("'%s' does not begin:\n%s", cases[i].sentence, text.text);
                g_assert_cmpint(text.status, ==, cases[i].status);
                g_assert_cmpint(json.status, ==, cases[i].status);
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
                  "No guest of 1 vCPU and 1 GiB fits; CPUs end first: 1 CPU short of one. One guest\n"
                  "can have at most 2 vCPUs here.\n",
                  STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': ['vcpus'], 'resources': {'vcpus': {'unit': 'vcpus', 'total': "
                  "1, "
                  "'per_guest': 3, 'short_by': 2}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; vCPUs of one end first: 2 vCPUs short of one.\n"
                  "One guest can have at most 1 vCPU here.\n",
                  STATUS_NOT_READY },
                { "{'guests': 0, 'limiting': ['cpu'], 'resources': {'cpu': {'unit': 'cpus', 'total': 3, "
                  "'available': 0, 'per_guest': 3, 'short_by': 1}}, " SMALL "}",
                  "No guest of 1 vCPU and 1 GiB fits; CPUs end first: 1 CPU short of one.\n\n",
                  STATUS_NOT_READY },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(Shown) text = show(fit_show, cases[i].answer, (Form){}, (Arguments){});

                g_assert_true(g_str_has_prefix(text.text, cases[i].sentence));
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

static void test_warnings(void) {
        g_auto(Shown) shown = show(fit_show,
                                   "{'guests': 2, 'details': {'guests': 'Libvirt \\u001b hangs.', 'disk': "
                                   "'/srv: No such file or directory'}, 'profile': 'qemu', "
                                   "'profile_state': 'not-ready', 'root_causes': ['kvm.device', 'net.tun'], "
                                   "'guests_known': false, " SMALL "}",
                                   (Form){}, (Arguments){});

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

static void test_sizes(void) {
        static const struct {
                const char *text;
                int result;
                uint64_t bytes;
        } cases[] = {
                { "0", 0, 0 },
                { "4096", 0, 4096 },
                { "4096B", 0, 4096 },
                { "1K", 0, 1024 },
                { "1k", 0, 1024 },
                { "512M", 0, 512 << 20 },
                { "512MB", 0, 512 << 20 },
                { "512MiB", 0, 512 << 20 },
                { "512 MiB", 0, 512 << 20 },
                { "8G", 0, UINT64_C(8) << 30 },
                { "1.5G", 0, UINT64_C(3) << 29 },
                { "0.001K", 0, 1 },
                { "2T", 0, UINT64_C(2) << 40 },
                { "18446744073709551615", 0, UINT64_MAX },
                { "18446744073709551616", -ERANGE, 0 },
                { "16777215.9T", 0, UINT64_C(16777215) * (UINT64_C(1) << 40) + 989560464998 },
                { "16777216T", -ERANGE, 0 },
                { "99999999999999999999999T", -ERANGE, 0 },
                { "", -EINVAL, 0 },
                { "G", -EINVAL, 0 },
                { "-1", -EINVAL, 0 },
                { "+1", -EINVAL, 0 },
                { " 1", -EINVAL, 0 },
                { "1.", -EINVAL, 0 },
                { ".5G", -EINVAL, 0 },
                { "1,5G", -EINVAL, 0 },
                { "1iB", -EINVAL, 0 },
                { "1Gi", -EINVAL, 0 },
                { "1GB ", -EINVAL, 0 },
                { "1P", -EINVAL, 0 },
                { "1GG", -EINVAL, 0 },
                { "0x10", -EINVAL, 0 },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                uint64_t bytes = 0;

                g_test_message("%s", cases[i].text);
                g_assert_cmpint(size_parse(cases[i].text, &bytes), ==, cases[i].result);
                g_assert_cmpuint(bytes, ==, cases[i].bytes);
        }
}

static void test_decimals(void) {
        static const char *const wrong[] = { "", ".", "1.", ".5", "1,5", "-1", "1e3", "nan", "1.5x", " 1" };
        double number = 7;

        for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
                g_assert_cmpint(decimal_parse(wrong[i], &number), ==, -EINVAL);
        g_assert_cmpfloat_with_epsilon(number, 7, 1e-12);
        g_assert_cmpint(decimal_parse("16", &number), ==, 0);
        g_assert_cmpfloat_with_epsilon(number, 16, 1e-12);
        g_assert_cmpint(decimal_parse("1.125", &number), ==, 0);
        g_assert_cmpfloat_with_epsilon(number, 1.125, 1e-12);
}

/* What is taken and what not; the complaints are on standard error. */
static void test_options(void) {
        static const struct {
                int option;
                const char *value;
                bool taken;
        } cases[] = {
                { FIT_VCPUS, "4", true },
                { FIT_VCPUS, "4294967295", true },
                { FIT_VCPUS, "0", false },
                { FIT_VCPUS, "4294967296", false },
                { FIT_VCPUS, "", false },
                { FIT_VCPUS, "4x", false },
                { FIT_MEMORY, "8G", true },
                { FIT_MEMORY, "0", false },
                { FIT_MEMORY, "2048", false },
                { FIT_MEMORY, "1048575", false },
                { FIT_MEMORY, "1M", true },
                { FIT_MEMORY, "1023K", false },
                { FIT_HUGE_PAGES, "3M", false },
                { FIT_HUGE_PAGES, "2K", false },
                { FIT_STORAGE, "srv", false },
                { FIT_STORAGE, "/a\nb", false },
                { FIT_CPU_RATIO, "0.000001", true },
                { FIT_CPU_RATIO, "0.0000009", false },
                { FIT_MEMORY, "8Q", false },
                { FIT_MEMORY, "99999999T", false },
                { FIT_DISK, "0", true },
                { FIT_COUNT, "0", false },
                { FIT_CPU_RATIO, "1000", true },
                { FIT_CPU_RATIO, "1000.1", false },
                { FIT_MEMORY_RATIO, "0", false },
                { FIT_MEMORY_RATIO, "1.5", true },
                { FIT_DISK_RATIO, "x", false },
                { FIT_RESERVE_CPUS, "0", true },
                { FIT_RESERVE_MEMORY, "0", true },
                { FIT_HUGE_PAGES, "2M", true },
                { FIT_PRESET, "", false },
                { FIT_STORAGE, "/srv", true },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                FitOptions options = {};

                g_test_message("%i %s", cases[i].option, cases[i].value);
                g_assert_true(fit_options_have(cases[i].option));
                g_assert_cmpint(fit_options_take(cases[i].option, cases[i].value, &options), ==,
                                cases[i].taken ? 1 : -EINVAL);
                g_assert_true((options.first != NULL) == cases[i].taken);
        }
        g_assert_false(fit_options_have('h'));
        g_assert_false(fit_options_have('?'));
}

/* Which options go together; the complaint names the verb. */
static void test_check(void) {
        static const struct {
                FitOption options[4];
                const char *values[4];
                bool enough;
        } cases[] = {
                { { FIT_VCPUS, FIT_MEMORY }, { "1", "1G" }, true },
                { { FIT_VCPUS }, { "1" }, false },
                { { FIT_MEMORY }, { "1G" }, false },
                { { FIT_VCPUS, FIT_MEMORY, FIT_STORAGE }, { "1", "1G", "/srv" }, false },
                { { FIT_VCPUS, FIT_MEMORY, FIT_DISK_RATIO }, { "1", "1G", "2" }, false },
                { { FIT_VCPUS, FIT_MEMORY, FIT_STORAGE, FIT_DISK }, { "1", "1G", "/srv", "0" }, false },
                { { FIT_VCPUS, FIT_MEMORY, FIT_STORAGE, FIT_DISK }, { "1", "1G", "/srv", "1G" }, true },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                FitOptions options = {};

                for (size_t j = 0; j < 4 && cases[i].values[j]; j++)
                        g_assert_cmpint(
                                fit_options_take((int) cases[i].options[j], cases[i].values[j], &options),
                                ==, 1);
                g_assert_true(fit_options_check(&options, "fit") == cases[i].enough);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/fit/text", test_text);
        g_test_add_func("/fit/forms", test_forms);
        g_test_add_func("/fit/sentences", test_sentences);
        g_test_add_func("/fit/limit-of-one", test_limit_of_one);
        g_test_add_func("/fit/nothing-of-nothing", test_nothing_of_nothing);
        g_test_add_func("/fit/warnings", test_warnings);
        g_test_add_func("/fit/json", test_json);
        g_test_add_func("/fit/sizes", test_sizes);
        g_test_add_func("/fit/decimals", test_decimals);
        g_test_add_func("/fit/options", test_options);
        g_test_add_func("/fit/check", test_check);

        return g_test_run();
}
