# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may open /dev/kvm: what CheckAccess says is what the kernel does, and changes are announced."""

import contextlib
import json

from client import NAME, ROOT, plain
from scenario import scenario

# What CheckAccess and virtreadyctl say to the one who runs this, and what the kernel does.
ASK = f"""busctl --json=short call {NAME} {ROOT} {NAME}.Manager CheckAccess
virtreadyctl access | grep -w /dev/kvm
(exec 3<>/dev/kvm) 2>/dev/null && echo opens || echo refused"""


def check_answer(output, reason):
    """Whether CheckAccess gives a reason for /dev/kvm, in what ASK prints; asserts that the others agree with it."""
    lines = output.splitlines()
    kvm = next(device for device in plain(json.loads(lines[0])["data"])[0] if device["device"] == "/dev/kvm")
    if kvm["reason"] != reason:
        return False
    shown, opened = lines[1].split(), lines[-1]
    assert shown == ["✓" if kvm["allowed"] else "✗", "/dev/kvm", reason], f"virtreadyctl says {shown}, not {reason}"
    assert opened == ("opens" if kvm["allowed"] else "refused"), f"CheckAccess says {reason}, and the kernel {opened}"
    return True


def assert_access(client, user, reason):
    """Waits until a user, who has just logged in, is told a reason, and asserts that it is true."""
    client.wait(lambda: check_answer(client.output(ASK, user=user), reason), f"{user} is not told {reason}")


@contextlib.contextmanager
def announced(client, recording):
    """Asserts that AccessChanged comes for what is done meanwhile."""
    before = len(recording.signals("AccessChanged"))
    yield
    client.wait(lambda: len(recording.signals("AccessChanged")) > before, "no AccessChanged")


@scenario("svm")
def mode(client):
    """chmod of /dev/kvm is announced, and everybody is told what holds for him"""
    with client.kvm(), client.recording() as recording:
        assert_access(client, "bob", "not-in-group")
        with announced(client, recording):
            client.run("chmod 0666 /dev/kvm")
            assert_access(client, "bob", "everybody")
        assert client.check("kvm.access")["Reason"] == "everybody"

        with announced(client, recording):
            client.run("chmod 0600 /dev/kvm")
            assert_access(client, "bob", "root-only")
        assert_access(client, "root", "root")
        assert client.check("kvm.access")["Reason"] == "root-only"
        profile = client.profile("qemu")
        assert (profile["State"], profile["RootCauses"]) == ("not-ready", ["kvm.access"]), profile


@scenario("svm")
def daemon(client):
    """the daemon says that it is refused itself when others may open /dev/kvm, and when it no longer is"""
    with client.kvm():
        client.run("chgrp bob /dev/kvm")
        client.wait_state("not-ready")
        access = client.check("kvm.access")
        assert (access["State"], access["Reason"]) == ("fail", "permission-denied"), access
        assert access["Arguments"]["prober"] == "virtready", access
        assert_access(client, "bob", "group")

        client.run("chgrp kvm /dev/kvm")
        client.wait_state("ready")
        assert client.check("kvm.access")["Reason"] == "group"


@scenario("svm")
def access_control_list(client):
    """setfacl lets a user open /dev/kvm or forbids it, and nothing that the daemon does takes that back"""
    with client.kvm(), client.recording() as recording:
        with announced(client, recording):
            client.run("setfacl --modify=user:bob:rw /dev/kvm")
            assert_access(client, "bob", "acl-user")
        client.run("udevadm settle")
        assert_access(client, "bob", "acl-user")
        assert_access(client, "alice", "not-in-group")

        with announced(client, recording):
            client.run("setfacl --modify=user:bob:- /dev/kvm")
            assert_access(client, "bob", "acl-user-denied")
        with announced(client, recording):
            client.run("setfacl --remove-all /dev/kvm")
            assert_access(client, "bob", "not-in-group")


@scenario("svm")
def group(client):
    """who was added to the group kvm is told that it does not count in this session, and that it does in a new one"""
    client.write("/run/ask", f"echo waits >&2; until test -e /run/added; do sleep 0.1; done\n{ASK}")
    with client.kvm(), client.recording() as recording, \
            client.background("bash /run/ask", user="bob", ready="waits") as before:
        try:
            with announced(client, recording):
                client.run("usermod --append --groups kvm bob")
                assert_access(client, "bob", "group")
            client.run("touch /run/added")
            client.wait(lambda: client.try_run(f"grep -qE 'opens|refused' {before}").status == 0, "no answer")
            assert check_answer(client.output(f"cat {before}"), "group-not-in-session"), "that is not said"
        finally:
            with announced(client, recording):
                client.run("rm -f /run/ask /run/added; gpasswd --delete bob kvm")
        assert_access(client, "bob", "not-in-group")
