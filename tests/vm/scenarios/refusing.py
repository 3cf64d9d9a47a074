# SPDX-License-Identifier: LGPL-2.1-or-later
"""Modules that the kernel refuses: what is said of it, and what stays."""

from client import BusError
from scenario import scenario


def assert_refused(client, module, why):
    """The kernel refuses it, for a reason that the message has. What it builds on may stay, and changes no cause."""
    causes = client.manager()["RootCauses"]
    before = client.modules()
    try:
        client.load_module(module)
    except BusError as error:
        assert error.name == "org.virtready1.Error.ModuleRefused", error
        assert "Operation not supported (EOPNOTSUPP)" in error.message and why in error.message, error
    else:
        raise AssertionError(f"{module} is loaded")

    client.recheck()
    stays = client.modules() - before
    assert stays <= {"kvm", "irqbypass"}, stays
    assert client.manager()["RootCauses"] == causes, client.manager()["RootCauses"]
    assert client.profile("qemu")["State"] == "not-ready"
    if "kvm" in stays:
        client.unload("kvm")
        client.recheck()
        assert client.manager()["RootCauses"] == causes, client.manager()["RootCauses"]


@scenario("no-svm")
def hidden_extension(client):
    """where the host keeps the extension to itself, it is sent to the host, and kvm_amd is refused for that"""
    check = client.check("cpu.virtualization")
    texts = str(check).lower()

    assert client.manager()["RootCauses"] == ["cpu.virtualization"], client.manager()["RootCauses"]
    assert [remedy["kind"] for remedy in check["Remedies"]] == ["outer-host"], check["Remedies"]
    assert check["Remedies"][0]["argument"] == "nested virtualization (svm)", check["Remedies"]
    assert "its host does not give it svm" in check["Detail"], check["Detail"]
    assert "bios" not in texts and "firmware" not in texts, check
    why = client.try_run("virtreadyctl why")
    assert why.status == 1 and "On the host of this virtual machine: give it nested" in why.output, str(why)

    blocked = client.check("kvm.vendor_module")
    assert blocked["State"] == "blocked" and blocked["BlockedBy"] == ["cpu.virtualization"], blocked
    assert_refused(client, "kvm_amd", "This is a virtual machine, and its host does not give it svm.")


@scenario("svm")
def other_vendor(client):
    """kvm_intel is refused on AMD's CPU, and the message names kvm_amd"""
    assert_refused(client, "kvm_intel", "The module for this CPU is kvm_amd.")


@scenario("svm", "container")
def not_on_the_list(client):
    """modules that are none of virtualization's, and what is no name, are refused before anybody is asked"""
    client.wait(client.owner, "virtreadyd is not on the bus")
    for module, name in (("nvidia", "org.virtready1.Error.ModuleNotAllowed"),
                         ("../kvm", "org.freedesktop.DBus.Error.InvalidArgs")):
        try:
            client.load_module(module, user="bob")
        except BusError as error:
            assert error.name == name, error
        else:
            raise AssertionError(f"{module} is loaded")
