/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an event means. The devices come from udev_device_new_from_environment(), as udev's rules get theirs;
 * that events arrive over netlink is for the bus tests to show. */

#include <glib.h>
#include <unistd.h>

#include "daemon/basic/cleanup.h"
#include "daemon/basic/macro.h"
#include "daemon/watch/uevent.h"

#define KVM "DEVPATH=/devices/virtual/misc/kvm"
#define MODULE_SOURCES                                                                         \
        (SOURCE_MASK(SOURCE_MODULES) | SOURCE_MASK(SOURCE_DEVICES) | SOURCE_MASK(SOURCE_KVM) | \
         SOURCE_MASK(SOURCE_NESTED) | SOURCE_MASK(SOURCE_CONFIDENTIAL))

/* Those do not decide whether KVM works. */
#define DEVICE_SOURCES (SOURCE_MASK(SOURCE_MODULES) | SOURCE_MASK(SOURCE_DEVICES))

/* Groups, and the devices in them. */
#define GROUP_SOURCES (SOURCE_MASK(SOURCE_IOMMU) | SOURCE_MASK(SOURCE_PCI))

/* VFIO's, and those of an IOMMU's driver. */
#define IOMMU_SOURCES (DEVICE_SOURCES | GROUP_SOURCES)

#define EVENT_VARIABLES_MAX 8U

typedef struct Case {
        const char *name;
        const char *variables[EVENT_VARIABLES_MAX];
        UeventKind kind;
        SourceMask dirty;
        bool more_follows;
        VmEvent vm;
} Case;

