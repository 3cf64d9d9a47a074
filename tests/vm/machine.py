# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that can be started: virtual machines with QEMU's emulated CPU, and a container."""

import shutil
import subprocess
from dataclasses import dataclass

from cgroup import ControlGroup
from channel import BOOT_SECONDS, Agent, ChannelError, Monitor


@dataclass(frozen=True)
class Kind:
    """A kind of virtual machine: its CPU, how that is emulated, and what the kernel is told."""
    cpu: str
    accelerator: str
    command_line: str


# All CPUs in one thread. With one for each the guest hangs now and then: whoever makes a virtual machine has the kernel
# patch its scheduler, and QEMU before 8.1 may keep a translation of what another CPU overwrites meanwhile.
WITH_KVM = "tcg,thread=single"

# For CPUs that come and go: QEMU 7.2 cannot end one in a thread that others share. Nor can it begin one while the
# buffer for translated code is full, and the usual gigabyte is full soon after the boot (tcg/region.c).
WITH_HOTPLUG = "tcg,thread=multi,tb-size=2047"

KINDS = {
    # AMD's extension, and KVM not loaded at boot, as if somebody had forbidden it.
    "svm": Kind("EPYC", WITH_KVM, "rw intel_iommu=on modprobe.blacklist=kvm_amd,kvm_intel"),
    # A virtual machine whose host keeps the extension to itself.
    "no-svm": Kind("qemu64,-svm", WITH_HOTPLUG, "rw"),
    # AMD's extension, KVM loaded at boot, and a root file system that nobody writes to.
    "read-only": Kind("EPYC", WITH_KVM, "ro"),
}

CONTAINER = "container"


class Guest:
    """A running guest: its agent, and a process outside that ends with it."""

    def __init__(self, process, work):
        self.process = process
        self.work = work
        self.agent = None

    def connect(self):
        """Waits until the guest has booted so far that its agent answers."""
        try:
            self.agent = Agent(self.work / "share" / "agent", BOOT_SECONDS, self.process)
            self.agent.run("true", BOOT_SECONDS)
        except ChannelError as error:
            raise ChannelError(f"The guest does not boot: {error}") from error

    def stop(self):
        """Switches it off, as the mains would."""
        if self.agent:
            self.agent.close()
        self.process.kill()
        self.process.wait()


class VirtualMachine(Guest):
    """QEMU, with an emulated CPU: what its host can do makes no difference."""

    def __init__(self, kind, files, work, interactive=False):
        share = work / "share"
        serial = "mon:stdio" if interactive else f"file:{work / 'serial.log'}"
        command = [
            "qemu-system-x86_64", "-machine", "q35", "-accel", KINDS[kind].accelerator, "-cpu", KINDS[kind].cpu,
            "-smp", "2,maxcpus=4", "-m", "1G,slots=4,maxmem=4G",
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", serial,
            # An IOMMU comes before the devices behind it.
            "-device", "intel-iommu",
            "-drive", f"file={files.disk},format=raw,if=none,id=root,snapshot=on",
            "-device", "nvme,drive=root,serial=root",
            "-device", "virtio-serial", "-chardev", f"socket,id=agent,path={share / 'agent'},server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=agent",
            "-device", "pcie-root-port,id=slot0,chassis=1", "-device", "pcie-root-port,id=slot1,chassis=2",
            "-qmp", f"unix:{share / 'qmp'},server=on,wait=off",
            "-kernel", str(files.kernel), "-append",
            # Without the clock the kernel would take another, which jumps, as soon as a CPU is late.
            "root=/dev/nvme0n1 console=ttyS0 quiet panic=-1 tsc=reliable systemd.show_status=0 " +
            KINDS[kind].command_line,
        ]
        with open(work / "qemu.log", "wb") as log:
            super().__init__(subprocess.Popen(command, stdin=None if interactive else subprocess.DEVNULL,
                                              stderr=log, start_new_session=not interactive), work)
        self.monitor = None

    def connect(self):
        super().connect()
        self.monitor = Monitor(self.work / "share" / "qmp", 60, self.process)

    def logs(self):
        """The files outside that tell what happened."""
        return [self.work / "serial.log", self.work / "qemu.log"]


class Container(Guest):
    """systemd-nspawn: a systemd, a bus and a polkit of its own on the host's kernel."""

    def __init__(self, files, work, interactive=False):
        share = work / "share"
        command = [
            "unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
            "systemd-nspawn", "--quiet", f"--directory={files.tree}", "--volatile=overlay", "--boot",
            "--register=no", "--keep-unit", f"--bind={share}:/mnt",
        ]
        self.group = ControlGroup(f"{work.parent.name}-{work.name}")
        command = [*self.group.entering(), *command]
        with open(work / "console.log", "wb") as log:
            streams = {} if interactive else {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            super().__init__(subprocess.Popen(command, start_new_session=not interactive, **streams), work)

    def stop(self):
        super().stop()
        self.group.remove()

    def logs(self):
        return [self.work / "console.log"]


def start(kind, files, work, interactive=False):
    """Starts a guest of a kind from an image's Files, which any number of guests may use; in the directory WORK is what
    is this guest's own. Returns without waiting until it has booted."""
    shutil.rmtree(work / "share", ignore_errors=True)
    (work / "share").mkdir(parents=True)
    if kind == CONTAINER:
        return Container(files, work, interactive)
    return VirtualMachine(kind, files, work, interactive)
