/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sorts events by what they say; most of them say nothing to us. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../basic/macro.h"
#include "uevent.h"

/* A module brings its device with it. */
#define SOURCES_OF_MODULES (SOURCE_MASK(SOURCE_MODULES) | SOURCE_MASK(SOURCE_DEVICES))

/* With a module of KVM, or of what can be in its way, the probe comes out differently; and so does what else
 * depends on KVM's capabilities and parameters. */
#define SOURCES_OF_KVM \
        (SOURCE_MASK(SOURCE_KVM) | SOURCE_MASK(SOURCE_NESTED) | SOURCE_MASK(SOURCE_CONFIDENTIAL))

static bool module_concerns_kvm(ModuleId id) {
        return startswith(module_to_string(id), "kvm") || id == MODULE_VBOXDRV || id == MODULE_VMMON;
}

/* The groups, and with them what devices are in which, and who drives them. */
#define SOURCES_OF_GROUPS (SOURCE_MASK(SOURCE_IOMMU) | SOURCE_MASK(SOURCE_PCI))

/* With a driver of an IOMMU come groups of devices, and with VFIO those of devices that have none. */
static bool module_concerns_iommu(ModuleId id) {
        return startswith(module_to_string(id), "vfio") || id == MODULE_IOMMUFD || id == MODULE_ARM_SMMU ||
               id == MODULE_ARM_SMMU_V3 || id == MODULE_VIRTIO_IOMMU;
}

SourceMask uevent_sources_of_module(ModuleId id) {
        return SOURCES_OF_MODULES | (module_concerns_kvm(id) ? SOURCES_OF_KVM : 0) |
               (module_concerns_iommu(id) ? SOURCES_OF_GROUPS : 0);
}

/* KVM itself is as it was: that needs no virtual machine to find out, see kvm_opens_as_before(). */
SourceMask uevent_sources_of_node(DeviceId id) {
        SourceMask sources = uevent_sources_of_module(device_module(id));

        if (sources & SOURCE_MASK(SOURCE_KVM))
                sources = (sources & ~SOURCE_MASK(SOURCE_KVM)) | SOURCE_MASK(SOURCE_KVM_ACCESS);

        return sources;
}

static uint64_t property_as_number(struct udev_device *device, const char *name) {
        const char *value = udev_device_get_property_value(device, name);

        return value ? strtoull(value, NULL, 10) : 0;
}

static Uevent classify_misc(struct udev_device *device, const char *action) {
        const char *name = udev_device_get_sysname(device);
        const char *event = udev_device_get_property_value(device, "EVENT");
        int id = device_from_misc_name(name);

        if (id < 0)
                return (Uevent){ .kind = UEVENT_IRRELEVANT };

        if (id == DEVICE_KVM && event && (streq(event, "create") || streq(event, "destroy")))
                return (Uevent){
                        .kind = UEVENT_VM,
                        .vm = { .created = streq(event, "create"),
                                .pid = (pid_t) property_as_number(device, "PID"),
                                .count = (uint32_t) property_as_number(device, "COUNT"),
                                .created_total = property_as_number(device, "CREATED") },
                };

        return (Uevent){
                .kind = id == DEVICE_KVM && streq(action, "remove") ? UEVENT_KVM_GONE : UEVENT_DIRTY,
                .dirty = uevent_sources_of_module(device_module((DeviceId) id)),
        };
}

/* On x86 and ppc64 the module of the CPU brings kvm along, and is loaded after it. */
static Uevent classify_module(const char *name, const char *action) {
        int id = module_from_name(name, strlen(name));

        if (id < 0)
                return (Uevent){ .kind = UEVENT_IRRELEVANT };

        return (Uevent){
                .kind = UEVENT_DIRTY,
                .dirty = uevent_sources_of_module((ModuleId) id),
                .more_follows = id == MODULE_KVM && streq(action, "add"),
        };
}

/* CPUs and memory come in two steps, and are of use after the second (drivers/base/core.c: device_online(),
 * device_offline()). The kernel recommends as many vCPUs as CPUs are online, which the probe reads
 * (arch/x86/kvm/x86.c: KVM_CAP_NR_VCPUS). */
static SourceMask sources_of_hotplug(const char *subsystem, const char *action) {
        static const char *const actions[] = { "add", "remove", "online", "offline" };
        bool is_cpu = streq(subsystem, "cpu");

        if (!is_cpu && !streq(subsystem, "memory") && !streq(subsystem, "node"))
                return 0;

        FOREACH_ELEMENT(known, actions)
                if (streq(*known, action))
                        return SOURCE_MASK(SOURCE_TOPOLOGY) | (is_cpu ? SOURCE_MASK(SOURCE_KVM) : 0);

        return 0;
}

/* An IOMMU's event comes before its groups are there, and a group has none of its own. But a PCI device has
 * been put into its group, or taken out, by the time of its event (drivers/base/core.c: device_add(),
 * device_del(); drivers/iommu/iommu.c: iommu_bus_notifier()). Other events of it are about its driver
 * ("bind", "unbind") or its virtual functions ("change"; drivers/pci/iov.c). VFIO has a device for each
 * group that it serves, also for those that it makes up (drivers/vfio/group.c). */
static SourceMask sources_of_device(const char *subsystem, const char *action) {
        if (streq(subsystem, "pci"))
                return streq(action, "add") || streq(action, "remove") ? SOURCES_OF_GROUPS
                                                                       : SOURCE_MASK(SOURCE_PCI);

        return streq(subsystem, "iommu") || streq(subsystem, "vfio") ? SOURCES_OF_GROUPS : 0;
}

Uevent uevent_classify(struct udev_device *device) {
        const char *subsystem = udev_device_get_subsystem(device);
        const char *action = udev_device_get_action(device);
        const char *name = udev_device_get_sysname(device);
        SourceMask dirty;

        if (!subsystem || !action || !name)
                return (Uevent){ .kind = UEVENT_IRRELEVANT };

        if (streq(subsystem, "misc"))
                return classify_misc(device, action);

        if (streq(subsystem, "module"))
                return classify_module(name, action);

        dirty = sources_of_hotplug(subsystem, action) | sources_of_device(subsystem, action);
        return (Uevent){ .kind = dirty != 0 ? UEVENT_DIRTY : UEVENT_IRRELEVANT, .dirty = dirty };
}
