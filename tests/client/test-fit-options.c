/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which sizes, numbers and options "fit" takes. */

#include <errno.h>

#include "../../client/fit-options.h"
#include "../../client/size.h"
#include "documents.h"

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

/* A size that is there never looks larger than it is, and one that is needed never smaller. */
static void test_rounding(void) {
        static const struct {
                uint64_t bytes;
                const char *down, *up;
        } cases[] = {
                { 0, "0 B", "0 B" },
                { 1023, "1023 B", "1023 B" },
                { 1024, "1 KiB", "1 KiB" },
                { 1025, "1 KiB", "1.1 KiB" },
                { 1536, "1.5 KiB", "1.5 KiB" },
                { 2047, "1.9 KiB", "2 KiB" },
                { UINT64_C(5037359104), "4.6 GiB", "4.7 GiB" },
                { (UINT64_C(1) << 30) + 1, "1 GiB", "1.1 GiB" },
                { (UINT64_C(1) << 30) - 1, "1023.9 MiB", "1 GiB" },
                { UINT64_MAX, "15.9 EiB", "16 EiB" },
        };
        char down[SIZE_TEXT_MAX], up[SIZE_TEXT_MAX];

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_assert_cmpstr(size_format(cases[i].bytes, down), ==, cases[i].down);
                g_assert_cmpstr(size_format_up(cases[i].bytes, up), ==, cases[i].up);
        }

        for (unsigned i = 0; i < 20000; i++) {
                uint64_t bits = (uint64_t) (uint32_t) g_test_rand_int() << 32 | (uint32_t) g_test_rand_int(),
                         bytes = bits >> g_test_rand_int_range(15, 64), less, more;

                g_assert_cmpint(size_parse(size_format(bytes, down), &less), ==, 0);
                g_assert_cmpint(size_parse(size_format_up(bytes, up), &more), ==, 0);
                if (less > bytes || more < bytes || bytes - less > bytes / 10 || more - bytes > bytes / 10)
                        g_error("%" G_GUINT64_FORMAT ": %s, %s", bytes, down, up);
        }
}

/* What somebody has typed is shown as they know it, or as near to it as tenths are. */
static void test_given(void) {
        static const struct {
                const char *typed, *shown;
        } cases[] = {
                { "0", "0 B" },
                { "3", "3 B" },
                { "8G", "8 GiB" },
                { "2.3G", "2.3 GiB" },
                { "1.3M", "1.3 MiB" },
                { "1.1T", "1.1 TiB" },
                { "2.25G", "2.25 GiB" },
                { "1.999T", "1.999 TiB" },
                { "0.5G", "512 MiB" },
                { "2000M", "2000 MiB" },
                { "100000M", "100000 MiB" },
                { "4096", "4 KiB" },
                { "1000000000", "953.7 MiB" },
                { "1.9999G", "2 GiB" },
                { "1.96875G", "2016 MiB" },
                { "18446744073709551615", "16 EiB" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                char text[SIZE_TEXT_MAX];
                uint64_t bytes;

                g_assert_cmpint(size_parse(cases[i].typed, &bytes), ==, 0);
                g_assert_cmpstr(size_format_given(bytes, text), ==, cases[i].shown);
        }

        /* All that is typed with up to three decimals comes back as the same number. */
        for (unsigned i = 0; i < 20000; i++) {
                static const char units[] = "KMGT";
                g_autofree char *typed =
                        g_strdup_printf("%i.%03i%c", g_test_rand_int_range(1, 1024),
                                        g_test_rand_int_range(0, 1000), units[g_test_rand_int_range(0, 4)]);
                char text[SIZE_TEXT_MAX];
                uint64_t bytes, again;

                g_assert_cmpint(size_parse(typed, &bytes), ==, 0);
                g_assert_cmpint(size_parse(size_format_given(bytes, text), &again), ==, 0);
                if (again != bytes || strlen(text) > strlen("1023.999 GiB"))
                        g_error("%s: %s", typed, text);
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
                { FIT_DISK, "10", false },
                { FIT_DISK, "1048575", false },
                { FIT_DISK, "1048576", true },
                { FIT_DISK, "10B", true },
                { FIT_RESERVE_MEMORY, "4", false },
                { FIT_RESERVE_MEMORY, "0.5", false },
                { FIT_RESERVE_MEMORY, "0.0", true },
                { FIT_RESERVE_MEMORY, "4K", true },
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

        g_test_add_func("/fit-options/sizes", test_sizes);
        g_test_add_func("/fit-options/rounding", test_rounding);
        g_test_add_func("/fit-options/given", test_given);
        g_test_add_func("/fit-options/decimals", test_decimals);
        g_test_add_func("/fit-options/options", test_options);
        g_test_add_func("/fit-options/check", test_check);

        return g_test_run();
}
