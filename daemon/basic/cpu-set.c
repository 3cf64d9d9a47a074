/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bit sets that grow as far as they have to. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cpu-set.h"

#define WORD_BITS 64U

void cpu_set_done(CpuSet *set) {
        free(set->words);
        *set = (CpuSet){};
}

static int make_room(CpuSet *set, size_t n_words) {
        uint64_t *words;

        if (n_words <= set->n_words)
                return 0;

        words = reallocarray(set->words, n_words, sizeof(uint64_t));
        if (!words)
                return -ENOMEM;

        memset(words + set->n_words, 0, (n_words - set->n_words) * sizeof(uint64_t));
        set->words = words;
        set->n_words = n_words;
        return 0;
}

int cpu_set_add(CpuSet *set, unsigned cpu) {
        return cpu_set_add_range(set, cpu, cpu);
}

int cpu_set_add_range(CpuSet *set, unsigned first, unsigned last) {
        int r;

        if (first > last || last >= CPU_SET_MAX)
                return -ERANGE;

        r = make_room(set, last / WORD_BITS + 1);
        if (r < 0)
                return r;

        for (unsigned word = first / WORD_BITS; word <= last / WORD_BITS; word++) {
                uint64_t bits = UINT64_MAX;

                if (word == first / WORD_BITS)
                        bits &= UINT64_MAX << (first % WORD_BITS);
                if (word == last / WORD_BITS)
                        bits &= UINT64_MAX >> (WORD_BITS - 1 - last % WORD_BITS);
                set->words[word] |= bits;
        }

        return 0;
}

int cpu_set_add_all(CpuSet *set, const CpuSet *more) {
        int r;

        r = make_room(set, more->n_words);
        if (r < 0)
                return r;

        for (size_t i = 0; i < more->n_words; i++)
                set->words[i] |= more->words[i];

        return 0;
}

static uint64_t word_at(const CpuSet *set, size_t word) {
        return word < set->n_words ? set->words[word] : 0;
}

bool cpu_set_has(const CpuSet *set, unsigned cpu) {
        return word_at(set, cpu / WORD_BITS) & (UINT64_C(1) << (cpu % WORD_BITS));
}

bool cpu_set_equal(const CpuSet *a, const CpuSet *b) {
        for (size_t i = 0; i < a->n_words || i < b->n_words; i++)
                if (word_at(a, i) != word_at(b, i))
                        return false;

        return true;
}

unsigned cpu_set_count(const CpuSet *set) {
        unsigned n = 0;

        for (size_t i = 0; i < set->n_words; i++)
                n += (unsigned) __builtin_popcountll(set->words[i]);

        return n;
}

unsigned cpu_set_next(const CpuSet *set, unsigned from) {
        for (size_t word = from / WORD_BITS; word < set->n_words; word++) {
                uint64_t bits = set->words[word];

                if (word == from / WORD_BITS)
                        bits &= UINT64_MAX << (from % WORD_BITS);
                if (bits != 0)
                        return (unsigned) (word * WORD_BITS) + (unsigned) __builtin_ctzll(bits);
        }

        return CPU_SET_MAX;
}

/* Reads a number of digits alone and moves past it: no blank, no sign. */
static int parse_number(const char **cursor, unsigned *ret) {
        unsigned long value;
        char *end;

        if (!isdigit((unsigned char) **cursor))
                return -EINVAL;

        errno = 0;
        value = strtoul(*cursor, &end, 10);
        if (errno != 0 || value >= CPU_SET_MAX)
                return -ERANGE;

        *cursor = end;
        *ret = (unsigned) value;
        return 0;
}

/* Adds what the cursor is at, which must not be below *NEXT, and moves both past it. So the time it takes
 * does not grow with how often a list says the same. */
static int add_range(CpuSet *set, const char **cursor, unsigned *next) {
        unsigned first, last;
        int r;

        r = parse_number(cursor, &first);
        if (r < 0)
                return r;

        last = first;
        if (**cursor == '-') {
                (*cursor)++;
                r = parse_number(cursor, &last);
                if (r < 0)
                        return r;
        }
        if (last < first || first < *next)
                return -EINVAL;

        *next = last + 1;
        return cpu_set_add_range(set, first, last);
}

static bool at_end(const char *cursor) {
        return *cursor == '\0' || (*cursor == '\n' && cursor[1] == '\0');
}

int cpu_set_parse_list(const char *list, CpuSet *ret) {
        _cleanup_(cpu_set_done) CpuSet set = {};
        unsigned next = 0;
        int r;

        for (const char *cursor = list; !at_end(cursor);) {
                r = add_range(&set, &cursor, &next);
                if (r < 0)
                        return r;
                if (*cursor == ',' && isdigit((unsigned char) cursor[1]))
                        cursor++;
                else if (!at_end(cursor))
                        return -EINVAL;
        }

        *ret = set;
        set = (CpuSet){};
        return 0;
}

static int digit_value(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;

        return -EINVAL;
}

/* Adds the four CPUs of one digit, which is the Nth from the end. */
static int add_digit(CpuSet *set, unsigned digit, size_t n) {
        int r;

        for (unsigned bit = 0; bit < 4; bit++)
                if (digit & (1U << bit)) {
                        if (n >= CPU_SET_MAX / 4)
                                return -ERANGE;
                        r = cpu_set_add(set, (unsigned) n * 4 + bit);
                        if (r < 0)
                                return r;
                }

        return 0;
}

int cpu_set_parse_mask(const char *mask, CpuSet *ret) {
        _cleanup_(cpu_set_done) CpuSet set = {};
        size_t n_digits = 0;
        int r;

        /* From the end, where the lowest CPUs are. Every word but the first has eight digits. */
        for (const char *p = mask + strcspn(mask, "\n"); p > mask; p--) {
                int digit = digit_value(p[-1]);

                if (p[-1] == ',' && n_digits % 8 == 0 && n_digits > 0)
                        continue;
                if (digit < 0)
                        return digit;

                r = add_digit(&set, (unsigned) digit, n_digits);
                if (r < 0)
                        return r;
                n_digits++;
        }

        if (n_digits == 0)
                return -EINVAL;

        *ret = set;
        set = (CpuSet){};
        return 0;
}

int cpu_set_format(const CpuSet *set, char **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;

        FOREACH_CPU(first, set) {
                unsigned last = first;

                while (cpu_set_has(set, last + 1))
                        last++;

                fprintf(f, last > first ? "%s%u-%u" : "%s%u", ftell(f) > 0 ? "," : "", first, last);
                first = last;
        }

        if (fclose(f) != 0)
                return -ENOMEM;

        *ret = TAKE_PTR(text);
        return 0;
}
