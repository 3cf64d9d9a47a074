# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices whose nodes are there before their modules are: opening one loads its module, and looking at it does not."""

from scenario import scenario

CHECKS = {"net.vhost_net": "vhost_net", "net.tun": "tun", "vsock.vhost_vsock": "vhost_vsock"}
NODES = "/dev/vhost-net /dev/net/tun /dev/vhost-vsock"


def unload(client):
    """Unloads them with all that they brought along; what is not loaded is no error."""
    client.unload("vhost_net", "vhost_vsock", "tun")
    client.recheck()
    assert not client.modules() & set(CHECKS.values()), client.modules()


def wait_for(client, state, reason):
    """Waits until all three checks have this state for this reason."""
    seen = {}

    def has_come():
        for name in CHECKS:
            check = client.check(name)
            seen[name] = check["State"], check["Reason"]
        return set(seen.values()) == {(state, reason)}

    try:
        client.wait(has_come, "")
    except AssertionError as error:
        raise AssertionError(f"not all are {state} with {reason}: {seen}") from error


@scenario("svm")
def opened(client):
    """vhost_net, tun and vhost_vsock pass unloaded, looking loads none of them, and opening their nodes does"""
    unload(client)
    try:
        wait_for(client, "pass", "autoloadable")
        client.recheck()
        client.run("virtreadyctl status || test $? = 1", user="bob")
        client.run("virtreadyctl access || test $? = 1", user="bob")
        assert not client.modules() & set(CHECKS.values()), "looking has loaded a module"

        client.run(f"for node in {NODES}; do exec 3<>$node && exec 3>&- || exit; done")
        assert set(CHECKS.values()) <= client.modules(), client.modules()
        wait_for(client, "pass", "live")
    finally:
        unload(client)
    wait_for(client, "pass", "autoloadable")


@scenario("svm")
def blacklisted(client):
    """a blacklist that is written while virtreadyd runs makes the three fail, and they pass again without it"""
    unload(client)
    blacklist = "".join(f"blacklist {module}\n" for module in CHECKS.values())
    with client.file("/etc/modprobe.d/forbidden.conf", blacklist):
        wait_for(client, "fail", "module-blacklisted")
        check = client.check("net.vhost_net")
        assert "/etc/modprobe.d/forbidden.conf blacklists it" in check["Detail"], check["Detail"]
        assert [remedy["kind"] for remedy in check["Remedies"]] == ["load-module", "configuration-file"], check
        assert client.profile("microvm")["RootCauses"].count("vsock.vhost_vsock") == 1

        # By its name the module is still to be had, and what is live is not forbidden.
        client.load_module("vhost_net")
        assert client.check("net.vhost_net")["Reason"] == "live"
        unload(client)
    wait_for(client, "pass", "autoloadable")
