# SPDX-License-Identifier: LGPL-2.1-or-later
"""After the start: what runs, as whom, and what it says."""

from scenario import scenario


@scenario("svm", "no-svm", "read-only", "container")
def unit_runs(client):
    """the unit runs under its own user, in group kvm, with no capability"""
    client.wait(lambda: client.unit("virtreadyd", "ActiveState") == "active", "virtreadyd is not active")
    status = dict(line.split(":\t", 1) for line in
                  client.output(f"cat /proc/{client.pid()}/status").splitlines() if ":\t" in line)
    user, group = client.output("id -u virtready"), client.output("getent group kvm | cut -d: -f3")

    assert status["Uid"].split() == [user] * 4, status["Uid"]
    assert status["Gid"].split() == [group] * 4, status["Gid"]
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, f"{name}: {status[name]}"
