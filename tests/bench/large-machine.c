/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes /proc and /sys as Linux on x86 shows them: drivers/base/topology.c, drivers/base/cpu.c,
 * drivers/base/node.c, arch/x86/kernel/cpu/proc.c, fs/proc/meminfo.c. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../daemon/basic/macro.h"
#include "large-machine.h"
#include "tree-writer.h"

#define THREADS_PER_CORE 2U
#define CORES_PER_PACKAGE_MAX 64U
#define NODE_KIB (64UL * 1024 * 1024)

#define CPU_DIRECTORY "sys/devices/system/cpu"
#define NODE_DIRECTORY "sys/devices/system/node"

/* Longer than any list here. */
#define LIST_MAX 64U

/* What is being written, and where. */
typedef struct Writer {
        int directory;
        unsigned n_cpus, n_cores, cores_per_package, n_packages;
} Writer;

/* The CPUs FIRST to LAST, and the second threads of the same cores, whose numbers are N_CORES higher. */
typedef struct Members {
        unsigned first, last;
} Members;

static void format_list(const Writer *writer, const Members *members, char text[static LIST_MAX]) {
        unsigned n_cores = writer->n_cores;

        if (members->first == members->last)
                snprintf(text, LIST_MAX, "%u,%u", members->first, members->first + n_cores);
        else if (n_cores == writer->cores_per_package)
                snprintf(text, LIST_MAX, "0-%u", writer->n_cpus - 1);
        else
                snprintf(text, LIST_MAX, "%u-%u,%u-%u", members->first, members->last,
                         members->first + n_cores, members->last + n_cores);
}

/* What a file of an earlier CPU says as well becomes a link to that, for which disks have room sooner. */
static _printf_(5, 6) int write_cpu_file(const Writer *writer, unsigned cpu, unsigned earlier,
                                         const char *name, const char *format, ...) {
        char path[PATH_MAX], target[PATH_MAX], content[LIST_MAX + 1];
        va_list arguments;

        snprintf(path, sizeof(path), CPU_DIRECTORY "/cpu%u/%s", cpu, name);
        if (earlier < cpu) {
                snprintf(target, sizeof(target), CPU_DIRECTORY "/cpu%u/%s", earlier, name);
                return tree_link(writer->directory, path, target);
        }

        va_start(arguments, format);
        vsnprintf(content, sizeof(content), format, arguments);
        va_end(arguments);
        return tree_write_file(writer->directory, path, "%s\n", content);
}

static Members package_members(const Writer *writer, unsigned package) {
        unsigned first = package * writer->cores_per_package;

        return (Members){ first, first + writer->cores_per_package - 1 };
}

