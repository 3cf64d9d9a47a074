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

int cpu_set_add(CpuSet *set, unsigned cpu) {
        size_t word = cpu / WORD_BITS;

        if (cpu >= CPU_SET_MAX)
                return -ERANGE;

        if (word >= set->n_words) {
                uint64_t *words = reallocarray(set->words, word + 1, sizeof(uint64_t));

                if (!words)
                        return -ENOMEM;

                memset(words + set->n_words, 0, (word + 1 - set->n_words) * sizeof(uint64_t));
                set->words = words;
                set->n_words = word + 1;
        }

        set->words[word] |= UINT64_C(1) << (cpu % WORD_BITS);
        return 0;
}

int cpu_set_add_all(CpuSet *set, const CpuSet *more) {
        FOREACH_CPU(cpu, more) {
                int r = cpu_set_add(set, cpu);

                if (r < 0)
                        return r;
        }

        return 0;
}

void cpu_set_remove(CpuSet *set, unsigned cpu) {
        if (cpu_set_has(set, cpu))
                set->words[cpu / WORD_BITS] &= ~(UINT64_C(1) << (cpu % WORD_BITS));
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

static int add_range(CpuSet *set, const char **cursor) {
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
        if (last < first)
                return -EINVAL;

        for (unsigned cpu = first; cpu <= last; cpu++) {
                r = cpu_set_add(set, cpu);
                if (r < 0)
                        return r;
        }

        return 0;
}

static bool at_end(const char *cursor) {
        return *cursor == '\0' || (*cursor == '\n' && cursor[1] == '\0');
}

int cpu_set_parse_list(const char *list, CpuSet *ret) {
        _cleanup_(cpu_set_done) CpuSet set = {};
        int r;

        for (const char *cursor = list; !at_end(cursor);) {
                r = add_range(&set, &cursor);
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
