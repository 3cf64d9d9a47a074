# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lines over a Unix socket, and the two things that speak in lines here: the agent in the guest, and QEMU's QMP."""

import base64
import json
import socket
import time
from dataclasses import dataclass

# Nothing here is fast: the CPU is emulated, and two of them may share their host with other work.
BOOT_SECONDS = 300


class ChannelError(Exception):
    """The other side is gone, silent, or says no."""


class Channel:
    """Sends and receives lines; times are in seconds. PROCESS is that which listens, or will."""

    def __init__(self, path, timeout, process):
        self.socket = self._connect(str(path), timeout, process)
        self.buffer = b""

    @staticmethod
    def _connect(path, timeout, process):
        deadline = time.monotonic() + timeout
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(path)
                return connection
            except OSError as error:
                connection.close()
                if process.poll() is not None:
                    raise ChannelError(f"{process.args[0]} has ended with status {process.returncode}") from error
                if time.monotonic() > deadline:
                    raise ChannelError(f"Nobody listens at {path}: {error}") from error
                time.sleep(0.1)

    def send(self, line):
        self.socket.settimeout(60)
        self.socket.sendall(line + b"\n")

    def receive(self, timeout):
        deadline = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                received = self.socket.recv(65536)
            except TimeoutError as error:
                raise ChannelError(f"No answer in {timeout} s") from error
            except OSError as error:
                raise ChannelError(f"The connection failed: {error}") from error
            if not received:
                raise ChannelError("The other side has closed the connection")
            self.buffer += received
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def close(self):
        self.socket.close()


@dataclass(frozen=True)
class Result:
    """What became of a command in the guest."""
    command: str
    status: int
    output: str
    errors: str

    def __str__(self):
        return f"{self.command}\nexit status {self.status}\n{self.output}{self.errors}"


def decode(text):
    return base64.b64decode(text).decode(errors="replace")


class Agent(Channel):
    """The shell of root in the guest."""

    def run(self, command, timeout):
        self.send(base64.b64encode(command.encode()))
        answer = self.receive(timeout)
        try:
            status, output, errors = answer.split(b":")
            return Result(command, int(status), decode(output), decode(errors))
        except ValueError as error:
            raise ChannelError(f"The agent answers {answer!r}") from error


class Monitor(Channel):
    """QEMU's QMP, docs/interop/qmp-spec.txt in its sources."""

    def __init__(self, path, timeout, process):
        super().__init__(path, timeout, process)
        self.receive(timeout)
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        """Has QEMU do something; returns what it returns. Argument names have underscores for dashes."""
        arguments = {name.replace("_", "-"): value for name, value in arguments.items()}
        self.send(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            message = json.loads(self.receive(60))
            if "error" in message:
                raise ChannelError(f"{command}: {message['error']['desc']}")
            if "return" in message:
                return message["return"]
