/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of profiles. */

#include "profile.h"
#include "check.h"

static const char *const profile_state_table[_PROFILE_STATE_MAX] = {
        [PROFILE_UNKNOWN] = "unknown",
        [PROFILE_READY] = "ready",
        [PROFILE_DEGRADED] = "degraded",
        [PROFILE_NOT_READY] = "not-ready",
        [PROFILE_NOT_APPLICABLE] = "not-applicable",
};
DEFINE_STRING_TABLE(profile_state, ProfileState);

static const Profile profiles[] = {
        [PROFILE_DEFAULT] = {
                .id = "qemu",
                .title = "Virtual machines with QEMU and KVM",
                .required = CHECK_LIST("kvm.usable", "net.tun"),
                .recommended = CHECK_LIST("net.vhost_net", "cgroup.cpu", "cgroup.cpuacct", "cgroup.cpuset",
                                   "cgroup.memory", "cgroup.devices", "cgroup.blkio"),
        },
        {
                .id = "lxc",
                .title = "Containers with libvirt's LXC driver",
                .required = CHECK_LIST("kernel.version", "namespace.ipc", "namespace.mnt", "namespace.pid",
                                "namespace.uts", "cgroup.cpu", "cgroup.cpuacct", "cgroup.cpuset",
                                "cgroup.memory", "cgroup.devices", "cgroup.freezer", "cgroup.blkio",
                                "fuse.mount"),
                .recommended = CHECK_LIST("namespace.net", "namespace.user"),
        },
        {
                .id = "libvirt",
                .title = "Virtual machines managed by libvirt",
                .required = CHECK_LIST("software.qemu", "service.libvirt"),
                .recommended = CHECK_LIST("software.virt_install", "service.libvirt_enabled"),
        },
        {
                .id = "microvm",
                .title = "Small virtual machines for single tasks",
                .required = CHECK_LIST("kvm.usable", "net.tun", "vsock.vhost_vsock"),
                .recommended = CHECK_LIST(NULL),
        },
        {
                .id = "passthrough",
                .title = "Virtual machines with PCI devices of the host",
                .required = CHECK_LIST("kvm.usable", "iommu.enabled", "vfio.pci"),
                .recommended = CHECK_LIST(NULL),
        },
        {
                .id = "nested",
                .title = "Virtual machines inside virtual machines",
                .required = CHECK_LIST("kvm.usable", "kvm.nested"),
                .recommended = CHECK_LIST(NULL),
        },
        {
                .id = "confidential",
                .title = "Confidential virtual machines",
                .required = CHECK_LIST("kvm.usable", "confidential.guests"),
                .recommended = CHECK_LIST(NULL),
        },
};

size_t profiles_size(void) {
        return ELEMENTSOF(profiles);
}

const Profile *profiles_get(size_t index) {
        return index < ELEMENTSOF(profiles) ? &profiles[index] : NULL;
}
