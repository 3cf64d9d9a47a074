/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* net.*, vsock.*, fuse.*: devices that guests are run with. */

#include "catalogue.h"
#include "module-reasons.h"
#include "reads.h"
#include "remedies.h"

static const Reason device_live = {
        .id = "live",
        .state = CHECK_PASS,
        .detail = "{device} is there and served by {module}.",
        .explanation = DOC("The driver is in the kernel and has registered the device."),
};

static const Reason device_registered = {
        .id = "driver-registered",
        .state = CHECK_PASS,
        .detail = "{module} is in the kernel and serves {device}; whether the device node is there cannot "
                  "be seen.",
        .explanation = DOC("A snapshot seldom has device nodes in it, but on a running machine the kernel "
                           "makes one for each registered device."),
};

static const Reason device_autoloadable = {
        .id = "autoloadable",
        .state = CHECK_PASS,
        .detail = "{device} is there; opening it will load {module}.",
        .explanation = DOC("The node was made at the start from the list modules.devname, before its driver "
                           "is needed. The first program that opens it has the kernel load the module."),
};

static const Reason device_no_node = {
        .id = "no-node",
        .state = CHECK_FAIL,
        .detail = "{module} is there, but {device} is not: the directory /dev does not show the kernel's "
                  "devices.",
        .explanation = DOC(EXPLANATION_OF_NO_NODE),
        .needs_met = true,
        .remedies = remedies_for_node,
};

static const Reason device_no_driver = {
        .id = "no-driver",
        .state = CHECK_FAIL,
        .detail = "{module} is in the kernel, but it does not serve {device}.",
        .explanation = DOC("The module is there and has not registered its device, so it gave up when it "
                           "started. The kernel's log has its message; loading it again shows the error."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_RELOAD_MODULE),
};

static const Reason device_gave_up = {
        .id = "gave-up",
        .state = CHECK_FAIL,
        .detail = "{module} is built into the kernel, but it does not serve {device}.",
        .explanation = DOC("It has not registered its device, so it gave up when the kernel started. The "
                           "kernel's log has its message."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("{module}", "{module}")),
};

static const Reason device_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the kernel serves {device} could not be read.",
        .explanation = DOC(EXPLANATION_OF_NO_MISC),
};

static const Reason device_not_shown = {
        .id = "not-shown",
        .state = CHECK_UNKNOWN,
        .detail = "{module} is not loaded; whether opening {device} would load it cannot be seen.",
        .explanation = DOC("It takes the device node, and the list of modules below /lib/modules, to know "
                           "whether the module would be loaded on demand. Not all of them could be read."),
};

static const Reason device_other_transport = {
        .id = "another-transport",
        .state = CHECK_FAIL,
        .detail = "{module} cannot be loaded while {owner_module} is: both offer sockets between host and "
                  "guests, and the kernel takes one.",
        .explanation = DOC(
                "VMware's module for sockets between host and guests is loaded on this host, and the kernel "
                "has room for one such transport. Shut VMware's virtual machines down and unload its "
                "module; to keep it from coming back, blacklist it in a file below /etc/modprobe.d."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_UNLOAD_OWNER),
};

/* Linux 5.5 has room for one transport towards guests and one towards the host; the kernels before have room
 * for one in all. VMware's is of the first kind where its virtual machines run, on a host
 * (net/vmw_vsock/af_vsock.c: vsock_core_register(), vmci_transport.c: vmci_vsock_transport_cb()). */
static bool has_other_transport(const Facts *facts) {
        return facts_module_state(facts, MODULE_VMW_VSOCK_VMCI_TRANSPORT) == MODULE_STATE_LIVE &&
               (facts_module_state(facts, MODULE_VMMON) == MODULE_STATE_LIVE ||
                kernel_at_least(&facts->kernel, 5, 5, 0) == TRISTATE_NO);
}

