# SPDX-License-Identifier: LGPL-2.1-or-later
"""A newer version takes the place of the one that runs, and what was installed is removed, as README says."""

import contextlib

from client import BusError, LIBVIRT_SOCKETS
from image import NEXT_VERSION
from scenario import scenario
from watcher import watching

# What a package's scripts, or somebody who follows README, do when the new files are in place.
AFTER_INSTALLING = """
    systemd-sysusers
    systemd-tmpfiles --create virtready.conf
    journalctl --update-catalog
    systemctl daemon-reload
    systemctl reload dbus
    systemctl try-restart virtreadyd.service virtready-domcapabilities.socket virtready-modprobe.socket
"""

# Files of programs that run are replaced, and not written to.
INSTALL = "tar --extract --keep-directory-symlink --directory=/"
NEW = "/usr/lib/virtready-tests/upgrade"
INSTALLED = "/usr/lib/virtready-tests/installed"


@contextlib.contextmanager
def kept(client):
    """Puts the files that are installed now back afterwards, and has them used."""
    client.run(f"tar --create --file=/run/installed.tar --directory=/ --files-from={INSTALLED} --absolute-names")
    try:
        yield
    finally:
        client.run(f"set -e; {INSTALL} --absolute-names --file=/run/installed.tar; {AFTER_INSTALLING}")
        assert NEXT_VERSION not in client.output("virtreadyctl --version"), "the newer version stays"


def upgrade(client):
    client.run(f"set -e; tar --create --directory={NEW} . | {INSTALL}; {AFTER_INSTALLING}")


@scenario("svm", "container")
def watched(client):
    """who watches sees the owner change and the new version's objects, which are the same; monitor survives"""
    before, version = client.settled_states(), client.manager()["Version"]
    with watching(client) as watcher, kept(client):
        upgrade(client)
        assert client.manager()["Version"] == NEXT_VERSION, "the version that answers is the old one"
        client.wait_states(before)
        watcher.assert_owners(["", client.owner()])
        watcher.assert_survives()
    assert client.manager()["Version"] == version
    client.wait_states(before)


@scenario("svm", "container")
def waited(client):
    """"virtreadyctl wait" that began before an upgrade ends when the new version says ready"""
    client.settled_states()
    with client.keeping_libvirt(), kept(client):
        client.run(f"systemctl stop libvirtd {LIBVIRT_SOCKETS}")
        client.wait_state("not-ready", "libvirt")
        command = "virtreadyctl wait --profile=libvirt --timeout=10min"
        with client.background(f"bash -c '{command}; echo status $?'") as file:
            client.wait(lambda: client.try_run(f"pgrep --exact --full '{command}'").status == 0, "nobody waits")
            upgrade(client)
            assert client.manager()["Version"] == NEXT_VERSION, "the version that answers is the old one"
            client.wait_state("not-ready", "libvirt")
            client.run(f"pgrep --exact --full '{command}'")
            client.run("systemctl start libvirtd.socket")
            client.wait(lambda: client.output(f"cat {file}").endswith("status 0"),
                        f"wait does not end: {client.output(f'cat {file}*')}")


def may_call(client, user):
    return client.try_run("busctl call org.virtready1 /org/virtready1 org.virtready1.Manager Describe",
                          user=user).status == 0


@scenario("svm", "container")
def unit_and_policy(client):
    """the unit and the bus policy of the new version take effect"""
    client.settled_states()
    assert may_call(client, "bob")
    with kept(client):
        upgrade(client)
        nice = client.output(f"ps --no-headers --format=ni --pid={client.pid()}")
        assert nice == "7", f"the unit is the old one: nice level {nice}"
        assert not may_call(client, "bob"), "the policy is the old one"
        assert may_call(client, "alice")
    client.wait(lambda: may_call(client, "bob"), "the policy that was restored has no effect")


@scenario("svm")
def others_machines(client):
    """virtual machines that run during an upgrade are counted by the new version, and so is their end"""
    client.settled_states()
    with client.kvm(), kept(client), client.background("/usr/lib/virtready-tests/hold-vm 2", ready="holding"):
        client.wait(lambda: client.manager()["ActiveVMs"] == 2, "two virtual machines are not counted")
        upgrade(client)
        manager = client.manager()
        assert manager["ActiveVMs"] == 2 and "active-vms" in manager["Features"], str(manager)
        client.run("pkill -x hold-vm")
        client.wait(lambda: client.manager()["ActiveVMs"] == 0, "their end is not counted")


@scenario("container")
def uninstalled(client):
    """after what README says about uninstalling the bus does not know the name, and systemd not the units"""
    client.settled_states()
    with kept(client):
        client.run(f"""set -e
            systemctl disable --now virtreadyd.service virtready-domcapabilities.socket virtready-modprobe.socket
            xargs rm <{INSTALLED}
            systemctl daemon-reload
            systemctl reload dbus""")
        names = client.call_bus("ListActivatableNames") + client.call_bus("ListNames")
        assert not [name for name in names if "virtready" in name], str(names)
        try:
            client.module_call("LoadModule", "string:tun")
            raise AssertionError("somebody answers")
        except BusError as error:
            assert error.name == "org.freedesktop.DBus.Error.ServiceUnknown", str(error)
        for unit in ("virtreadyd.service", "virtready-domcapabilities.socket", "virtready-modprobe.socket"):
            assert client.unit(unit, "LoadState", "ActiveState") == ["not-found", "inactive"], unit
        assert client.output("find /etc/systemd /usr/lib/systemd -name '*virtready*'") == ""
