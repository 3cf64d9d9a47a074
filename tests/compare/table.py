# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every line that virt-host-validate and kvm-ok can print, which check of ours it is about, and why the two may differ.

From libvirt's tools/virt-host-validate-{common,qemu,lxc,ch}.c, versions 9.0 and 11.3, and from kvm-ok of cpu-checker
0.7. docs/comparison.md has the same table in words. virt-host-validate-bhyve.c is for FreeBSD.

A difference is allowed for a named reason alone, and only while the evidence bears that reason out: each is a function
of what a look at the machine has found (look.py), and of what has been said there.
"""

import re
from dataclasses import dataclass, field
from typing import Callable

CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "blkio", "freezer")
NAMESPACES = ("ipc", "mnt", "pid", "uts", "net", "user")

BAD = ("fail", "blocked")


@dataclass(frozen=True)
class Look:
    """What was said of a machine, and the evidence."""
    evidence: dict
    checks: dict
    results: dict = field(default_factory=dict)  # of the lines printed before this one, by the ids of their rows
    stderr: str = ""
    formats: frozenset = frozenset()  # the messages that the program has

    def state(self, check):
        return self.checks[check]["state"]

    def reason(self, check):
        return self.checks[check]["reason"]


@dataclass(frozen=True)
class Difference:
    """Theirs and ours may differ in this way, and this is why, if the evidence says so."""
    why: str
    theirs: tuple
    ours: tuple  # states
    holds: Callable  # of a Look, and the word in the line that the pattern captures


@dataclass(frozen=True)
class Row:
    id: str
    pattern: str  # what the line says that it checks; no quotation marks, which versions set differently
    format: str   # the message in the program
    check: str    # the id of our check; {} is what the pattern captures
    differences: tuple = ()
    absent: tuple = ()  # pairs: why the line may be missing, and a function of a Look that tells whether it is so


@dataclass(frozen=True)
class Statement:
    """A line of kvm-ok, which it prints when it has found out something."""
    pattern: str
    result: str  # what that comes to, in the words of virt-host-validate; "" is no verdict
    check: str
    differences: tuple = ()


def is_x86(look):
    return look.evidence["machine"] in ("x86_64", "i686")


def has_flag(look):
    return bool({"vmx", "svm", "sie"} & set(look.evidence["flags"])) or look.evidence["machine"].startswith("ppc64")


def kvm_needs_no_flag(look, _):
    """This test has created a virtual machine, or may not open the device that KVM has registered."""
    if has_flag(look) or "kvm" not in look.evidence["misc"]:
        return False
    if look.evidence["kvm"] == "works":
        return look.state("kvm.usable") == "pass" and look.checks["kvm.usable"]["evidence"] == "probed"
    return look.evidence["kvm"] in ("open: EACCES", "open: EPERM")


def has_no_driver(name, node):
    """A device node that nobody serves."""
    return lambda look, _: name not in look.evidence["misc"] and node in look.evidence["nodes"]


def modules_not_to_be_seen(name, node):
    return lambda look, _: has_no_driver(name, node)(look, _) and not look.evidence["has_module_tree"]


def kvm_refuses(look, _):
    """The mode of the node allows it, and yet this test could create no virtual machine."""
    return look.evidence["kvm_may_open"] and look.evidence["kvm"] != "works"


def may_not_open_kvm(look, _):
    return not look.evidence["kvm_may_open"] and look.evidence["kvm"] in ("open: EACCES", "open: EPERM")


def in_every_group_of_v2(look, controller):
    """What no file of version 2 lists: CPU time is in every group's cpu.stat, cgroup.freeze is in every group."""
    groups = look.evidence["cgroup"]
    if not groups["v2"] or controller in groups["v1"]:
        return False
    return controller == "cpuacct" or controller == "freezer" and groups["v2_freezes"]


def device_programs_not_to_be_asked(look, controller):
    """The kernel tells only the privileged which programs decide on devices."""
    groups = look.evidence["cgroup"]
    return (controller == "devices" and bool(groups["v2"]) and "devices" not in groups["v1"] and
            groups["device_programs"] == "EPERM")


