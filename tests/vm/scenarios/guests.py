# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual machines that somebody else runs: they are counted, and are no reason to look at anything."""

import contextlib

from client import ROOT
from scenario import scenario

HOLD = "/usr/lib/virtready-tests/hold-vm"
QEMU = "qemu-system-x86_64 -accel kvm -nodefaults -display none -S"


def wait_count(client, count):
    client.wait(lambda: client.manager()["ActiveVMs"] == count, f"ActiveVMs is not {count}")


@contextlib.contextmanager
def nothing_changes(client):
    """Records the bus, and asserts that no pass has found anything until the end."""
    with client.recording() as recording:
        yield recording
        recording.catch_up()
        assert recording.news() == [], f"a pass has changed something: {recording.news()}"


def rises_and_falls(values, top):
    """Whether a number goes up to the highest, and then down to 0."""
    if top not in values or values[-1] != 0:
        return False
    rising = values.index(top)
    return values == sorted(values[:rising]) + sorted(values[rising:], reverse=True)


@contextlib.contextmanager
def no_libvirt(client):
    """Keeps libvirt from running meanwhile: when KVM comes it tries each QEMU, and makes virtual machines for that."""
    with client.keeping_libvirt():
        client.stop_libvirt()
        yield


def comes_and_goes_unnoticed(client):
    """Whether there is no pass while a virtual machine comes and goes. Other things that happen may start one."""
    checked = client.manager()["LastCheckUSec"]
    with client.background(HOLD, ready="holding"):
        wait_count(client, 1)
    wait_count(client, 0)
    return client.manager()["LastCheckUSec"] == checked


@scenario("svm")
def counted(client):
    """what others run with KVM is counted until it ends or is killed, and starts no pass"""
    with no_libvirt(client), client.kvm(), nothing_changes(client) as recording:
        with client.background(f"{HOLD} 2", ready="holding"):
            wait_count(client, 2)
            with client.background(QEMU):
                wait_count(client, 3)
            wait_count(client, 2)
            client.run("pkill -KILL -x hold-vm")
            wait_count(client, 0)
        values = recording.values(ROOT, "ActiveVMs")
        assert rises_and_falls(values, 3), f"ActiveVMs was announced as {values}"
        client.wait(lambda: comes_and_goes_unnoticed(client), "each virtual machine starts a pass")


@scenario("svm")
def beside_the_probe(client):
    """the probe of a Recheck and of a new start leaves the count of others' virtual machines right"""
    with no_libvirt(client), client.kvm(), client.background(f"{HOLD} 2", ready="holding"):
        wait_count(client, 2)
        with nothing_changes(client) as recording:
            for _ in range(3):
                client.recheck()
                assert client.manager()["ActiveVMs"] == 2
            client.run("udevadm settle")
            assert client.manager()["ActiveVMs"] == 2
            assert recording.values(ROOT, "ActiveVMs") == [], recording.values(ROOT, "ActiveVMs")

        client.run("systemctl restart virtreadyd")
        manager = client.manager()
        assert manager["ActiveVMs"] == 2, f"after the start ActiveVMs is {manager['ActiveVMs']}"
        assert "active-vms" in manager["Features"], manager["Features"]
