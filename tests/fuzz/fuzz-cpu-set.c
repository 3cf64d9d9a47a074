/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists and masks of CPUs: what was parsed is what is printed, and the other way round. */

#include <ctype.h>

#include "../../daemon/basic/cpu-set.h"
#include "fuzz.h"

/* The members are those that iteration finds, each once and in order. */
static void assert_members(const CpuSet *set) {
        unsigned n = 0, previous = 0;

        FOREACH_CPU(cpu, set) {
                fuzz_assert(cpu_set_has(set, cpu));
                fuzz_assert(n == 0 || cpu > previous);
                previous = cpu;
                n++;
        }

        fuzz_assert(n == cpu_set_count(set));
        fuzz_assert(!cpu_set_has(set, CPU_SET_MAX));
        fuzz_assert(cpu_set_next(set, CPU_SET_MAX) == CPU_SET_MAX);
}

static void assert_list_tells_all(const CpuSet *set) {
        _cleanup_(cpu_set_done) CpuSet again = {};
        _cleanup_free_ char *list = NULL, *list_again = NULL;

        fuzz_assert(cpu_set_format(set, &list) >= 0);
        fuzz_assert(cpu_set_parse_list(list, &again) >= 0);
        fuzz_assert(cpu_set_equal(set, &again));
        fuzz_assert(cpu_set_format(&again, &list_again) >= 0);
        fuzz_assert(streq(list, list_again));
}

static void assert_copy_is_equal(const CpuSet *set) {
        _cleanup_(cpu_set_done) CpuSet copy = {};
        unsigned first = cpu_set_next(set, 0);

        fuzz_assert(cpu_set_add_all(&copy, set) >= 0);
        fuzz_assert(cpu_set_equal(set, &copy));

        if (first > 0 && first < CPU_SET_MAX) {
                fuzz_assert(cpu_set_add(&copy, first - 1) >= 0);
                fuzz_assert(!cpu_set_equal(set, &copy));
                fuzz_assert(cpu_set_count(&copy) == cpu_set_count(set) + 1);
        }
}

/* Reads a list that was found to be one in another way, to see that it is understood. */
static void assert_is_list(const CpuSet *set, const char *list) {
        unsigned long n = 0;

        for (const char *p = list; isdigit((unsigned char) *p);) {
                char *end;
                unsigned long first = strtoul(p, &end, 10);
                unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

                for (unsigned long cpu = first; cpu <= last; cpu++, n++)
                        fuzz_assert(cpu_set_has(set, (unsigned) cpu));
                p = end + (*end == ',');
        }

        fuzz_assert(n == cpu_set_count(set));
}

/* The same for a mask, whose lowest CPU is in the last digit. */
static void assert_is_mask(const CpuSet *set, const char *mask) {
        unsigned cpu = 0, n = 0;

        for (const char *p = mask + strcspn(mask, "\n"); p > mask; p--)
                for (unsigned bit = 0, digit = (unsigned) strtoul((char[]){ p[-1], '\0' }, NULL, 16);
                     p[-1] != ',' && bit < 4; bit++, cpu++)
                        if (digit & (1U << bit)) {
                                fuzz_assert(cpu_set_has(set, cpu));
                                n++;
                        }

        fuzz_assert(n == cpu_set_count(set));
}

static void run(int (*parse)(const char *text, CpuSet *ret),
                void (*assert_is)(const CpuSet *set, const char *text), const char *text) {
        _cleanup_(cpu_set_done) CpuSet set = {};

        /* Nothing is yielded on failure. */
        if (parse(text, &set) < 0) {
                fuzz_assert(!set.words && set.n_words == 0);
                return;
        }

        assert_is(&set, text);
        assert_members(&set);
        assert_list_tells_all(&set);
        assert_copy_is_equal(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_text(data, size);

        if (text) {
                run(cpu_set_parse_list, assert_is_list, text);
                run(cpu_set_parse_mask, assert_is_mask, text);
        }

        return 0;
}
