# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who only watches org.virtready1: the bus, for who owns the name, and virtreadyctl."""

import contextlib
import json

from client import NAME, plain

OWNERS = ("type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',"
          f"arg0='{NAME}'")


class Watcher:
    """What those have seen who were there before something happened."""

    def __init__(self, client, signals, monitor):
        self.client = client
        self.signals = signals
        self.monitor = monitor

    def owners(self):
        """Who had the name, one after the other; "" is nobody."""
        lines = self.client.run(f"cat {self.signals}").output.splitlines()
        messages = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [plain(message["payload"])[2] for message in messages if message["member"] == "NameOwnerChanged"]

    def assert_owners(self, owners):
        """These it were, and nobody in between."""
        self.client.wait(lambda: self.owners()[-1:] == owners[-1:], f"the last owner is not {owners[-1]}")
        assert self.owners() == owners, f"owners {self.owners()}, not {owners}"

    def assert_survives(self):
        """"virtreadyctl monitor" has told that the daemon left and came back, and is still there."""
        def has_told():
            lines = self.client.run(f"cat {self.monitor}").output
            return 0 < lines.find("has left the bus") < lines.find("is back on the bus")

        self.client.wait(has_told, "virtreadyctl monitor has not told that the daemon left and came back")
        self.client.run("pgrep --exact --full 'virtreadyctl monitor'")


@contextlib.contextmanager
def watching(client):
    """Watches, while something happens."""
    with client.background(f'busctl monitor --json=short --match="{OWNERS}"', ready="Monitoring bus") as signals, \
            client.background("virtreadyctl monitor", ready="qemu") as monitor:
        yield Watcher(client, signals, monitor)
