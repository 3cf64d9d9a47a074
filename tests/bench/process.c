/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads smaps_rollup, maps and status of a process, and its CPU clock. */

#include <ctype.h>
#include <time.h>

#include "../../daemon/basic/cleanup.h"
#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/macro.h"
#include "process.h"

#define LIBRARIES_MAX 256U

static int open_proc(pid_t pid, const char *file, FILE **ret) {
        _cleanup_free_ char *path = NULL;
        FILE *f;

        if (asprintf(&path, "/proc/%i/%s", (int) pid, file) < 0)
                return -ENOMEM;

        f = fopen(path, "re");
        if (!f)
                return -errno;

        *ret = f;
        return 0;
}

/* Adds up the numbers of the lines "KEY<whitespace>NUMBER…" for the given keys. */
static int sum_fields(pid_t pid, const char *file, const char *const *keys, size_t n_keys, double *ret) {
        _cleanup_(fclosep) FILE *f = NULL;
        _cleanup_free_ char *line = NULL;
        size_t allocated = 0, n_found = 0;
        double sum = 0;
        int r;

        r = open_proc(pid, file, &f);
        if (r < 0)
                return r;

        while (getline(&line, &allocated, f) >= 0)
                FOREACH_ARRAY(key, keys, n_keys) {
                        const char *value = startswith(line, *key);

                        if (value) {
                                sum += strtod(value, NULL);
                                n_found++;
                        }
                }

        if (n_found != n_keys)
                return -ENODATA;

        *ret = sum;
        return 0;
}

int process_memory(pid_t pid, ProcessMemory *ret) {
        static const char *const pss[] = { "Pss:" }, *const anonymous[] = { "Anonymous:" };
        ProcessMemory memory;
        int r;

        r = sum_fields(pid, "smaps_rollup", pss, ELEMENTSOF(pss), &memory.pss_kib);
        if (r < 0)
                return r;

        r = sum_fields(pid, "smaps_rollup", anonymous, ELEMENTSOF(anonymous), &memory.anonymous_kib);
        if (r < 0)
                return r;

        *ret = memory;
        return 0;
}

int process_reset_peak(pid_t pid) {
        char path[sizeof("/proc//clear_refs") + 3 * sizeof(pid)];
        FILE *f;
        int r;

        snprintf(path, sizeof(path), "/proc/%i/clear_refs", (int) pid);
        f = fopen(path, "we");
        if (!f)
                return -errno;

        r = fputs("5", f) < 0 ? -errno : 0;
        return fclose(f) < 0 && r >= 0 ? -errno : r;
}

int process_peak_memory(pid_t pid, double *ret_kib) {
        static const char *const keys[] = { "VmHWM:" };

        return sum_fields(pid, "status", keys, ELEMENTSOF(keys), ret_kib);
}

int process_context_switches(pid_t pid, double *ret) {
        static const char *const keys[] = { "voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:" };

        return sum_fields(pid, "status", keys, ELEMENTSOF(keys), ret);
}

/* The path in a line of /proc/PID/maps, or NULL: fields are separated by blanks, and no earlier one begins
 * with a slash. */
static char *path_in_line(char *line) {
        char *path = strstr(line, " /");

        if (!path)
                return NULL;

        path[strcspn(path, "\n")] = '\0';
        return path + 1;
}

typedef struct PathSet {
        char *paths[LIBRARIES_MAX];
        size_t n;
} PathSet;

static void path_set_done(PathSet *set) {
        for (size_t i = 0; i < set->n; i++)
                free(set->paths[i]);
}

static int path_set_add(PathSet *set, const char *path) {
        for (size_t i = 0; i < set->n; i++)
                if (streq(set->paths[i], path))
                        return 0;

        if (set->n == LIBRARIES_MAX)
                return -E2BIG;

        set->paths[set->n] = strdup(path);
        if (!set->paths[set->n])
                return -ENOMEM;

        set->n++;
        return 0;
}

int process_libraries(pid_t pid, double *ret) {
        _cleanup_(path_set_done) PathSet set = {};
        _cleanup_(fclosep) FILE *f = NULL;
        _cleanup_free_ char *line = NULL;
        size_t allocated = 0;
        int r;

        r = open_proc(pid, "maps", &f);
        if (r < 0)
                return r;

        while (getline(&line, &allocated, f) >= 0) {
                const char *path = path_in_line(line);

                if (!path || !strstr(path, ".so"))
                        continue;

                r = path_set_add(&set, path);
                if (r < 0)
                        return r;
        }

        *ret = (double) set.n;
        return 0;
}

int process_cpu_usec(pid_t pid, double *ret) {
        struct timespec t;
        clockid_t clock;
        int r;

        r = clock_getcpuclockid(pid, &clock);
        if (r > 0)
                return -r;
        if (clock_gettime(clock, &t) < 0)
                return -errno;

        *ret = (double) t.tv_sec * (double) USEC_PER_SEC + (double) t.tv_nsec / (double) NSEC_PER_USEC;
        return 0;
}

static bool maps_file(pid_t pid, const char *fragment) {
        _cleanup_(fclosep) FILE *f = NULL;
        _cleanup_free_ char *line = NULL;
        size_t allocated = 0;

        if (open_proc(pid, "maps", &f) < 0)
                return false;

        while (getline(&line, &allocated, f) >= 0)
                if (strstr(line, fragment))
                        return true;

        return false;
}

unsigned process_count_mapping(const char *fragment) {
        _cleanup_(closedirp) DIR *proc = opendir("/proc");
        const struct dirent *entry;
        unsigned n = 0;

        while (proc && (entry = readdir(proc)))
                if (isdigit((unsigned char) entry->d_name[0]) &&
                    maps_file((pid_t) strtol(entry->d_name, NULL, 10), fragment))
                        n++;

        return n;
}
