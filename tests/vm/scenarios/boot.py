# SPDX-License-Identifier: LGPL-2.1-or-later
"""After the start: what runs, as whom, what it says, and what it is kept from."""

from machine import CONTAINER
from scenario import scenario

EVERYWHERE = ("svm", "no-svm", "read-only", CONTAINER)
UNITS = ("virtreadyd.service", "virtready-domcapabilities@x.service", "virtready-modprobe@x.service",
         "virtready-wait@qemu.service")
# What systemd-analyze(1) may rate them at the most.
EXPOSURE = {"virtreadyd.service": 1.2, "virtready-domcapabilities@x.service": 0.9, "virtready-modprobe@x.service": 1.5,
            "virtready-wait@qemu.service": 0.4}


@scenario(*EVERYWHERE)
def user(client):
    """the unit runs, as its own user, in group kvm, with no capability"""
    client.wait(lambda: client.unit("virtreadyd", "ActiveState") == "active", "virtreadyd is not active")
    status = dict(line.split(":\t", 1) for line in
                  client.output(f"cat /proc/{client.pid()}/status").splitlines() if ":\t" in line)
    ids = client.output("id -u virtready; getent group kvm | cut -d: -f3").split()

    assert status["Uid"].split() == [ids[0]] * 4, status["Uid"]
    assert status["Gid"].split() == [ids[1]] * 4, status["Gid"]
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, f"{name}: {status[name]}"
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status


@scenario(*EVERYWHERE)
def enabled(client):
    """the preset has enabled daemon and sockets; in a container, which loads no modules, that for them stays closed"""
    assert client.output("systemctl is-enabled virtreadyd.service virtready-domcapabilities.socket "
                         "virtready-modprobe.socket").split() == ["enabled"] * 3
    assert client.output("stat --format=%U:%a /run/virtready/domcapabilities") == "virtready:600"
    state = "inactive" if client.kind == CONTAINER else "active"
    client.wait(lambda: client.unit("virtready-modprobe.socket", "ActiveState") == state, f"the socket is not {state}")
    assert client.output("stat --format=%U:%a /run/virtready/modprobe 2>&1 || true") == (
        "stat: cannot statx '/run/virtready/modprobe': No such file or directory" if client.kind == CONTAINER
        else "virtready:600")


@scenario("svm")
def verdict_module(client):
    """KVM's module is not loaded: that is the verdict, and the one cause"""
    assert client.manager()["State"] == "not-ready"
    assert client.manager()["RootCauses"] == ["kvm.vendor_module"]
    assert client.profile("lxc")["State"] == "ready"


@scenario("no-svm")
def verdict_outer_host(client):
    """the CPU has no extension: that is the verdict, and the one cause"""
    assert client.manager()["State"] == "not-ready"
    assert client.manager()["RootCauses"] == ["cpu.virtualization"]


@scenario("read-only")
def verdict_ready(client):
    """udev loads KVM's module while the machine boots: the verdict is ready, and KVM has run a guest"""
    client.wait_state("ready")
    assert client.manager()["Ready"] is True and client.manager()["RootCauses"] == []
    usable = client.check("kvm.usable")
    assert (usable["State"], usable["Evidence"]) == ("pass", "probed"), usable


@scenario(CONTAINER)
def verdict_no_device(client):
    """there is no /dev/kvm: the machine is not ready, and the one cause is none that a guest of KVM would show"""
    assert not client.try_run("test -e /dev/kvm").status == 0, "the container has a /dev/kvm"
    assert client.manager()["State"] == "not-ready"
    (cause,) = client.manager()["RootCauses"]
    assert cause in ("kvm.device", "kvm.vendor_module", "cpu.virtualization"), cause


@scenario(*EVERYWHERE)
def status(client):
    """systemctl status says the verdict in words, the same as on the bus"""
    text = client.unit("virtreadyd", "StatusText")
    causes = client.manager()["RootCauses"]
    expected = f"Not ready: {client.check(causes[0])['Detail']}" if causes else "Ready"
    assert text.startswith(expected), f"{text!r} and not {expected!r}"
    assert text in client.output("systemctl status virtreadyd")


@scenario(*EVERYWHERE)
def features(client):
    """everything that can be watched is watched"""
    expected = {"file-events", "mount-events", "unit-events"}
    if client.kind == CONTAINER:
        expected |= {"kernel-events", "kvm-probe"}
    else:
        expected |= {"udev-events", "kvm-probe", "active-vms"}
    names = set(client.manager()["Features"])
    # Whether a container learns how many virtual machines its host runs depends on that.
    assert names - {"active-vms"} == expected - {"active-vms"}, names
    assert client.kind == CONTAINER or "active-vms" in names, names


@scenario(*EVERYWHERE)
def activation(client):
    """a call starts the unit that was stopped, also one of a user whom nobody allows anything"""
    before = client.objects()
    client.run("systemctl stop virtreadyd")
    try:
        assert client.owner() == "" and client.unit("virtreadyd", "ActiveState") == "inactive"
        result = client.try_run("virtreadyctl status", user="bob")
        assert result.status == (0 if client.kind == "read-only" else 1), str(result)
        assert client.unit("virtreadyd", "ActiveState") == "active"
        assert client.objects().keys() == before.keys()
    finally:
        client.run("systemctl start virtreadyd")


@scenario(*EVERYWHERE)
def name(client):
    """nobody but the daemon's user gets the name on the bus"""
    client.run("systemctl stop virtreadyd")
    try:
        request = "busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus RequestName su {} 0"
        # Another name says that it is this one which is refused.
        refused = client.try_run(request.format("org.virtready1"), user="bob")
        assert refused.status != 0 and "denied" in refused.errors.lower(), str(refused)
        assert client.owner() == ""
        client.run(request.format("org.virtready1"), user="virtready")
    finally:
        client.run("systemctl start virtreadyd")


@scenario(*EVERYWHERE)
def hardening(client):
    """systemd rates the exposure of the units as low as is documented"""
    for unit in UNITS:
        last = client.output(f"systemd-analyze security --no-pager {unit}").splitlines()[-1]
        assert float(last.split(": ")[1].split()[0]) <= EXPOSURE[unit], last


@scenario(*EVERYWHERE)
def journal(client):
    """the journal has no warning of the product's units and no denial, after they have loaded a module and used KVM"""
    if client.kind == "svm":
        client.load_module("kvm_amd")
        client.wait_state("ready")
        client.unload("kvm_amd", "kvm")
        client.wait_state("not-ready")
    warnings = client.output("journalctl --boot --quiet --priority=warning --unit='virtready*'").splitlines()
    # In a container systemd itself is not permitted to set up a unit's own network namespace, and says so.
    loopback = "Failed to configure loopback network device, ignoring: Operation not permitted"
    warnings = [line for line in warnings if client.kind != CONTAINER or loopback not in line]
    assert not warnings, warnings
    denied = client.try_run("journalctl --boot --quiet | grep -i virtready | grep -iE 'denied|rejected|not permitted'")
    assert denied.output == "", denied.output


@scenario(*EVERYWHERE)
def catalog(client):
    """journalctl --catalog explains the daemon's messages"""
    explained = client.output("journalctl --boot --quiet --catalog --unit=virtreadyd")
    assert "Defined-By: virtready" in explained, explained
