# SPDX-License-Identifier: LGPL-2.1-or-later
"""The module of KVM is loaded and unloaded: who may have that done, what is announced, and what is left behind."""

import contextlib

from client import BusError
from scenario import scenario

CHECKS_OF_KVM = {"kvm.usable", "kvm.access", "kvm.device", "kvm.vendor_module", "kvm.nested"}

EXAMPLE = "/usr/share/doc/virtready/50-virtready.rules.example"
RULE = "/etc/polkit-1/rules.d/50-virtready.rules"


def assert_missing(client):
    """KVM's module is not there, and that is the one cause."""
    profile, check = client.profile("qemu"), client.check("kvm.vendor_module")

    assert client.manager()["RootCauses"] == ["kvm.vendor_module"], client.manager()["RootCauses"]
    assert profile["State"] == "not-ready" and profile["RootCauses"] == ["kvm.vendor_module"], profile
    assert check["State"] == "fail" and check["Reason"] == "module-blacklisted-by-parameter", check
    loading = [remedy for remedy in check["Remedies"] if remedy["kind"] == "load-module"]
    assert [remedy["argument"] for remedy in loading] == ["kvm_amd"], check["Remedies"]


def assert_ready(client):
    """Guests run. Nothing is recommended that is missing: vhost_net is not loaded, but opening its node loads it, and
    systemd has mounted control groups with all controllers. So it is "ready", not "degraded"."""
    profile, check = client.profile("qemu"), client.check("kvm.usable")

    assert profile["State"] == "ready" and not profile["RootCauses"], profile
    assert (check["State"], check["Reason"], check["Evidence"]) == ("pass", "guest-ran", "probed"), check
    assert check["Detail"].startswith("A guest ran:"), check["Detail"]


def changes_of_kvm(recording):
    """The checks of each Changed that is about KVM; libvirt's service comes and goes as it likes."""
    return [checks for checks in (set(checks) for _, checks in recording.changes()) if checks & CHECKS_OF_KVM]


def unload(client):
    client.unload("kvm_amd", "kvm")
    client.wait_state("not-ready")


@contextlib.contextmanager
def example_rule(client):
    """The rule that the product has as an example, installed as README.md says."""
    client.run(f"cp {EXAMPLE} {RULE}")
    try:
        yield
    finally:
        client.run(f"rm {RULE}")


@scenario("svm")
def announced_once(client):
    """LoadModule makes qemu ready with one Changed before it returns, and unloading is another one"""
    assert_missing(client)
    with client.recording() as recording:
        client.load_module("kvm_amd")
        assert_ready(client)
        recording.catch_up()
        changes = changes_of_kvm(recording)
        ((_, answer, _),) = recording.calls("LoadModule")
        before = [message.get("member") for message in recording.messages()[:answer]]

        unload(client)
        assert_missing(client)
        recording.catch_up()
        unloading = changes_of_kvm(recording)[len(changes):]

    assert changes == [CHECKS_OF_KVM], changes
    assert "Changed" in before, "LoadModule returns before Changed"
    assert unloading == [CHECKS_OF_KVM], unloading


@scenario("svm")
def by_whom(client):
    """LoadModule is refused to alice and bob, and allowed to alice by the example of a rule"""
    for user in ("alice", "bob"):
        assert_denied(client, user)
    with example_rule(client):
        assert_denied(client, "bob")
        client.load_module("kvm_amd", user="alice")
        assert_ready(client)
        unload(client)
        assert_denied(client, "alice", "vhost_net")
    assert_missing(client)


def assert_denied(client, user, module="kvm_amd"):
    try:
        client.load_module(module, user=user)
    except BusError as error:
        assert error.name == "org.freedesktop.DBus.Error.AccessDenied", error
    else:
        raise AssertionError(f"{user} may load {module}")
    assert not client.modules() & {"kvm", "kvm_amd", "vhost_net"}, client.modules()


@scenario("svm")
def with_virtreadyctl(client):
    """virtreadyctl load says by its exit status whether the module is loaded, refused, or not to be had"""
    for command, user, status, words in (
            ("load nosuch", "root", 2, "nosuch is not among the modules"),
            ("load kvm_amd", "bob", 1, "sudo virtreadyctl load kvm_amd"),
            ("load kvm_amd", "root", 0, "kvm_amd is loaded"),
            ("load --json kvm-amd", "root", 0, '"loaded": true'),
            ("persist kvm_amd", "root", 1, "blacklisted by the kernel command line"),
    ):
        result = client.try_run(f"virtreadyctl {command}", user=user)
        assert result.status == status and words in result.output + result.errors, str(result)
    assert_ready(client)
    unload(client)


@scenario("svm")
def persisted(client):
    """systemd-modules-load loads what was persisted, and no longer what was unpersisted"""
    file = "/etc/modules-load.d/virtready-vhost_net.conf"
    load = "systemctl restart systemd-modules-load"

    client.run("virtreadyctl persist vhost_net")
    assert "vhost_net" in client.output(f"grep -v ^# {file}").splitlines()
    assert "vhost_net" not in client.modules(), "persist has loaded it now"
    client.run(load)
    assert "vhost_net" in client.modules(), "systemd has not loaded it"
    assert client.check("net.vhost_net")["Reason"] == "live", client.check("net.vhost_net")

    client.run("virtreadyctl unpersist vhost_net")
    client.unload("vhost_net")
    client.run(f"test ! -e {file} && {load}")
    assert "vhost_net" not in client.modules(), "systemd loads it all the same"


@scenario("svm")
def loader_masked(client):
    """with virtready-modprobe.socket masked nothing is loaded for anybody, and all else works"""
    client.run("systemctl mask --now virtready-modprobe.socket")
    try:
        for _ in range(2):
            try:
                client.load_module("kvm_amd")
            except BusError as error:
                assert error.name == "org.virtready1.Error.LoaderUnavailable", error
            else:
                raise AssertionError("it is loaded")
        result = client.try_run("virtreadyctl load kvm_amd")
        assert result.status == 1 and "virtready-modprobe.socket" in result.errors, str(result)
        assert_missing(client)

        client.run("modprobe kvm_amd")
        client.wait_state("ready")
        assert_ready(client)
        unload(client)
    finally:
        client.run("systemctl unmask virtready-modprobe.socket && systemctl start virtready-modprobe.socket")

    client.load_module("kvm_amd")
    assert_ready(client)
    unload(client)
