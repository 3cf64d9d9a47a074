/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the kinds of CPUs. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core-type.h"
#include "cpu-names.h"
#include "cpuinfo.h"
#include "values.h"

/* More than that are noise, not kinds. */
#define TYPES_MAX 16U

typedef struct CoreTypeList {
        CoreType *types;
        size_t n;
} CoreTypeList;

static void core_type_list_done(CoreTypeList *list) {
        core_types_free(list->types, list->n);
}

/* Finds the type of that name, or appends it. Returns -E2BIG when there are too many. */
static int get_type(CoreTypeList *list, const char *name, CoreType **ret) {
        CoreType *types;
        char *copy;

        FOREACH_ARRAY(type, list->types, list->n)
                if (streq(type->name, name)) {
                        *ret = type;
                        return 0;
                }

        if (list->n == TYPES_MAX)
                return -E2BIG;

        types = reallocarray(list->types, list->n + 1, sizeof(CoreType));
        if (!types)
                return -ENOMEM;
        list->types = types;

        copy = strdup(name);
        if (!copy)
                return -ENOMEM;

        types[list->n] = (CoreType){ .name = copy };
        *ret = &types[list->n++];
        return 0;
}

/* Returns -EBADMSG when the CPU is of another kind already. */
static int add_cpu(CoreTypeList *list, const char *name, unsigned cpu) {
        CoreType *type;
        int r;

        r = get_type(list, name, &type);
        if (r < 0)
                return r;

        FOREACH_ARRAY(other, list->types, list->n)
                if (other != type && cpu_set_has(&other->cpus, cpu))
                        return -EBADMSG;

        return cpu_set_add(&type->cpus, cpu);
}

static int read_event_sources(const Root *root, const CpuSet *online, CoreTypeList *list) {
        static const char *const names[] = { "core", "atom", "lowpower" };
        int r;

        FOREACH_ELEMENT(name, names) {
                _cleanup_(cpu_set_done) CpuSet cpus = {};

                r = read_cpu_list_at(root, &cpus, "sys/devices/cpu_%s/cpus", *name);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        continue;

                FOREACH_CPU(cpu, &cpus) {
                        r = cpu_set_has(online, cpu) ? add_cpu(list, *name, cpu) : 0;
                        if (r < 0)
                                return r;
                }
        }

        return 0;
}

/* The name of a part, or both of its numbers. */
static int add_part(CoreTypeList *list, const char *implementer, const char *part, unsigned cpu) {
        const char *name = arm_part_name(implementer, part);
        char numbers[48];

        snprintf(numbers, sizeof(numbers), "%s-%s", implementer, part);
        return add_cpu(list, name ? name : numbers, cpu);
}

/* Each entry has the lines "CPU implementer" and, after it, "CPU part". */
static int read_parts(const Root *root, const CpuSet *online, CoreTypeList *list) {
        _cleanup_(cpuinfo_done) Cpuinfo cpuinfo = {};
        char implementer[16] = "";
        uint64_t cpu = CPU_SET_MAX;
        int r;

        r = cpuinfo_open(root, &cpuinfo);
        if (r < 0)
                return r;

        while (cpuinfo_next(&cpuinfo)) {
                (void) cpuinfo_number(&cpuinfo, "processor", &cpu);
                if (streq(cpuinfo.key, "CPU implementer"))
                        snprintf(implementer, sizeof(implementer), "%s", cpuinfo.value);
                if (!streq(cpuinfo.key, "CPU part") || cpu >= CPU_SET_MAX ||
                    !cpu_set_has(online, (unsigned) cpu))
                        continue;

                r = add_part(list, implementer, cpuinfo.value, (unsigned) cpu);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int read_capacities(const Root *root, const CpuSet *online, CoreTypeList *list) {
        int r;

        FOREACH_CPU(cpu, online) {
                char name[48];
                int64_t capacity;

                r = read_number_at(root, &capacity, "sys/devices/system/cpu/cpu%u/cpu_capacity", cpu);
                if (r < 0)
                        return r;

                snprintf(name, sizeof(name), "capacity-%lld", (long long) capacity);
                r = add_cpu(list, name, cpu);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int read_types(const Root *root, const CpuFacts *cpu, const CpuSet *online, CoreTypeList *list) {
        switch (cpu->architecture) {
        case ARCHITECTURE_X86:
                return read_event_sources(root, online, list);
        case ARCHITECTURE_ARM:
        case ARCHITECTURE_ARM64:
                return read_parts(root, online, list);
        default:
                return read_capacities(root, online, list);
        }
}

static void count_cores(CoreTypeList *list, const CpuSet *cores) {
        FOREACH_ARRAY(type, list->types, list->n)
                FOREACH_CPU(cpu, &type->cpus)
                        type->cores += cpu_set_has(cores, cpu);
}

int core_types_read(const Root *root, const CpuFacts *cpu, const CpuSet *online, const CpuSet *cores,
                    CoreType **ret, size_t *ret_n) {
        _cleanup_(core_type_list_done) CoreTypeList list = {};
        int r;

        r = read_types(root, cpu, online, &list);
        if (r == -ENOMEM)
                return r;

        /* One kind is no difference, and a kind that is known of some CPUs alone is none. */
        if (r < 0 || list.n < 2) {
                *ret = NULL;
                *ret_n = 0;
                return 0;
        }

        count_cores(&list, cores);
        *ret = TAKE_PTR(list.types);
        *ret_n = list.n;
        list.n = 0;
        return 0;
}

bool core_types_equal(const CoreType *a, size_t n_a, const CoreType *b, size_t n_b) {
        if (n_a != n_b)
                return false;

        for (size_t i = 0; i < n_a; i++)
                if (!streq(a[i].name, b[i].name) || !cpu_set_equal(&a[i].cpus, &b[i].cpus) ||
                    a[i].cores != b[i].cores)
                        return false;

        return true;
}

void core_types_free(CoreType *types, size_t n) {
        FOREACH_ARRAY(type, types, n) {
                free(type->name);
                cpu_set_done(&type->cpus);
        }
        free(types);
}
