#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Has the machine judged by virt-host-validate, kvm-ok and virtreadyctl, and looks at it itself.

Prints one JSON object: what each of them said, and the evidence that tells who is right where they differ. With
--node-info it prints what "virsh nodeinfo" says instead, and what virtreadyctl said just before and after.

All of it is seen by one user, in one mount namespace, within a second. So a test can start it in sandboxes, and as
root have it become another user.
"""

import argparse

import ctypes
import errno
import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile

# Tools of administrators are not in everybody's PATH.
SEARCH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
LIMIT_SECONDS = 60
NOBODY = 65534

NODES = ("/dev/kvm", "/dev/vhost-net", "/dev/net/tun", "/dev/fuse", "/dev/sev")
NAMESPACES = ("ipc", "mnt", "net", "pid", "user", "uts")

# include/uapi/linux/kvm.h
KVM_CREATE_VM = 0xAE01
# include/uapi/linux/bpf.h: the command, the type of program, and how long its attributes are.
BPF_PROG_QUERY = 16
BPF_CGROUP_DEVICE = 6
BPF_ATTR_QUERY_BYTES = 64
# arch/*/include/**/unistd*.h, arch/*/kernel/syscalls/syscall*.tbl
BPF_SYSCALLS = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "loongarch64": 280, "s390x": 351,
                "ppc64": 361, "ppc64le": 361}


def run(*command, environment=None):
    """Runs a program in English; None where it is not installed."""
    program = shutil.which(command[0], path=SEARCH)
    if not program:
        return None
    done = subprocess.run([program, *command[1:]], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C", "PATH": SEARCH, **(environment or {})},
                          timeout=LIMIT_SECONDS, check=False)
    return {"stdout": done.stdout, "stderr": done.stderr, "status": done.returncode}


def read(path):
    """Reads a file; "" where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def entries(path):
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []


def cpu_flags():
    """The words on the lines of cpuinfo that list what a CPU can do."""
    flags = set()
    for line in read("/proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "features", "Features", "facilities"):
            flags.update(value.split())
    return sorted(flags)


def try_kvm(misc):
    """Creates a virtual machine: "works", or where it failed and with which error. The node of a driver that is
    not there is left alone, for opening it may load a module."""
    if "kvm" not in misc:
        return "no driver"
    stage = "open"
    try:
        device = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
        try:
            stage = "create"
            os.close(fcntl.ioctl(device, KVM_CREATE_VM, 0))
        finally:
            os.close(device)
    except OSError as error:
        return f"{stage}: {errno.errorcode.get(error.errno, error.errno)}"
    return "works"


def query_device_programs(mount_point):
    """Asks which programs decide on devices in a control group of version 2, as one has to who wants to know
    whether the kernel has such programs: "works", or the error."""
    number = BPF_SYSCALLS.get(platform.machine())
    if number is None or not mount_point:
        return "not asked"
    libc = ctypes.CDLL(None, use_errno=True)
    group = os.open(mount_point, os.O_RDONLY | os.O_CLOEXEC)
    try:
        attributes = (ctypes.c_uint32 * (BPF_ATTR_QUERY_BYTES // 4))(group, BPF_CGROUP_DEVICE)
        if libc.syscall(number, BPF_PROG_QUERY, attributes, BPF_ATTR_QUERY_BYTES) == 0:
            return "works"
        return errno.errorcode.get(ctypes.get_errno(), str(ctypes.get_errno()))
    finally:
        os.close(group)


def freezes(mount_point):
    """Groups can be frozen since Linux 5.2 (Documentation/admin-guide/cgroup-v2.rst): every group but the first has
    the file, and there may be no other group."""
    groups = [name for name in entries(mount_point) if os.path.isdir(f"{mount_point}/{name}")]
    if groups:
        return any(os.path.exists(f"{mount_point}/{name}/cgroup.freeze") for name in groups)
    return tuple(int(number) for number in platform.release().split("-")[0].split(".")[:2]) >= (5, 2)


def control_groups():
    v1, v2 = set(), None
    for line in read("/proc/self/mounts").splitlines():
        _, directory, kind, options = line.split(" ")[:4]
        if kind == "cgroup":
            v1.update(options.split(","))
        elif kind == "cgroup2" and v2 is None:
            v2 = directory
    return {
        "v1": sorted(v1),
        "v2": v2,
        "v2_controllers": read(f"{v2}/cgroup.controllers").split() if v2 else [],
        "v2_freezes": bool(v2) and freezes(v2),
        "device_programs": query_device_programs(v2),
    }


def iommu():
    """Groups that VFIO makes for devices without an IOMMU have its name."""
    groups = {name: read(f"/sys/kernel/iommu_groups/{name}/name").strip() or None
              for name in entries("/sys/kernel/iommu_groups")}
    return {
        "tables": [name for name in entries("/sys/firmware/acpi/tables") if name in ("DMAR", "IVRS", "IORT", "VIOT")],
        "units": entries("/sys/class/iommu"),
        "has_groups": os.path.isdir("/sys/kernel/iommu_groups"),
        "groups": groups,
    }


def evidence():
    misc = [line.split()[1] for line in read("/proc/misc").splitlines() if len(line.split()) == 2]
    return {
        "uid": os.getuid(),
        "machine": platform.machine(),
        "flags": cpu_flags(),
        "misc": misc,
        "modules": [line.split()[0] for line in read("/proc/modules").splitlines()],
        "has_module_tree": os.path.exists(f"/lib/modules/{platform.release()}/modules.dep"),
        "nodes": [path for path in NODES if os.path.exists(path)],
        "kvm_may_open": os.access("/dev/kvm", os.R_OK | os.W_OK),
        "kvm": try_kvm(misc),
        "cgroup": control_groups(),
        "max_namespaces": {kind: read(f"/proc/sys/user/max_{kind}_namespaces").strip() for kind in NAMESPACES},
        "iommu": iommu(),
        "parameters": {name: read(f"/sys/module/{name.replace('.', '/parameters/')}").strip()
                       for name in ("kvm_amd.sev", "kvm_amd.sev_es", "kvm_amd.sev_snp", "kvm_intel.tdx")},
        "uv_host": read("/sys/firmware/uv/prot_virt_host").strip(),
    }


def become_nobody():
    """The interpreter need not be one that this user could start: it runs already."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def analyze(program):
    done = run(program, "analyze", "--root=/", "--json")
    if not done or done["status"] != 0:
        sys.exit(f"virtreadyctl failed: {done and done['stderr']}")
    return json.loads(done["stdout"])


def judge(program):
    return {
        "theirs": run("virt-host-validate"),
        "kvm_ok": run("kvm-ok"),
        "ours": analyze(program),
        "evidence": evidence(),
    }


def node_info(program):
    """libvirt's driver for QEMU runs within virsh here, and no daemon. It leaves files where it may."""
    with tempfile.TemporaryDirectory() as directory:
        before = analyze(program)
        theirs = run("virsh", "--connect", f"qemu:///embed?root={directory}/root", "nodeinfo",
                     environment={"HOME": directory, "XDG_RUNTIME_DIR": directory, "XDG_CACHE_HOME": directory})
        after = analyze(program)
    return {"theirs": theirs, "before": before["host"]["node_info"], "after": after["host"]["node_info"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nobody", action="store_true", help="look as the user nobody; takes root")
    parser.add_argument("--node-info", action="store_true", help="look at nodeinfo alone")
    parser.add_argument("virtreadyctl")
    arguments = parser.parse_args()
    if arguments.nobody:
        become_nobody()

    json.dump((node_info if arguments.node_info else judge)(arguments.virtreadyctl), sys.stdout)


if __name__ == "__main__":
    main()