def nothing_in_v2(look, controller):
    """libvirt takes a version 2 hierarchy without any controller for none."""
    groups = look.evidence["cgroup"]
    return (controller in ("cpuacct", "devices", "freezer") and bool(groups["v2"]) and
            not groups["v2_controllers"] and controller not in groups["v1"])


def namespaces_forbidden(look, kind):
    return look.evidence["max_namespaces"][kind] == "0" and look.reason(f"namespace.{kind}") == "forbidden"


def real_groups(look):
    return [group for group, name in look.evidence["iommu"]["groups"].items() if name != "vfio-noiommu"]


def iommu_works(look):
    return bool(look.evidence["iommu"]["units"]) and bool(real_groups(look))


def any_guest_protection(look):
    return (any(value in ("Y", "y", "1") for value in look.evidence["parameters"].values()) or
            look.evidence["uv_host"] == "1")


def may_not_ask_kvm(look, _):
    """Neither KVM's answer nor what its modules tell."""
    return look.evidence["kvm"] != "works" and not any(look.evidence["parameters"].values())


def shows_no_protection(look):
    return not {"sev", "sev_es", "sev_snp", "tdx_host_platform", "158"} & set(look.evidence["flags"])


FLAG_FIRST = (("theirs needs the CPU's flag first", lambda look: look.results.get("hardware") == "FAIL"),)
NO_CPUINFO = ("theirs gives up without flags in /proc/cpuinfo", lambda look: not look.evidence["flags"])
NO_CGROUPS = ("theirs cannot read the control groups", lambda look: "Unable to initialize cgroups" in look.stderr)
SEV_FIRST = ("theirs looks at SEV first", lambda look: look.results.get("secure") != "PASS")


def not_in_program(text):
    return ("this version does not have the line", lambda look: text not in look.formats)


def device_row(row, device, check, name, absent=()):
    return Row(row, f"if device {device} exists", "if device %s exists", check, (
        Difference("the node is there, and no driver serves it", ("PASS",), BAD, has_no_driver(name, device)),
        Difference("the node is there; whether a module is cannot be seen", ("PASS",), ("unknown",),
                   modules_not_to_be_seen(name, device)),
    ), absent)


def sev_row(row, kind, name, *absent):
    message = f"for AMD Secure Encrypted Virtualization-{name}"
    return Row(row, re.escape(message), message, f"confidential.{kind}", (
        Difference("theirs asks what the CPU could do, and KVM has it off", ("PASS",), BAD,
                   lambda look, _: look.evidence["parameters"][f"kvm_amd.{kind}"] not in ("Y", "y", "1")),
        Difference("this user may not ask KVM", ("WARN", "PASS"), ("unknown",), may_not_ask_kvm),
        Difference("the CPU does not have it, so that nothing is wrong", ("WARN",), ("not-applicable",),
                   lambda look, _: kind not in look.evidence["flags"]),
    ), (not_in_program(message), *absent))


WITHOUT_FLAG = (
    Difference("KVM works without the CPU's flag", ("FAIL",), ("not-applicable",), kvm_needs_no_flag),
    Difference("a kernel without kvm_intel locks the extension, so that the flag tells nothing", ("FAIL",),
               ("unknown",), lambda look, _: look.reason("cpu.virtualization") == "locked-by-kernel" and
               "kvm" not in look.evidence["misc"]),
)
NO_FLAG_THERE = (
    Difference("theirs always says yes on this architecture, where no flag tells", ("PASS",), ("not-applicable",),
               lambda look, _: look.evidence["machine"] in ("aarch64", "armv7l", "ppc64", "ppc64le")),
)


