# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtready-wait@qemu.service: units that need virtual machines are ordered after it."""

import contextlib

from scenario import scenario

WAIT = "virtready-wait@qemu.service"
UNIT = "needs-kvm.service"
UNIT_FILE = f"""[Unit]
Requires={WAIT}
After={WAIT}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'busctl get-property org.virtready1 /org/virtready1 org.virtready1.Manager State >/run/needs-kvm'
"""


@contextlib.contextmanager
def units(client, drop_in=""):
    """Those units, with more for the one that waits; they are stopped in the end."""
    with client.file(f"/run/systemd/system/{UNIT}", UNIT_FILE), \
            client.file(f"/run/systemd/system/{WAIT}.d/limit.conf", drop_in):
        client.run("rm --force /run/needs-kvm; systemctl daemon-reload")
        try:
            yield
        finally:
            client.run(f"systemctl stop {UNIT} {WAIT}; systemctl reset-failed {UNIT} {WAIT} || true")
    client.run("systemctl daemon-reload")


@scenario("svm")
def ordered_after(client):
    """a unit that is ordered after virtready-wait@qemu starts when the module is loaded, and not before"""
    with units(client):
        client.run(f"systemctl start --no-block {UNIT}")
        client.wait(lambda: client.unit(WAIT, "SubState") == "start", f"{WAIT} does not start")
        client.recheck()
        assert client.unit(UNIT, "ActiveState") == "inactive", "it does not wait"

        client.load_module("kvm_amd")
        client.wait(lambda: client.unit(UNIT, "ActiveState") == "active", f"{UNIT} does not start")
        assert client.unit(WAIT, "ActiveState", "ExecMainStatus") == ["active", "0"]
        assert client.output("cat /run/needs-kvm") == 's "ready"'
        client.unload("kvm_amd", "kvm")
    client.wait_state("not-ready")


@scenario("svm")
def out_of_time(client):
    """when virtready-wait@qemu runs out of time, the unit that requires it fails and is not started"""
    limit = "[Service]\nExecStart=\nExecStart=/usr/bin/virtreadyctl wait --profile=%i --timeout=2\n"
    with units(client, limit):
        result = client.try_run(f"systemctl start {UNIT}")
        assert result.status == 1 and "dependency job" in result.errors, str(result)
        assert client.unit(WAIT, "ActiveState", "ExecMainStatus") == ["failed", "1"]
        assert client.unit(UNIT, "ActiveState") == "inactive"
        assert client.try_run("test -e /run/needs-kvm").status == 1, "it was started"
