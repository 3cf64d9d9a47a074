# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory, a PCI device and a CPU come and go: everybody is told within a second of the kernel's event."""

import contextlib

from channel import ChannelError
from client import ROOT, path_of
from scenario import scenario

HOST = f"{ROOT}/host"
MEMORY = "/sys/devices/system/memory"
LIMIT_USEC = 1_000_000


class Watch:
    """What the kernel says, and what virtreadyd makes of it."""

    def __init__(self, client, events, recording):
        self.client = client
        self.events = events
        self.recording = recording

    def lateness(self, path, value, event):
        """Waits until a property, a pair of its object's path and its name, is announced with a value, and returns how
        many microseconds that came after the kernel's event, a pair of the action and the device's path."""
        def find():
            announced = self.recording.announced(*path)
            return announced[-1:] if announced and announced[-1][1] == value else None

        found = self.client.wait(find, f"{path[1]} is not announced to be {value!r}")
        return found[0][0] - self.events.last_usec(*event)

    def announces(self, path, value, event):
        """Asserts that it was announced within a second."""
        assert_soon(self.lateness(path, value, event), event)

    def signals(self, member, path, event):
        """Asserts that an object came or went within a second of the kernel's event, and returns the signal."""
        def find():
            return [message for message in self.recording.signals(member) if message["payload"]["data"][0] == path]

        found = self.client.wait(find, f"no {member} of {path}")
        assert len(found) == 1, f"{member} of {path} came {len(found)} times"
        assert_soon(found[0]["timestamp-realtime"] - self.events.last_usec(*event), event)
        return found[0]


def assert_soon(late_usec, event):
    assert late_usec <= LIMIT_USEC, f"the news of the kernel's event {' '.join(event)} came {late_usec} us later"


@contextlib.contextmanager
def watching(client):
    with client.kernel_events() as events, client.recording() as recording:
        yield Watch(client, events, recording)


def new_name(client, pattern, before):
    """Waits for a file that was not there before, and returns its name."""
    def find():
        return sorted(set(client.output(f"ls -d {pattern}").split()) - before)

    return client.wait(find, f"nothing new appears in {pattern}")[0]


def unplug(client, device, file):
    """Takes a device away, and waits until the guest has let go of it."""
    client.guest.monitor.execute("device_del", id=device)
    client.wait(lambda: client.try_run(f"test -e {file}").status != 0, f"{file} does not go away")


def delete_object(client, name):
    """Deletes one of QEMU's objects as soon as nothing uses it any more."""
    def is_deleted():
        try:
            return client.guest.monitor.execute("object-del", id=name) == {}
        except ChannelError:
            return False

    client.wait(is_deleted, f"{name} is still in use")


@contextlib.contextmanager
def more_memory(client, size):
    """Plugs a memory device with one block in; gives the block's directory. The kernel does not use it yet."""
    before = set(client.output(f"ls -d {MEMORY}/memory*").split())
    policy = client.output(f"cat {MEMORY}/auto_online_blocks; echo offline >{MEMORY}/auto_online_blocks")
    client.guest.monitor.execute("object-add", qom_type="memory-backend-ram", id="more", size=size)
    try:
        client.guest.monitor.execute("device_add", driver="pc-dimm", id="dimm", memdev="more")
        block = new_name(client, f"{MEMORY}/memory*", before)
        try:
            yield block
        finally:
            unplug(client, "dimm", block)
    finally:
        delete_object(client, "more")
        client.write(f"{MEMORY}/auto_online_blocks", policy)


@scenario("svm")
def memory(client):
    """memory that is plugged in counts as soon as the kernel uses it, and no longer when it is given back"""
    block_bytes = int(client.output(f"cat {MEMORY}/block_size_bytes"), 16)
    before = client.host()["MemoryTotalBytes"]

    with watching(client) as watch, more_memory(client, block_bytes) as block:
        device = block.removeprefix("/sys")
        assert client.host()["MemoryTotalBytes"] == before, "memory counts that the kernel does not use"

        client.write(f"{block}/state", "online_movable")
        watch.announces((HOST, "MemoryTotalBytes"), before + block_bytes, ("online", device))
        host = client.host()
        assert host["MemoryTotalBytes"] == before + block_bytes
        assert sum(node[2] for node in host["NUMANodes"]) == before + block_bytes, host["NUMANodes"]
        assert host["NodeInfo"]["memory_kib"] * 1024 == before + block_bytes, host["NodeInfo"]

        client.write(f"{block}/state", "offline")
        watch.announces((HOST, "MemoryTotalBytes"), before, ("offline", device))
    assert client.host()["MemoryTotalBytes"] == before


@contextlib.contextmanager
def card(client):
    """Plugs a disk's controller in behind the IOMMU; gives its address. It may be unplugged meanwhile."""
    before = set(client.output("ls -d /sys/bus/pci/devices/*").split())
    client.guest.monitor.execute("device_add", driver="nvme", id="card", serial="card", bus="slot0")
    file = new_name(client, "/sys/bus/pci/devices/*", before)
    try:
        yield file.rpartition("/")[2]
    finally:
        if client.try_run(f"test -e {file}").status == 0:
            unplug(client, "card", file)


def bind_to_vfio(client, address):
    """Gives a device to vfio-pci, as libvirt and driverctl do."""
    client.run(f"modprobe vfio-pci && cd /sys/bus/pci/devices/{address} && echo vfio-pci >driver_override && "
               f"echo {address} >driver/unbind && echo {address} >/sys/bus/pci/drivers_probe")


