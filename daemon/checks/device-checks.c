/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* net.*, vsock.*, fuse.*: devices that guests are run with. */

#include "catalogue.h"
#include "module-reasons.h"

static const Reason device_live = {
        .id = "live",
        .state = CHECK_PASS,
        .detail = "{device} is there and served by {module}.",
};

static const Reason device_registered = {
        .id = "driver-registered",
        .state = CHECK_PASS,
        .detail = "{module} is in the kernel and serves {device}; whether the device node is there cannot "
                  "be seen.",
};

static const Reason device_autoloadable = {
        .id = "autoloadable",
        .state = CHECK_PASS,
        .detail = "{device} is there; opening it will load {module}.",
};

static const Reason device_no_node = {
        .id = "no-node",
        .state = CHECK_FAIL,
        .detail = "{module} is there, but {device} is not: the directory /dev does not show the kernel's "
                  "devices.",
};

static const Reason device_no_driver = {
        .id = "no-driver",
        .state = CHECK_FAIL,
        .detail = "{module} is in the kernel, but it does not serve {device}.",
};

static const Reason device_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the kernel serves {device} could not be read.",
};

static const Reason device_not_shown = {
        .id = "not-shown",
        .state = CHECK_UNKNOWN,
        .detail = "{module} is not loaded; whether opening {device} would load it cannot be seen.",
};

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
                reason = &device_no_driver;
                break;
        }

        finding_add(finding, "module", module_to_string(module));
        return reason;
}

static const Reason *const reasons[] = {
        &device_live,      &device_registered, &device_autoloadable,
        &device_no_node,   &device_no_driver,  &device_unknown,
        &device_not_shown, MODULE_REASONS,     NULL,
};

static const Check checks[] = {
        {
                .id = "net.tun",
                .title = "TUN/TAP network devices",
                .description =
                        "/dev/net/tun is there, so that guests can have network interfaces of their own.",
                .judge = judge_device,
                .subject = DEVICE_TUN,
                .reasons = reasons,
        },
        {
                .id = "net.vhost_net",
                .title = "In-kernel virtio networking",
                .description = "/dev/vhost-net is there, which makes the network of guests fast.",
                .judge = judge_device,
                .subject = DEVICE_VHOST_NET,
                .reasons = reasons,
        },
        {
                .id = "vsock.vhost_vsock",
                .title = "Sockets between host and guest",
                .description =
                        "/dev/vhost-vsock is there, through which host and guest talk without a network.",
                .judge = judge_device,
                .subject = DEVICE_VHOST_VSOCK,
                .reasons = reasons,
        },
        {
                .id = "fuse.mount",
                .title = "File systems in user space",
                .description = "/dev/fuse is there, with which containers get a /proc of their own.",
                .judge = judge_device,
                .subject = DEVICE_FUSE,
                .reasons = reasons,
        },
};

const CheckTable device_checks = CHECK_TABLE(checks);
