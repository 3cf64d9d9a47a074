/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel itself: release, command line and build configuration. */
#pragma once

#include "../basic/string-table.h"
#include "root.h"
#include "tristate.h"

typedef enum KernelOption {
        KERNEL_OPTION_AMD_IOMMU,
        KERNEL_OPTION_CGROUP_BPF,
        KERNEL_OPTION_INTEL_IOMMU,
        KERNEL_OPTION_INTEL_IOMMU_DEFAULT_ON,
        KERNEL_OPTION_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF, /* Debian's */
        KERNEL_OPTION_IPC_NS,
        KERNEL_OPTION_KVM,
        KERNEL_OPTION_MODULES,
        KERNEL_OPTION_NET_NS,
        KERNEL_OPTION_PID_NS,
        KERNEL_OPTION_S390_IOMMU,
        KERNEL_OPTION_SPAPR_TCE_IOMMU,
        KERNEL_OPTION_USER_NS,
        KERNEL_OPTION_UTS_NS,
        KERNEL_OPTION_VFIO_PCI,
        KERNEL_OPTION_VIRTIO_IOMMU,
        _KERNEL_OPTION_MAX,
} KernelOption;

typedef struct KernelFacts {
        char *release;                        /* uname -r, NULL if unknown */
        unsigned version[3];                  /* its leading numbers, as in 6.1.12; 0.0.0 if unknown */
        char *command_line;                   /* NULL if unknown */
        Tristate options[_KERNEL_OPTION_MAX]; /* built in or as a module; unknown without a configuration */
} KernelFacts;

/* Reads the facts under ROOT: proc/sys/kernel/osrelease, proc/cmdline, and the configuration that
 * the kernel shows (proc/config.gz) or, where it does not, distributions put beside it (boot/config-RELEASE,
 * or config in the module tree); proc/version or ROOT_SOS_UNAME where there is no
 * osrelease. Returns -ENOMEM, or 0: what cannot be read is left unknown. */
int kernel_facts_read(const Root *root, KernelFacts *facts);
void kernel_facts_done(KernelFacts *kernel);

/* Tells whether the release is at least VERSION.PATCHLEVEL.SUBLEVEL. */
Tristate kernel_at_least(const KernelFacts *kernel, unsigned version, unsigned patchlevel,
                         unsigned sublevel);

/* Tells whether the kernel has what came with VERSION.PATCHLEVEL.SUBLEVEL. Unknown of an older release of a
 * distributor who takes much of newer kernels back into old ones. */
Tristate kernel_has(const KernelFacts *kernel, unsigned version, unsigned patchlevel, unsigned sublevel);

/* Tells whether KEY is a word of a kernel command line, without a value. */
bool command_line_has_word(const char *command_line, const char *key);

/* Tells whether a kernel command line holds KEY=LIST with ITEM in the comma-separated LIST. Dashes and
 * underscores are the same in KEY (kernel/params.c: parameq()), and differ in ITEM. */
bool command_line_lists(const char *command_line, const char *key, const char *item);

/* Tells which of ON and OFF comes last in the lists that KEY is given: that one holds. Unknown when there is
 * neither. */
Tristate command_line_switch(const char *command_line, const char *key, const char *on, const char *off);

/* Tells what a kernel command line makes of KEY, a parameter that is on or off: what its last word about it
 * says (lib/kstrtox.c: kstrtobool()), and yields that word, of fewer than SIZE bytes. Unknown, without a
 * word, when there is none. */
Tristate command_line_bool(const char *command_line, const char *key, size_t size, char *ret_word);

/* Compares the first N characters of two module or parameter names; dashes and underscores are the same. */
bool kernel_name_equal(const char *a, const char *b, size_t n);

/* The name of an option, without "CONFIG_". */
DECLARE_STRING_TABLE(kernel_option, KernelOption);