VALIDATE = (
    Row("hardware", "for hardware virtualization", "for hardware virtualization", "cpu.virtualization", (
        *WITHOUT_FLAG, *NO_FLAG_THERE,
    ), (("theirs looks for no flag on this architecture",
         lambda look: not is_x86(look) and look.evidence["machine"] not in ("s390x", "ppc64", "ppc64le")),)),

    device_row("kvm-exists", "/dev/kvm", "kvm.device", "kvm", FLAG_FIRST),

    Row("kvm-accessible", "if device /dev/kvm is accessible", "if device %s is accessible", "kvm.usable", (
        Difference("the node's mode allows it, and KVM could not be used", ("PASS",), BAD, kvm_refuses),
    ), (*FLAG_FIRST, ("theirs needs the node first", lambda look: look.results.get("kvm-exists") == "FAIL"))),

    Row("kvm-hv", "for PowerPC KVM module loaded", "for PowerPC KVM module loaded", "kvm.vendor_module", (
        Difference("KVM is built in, and so not in /proc/modules", ("WARN",), ("pass",),
                   lambda look, _: look.reason("kvm.vendor_module") in ("built-in", "not-seen") and
                   "kvm" in look.evidence["misc"]),
        Difference("another module brings KVM", ("WARN",), ("pass",),
                   lambda look, _: "kvm_pr" in look.evidence["modules"]),
        Difference("theirs takes a module whose name begins with kvm_hv for it", ("PASS",), BAD,
                   lambda look, _: "kvm_hv" not in look.evidence["modules"]),
    ), (("only for ppc64", lambda look: not look.evidence["machine"].startswith("ppc64")),)),

    device_row("vhost-net", "/dev/vhost-net", "net.vhost_net", "vhost-net"),
    device_row("tun", "/dev/net/tun", "net.tun", "tun"),

    Row("cgroup", f"for cgroup ({'|'.join(CONTROLLERS)}) controller support", "for cgroup %s controller support",
        "cgroup.{}", (
            Difference("version 2 has it in every group, and lists it nowhere", ("WARN", "FAIL"), ("pass",),
                       in_every_group_of_v2),
            Difference("the kernel tells this user nothing of the programs that decide on devices",
                       ("WARN", "FAIL"), ("pass",), device_programs_not_to_be_asked),
            Difference("theirs overlooks a version 2 hierarchy that lists no controllers", ("WARN", "FAIL"),
                       ("pass",), nothing_in_v2),
        ), (NO_CGROUPS,)),

    Row("iommu-support", "for device assignment IOMMU support", "for device assignment IOMMU support",
        "iommu.enabled", (
            Difference("theirs looks for a table that only firmware of one vendor has; an IOMMU works", ("WARN",),
                       ("pass",), lambda look, _: iommu_works(look)),
            Difference("theirs looks for a table, and the kernel does not use what that describes", ("PASS",), BAD,
                       lambda look, _: not iommu_works(look)),
            Difference("theirs does not know; there is neither a table nor a unit", ("WARN", "NOTE"),
                       ("not-applicable", "unknown"),
                       lambda look, _: not look.evidence["iommu"]["units"] and not look.evidence["iommu"]["tables"]),
        )),

    Row("iommu-enabled", "if IOMMU is enabled by kernel", "if IOMMU is enabled by kernel", "iommu.enabled", (
        Difference("theirs counts groups of devices without an IOMMU", ("PASS",), BAD,
                   lambda look, _: not iommu_works(look)),
    ), (("theirs needs a table first", lambda look: look.results.get("iommu-support") != "PASS"),
        ("the kernel has no groups", lambda look: not look.evidence["iommu"]["has_groups"]))),

    Row("secure", "for secure guest support", "for secure guest support", "confidential.guests", (
        Difference("theirs knows nothing of TDX, and looks for the command line instead of the effect", ("WARN",),
                   ("pass",), lambda look, _: any_guest_protection(look)),
        Difference("theirs looks at the command line and the flag, not at the effect", ("PASS",), BAD,
                   lambda look, _: not any_guest_protection(look)),
        Difference("this user may not ask KVM", ("WARN", "PASS"), ("unknown",), may_not_ask_kvm),
        Difference("theirs does not know; the kernel shows no extension that protects guests", ("WARN",),
                   ("not-applicable", "unknown"), lambda look, _: shows_no_protection(look)),
    )),

    sev_row("sev-es", "sev_es", "Encrypted State (SEV-ES)", SEV_FIRST),
    sev_row("sev-snp", "sev_snp", "Secure Nested Paging (SEV-SNP)", SEV_FIRST,
            ("theirs looks at SEV-ES first", lambda look: look.results.get("sev-es") != "PASS")),

    Row("linux", "for Linux >= 2.6.26", "for Linux >= %d.%d.%d", "kernel.version"),

    Row("namespace", f"for namespace ({'|'.join(NAMESPACES)})", "for namespace %s", "namespace.{}", (
        Difference("theirs looks whether the kernel has such namespaces; none may be created", ("PASS",), BAD,
                   namespaces_forbidden),
    )),

    Row("fuse", "if device /sys/fs/fuse/connections exists", "if device %s exists", "fuse.mount", (
        Difference("the module is not loaded, and opening the node will load it", ("FAIL",), ("pass",),
                   lambda look, _: "fuse" not in look.evidence["misc"] and "/dev/fuse" in look.evidence["nodes"]),
        Difference("the module is not loaded; whether there is one cannot be seen", ("FAIL",), ("unknown",),
                   modules_not_to_be_seen("fuse", "/dev/fuse")),
        Difference("the module is there, and /dev/fuse is not", ("PASS",), BAD,
                   lambda look, _: "/dev/fuse" not in look.evidence["nodes"]),
    ), (not_in_program("/sys/fs/fuse/connections"),)),
)

