/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats and parses sizes. */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "size.h"

static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

/* The largest unit that a size can be typed in. */
#define TYPED_UNIT_MAX 4U

typedef enum Rounding {
        ROUND_DOWN,
        ROUND_NEAREST,
        ROUND_UP,
} Rounding;

/* Tenths are the smallest part that is shown; what is below them counts as a whole one, or not at all. */
static const char *format(uint64_t bytes, Rounding rounding, char ret[static SIZE_TEXT_MAX]) {
        uint64_t one = 1, more, whole, tenths;
        size_t unit = 0;

        for (; unit + 1 < ELEMENTSOF(units) && bytes / one >= 1024; unit++)
                one *= 1024;
        more = rounding == ROUND_UP ? one - 1 : rounding == ROUND_NEAREST ? one / 2 : 0;
        whole = bytes / one;
        tenths = (bytes % one * 10 + more) / one;

        if (tenths == 10) {
                tenths = 0;
                whole++;
        }
        if (whole == 1024 && unit + 1 < ELEMENTSOF(units)) {
                whole = 1;
                unit++;
        }

        if (tenths == 0)
                (void) snprintf(ret, SIZE_TEXT_MAX, "%" PRIu64 " %s", whole, units[unit]);
        else
                (void) snprintf(ret, SIZE_TEXT_MAX, "%" PRIu64 ".%" PRIu64 " %s", whole, tenths,
                                units[unit]);

        return ret;
}

const char *size_format(uint64_t bytes, char ret[static SIZE_TEXT_MAX]) {
        return format(bytes, ROUND_DOWN, ret);
}

const char *size_format_up(uint64_t bytes, char ret[static SIZE_TEXT_MAX]) {
        return format(bytes, ROUND_UP, ret);
}

/* Whether it is what size_parse() makes of up to three decimals in a unit, without too many digits before.
 */
static bool format_exactly(uint64_t bytes, size_t unit, char ret[static SIZE_TEXT_MAX]) {
        const uint64_t one = UINT64_C(1) << 10 * unit, whole = bytes / one, rest = bytes % one,
                       thousandths = (rest * 1000 + one - 1) / one;
        int n;

        if (whole == 0 || whole >= (thousandths > 0 ? 10000 : 1000000) || thousandths >= 1000 ||
            (thousandths << 10 * unit) / 1000 != rest)
                return false;

        n = snprintf(ret, SIZE_TEXT_MAX, "%" PRIu64 ".%03" PRIu64, whole, thousandths);
        while (ret[n - 1] == '0')
                n--;
        if (ret[n - 1] == '.')
                n--;
        (void) snprintf(ret + n, SIZE_TEXT_MAX - (size_t) n, " %s", units[unit]);
        return true;
}

const char *size_format_given(uint64_t bytes, char ret[static SIZE_TEXT_MAX]) {
        for (size_t unit = TYPED_UNIT_MAX + 1; unit > 0; unit--)
                if (format_exactly(bytes, unit - 1, ret))
                        return ret;

        return format(bytes, ROUND_NEAREST, ret);
}

#define DIGITS "0123456789"

/* Yields by how many bits the unit at TEXT shifts; nothing may follow it. */
static int parse_unit(const char *text, unsigned *ret_shift) {
        static const char letters[] = "KMGT";
        const char *letter = *text != '\0' ? strchr(letters, *text) : NULL;

        if (!letter && *text >= 'a' && *text <= 'z')
                letter = strchr(letters, *text - 'a' + 'A');
        if (letter)
                text++;
        if (*text != '\0' && !streq(text, "B") && !(letter && streq(text, "iB")))
                return -EINVAL;

        *ret_shift = letter ? 10 * (unsigned) (letter - letters + 1) : 0;
        return 0;
}

static int parse_digits(const char *digits, size_t n, uint64_t *ret) {
        uint64_t number = 0;

        for (size_t i = 0; i < n; i++)
                if (__builtin_mul_overflow(number, 10, &number) ||
                    __builtin_add_overflow(number, (uint64_t) (digits[i] - '0'), &number))
                        return -ERANGE;

        *ret = number;
        return 0;
}

/* The part behind the point, in bytes; six digits of it are enough. */
static uint64_t fraction_of(const char *digits, size_t n, unsigned shift) {
        uint64_t numerator = 0, denominator = 1;

        for (size_t i = 0; i < n && i < 6; i++) {
                numerator = numerator * 10 + (uint64_t) (digits[i] - '0');
                denominator *= 10;
        }

        return (numerator << shift) / denominator;
}

int size_parse(const char *text, uint64_t *ret_bytes) {
        size_t n = strspn(text, DIGITS), n_fraction = 0;
        const char *fraction = "", *p = text + n;
        uint64_t whole, bytes;
        unsigned shift;
        int r;

        if (n == 0)
                return -EINVAL;
        if (*p == '.') {
                fraction = p + 1;
                n_fraction = strspn(fraction, DIGITS);
                if (n_fraction == 0)
                        return -EINVAL;
                p = fraction + n_fraction;
        }

        r = parse_unit(p + strspn(p, " "), &shift);
        if (r < 0)
                return r;

        r = parse_digits(text, n, &whole);
        if (r < 0)
                return r;
        if (__builtin_mul_overflow(whole, UINT64_C(1) << shift, &bytes) ||
            __builtin_add_overflow(bytes, fraction_of(fraction, n_fraction, shift), &bytes))
                return -ERANGE;

        *ret_bytes = bytes;
        return 0;
}

int decimal_parse(const char *text, double *ret) {
        double number = 0, place = 1;
        size_t n = strspn(text, DIGITS);
        const char *p = text + n;

        if (n == 0)
                return -EINVAL;
        for (size_t i = 0; i < n; i++)
                number = number * 10 + (text[i] - '0');

        if (*p == '.') {
                n = strspn(++p, DIGITS);
                if (n == 0)
                        return -EINVAL;
                for (size_t i = 0; i < n; i++)
                        number += (p[i] - '0') * (place /= 10);
                p += n;
        }
        if (*p != '\0')
                return -EINVAL;

        *ret = number;
        return 0;
}
