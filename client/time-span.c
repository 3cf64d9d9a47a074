/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads numbers and units in turn. */

#include <errno.h>

#include "../daemon/basic/clock.h"
#include "../daemon/basic/macro.h"
#include "time-span.h"

#define BLANKS " \t"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"

static const struct {
        const char *name;
        uint64_t usec;
} units[] = {
        { "us", 1 },
        { "usec", 1 },
        { "ms", USEC_PER_MSEC },
        { "msec", USEC_PER_MSEC },
        { "", USEC_PER_SEC },
        { "s", USEC_PER_SEC },
        { "sec", USEC_PER_SEC },
        { "second", USEC_PER_SEC },
        { "seconds", USEC_PER_SEC },
        { "m", 60 * USEC_PER_SEC },
        { "min", 60 * USEC_PER_SEC },
        { "minute", 60 * USEC_PER_SEC },
        { "minutes", 60 * USEC_PER_SEC },
        { "h", 3600 * USEC_PER_SEC },
        { "hr", 3600 * USEC_PER_SEC },
        { "hour", 3600 * USEC_PER_SEC },
        { "hours", 3600 * USEC_PER_SEC },
        { "d", 86400 * USEC_PER_SEC },
        { "day", 86400 * USEC_PER_SEC },
        { "days", 86400 * USEC_PER_SEC },
        { "w", 7 * 86400 * USEC_PER_SEC },
        { "week", 7 * 86400 * USEC_PER_SEC },
        { "weeks", 7 * 86400 * USEC_PER_SEC },
};

/* Yields how long the unit at the beginning of TEXT is; a longer word with the same beginning is none. */
static int read_unit(const char **text, uint64_t *ret_usec) {
        size_t length = strspn(*text, LETTERS);

        FOREACH_ELEMENT(unit, units)
                if (strlen(unit->name) == length && memcmp(unit->name, *text, length) == 0) {
                        *text += length;
                        *ret_usec = unit->usec;
                        return 0;
                }

        return -EINVAL;
}

/* Adds DIGITS times UNIT to a sum. */
static int add_whole(const char *digits, size_t n, uint64_t unit, uint64_t *sum) {
        uint64_t number = 0, product;

        for (size_t i = 0; i < n; i++)
                if (__builtin_mul_overflow(number, 10, &number) ||
                    __builtin_add_overflow(number, (uint64_t) (digits[i] - '0'), &number))
                        return -ERANGE;

        if (__builtin_mul_overflow(number, unit, &product) || __builtin_add_overflow(*sum, product, sum) ||
            *sum > TIME_SPAN_MAX)
                return -ERANGE;

        return 0;
}

/* Adds the digits after a point; those that are less than a microsecond are dropped. */
static int add_fraction(const char *digits, size_t n, uint64_t unit, uint64_t *sum) {
        uint64_t numerator = 0, denominator = 1;

        /* Seven digits of a week stay far below 64 bits. */
        for (size_t i = 0; i < n && i < 7; i++) {
                numerator = numerator * 10 + (uint64_t) (digits[i] - '0');
                denominator *= 10;
        }

        if (__builtin_add_overflow(*sum, numerator * unit / denominator, sum) || *sum > TIME_SPAN_MAX)
                return -ERANGE;

        return 0;
}

/* Reads one number with its unit and adds it. */
static int read_part(const char **text, uint64_t *sum) {
        const char *digits = *text, *fraction = NULL, *p;
        size_t n_digits = strspn(digits, "0123456789"), n_fraction = 0;
        uint64_t unit;
        int r;

        if (n_digits == 0)
                return -EINVAL;

        p = digits + n_digits;
        if (*p == '.') {
                fraction = p + 1;
                n_fraction = strspn(fraction, "0123456789");
                if (n_fraction == 0)
                        return -EINVAL;
                p = fraction + n_fraction;
        }

        p += strspn(p, BLANKS);
        r = read_unit(&p, &unit);
        if (r < 0)
                return r;

        /* A number alone is seconds, and no more comes after it. */
        *text = p + strspn(p, BLANKS);
        if (p[-1] < 'a' && **text != '\0')
                return -EINVAL;

        r = add_whole(digits, n_digits, unit, sum);
        return r < 0 || !fraction ? r : add_fraction(fraction, n_fraction, unit, sum);
}

int time_span_parse(const char *text, uint64_t *ret_usec) {
        uint64_t sum = 0;
        int r;

        if (streq(text, "infinity")) {
                *ret_usec = TIME_SPAN_INFINITE;
                return 0;
        }

        text += strspn(text, BLANKS);
        do {
                r = read_part(&text, &sum);
                if (r < 0)
                        return r;
        } while (*text != '\0');

        *ret_usec = sum;
        return 0;
}
