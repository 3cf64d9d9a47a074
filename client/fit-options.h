/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of "fit": a guest, and what it is counted with. */
#pragma once

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

typedef enum FitOption {
        _FIT_OPTION_FIRST = 0x200,
        FIT_VCPUS = _FIT_OPTION_FIRST,
        FIT_MEMORY,
        FIT_DISK,
        FIT_COUNT,
        FIT_PRESET,
        FIT_CPU_RATIO,
        FIT_MEMORY_RATIO,
        FIT_DISK_RATIO,
        FIT_RESERVE_CPUS,
        FIT_RESERVE_MEMORY,
        FIT_HUGE_PAGES,
        FIT_STORAGE,
        _FIT_OPTION_MAX,
} FitOption;

/* For the table of getopt_long(3). */
#define FIT_OPTIONS                                                                                         \
        { "vcpus", required_argument, NULL, FIT_VCPUS }, { "memory", required_argument, NULL, FIT_MEMORY }, \
                { "disk", required_argument, NULL, FIT_DISK },                                              \
                { "count", required_argument, NULL, FIT_COUNT },                                            \
                { "preset", required_argument, NULL, FIT_PRESET },                                          \
                { "cpu-ratio", required_argument, NULL, FIT_CPU_RATIO },                                    \
                { "memory-ratio", required_argument, NULL, FIT_MEMORY_RATIO },                              \
                { "disk-ratio", required_argument, NULL, FIT_DISK_RATIO },                                  \
                { "reserve-cpus", required_argument, NULL, FIT_RESERVE_CPUS },                              \
                { "reserve-memory", required_argument, NULL, FIT_RESERVE_MEMORY },                          \
                { "huge-pages", required_argument, NULL, FIT_HUGE_PAGES }, {                                \
                "storage", required_argument, NULL, FIT_STORAGE                                             \
        }

#define FIT_OPTIONS_HELP                                                                                   \
        "     --vcpus=N --memory=SIZE --disk=SIZE\n"                                                       \
        "                       A guest that is to fit, such as 4, 8G and 40G; the disk may be left out\n" \
        "                       A SIZE is in bytes, or has a unit: K, M, G or T\n"                         \
        "     --count=N         How many of them are to fit (default: 1)\n"                                \
        "     --preset=NAME     Overcommit as \"none\" does (the default), or \"nova\" or \"kubevirt\"\n"  \
        "     --cpu-ratio=N --memory-ratio=N --disk-ratio=N\n"                                             \
        "                       Promise that much of each CPU, of memory and of disk space\n"              \
        "     --reserve-cpus=N --reserve-memory=SIZE\n"                                                    \
        "                       Keep that from guests\n"                                                   \
        "     --huge-pages=SIZE Put their memory into huge pages of that size, such as 2M or 1G\n"         \
        "     --storage=PATH    Put their disks there (default: /var/lib/libvirt/images)\n"

typedef union FitValue {
        uint32_t u;
        uint64_t t;
        double d;
        const char *s;
} FitValue;

#define FIT_INDEX(option) ((unsigned) (option) -_FIT_OPTION_FIRST)
#define FIT_N_OPTIONS FIT_INDEX(_FIT_OPTION_MAX)

typedef struct FitOptions {
        const char *first; /* the first that was given, or NULL */
        bool given[FIT_N_OPTIONS];
        FitValue values[FIT_N_OPTIONS];
} FitOptions;

/* Whether a number of getopt_long() is one of these options. */
bool fit_options_have(int option);

/* Takes one option with its value. Returns 1, or -EINVAL after a complaint. */
int fit_options_take(int option, const char *value, FitOptions *options);

/* Whether all is there that the verb needs, and nothing that says nothing; complains otherwise. */
bool fit_options_check(const FitOptions *options, const char *verb);

/* Appends them as the entries of a dictionary, a{sv}, as EstimateCapacity takes them. */
int fit_options_append(sd_bus_message *message, const FitOptions *options);
