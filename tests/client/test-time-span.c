/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times on the command line. */

#include <errno.h>
#include <glib.h>

#include "../../client/time-span.h"
#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/macro.h"

static void test_spans(void) {
        static const struct {
                const char *text;
                uint64_t usec;
        } cases[] = {
                { "0", 0 },
                { "30", 30 * USEC_PER_SEC },
                { "30s", 30 * USEC_PER_SEC },
                { " 30 sec ", 30 * USEC_PER_SEC },
                { "500ms", 500 * USEC_PER_MSEC },
                { "7us", 7 },
                { "2min", 120 * USEC_PER_SEC },
                { "2m", 120 * USEC_PER_SEC },
                { "1h", 3600 * USEC_PER_SEC },
                { "1h30min", 5400 * USEC_PER_SEC },
                { "1h 30min 5", 5405 * USEC_PER_SEC },
                { "1d", 86400 * USEC_PER_SEC },
                { "2 weeks", 14 * 86400 * USEC_PER_SEC },
                { "0.5", 500 * USEC_PER_MSEC },
                { "1.25s", 1250 * USEC_PER_MSEC },
                { "1.0000000000000000000000000001s", USEC_PER_SEC },
                { "0.0000019s", 1 },
                { "1.5us", 1 },
                { "00000000000000000000000000000001", USEC_PER_SEC },
                { "9223372036854775807us", TIME_SPAN_MAX },
                { "infinity", TIME_SPAN_INFINITE },
        };

        FOREACH_ELEMENT(c, cases) {
                uint64_t usec = 0;

                g_test_message("'%s'", c->text);
                g_assert_cmpint(time_span_parse(c->text, &usec), ==, 0);
                g_assert_cmpuint(usec, ==, c->usec);
        }
}

static void test_nonsense(void) {
        static const char *const invalid[] = {
                "",       " ",        "s",          "-1",   "+1",  "1x",   "1 seconds of it",
                "1e3",    "0x10",     ".5",         "1.",   "1.s", "1 2",  "1 2s",
                "1,5",    "Infinity", "1S",         "1 s.", "nan", "1\n",  "1minutesx",
                "1..2",   "1.2.3",    "infinity 1", "\377", "1s;", "1s-1", "s1",
                "1month", "1y",
        };
        static const char *const too_long[] = {
                "9223372036854775808us",  "18446744073709551615us",
                "18446744073709551616us", "99999999999999999999999999999",
                "15250285 weeks",         "9223372036854775807us 1us",
                "9223372036854.9s",
        };

        FOREACH_ELEMENT(text, invalid) {
                uint64_t usec = 42;

                g_test_message("%zi", text - invalid);
                g_assert_cmpint(time_span_parse(*text, &usec), ==, -EINVAL);
                g_assert_cmpuint(usec, ==, 42);
        }

        FOREACH_ELEMENT(text, too_long) {
                uint64_t usec = 42;

                g_test_message("'%s'", *text);
                g_assert_cmpint(time_span_parse(*text, &usec), ==, -ERANGE);
                g_assert_cmpuint(usec, ==, 42);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/time-span/spans", test_spans);
        g_test_add_func("/time-span/nonsense", test_nonsense);

        return g_test_run();
}
