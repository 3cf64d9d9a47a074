# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that can be started: virtual machines with QEMU's emulated CPU, and a container."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass

import image
from channel import Agent, ChannelError, Monitor

# Nothing here is fast: the CPU is emulated, and two of them may share their host with other work.
BOOT_SECONDS = 300


@dataclass(frozen=True)
class Kind:
    """A kind of virtual machine: its CPU, and what the kernel is told."""
    cpu: str
    command_line: str


KINDS = {
    # AMD's extension, and KVM not loaded at boot, as if somebody had forbidden it.
    "svm": Kind("EPYC", "rw intel_iommu=on modprobe.blacklist=kvm_amd,kvm_intel"),
    # A virtual machine whose host keeps the extension to itself.
    "no-svm": Kind("qemu64,-svm", "rw"),
    # AMD's extension, KVM loaded at boot, and a root file system that nobody writes to.
    "read-only": Kind("EPYC", "ro"),
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
            self.agent = Agent(self.work / "share" / "agent", BOOT_SECONDS)
            self.agent.run("true", BOOT_SECONDS)
        except ChannelError as error:
            raise ChannelError(f"The guest does not boot: {error}") from error

    def stop(self):
        """Switches it off, as the mains would."""
        if self.agent:
            self.agent.close()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class VirtualMachine(Guest):
    """QEMU, with an emulated CPU: what its host can do makes no difference."""

    def __init__(self, kind, tree, work, interactive=False):
        share = work / "share"
        share.mkdir(exist_ok=True)
        disk = work / "disk"
        if not disk.exists():
            image.make_disk(tree, disk)

        serial = "mon:stdio" if interactive else f"file:{work / 'serial.log'}"
        # With a thread for each CPU the guest hangs now and then: whoever makes a virtual machine has the kernel patch
        # its scheduler, and QEMU before 8.1 may keep a translation of what another CPU overwrites meanwhile.
        command = [
            "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=single", "-cpu", KINDS[kind].cpu,
            "-smp", "2,maxcpus=4", "-m", "1G,slots=4,maxmem=4G",
            "-nodefaults", "-no-user-config", "-display", "none", "-serial", serial,
            # An IOMMU comes before the devices behind it.
            "-device", "intel-iommu",
            "-drive", f"file={disk},format=raw,if=none,id=root,snapshot=on", "-device", "nvme,drive=root,serial=root",
            "-device", "virtio-serial", "-chardev", f"socket,id=agent,path={share / 'agent'},server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=agent",
            "-device", "pcie-root-port,id=slot0,chassis=1", "-device", "pcie-root-port,id=slot1,chassis=2",
            "-qmp", f"unix:{share / 'qmp'},server=on,wait=off",
            "-kernel", str(image.kernel(tree)), "-append",
            "root=/dev/nvme0n1 console=ttyS0 quiet panic=-1 systemd.show_status=0 " + KINDS[kind].command_line,
        ]
        with open(work / "qemu.log", "ab") as log:
            super().__init__(subprocess.Popen(command, stdin=None if interactive else subprocess.DEVNULL,
                                              stderr=log, start_new_session=not interactive), work)
        self.monitor = None

    def connect(self):
        super().connect()
        self.monitor = Monitor(self.work / "share" / "qmp", 60)

    def logs(self):
        """The files outside that tell what happened."""
        return [self.work / "serial.log", self.work / "qemu.log"]


class Container(Guest):
    """systemd-nspawn: a systemd, a bus and a polkit of its own on the host's kernel."""

    def __init__(self, tree, work, interactive=False):
        share = work / "share"
        share.mkdir(exist_ok=True)
        command = [
            "unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
            "systemd-nspawn", "--quiet", f"--directory={tree}", "--boot", "--register=no", "--keep-unit",
            "--hostname=guest", f"--bind={share}:/mnt",
        ]
        with open(work / "console.log", "ab") as log:
            streams = {} if interactive else {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            super().__init__(subprocess.Popen(command, start_new_session=not interactive, **streams), work)

    def logs(self):
        return [self.work / "console.log"]


def start(kind, tree, work, interactive=False):
    """Starts a guest of a kind and returns without waiting until it has booted."""
    shutil.rmtree(work / "share", ignore_errors=True)
    if kind == CONTAINER:
        return Container(tree, work, interactive)
    return VirtualMachine(kind, tree, work, interactive)