static const Case cases[] = {
        {
                .name = "kvm-added",
                .variables = { "ACTION=add", "SUBSYSTEM=misc", KVM },
                .kind = UEVENT_DIRTY,
                .dirty = MODULE_SOURCES,
        },
        {
                .name = "kvm-removed",
                .variables = { "ACTION=remove", "SUBSYSTEM=misc", KVM },
                .kind = UEVENT_KVM_GONE,
                .dirty = MODULE_SOURCES,
        },
        {
                .name = "kvm-changed",
                .variables = { "ACTION=change", "SUBSYSTEM=misc", KVM },
                .kind = UEVENT_DIRTY,
                .dirty = MODULE_SOURCES,
        },
        {
                .name = "vm-created",
                .variables = { "ACTION=change", "SUBSYSTEM=misc", KVM, "EVENT=create", "PID=4711", "COUNT=3",
                               "CREATED=5000000000" },
                .kind = UEVENT_VM,
                .vm = { .created = true, .pid = 4711, .created_total = 5000000000, .count = 3 },
        },
        {
                .name = "vm-destroyed",
                .variables = { "ACTION=change", "SUBSYSTEM=misc", KVM, "EVENT=destroy", "PID=4711",
                               "COUNT=2", "STATS_PATH=/sys/kernel/debug/kvm/4711-12" },
                .kind = UEVENT_VM,
                .vm = { .pid = 4711, .count = 2 },
        },
        {
                .name = "vm-without-numbers",
                .variables = { "ACTION=change", "SUBSYSTEM=misc", KVM, "EVENT=create", "COUNT=many" },
                .kind = UEVENT_VM,
                .vm = { .created = true },
        },
        {
                .name = "other-event-of-kvm",
                .variables = { "ACTION=change", "SUBSYSTEM=misc", KVM, "EVENT=other" },
                .kind = UEVENT_DIRTY,
                .dirty = MODULE_SOURCES,
        },
        {
                .name = "tun-added",
                .variables = { "ACTION=add", "SUBSYSTEM=misc", "DEVPATH=/devices/virtual/misc/tun" },
                .kind = UEVENT_DIRTY,
                .dirty = DEVICE_SOURCES,
        },
        {
                .name = "tun-removed",
                .variables = { "ACTION=remove", "SUBSYSTEM=misc", "DEVPATH=/devices/virtual/misc/tun" },
                .kind = UEVENT_DIRTY,
                .dirty = DEVICE_SOURCES,
        },
        {
                .name = "other-device-says-create",
                .variables = { "ACTION=change", "SUBSYSTEM=misc", "DEVPATH=/devices/virtual/misc/tun",
                               "EVENT=create", "COUNT=1" },
                .kind = UEVENT_DIRTY,
                .dirty = DEVICE_SOURCES,
        },
        {
                .name = "other-misc-device",
                .variables = { "ACTION=add", "SUBSYSTEM=misc", "DEVPATH=/devices/virtual/misc/rfkill" },
        },
        {
                .name = "module-added",
                .variables = { "ACTION=add", "SUBSYSTEM=module", "DEVPATH=/module/kvm_intel" },
                .kind = UEVENT_DIRTY,
                .dirty = MODULE_SOURCES,
        },
        {
                .name = "part-of-kvm-added",
                .variables = { "ACTION=add", "SUBSYSTEM=module", "DEVPATH=/module/kvm" },
                .kind = UEVENT_DIRTY,
                .dirty = MODULE_SOURCES,
                .more_follows = true,
        },
        {
                .name = "part-of-kvm-removed",
                .variables = { "ACTION=remove", "SUBSYSTEM=module", "DEVPATH=/module/kvm" },
                .kind = UEVENT_DIRTY,
                .dirty = MODULE_SOURCES,
        },
        {
                .name = "module-removed",
                .variables = { "ACTION=remove", "SUBSYSTEM=module", "DEVPATH=/module/vboxdrv" },
                .kind = UEVENT_DIRTY,
                .dirty = MODULE_SOURCES,
        },
        {
                .name = "vfio-added",
                .variables = { "ACTION=add", "SUBSYSTEM=misc", "DEVPATH=/devices/virtual/misc/vfio" },
                .kind = UEVENT_DIRTY,
                .dirty = IOMMU_SOURCES,
        },
        {
                .name = "vfio-pci-added",
                .variables = { "ACTION=add", "SUBSYSTEM=module", "DEVPATH=/module/vfio_pci" },
                .kind = UEVENT_DIRTY,
                .dirty = IOMMU_SOURCES,
        },
        {
                .name = "iommu-driver-added",
                .variables = { "ACTION=add", "SUBSYSTEM=module", "DEVPATH=/module/arm_smmu_v3" },
                .kind = UEVENT_DIRTY,
                .dirty = IOMMU_SOURCES,
        },
        {
                .name = "iommu-added",
                .variables = { "ACTION=add", "SUBSYSTEM=iommu",
                               "DEVPATH=/devices/virtual/iommu/s390-iommu.00000100" },
                .kind = UEVENT_DIRTY,
                .dirty = GROUP_SOURCES,
        },
        {
                .name = "iommu-removed",
                .variables = { "ACTION=remove", "SUBSYSTEM=iommu",
                               "DEVPATH=/devices/virtual/iommu/s390-iommu.00000100" },
                .kind = UEVENT_DIRTY,
                .dirty = GROUP_SOURCES,
        },
        {
                .name = "pci-device-added",
                .variables = { "ACTION=add", "SUBSYSTEM=pci", "DEVPATH=/devices/pci0001:00/0001:00:00.0" },
                .kind = UEVENT_DIRTY,
                .dirty = GROUP_SOURCES,
        },
        {
                .name = "pci-device-bound",
                .variables = { "ACTION=bind", "SUBSYSTEM=pci", "DEVPATH=/devices/pci0001:00/0001:00:00.0" },
                .kind = UEVENT_DIRTY,
                .dirty = SOURCE_MASK(SOURCE_PCI),
        },
        {
                .name = "pci-device-unbound",
                .variables = { "ACTION=unbind", "SUBSYSTEM=pci",
                               "DEVPATH=/devices/pci0001:00/0001:00:00.0" },
                .kind = UEVENT_DIRTY,
                .dirty = SOURCE_MASK(SOURCE_PCI),
        },
        {
                .name = "virtual-functions-made",
                .variables = { "ACTION=change", "SUBSYSTEM=pci",
                               "DEVPATH=/devices/pci0001:00/0001:00:00.0" },
                .kind = UEVENT_DIRTY,
                .dirty = SOURCE_MASK(SOURCE_PCI),
        },
        {
                .name = "pci-device-removed",
                .variables = { "ACTION=remove", "SUBSYSTEM=pci",
                               "DEVPATH=/devices/pci0001:00/0001:00:00.0" },
                .kind = UEVENT_DIRTY,
                .dirty = GROUP_SOURCES,
        },
        {
                .name = "vfio-group-added",
                .variables = { "ACTION=add", "SUBSYSTEM=vfio", "DEVPATH=/devices/virtual/vfio/noiommu-0" },
                .kind = UEVENT_DIRTY,
                .dirty = GROUP_SOURCES,
        },
        {
                .name = "cpu-online",
                .variables = { "ACTION=online", "SUBSYSTEM=cpu", "DEVPATH=/devices/system/cpu/cpu3" },
                .kind = UEVENT_DIRTY,
                .dirty = SOURCE_MASK(SOURCE_TOPOLOGY) | SOURCE_MASK(SOURCE_KVM),
        },
        {
                .name = "cpu-offline",
                .variables = { "ACTION=offline", "SUBSYSTEM=cpu", "DEVPATH=/devices/system/cpu/cpu3" },
                .kind = UEVENT_DIRTY,
                .dirty = SOURCE_MASK(SOURCE_TOPOLOGY) | SOURCE_MASK(SOURCE_KVM),
        },
        {
                .name = "cpu-triggered",
                .variables = { "ACTION=change", "SUBSYSTEM=cpu", "DEVPATH=/devices/system/cpu/cpu3" },
        },
        {
                .name = "memory-online",
                .variables = { "ACTION=online", "SUBSYSTEM=memory",
                               "DEVPATH=/devices/system/memory/memory40" },
                .kind = UEVENT_DIRTY,
                .dirty = SOURCE_MASK(SOURCE_TOPOLOGY),
        },
        {
                .name = "node-added",
                .variables = { "ACTION=add", "SUBSYSTEM=node", "DEVPATH=/devices/system/node/node1" },
                .kind = UEVENT_DIRTY,
                .dirty = SOURCE_MASK(SOURCE_TOPOLOGY),
        },
        {
                .name = "other-module",
                .variables = { "ACTION=add", "SUBSYSTEM=module", "DEVPATH=/module/kvm_hv_pmu" },
        },
        {
                .name = "other-subsystem",
                .variables = { "ACTION=add", "SUBSYSTEM=net", "DEVPATH=/devices/virtual/net/kvm" },
        },
};

