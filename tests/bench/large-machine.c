/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes /proc and /sys as Linux on x86 shows them: arch/x86/kernel/cpu/proc.c, fs/proc/meminfo.c. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../cpu-tree.h"
#include "large-machine.h"

#define THREADS_PER_CORE 2U
#define CORES_PER_PACKAGE_MAX 64U
#define NODE_KIB (64UL * 1024 * 1024)
#define MAX_KHZ 3500000UL
#define CPUS_PER_DEVICE 4U

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

static void write_cpuinfo(TreeWriter *writer, const CpuLayout *layout) {
        unsigned per_package = layout->clusters, n_cores = layout->packages * per_package;
        FILE *file;

        file = writer_open(writer, "proc/cpuinfo");
        if (!file)
                return;

        for (unsigned cpu = 0; cpu < n_cores * THREADS_PER_CORE; cpu++) {
                unsigned core = cpu % n_cores;

                fprintf(file,
                        "processor\t: %u\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\n"
                        "model name\t: AMD EPYC 7763 64-Core Processor\nstepping\t: 1\ncpu MHz\t\t: "
                        "2450.000\n"
                        "physical id\t: %u\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n"
                        "flags\t\t: " FLAGS "\nbugs\t\t: sysret_ss_attrs spectre_v1 spectre_v2\n"
                        "address sizes\t: 48 bits physical, 48 bits virtual\n\n",
                        cpu, core / per_package, per_package * THREADS_PER_CORE, core % per_package,
                        per_package);
        }

        writer_close(writer, file);
}

/* A few files of what else a pass reads, so that it goes the ways that it goes on a machine. */
static void write_others(TreeWriter *writer, const CpuLayout *layout) {
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
                { "sys/module/kvm/initstate", "live\n" },
                { "sys/module/kvm_amd/initstate", "live\n" },
                { "sys/module/tun/initstate", "live\n" },
                { "sys/module/vhost_net/initstate", "live\n" },
                { "proc/self/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec 0 0\n" },
                { "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n" },
        };
        unsigned long kib = layout->memory_kib * layout->packages;

        FOREACH_ELEMENT(file, files)
                writer_file(writer, file->path, "%s", file->content);
        writer_file(writer, "proc/meminfo", "MemTotal: %lu kB\nMemAvailable: %lu kB\n", kib, kib / 2);
}

static void write_device(TreeWriter *writer, unsigned i) {
        char address[sizeof("0000:00:00.0")], directory[64], path[128], target[128];

        (void) snprintf(address, sizeof(address), "0000:%02x:%02x.%u", 1 + (i >> 8 & 0x7fU), i >> 3 & 0x1fU,
                        i & 7U);
        (void) snprintf(directory, sizeof(directory), "sys/devices/pci0000:00/%s", address);

        (void) snprintf(path, sizeof(path), "%s/modalias", directory);
        writer_file(writer, path, "pci:v00008086d00001533sv00008086sd00000001bc02sc00i00\n");
        (void) snprintf(path, sizeof(path), "%s/driver", directory);
        writer_symlink(writer, path, "../../../bus/pci/drivers/igb");
        (void) snprintf(path, sizeof(path), "%s/iommu_group", directory);
        (void) snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%u", i);
        writer_symlink(writer, path, target);

        (void) snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", address);
        (void) snprintf(target, sizeof(target), "../../../devices/pci0000:00/%s", address);
        writer_symlink(writer, path, target);
        (void) snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%u/devices/%s", i, address);
        (void) snprintf(target, sizeof(target), "../../../../devices/pci0000:00/%s", address);
        writer_symlink(writer, path, target);

        (void) snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%u/type", i);
        writer_file(writer, path, "DMA-FQ\n");
        (void) snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%u/reserved_regions", i);
        writer_file(writer, path, "0x00000000fee00000 0x00000000feefffff msi\n");
}

/* In memory where that is possible, as the kernel's own files are. Returns NULL if memory is short. */
static char *make_template(void) {
        const char *parent = getenv("TMPDIR");
        char *path;

        if (!parent)
                parent = access("/dev/shm", W_OK) >= 0 ? "/dev/shm" : "/tmp";

        return asprintf(&path, "%s/virtready-bench-XXXXXX", parent) < 0 ? NULL : path;
}

int large_machine_new(unsigned n_cpus, LargeMachine *ret) {
        _cleanup_(large_machine_done) LargeMachine machine = { .n_cpus = n_cpus };
        unsigned n_cores = n_cpus / THREADS_PER_CORE;
        unsigned per_package = n_cores < CORES_PER_PACKAGE_MAX ? n_cores : CORES_PER_PACKAGE_MAX;
        _cleanup_close_ int directory = -EBADF;
        TreeWriter writer = {};
        CpuLayout layout;

        if (n_cpus < LARGE_MACHINE_CPUS_MIN || n_cpus % (per_package * THREADS_PER_CORE) != 0)
                return -EINVAL;

        machine.path = make_template();
        if (!machine.path)
                return -ENOMEM;
        if (!mkdtemp(machine.path))
                return -errno;

        directory = open(machine.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0)
                return -errno;

        layout = (CpuLayout){
                .packages = n_cores / per_package,
                .dies = 1,
                .clusters = per_package,
                .cores = 1,
                .threads = THREADS_PER_CORE,
                .nodes = 1,
                .split = true,
                .memory_kib = NODE_KIB,
                .max_khz = MAX_KHZ,
        };
        writer.directory = directory;
        cpu_tree_write(&writer, &layout);
        write_cpuinfo(&writer, &layout);
        write_others(&writer, &layout);
        machine.n_devices = n_cpus / CPUS_PER_DEVICE;
        for (unsigned i = 0; i < machine.n_devices; i++)
                write_device(&writer, i);
        if (writer.error < 0)
                return writer.error;

        *ret = machine;
        machine = (LargeMachine){};
        return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position) {
        (void) st, (void) type, (void) position;

        (void) remove(path);
        return 0;
}

void large_machine_done(LargeMachine *machine) {
        if (machine->path)
                (void) nftw(machine->path, remove_entry, /* descriptors= */ 16, FTW_DEPTH | FTW_PHYS);
        free(machine->path);
        *machine = (LargeMachine){};
}
