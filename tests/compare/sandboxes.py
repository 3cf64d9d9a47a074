# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mount namespaces in which other files lie over those of the machine, so that it looks like another."""

import re
from dataclasses import dataclass

import look

# A few nodes are needed to run programs with.
NEW_DEV = """
mkdir -p "$D/old-dev"
mount --rbind /dev "$D/old-dev"
mount -t tmpfs -o mode=0755 tmpfs /dev
for node in null zero urandom; do touch "/dev/$node"; mount --bind "$D/old-dev/$node" "/dev/$node"; done
mkdir /dev/net
"""


@dataclass(frozen=True)
class Sandbox:
    name: str
    script: str  # for sh, with the directory of prepared files in $D
    shows: tuple = ()  # what has to be seen: parts of lines that agree or are explained
    objects: tuple = ()  # lines to which an objection is expected


FLAG = 'mount --bind "$D/flag" /proc/cpuinfo; '
NODES = ("mknod /dev/kvm c 10 232; mknod /dev/vhost-net c 10 238; mknod /dev/net/tun c 10 200; "
         "mknod /dev/fuse c 10 229")


def of_cpus():
    """The files have flags of x86."""
    yield Sandbox("a CPU with the flag", FLAG,
                  ("QEMU for hardware virtualization: PASS, cpu.virtualization pass", "if device /dev/kvm exists"))
    yield Sandbox("a CPU without the flag", 'mount --bind "$D/no-flag" /proc/cpuinfo',
                  ("QEMU for hardware virtualization: FAIL", "QEMU kvm-exists: there is no line"))
    yield Sandbox("no device nodes", FLAG + NEW_DEV,
                  ("/dev/kvm exists: FAIL, kvm.device", "/dev/vhost-net exists: WARN, net.vhost_net fail",
                   "/dev/net/tun exists: FAIL, net.tun fail"))
    yield Sandbox("nodes without drivers", FLAG + 'mount --bind "$D/misc" /proc/misc' + NEW_DEV + NODES,
                  ("QEMU if device /dev/kvm exists: PASS, but kvm.device",
                   "QEMU if device /dev/kvm is accessible: "))


def of_extensions():
    """What theirs looks for before it says anything: a table of the firmware, a flag."""
    yield Sandbox("a table that describes an IOMMU", FLAG + "mount -t tmpfs tmpfs /sys/firmware; "
                  "mkdir -p /sys/firmware/acpi/tables; touch /sys/firmware/acpi/tables/IVRS",
                  ("QEMU for device assignment IOMMU support",))
    yield Sandbox("a CPU with SEV", 'mount --bind "$D/sev" /proc/cpuinfo', ("QEMU for secure guest support",))


def of_containers(evidence):
    yield Sandbox("user namespaces forbidden", 'mount --bind "$D/zero" /proc/sys/user/max_user_namespaces',
                  ("LXC for namespace user: PASS, but namespace.user fail (forbidden)",))
    if "fuse" in evidence["misc"] and "/dev/fuse" in evidence["nodes"]:
        # It cannot come about, so no reason may explain it away.
        yield Sandbox("a contradiction", "mount -t tmpfs tmpfs /sys/fs/fuse", (),
                      ("LXC if device /sys/fs/fuse/connections exists: FAIL, but fuse.mount pass",))


def of_control_groups(groups):
    if "memory" in groups["v1"]:
        mount_points = """awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2 }' /proc/self/mounts"""
        yield Sandbox("a controller that is not mounted", f"umount --lazy $({mount_points})",
                      ("QEMU for cgroup memory controller support: WARN, cgroup.memory fail",
                       "LXC for cgroup memory controller support: FAIL, cgroup.memory fail"))
    elif groups["v2"]:
        yield Sandbox("a controller that is not there", f'mount --bind "$D/cpu" {groups["v2"]}/cgroup.controllers',
                      ("QEMU for cgroup memory controller support: WARN, cgroup.memory fail",
                       "QEMU for cgroup cpu controller support: PASS, cgroup.cpu pass"))
    if groups["v1"] or groups["v2"]:
        yield Sandbox("no control groups", "umount --recursive --lazy /sys/fs/cgroup",
                      ("QEMU cgroup memory: there is no line",))
        yield Sandbox("version 2 alone",
                      "umount --recursive --lazy /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup",
                      ("LXC for cgroup freezer controller support: FAIL, but cgroup.freezer pass",))


def sandboxes(evidence):
    """Those that can be had on this machine, of which EVIDENCE is what look.py has found."""
    if evidence["machine"] == "x86_64":
        yield from of_cpus()
        yield from of_extensions()
    yield from of_containers(evidence)
    yield from of_control_groups(evidence["cgroup"])


def prepare(directory):
    """Files to lay over those of the machine."""
    cpuinfo = look.read("/proc/cpuinfo")
    bare = re.sub(r"^(flags\s*:.*)$", lambda match: re.sub(r" (svm|vmx)\b", "", match[1]), cpuinfo, flags=re.MULTILINE)
    files = {
        "no-flag": bare,
        "flag": re.sub(r"^(flags\s*:.*)$", r"\1 svm", bare, flags=re.MULTILINE),
        "sev": re.sub(r"^(flags\s*:.*)$", r"\1 svm sev", bare, flags=re.MULTILINE),
        "misc": "229 fuse\n",
        "zero": "0\n",
        "cpu": "cpu\n",
    }
    for name, content in files.items():
        (directory / name).write_text(content, encoding="utf-8")