/* libudev cuts the environment's strings into names and values where they are. */
static struct udev_device *device_from(struct udev *udev, const char *const *variables) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_auto(GStrv) fake = NULL;
        char **saved = environ;
        struct udev_device *device;

        g_strv_builder_add(builder, "SEQNUM=1");
        for (size_t i = 0; i < EVENT_VARIABLES_MAX && variables[i]; i++)
                g_strv_builder_add(builder, variables[i]);
        fake = g_strv_builder_end(builder);

        environ = fake;
        device = udev_device_new_from_environment(udev);
        environ = saved;

        g_assert_nonnull(device);
        return device;
}

static void test_case(const void *p) {
        const Case *c = p;
        _cleanup_(udev_unrefp) struct udev *udev = udev_new();
        _cleanup_(udev_device_unrefp) struct udev_device *device = device_from(udev, c->variables);
        Uevent uevent = uevent_classify(device);

        g_assert_cmpint(uevent.kind, ==, c->kind);
        g_assert_cmpuint(uevent.dirty, ==, c->dirty);
        g_assert_cmpint(uevent.more_follows, ==, c->more_follows);
        g_assert_cmpint(uevent.vm.created, ==, c->vm.created);
        g_assert_cmpint(uevent.vm.pid, ==, c->vm.pid);
        g_assert_cmpuint(uevent.vm.created_total, ==, c->vm.created_total);
        g_assert_cmpuint(uevent.vm.count, ==, c->vm.count);
}

/* See kvm_opens_as_before(). */
static void test_node_needs_no_virtual_machine(void) {
        SourceMask of_kvm = uevent_sources_of_node(DEVICE_KVM);

        g_assert_cmpuint(of_kvm & SOURCE_MASK(SOURCE_KVM), ==, 0);
        g_assert_cmpuint(of_kvm & SOURCE_MASK(SOURCE_KVM_ACCESS), !=, 0);
        g_assert_cmpuint(of_kvm & SOURCE_MASK(SOURCE_DEVICES), !=, 0);
        g_assert_cmpuint(uevent_sources_of_node(DEVICE_TUN), ==, uevent_sources_of_module(MODULE_TUN));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        FOREACH_ELEMENT(c, cases) {
                g_autofree char *path = g_strconcat("/uevent/", c->name, NULL);

                g_test_add_data_func(path, c, test_case);
        }

        g_test_add_func("/uevent/node-needs-no-virtual-machine", test_node_needs_no_virtual_machine);

        return g_test_run();
}