/* Of a list and a mask of the same CPUs the list, and no older names: nobody would read the others. */
static int write_topology(const Writer *writer, unsigned cpu) {
        unsigned core = cpu % writer->n_cores, package = core / writer->cores_per_package;
        const Members in_package = package_members(writer, package), in_core = { core, core };
        const struct {
                const char *id_name, *list_name;
                unsigned id;
                const Members *members;
        } levels[] = {
                { "topology/physical_package_id", "topology/package_cpus_list", package, &in_package },
                { "topology/die_id", "topology/die_cpus_list", 0, &in_package },
                { "topology/cluster_id", "topology/cluster_cpus_list", core, &in_core },
                { "topology/core_id", "topology/core_cpus_list", core % writer->cores_per_package,
                  &in_core },
        };
        char list[LIST_MAX];
        int r;

        FOREACH_ELEMENT(level, levels) {
                format_list(writer, level->members, list);
                r = write_cpu_file(writer, cpu, level->members->first, level->id_name, "%u", level->id);
                if (r < 0)
                        return r;
                r = write_cpu_file(writer, cpu, level->members->first, level->list_name, "%s", list);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int write_cpus(const Writer *writer) {
        static const char *const sets[] = { "present", "possible", "online" };
        char path[PATH_MAX];
        int r;

        FOREACH_ELEMENT(set, sets) {
                snprintf(path, sizeof(path), CPU_DIRECTORY "/%s", *set);
                r = tree_write_file(writer->directory, path, "0-%u\n", writer->n_cpus - 1);
                if (r < 0)
                        return r;
        }

        for (unsigned cpu = 0; cpu < writer->n_cpus; cpu++) {
                r = write_topology(writer, cpu);
                if (r < 0)
                        return r;
                r = write_cpu_file(writer, cpu, 0, "cpufreq/cpuinfo_max_freq", "%u", 3500000U);
                if (r < 0)
                        return r;
                /* The first CPU cannot be taken offline. */
                r = cpu > 0 ? write_cpu_file(writer, cpu, 1, "online", "1") : 0;
                if (r < 0)
                        return r;
        }

        return 0;
}

/* Next to the list, a node has a link to each of its CPUs. */
static int write_node_cpus(const Writer *writer, unsigned node) {
        const Members members = package_members(writer, node);
        char list[LIST_MAX], path[PATH_MAX], target[64];
        int r;

        format_list(writer, &members, list);
        snprintf(path, sizeof(path), NODE_DIRECTORY "/node%u/cpulist", node);
        r = tree_write_file(writer->directory, path, "%s\n", list);
        if (r < 0)
                return r;

        for (unsigned cpu = 0; cpu < writer->n_cpus; cpu++) {
                if (cpu % writer->n_cores < members.first || cpu % writer->n_cores > members.last)
                        continue;
                snprintf(path, sizeof(path), NODE_DIRECTORY "/node%u/cpu%u", node, cpu);
                snprintf(target, sizeof(target), "../../cpu/cpu%u", cpu);
                if (symlinkat(target, writer->directory, path) < 0)
                        return -errno;
        }

        return 0;
}

static int write_distances(const Writer *writer, unsigned node) {
        char path[PATH_MAX];
        FILE *file;
        int r;

        snprintf(path, sizeof(path), NODE_DIRECTORY "/node%u/distance", node);
        r = tree_open_file(writer->directory, path, &file);
        if (r < 0)
                return r;

        for (unsigned other = 0; other < writer->n_packages; other++)
                fprintf(file, "%s%u", other > 0 ? " " : "", other == node ? 10U : 32U);
        fputc('\n', file);
        return tree_close_file(file);
}

static int write_nodes(const Writer *writer) {
        char path[PATH_MAX];
        int r;

        for (unsigned node = 0; node < writer->n_packages; node++) {
                r = write_node_cpus(writer, node);
                if (r < 0)
                        return r;
                r = write_distances(writer, node);
                if (r < 0)
                        return r;

                snprintf(path, sizeof(path), NODE_DIRECTORY "/node%u/meminfo", node);
                r = tree_write_file(writer->directory, path,
                                    "Node %u MemTotal:       %lu kB\nNode %u MemFree:        %lu kB\n", node,
                                    NODE_KIB, node, NODE_KIB / 2);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* The flags of a server that is a few years old, so that each entry is about as long as it is there. */
#define FLAGS                                                                                               \
        "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse "     \
        "sse2 "                                                                                             \
        "ht syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm constant_tsc rep_good nopl nonstop_tsc cpuid "     \
        "extd_apicid aperfmperf rapl pni pclmulqdq monitor ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe " \
        "popcnt aes xsave avx f16c rdrand lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse " \
        "3dnowprefetch osvw ibs skinit wdt tce topoext perfctr_core perfctr_nb bpext perfctr_llc mwaitx "   \
        "cpb cat_l3 cdp_l3 invpcid_single hw_pstate ssbd mba ibrs ibpb stibp vmmcall fsgsbase bmi1 avx2 "   \
        "smep bmi2 erms invpcid cqm rdt_a rdseed adx smap clflushopt clwb sha_ni xsaveopt xsavec xgetbv1"

static int write_cpuinfo(const Writer *writer) {
        FILE *file;
        int r;

        r = tree_open_file(writer->directory, "proc/cpuinfo", &file);
        if (r < 0)
                return r;

        for (unsigned cpu = 0; cpu < writer->n_cpus; cpu++) {
                unsigned core = cpu % writer->n_cores;

                fprintf(file,
                        "processor\t: %u\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\n"
                        "model name\t: AMD EPYC 7763 64-Core Processor\nstepping\t: 1\ncpu MHz\t\t: "
                        "2450.000\n"
                        "physical id\t: %u\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n"
                        "flags\t\t: " FLAGS "\nbugs\t\t: sysret_ss_attrs spectre_v1 spectre_v2\n"
                        "address sizes\t: 48 bits physical, 48 bits virtual\n\n",
                        cpu, core / writer->cores_per_package, writer->cores_per_package * THREADS_PER_CORE,
                        core % writer->cores_per_package, writer->cores_per_package);
        }

        return tree_close_file(file);
}

/* A few files of what else a pass reads, so that it goes the ways that it goes on a machine. */
static int write_others(const Writer *writer) {
        static const struct {
                const char *path, *content;
        } files[] = {
                { "proc/sys/kernel/osrelease", "6.12.48\n" },
                { "proc/sys/kernel/arch", "x86_64\n" },
                { "proc/cmdline", "root=/dev/sda1 ro quiet\n" },
                { "proc/misc", "238 vhost-net\n200 tun\n229 fuse\n232 kvm\n" },
                { "proc/modules", "kvm_amd 200704 0 - Live 0x0000000000000000\n"
                                  "kvm 1404928 1 kvm_amd, Live 0x0000000000000000\n"
                                  "tun 69632 0 - Live 0x0000000000000000\n"
                                  "vhost_net 36864 0 - Live 0x0000000000000000\n" },
                { "proc/self/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec 0 0\n" },
                { "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n" },
        };
        int r;

        FOREACH_ELEMENT(file, files) {
                r = tree_write_file(writer->directory, file->path, "%s", file->content);
                if (r < 0)
                        return r;
        }

        return tree_write_file(writer->directory, "proc/meminfo", "MemTotal: %lu kB\nMemAvailable: %lu kB\n",
                               NODE_KIB * writer->n_packages, NODE_KIB * writer->n_packages / 2);
}

static int write_machine(const Writer *writer) {
        int r;

        r = write_cpus(writer);
        if (r < 0)
                return r;

        r = write_nodes(writer);
        if (r < 0)
                return r;

        r = write_cpuinfo(writer);
        if (r < 0)
                return r;

        return write_others(writer);
}

int large_machine_new(unsigned n_cpus, LargeMachine *ret) {
        _cleanup_(large_machine_done) LargeMachine machine = { .n_cpus = n_cpus };
        _cleanup_close_ int directory = -EBADF;
        Writer writer = { .n_cpus = n_cpus, .n_cores = n_cpus / THREADS_PER_CORE };
        int r;

        writer.cores_per_package =
                writer.n_cores < CORES_PER_PACKAGE_MAX ? writer.n_cores : CORES_PER_PACKAGE_MAX;
        if (n_cpus < LARGE_MACHINE_CPUS_MIN || n_cpus % (writer.cores_per_package * THREADS_PER_CORE) != 0)
                return -EINVAL;
        writer.n_packages = writer.n_cores / writer.cores_per_package;

        /* In memory, where the kernel's own files are, too. */
        if (asprintf(&machine.path, "%s/virtready-bench-XXXXXX",
                     access("/dev/shm", W_OK) >= 0 ? "/dev/shm" : "/tmp") < 0) {
                machine.path = NULL;
                return -ENOMEM;
        }
        if (!mkdtemp(machine.path)) {
                r = -errno;
                free(machine.path);
                machine.path = NULL;
                return r;
        }

        directory = open(machine.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0)
                return -errno;
        writer.directory = directory;

        r = write_machine(&writer);
        if (r < 0)
                return r;

        *ret = machine;
        machine = (LargeMachine){};
        return 0;
}

void large_machine_done(LargeMachine *machine) {
        if (machine->path)
                tree_remove(machine->path);
        free(machine->path);
        *machine = (LargeMachine){};
}