@contextlib.contextmanager
def without_vfio_at_the_end(client):
    try:
        yield
    finally:
        client.wait(lambda: client.try_run("modprobe -r vfio_pci vfio_iommu_type1").status == 0, "vfio stays in use")


@scenario("svm")
def pci_device(client):
    """a PCI device that is plugged in behind an IOMMU gets an object with its group, until it is unplugged"""
    with watching(client) as watch, card(client) as address:
        file = client.output(f"readlink -f /sys/bus/pci/devices/{address}")
        path = path_of("device", address)
        added = watch.signals("InterfacesAdded", path, ("add", file.removeprefix("/sys")))
        assert "org.virtready1.Device" in added["payload"]["data"][1], added

        client.wait(lambda: client.device(address)["Driver"] == "nvme", "the driver nvme is not seen")
        device = client.device(address)
        group = client.output(f"basename $(readlink {file}/iommu_group)")
        assert (device["Address"], device["IOMMUGroup"]) == (address, int(group)), device
        assert (device["Assignable"], device["Reason"]) == (True, "driver-attached"), device
        assert client.check("iommu.enabled")["Arguments"]["groups"] == \
            client.output("ls /sys/kernel/iommu_groups | wc -l")

        unplug(client, "card", file)
        watch.signals("InterfacesRemoved", path, ("remove", file.removeprefix("/sys")))
        assert path not in client.objects()


@scenario("svm")
def passthrough(client):
    """behind an IOMMU only KVM lacks for passing devices to guests, and then QEMU is really given one"""
    assert client.check("iommu.enabled")["State"] == "pass"
    profile = client.profile("passthrough")
    assert (profile["State"], profile["RootCauses"]) == ("not-ready", ["kvm.vendor_module"]), profile

    with without_vfio_at_the_end(client), card(client) as address, client.kvm():
        assert client.profile("passthrough")["State"] == "ready"
        client.wait(lambda: client.device(address)["Reason"] == "driver-attached", "nvme does not take the device")

        bind_to_vfio(client, address)
        client.wait(lambda: client.device(address)["Reason"] == "bound-to-vfio", "vfio-pci is not seen")
        device = client.device(address)
        assert (device["Driver"], device["Assignable"]) == ("vfio-pci", True), device
        client.run(f"echo quit | qemu-system-x86_64 -accel kvm -nodefaults -display none -S -monitor stdio "
                   f"-device vfio-pci,host={address}")


@scenario("svm")
def nothing_new(client):
    """an event of a device that is as it was leads to no news"""
    devices = ("class/misc/fuse", "module/fuse", "bus/pci/devices/0000:00:1f.2", "class/iommu/dmar0")
    with client.recording() as recording:
        for device in devices:
            checked = client.manager()["LastCheckUSec"]
            client.run(f"udevadm trigger --settle /sys/{device}")
            client.wait(lambda: client.manager()["LastCheckUSec"] > checked, f"the event of {device} is not seen")
        recording.catch_up()
        assert recording.news() == [], f"a pass has changed something: {recording.news()}"


def switch(client, watch, file, before):
    """Switches a CPU on and off, and returns the larger of the two times until that was announced."""
    device, number = file.removeprefix("/sys"), file.removeprefix("/sys/devices/system/cpu/cpu")

    client.write(f"{file}/online", "1")
    late_usec = watch.lateness((HOST, "Threads"), before["Threads"] + 1, ("online", device))
    host = client.host()
    online = client.output("cat /sys/devices/system/cpu/online")
    assert (host["OnlineCPUs"], host["OfflineCPUs"]) == (online, ""), host
    assert host["Cores"] == before["Cores"] + 1
    assert host["NodeInfo"]["cpus"] == before["NodeInfo"]["cpus"] + 1, host["NodeInfo"]

    client.write(f"{file}/online", "0")
    late_usec = max(late_usec, watch.lateness((HOST, "OfflineCPUs"), number, ("offline", device)))
    host = client.host()
    assert (host["Threads"], host["Cores"]) == (before["Threads"], before["Cores"]), host
    return late_usec


@scenario("no-svm")
def cpu(client):
    """a CPU that is plugged in is offline, and follows what is written to its file online, until it is unplugged"""
    free = next(entry for entry in client.guest.monitor.execute("query-hotpluggable-cpus") if "qom-path" not in entry)
    before = client.host()
    cpus = set(client.output("ls -d /sys/devices/system/cpu/cpu[0-9]*").split())

    with watching(client) as watch:
        client.guest.monitor.execute("device_add", driver=free["type"], id="cpu", **free["props"])
        file = new_name(client, "/sys/devices/system/cpu/cpu[0-9]*", cpus)
        device, number = file.removeprefix("/sys"), file.removeprefix("/sys/devices/system/cpu/cpu")
        try:
            watch.announces((HOST, "OfflineCPUs"), number, ("add", device))
            assert client.host()["OnlineCPUs"] == before["OnlineCPUs"]
            # An emulated machine may stand still for seconds while a CPU starts: of five times one has to be in time.
            late_usec = [switch(client, watch, file, before)]
            while late_usec[-1] > LIMIT_USEC and len(late_usec) < 5:
                late_usec.append(switch(client, watch, file, before))
            assert_soon(min(late_usec), ("online", device))
        finally:
            unplug(client, "cpu", file)
        watch.announces((HOST, "OfflineCPUs"), before["OfflineCPUs"], ("remove", device))
