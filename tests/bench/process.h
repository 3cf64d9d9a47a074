/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel tells about a running process (proc(5)). */
#pragma once

#include <sys/types.h>

typedef struct ProcessMemory {
        double pss_kib;       /* what it maps, each page divided by the number of processes that do */
        double anonymous_kib; /* pages that no file has: its own, whoever else runs */
} ProcessMemory;

int process_memory(pid_t pid, ProcessMemory *ret);

/* The most memory that it has ever had resident, in KiB. */
int process_peak_memory(pid_t pid, double *ret_kib);

/* Makes the peak what it is now (proc_pid_clear_refs(5)). Errors: those of fopen(3) and write(2). */
int process_reset_peak(pid_t pid);

/* The number of different files mapped that are shared libraries, the dynamic linker among them. */
int process_libraries(pid_t pid, double *ret);

/* How often it was switched away from, voluntarily or not. */
int process_context_switches(pid_t pid, double *ret);

/* CPU time used so far, user and system, in microseconds, to the nanosecond (clock_getcpuclockid(3)). */
int process_cpu_usec(pid_t pid, double *ret);

/* The number of processes visible to this one that map a file whose path has FRAGMENT in it. */
unsigned process_count_mapping(const char *fragment);
