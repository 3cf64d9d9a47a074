/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of CPUs, as many as a kernel can number, in the two notations of the kernel: lists and masks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A higher number than any kernel gives a CPU or node (arch/x86/Kconfig: NR_CPUS_RANGE_END is 8192): what
 * names one is no list of CPUs. */
#define CPU_SET_MAX 65536U

/* Begins as all zeroes: the empty set. */
typedef struct CpuSet {
        uint64_t *words;
        size_t n_words;
} CpuSet;

void cpu_set_done(CpuSet *set);

/* Adds a CPU, or all from FIRST to LAST. Errors: -ERANGE at CPU_SET_MAX and above, -ENOMEM. */
int cpu_set_add(CpuSet *set, unsigned cpu);
int cpu_set_add_range(CpuSet *set, unsigned first, unsigned last);
int cpu_set_add_all(CpuSet *set, const CpuSet *more);

bool cpu_set_has(const CpuSet *set, unsigned cpu);
bool cpu_set_equal(const CpuSet *a, const CpuSet *b);

/* How many CPUs are in it. */
unsigned cpu_set_count(const CpuSet *set);

/* The first CPU in the set that is at least FROM, or CPU_SET_MAX. */
unsigned cpu_set_next(const CpuSet *set, unsigned from);

#define FOREACH_CPU(cpu, set) \
        for (unsigned cpu = cpu_set_next((set), 0); cpu < CPU_SET_MAX; cpu = cpu_set_next((set), cpu + 1))

/* Parses a list such as "0-3,8,10-15", in ascending order as the kernel prints it (lib/vsprintf.c:
 * bitmap_list_string()), or "" for none; a newline may end it. Errors: -EINVAL for anything else, -ERANGE
 * for CPU_SET_MAX and above, -ENOMEM. */
int cpu_set_parse_list(const char *list, CpuSet *ret);

/* Parses a mask such as "ff,00000003": hexadecimal words of 32 CPUs each, the highest first (lib/vsprintf.c:
 * bitmap_string()). Errors as above. */
int cpu_set_parse_mask(const char *mask, CpuSet *ret);

/* Yields the list. Returns -ENOMEM or 0. */
int cpu_set_format(const CpuSet *set, char **ret);