NODE_ALONE = (
    Difference("the node is there, and no driver serves it", ("PASS",), BAD, has_no_driver("kvm", "/dev/kvm")),
)
USES_KVM = (
    *NODE_ALONE,
    Difference("theirs is content with the CPU's flag, and there is no node", ("PASS",), BAD,
               lambda look, _: has_flag(look) and "/dev/kvm" not in look.evidence["nodes"]),
    Difference("KVM works without the CPU's flag", ("FAIL",), ("pass",), kvm_needs_no_flag),
    Difference("theirs asks for a node, and this user may not open it", ("PASS",), BAD, may_not_open_kvm),
    Difference("the node is there, and KVM could not be used", ("PASS",), BAD, kvm_refuses),
)

KVM_OK = (
    Statement("KVM acceleration can be used", "PASS", "kvm.usable", USES_KVM),
    Statement("KVM acceleration can NOT be used", "FAIL", "kvm.usable", USES_KVM),
    Statement("INFO: Your CPU supports KVM extensions", "PASS", "cpu.virtualization", NO_FLAG_THERE),
    Statement("INFO: Your CPU does not support KVM extensions", "FAIL", "cpu.virtualization", WITHOUT_FLAG),
    Statement("INFO: KVM \\(\\w+\\) is disabled by your BIOS", "FAIL", "cpu.virtualization"),
    Statement("INFO: /dev/kvm exists", "PASS", "kvm.device", NODE_ALONE),
    Statement("INFO: /dev/kvm does not exist", "FAIL", "kvm.device"),
    # Hints for the reader, in which nothing is judged.
    Statement("HINT: .*", "", "kvm.usable"),
    Statement("      and then hard poweroff/poweron your system", "", "kvm.usable"),
    Statement("INFO: For more detailed results, you should run this as root", "", "kvm.usable"),
    Statement("You must be root to run this check\\.", "", "kvm.usable"),
    Statement("FAIL: Unknown virtualization extension: .*", "", "cpu.virtualization"),
)

# Which lines a hypervisor's part of the output has, when nothing keeps it from printing them.
EXPECTED = {
    "QEMU": ("hardware", "kvm-exists", "kvm-accessible", "kvm-hv", "vhost-net", "tun",
             *(f"cgroup {name}" for name in CONTROLLERS if name != "freezer"),
             "iommu-support", "iommu-enabled", "secure", "sev-es", "sev-snp"),
    "LXC": ("linux", *(f"namespace {kind}" for kind in NAMESPACES),
            *(f"cgroup {name}" for name in CONTROLLERS), "fuse"),
    "CH": ("hardware", "kvm-exists", "kvm-accessible"),
}