static const Reason *judge_device(const Facts *facts, const Check *check, Finding *finding) {
        DeviceId id = (DeviceId) check->subject;
        ModuleId module = device_module(id);
        const Reason *reason;

        finding_add(finding, "device", device_path(id));

        switch (facts_device_state(facts, id)) {
        case DEVICE_STATE_LIVE:
                reason = facts->devices.devices[id].has_node == TRISTATE_YES ? &device_live
                                                                             : &device_registered;
                break;
        case DEVICE_STATE_AUTOLOADABLE:
                reason = &device_autoloadable;
                break;
        case DEVICE_STATE_NO_NODE:
                reason = &device_no_node;
                break;
        case DEVICE_STATE_UNKNOWN:
                if (facts->devices.devices[id].registered == TRISTATE_UNKNOWN)
                        return &device_unknown;
                reason = &device_not_shown;
                break;
        default:
                if (!module_is_ready(&facts->modules, &facts->module_tree, module))
                        return explain_module(facts, module, finding);
                reason = facts_module_state(facts, module) == MODULE_STATE_BUILT_IN ? &device_gave_up
                                                                                    : &device_no_driver;
                break;
        }

        finding_add(finding, "module", module_to_string(module));
        return reason;
}

static const Reason *judge_vsock(const Facts *facts, const Check *check, Finding *finding) {
        if (facts->devices.devices[DEVICE_VHOST_VSOCK].registered != TRISTATE_NO ||
            !has_other_transport(facts))
                return judge_device(facts, check, finding);

        finding_add(finding, "device", device_path(DEVICE_VHOST_VSOCK));
        finding_add(finding, "module", module_to_string(MODULE_VHOST_VSOCK));
        finding_add(finding, "owner_module", module_to_string(MODULE_VMW_VSOCK_VMCI_TRANSPORT));
        return &device_other_transport;
}

#define DEVICE_REASONS                                                                              \
        &device_live, &device_registered, &device_autoloadable, &device_no_node, &device_no_driver, \
                &device_gave_up, &device_unknown, &device_not_shown, MODULE_REASONS

static const Reason *const reasons[] = { DEVICE_REASONS, NULL };
static const Reason *const vsock_reasons[] = { DEVICE_REASONS, &device_other_transport, NULL };

#define READS_OF_DEVICE(node) "/proc/misc", "/sys/class/misc", node, READS_OF_MODULES

static const Check checks[] = {
        {
                .id = "net.tun",
                .title = "TUN/TAP network devices",
                .description =
                        "/dev/net/tun is there, so that guests can have network interfaces of their own.",
                .reads = DOC_LIST(READS_OF_DEVICE("/dev/net/tun")),
                .references =
                        DOC_LIST("https://docs.kernel.org/networking/tuntap.html", REFERENCES_ON_MODULES),
                .needs = { "kernel.modules" },
                .judge = judge_device,
                .subject = DEVICE_TUN,
                .reasons = reasons,
        },
        {
                .id = "net.vhost_net",
                .title = "In-kernel virtio networking",
                .description = "/dev/vhost-net is there, which makes the network of guests fast.",
                .reads = DOC_LIST(READS_OF_DEVICE("/dev/vhost-net")),
                .references = DOC_LIST("https://docs.kernel.org/driver-api/virtio/virtio.html",
                                       "https://libvirt.org/formatdomain.html", REFERENCES_ON_MODULES),
                .needs = { "kernel.modules" },
                .judge = judge_device,
                .subject = DEVICE_VHOST_NET,
                .reasons = reasons,
        },
        {
                .id = "vsock.vhost_vsock",
                .title = "Sockets between host and guest",
                .description =
                        "/dev/vhost-vsock is there, through which host and guest talk without a network.",
                .reads = DOC_LIST(READS_OF_DEVICE("/dev/vhost-vsock"), "/proc/sys/kernel/osrelease"),
                .references = DOC_LIST("https://man7.org/linux/man-pages/man7/vsock.7.html",
                                       REFERENCES_ON_MODULES),
                .needs = { "kernel.modules" },
                .judge = judge_vsock,
                .subject = DEVICE_VHOST_VSOCK,
                .reasons = vsock_reasons,
        },
        {
                .id = "fuse.mount",
                .title = "File systems in user space",
                .description = "/dev/fuse is there, with which containers get a /proc of their own.",
                .reads = DOC_LIST(READS_OF_DEVICE("/dev/fuse")),
                .references = DOC_LIST("https://docs.kernel.org/filesystems/fuse/fuse.html",
                                       "https://libvirt.org/drvlxc.html", REFERENCES_ON_MODULES),
                .needs = { "kernel.modules" },
                .judge = judge_device,
                .subject = DEVICE_FUSE,
                .reasons = reasons,
        },
};

const CheckTable device_checks = CHECK_TABLE(checks);
