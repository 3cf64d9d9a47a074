# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guest as somebody sees it who works on it: a shell, and a client of org.virtready1 on its system bus."""

import contextlib
import json
import re
import shlex
import time

from channel import ChannelError

NAME = "org.virtready1"
ROOT = "/org/virtready1"

# Far more than anything needs that works; what takes as long is said to have failed.
EVENT_SECONDS = 20
COMMAND_SECONDS = 90


class BusError(Exception):
    """A call's error: its name, and its message."""

    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


def plain(value):
    """What busctl's JSON says, without the types of variants."""
    if isinstance(value, dict):
        if value.keys() == {"type", "data"}:
            return plain(value["data"])
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def path_of(kind, name):
    """The object of a check, profile or device."""
    return f"{ROOT}/{kind}/{re.sub('[:.]', '_', name) if kind == 'device' else name.replace('.', '/')}"


class Recording:
    """The messages that passed over the bus since it began."""

    def __init__(self, client, file):
        self.client = client
        self.file = file
        self.size = 0
        self.seen = []

    def messages(self):
        """All messages so far, in their order."""
        output = self.client.run(f"tail --bytes=+{self.size + 1} {self.file}").output
        complete = output[:output.rfind("\n") + 1]
        self.size += len(complete.encode())
        self.seen += [json.loads(line) for line in complete.splitlines() if line.startswith("{")]
        return self.seen

    def signals(self, member=None):
        """The signals so far, those with a name, or all, in their order."""
        return [message for message in self.messages()
                if message["type"] == "signal" and member in (None, message["member"])]

    def calls(self, member):
        """Calls of a method so far that were answered: the number of the call among the messages, that of the answer,
        and whether it is an error."""
        under_way = {}
        answered = []
        for number, message in enumerate(self.messages()):
            if message["type"] == "method_call" and message["member"] == member:
                under_way[message["sender"], message["cookie"]] = number
            elif message["type"] in ("method_return", "method_error"):
                call = under_way.pop((message.get("destination"), message["reply_cookie"]), None)
                if call is not None:
                    answered.append((call, number, message["type"] == "method_error"))
        return answered

    def catch_up(self):
        """Waits until udevd and virtreadyd have done what there was to do, and all that they said is recorded."""
        n = len(self.calls("Recheck"))
        self.client.run("! udevadm control --ping 2>/dev/null || udevadm settle")
        self.client.recheck()
        self.client.wait(lambda: len(self.calls("Recheck")) > n, "the recording does not go on")

    def changes(self):
        """What Changed told: pairs of the generation and the checks."""
        return [tuple(plain(message["payload"])) for message in self.signals("Changed")]

    def values(self, path, name):
        """The values of a property, in the order in which they were announced."""
        announced = [plain(message["payload"])[1] for message in self.signals("PropertiesChanged")
                     if message["path"] == path]
        return [properties[name] for properties in announced if name in properties]


class Client:
    """Runs commands in a guest, and asks virtreadyd there."""

    def __init__(self, guest):
        self.guest = guest
        self.background_count = 0

    def try_run(self, command, user=None, timeout=COMMAND_SECONDS):
        """Runs a command in the guest's shell; returns its Result, whatever that is."""
        if user:
            command = f"runuser -u {user} -- bash -c {shlex.quote(command)}"
        return self.guest.agent.run(f"timeout {timeout} bash -c {shlex.quote(command)}", timeout + 60)

    def run(self, command, user=None, timeout=COMMAND_SECONDS):
        """Runs a command that has to succeed."""
        result = self.try_run(command, user, timeout)
        assert result.status == 0, str(result)
        return result

    def output(self, command, **options):
        """What a command prints that has to succeed."""
        return self.run(command, **options).output.strip()

    def write(self, path, text):
        self.run(f"printf %s {shlex.quote(text)} >{path}")

    def wait(self, holds, what, timeout=EVENT_SECONDS):
        """Waits until something holds, and returns what it is then."""
        deadline = time.monotonic() + timeout
        while True:
            value = holds()
            if value:
                return value
            assert time.monotonic() < deadline, f"after {timeout} s: {what}"
            time.sleep(0.1)

    # The bus

    def call(self, path, interface, member, *arguments, user=None):
        """Calls a method and returns what it returns; arguments are busctl's."""
        command = ["busctl", "--json=short", "call", NAME, path, interface, member, *arguments]
        output = self.run(shlex.join(command), user=user).output
        return plain(json.loads(output)["data"]) if output else None

    def properties(self, path, interface):
        """All properties of an object."""
        return self.call(path, "org.freedesktop.DBus.Properties", "GetAll", "s", f"{NAME}.{interface}")[0]

    def manager(self):
        return self.properties(ROOT, "Manager")

    def check(self, name):
        return self.properties(path_of("check", name), "Check")

    def profile(self, name):
        return self.properties(path_of("profile", name), "Profile")

    def objects(self):
        """All objects with their interfaces and properties."""
        return self.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")[0]

    def recheck(self):
        self.call(ROOT, f"{NAME}.Manager", "Recheck")

    def access(self, user):
        """What CheckAccess says to a user who has logged in now, by device."""
        answer = self.call(ROOT, f"{NAME}.Manager", "CheckAccess", user=user)[0]
        return {device["device"]: device for device in answer}

    def module_call(self, member, *arguments, user="root"):
        """Calls LoadModule or PersistModule; arguments are dbus-send's. Raises BusError."""
        command = ["dbus-send", "--system", "--print-reply", "--reply-timeout=60000", f"--dest={NAME}", ROOT,
                   f"{NAME}.Manager.{member}", *arguments]
        result = self.try_run(shlex.join(command), user=user)
        if result.status != 0:
            error = re.fullmatch(r"Error ([\w.]+): (.*)\n", result.errors, re.DOTALL)
            assert error, str(result)
            raise BusError(error[1], error[2])

    def load_module(self, module, user="root"):
        self.module_call("LoadModule", f"string:{module}", user=user)

    def wait_state(self, state, profile="qemu", timeout=EVENT_SECONDS):
        """Waits until a profile has a state."""
        seen = []

        def has_state():
            seen.append(self.profile(profile)["State"])
            return seen[-1] == state

        try:
            self.wait(has_state, "", timeout)
        except AssertionError as error:
            raise AssertionError(f"profile {profile} is {seen[-1]} and not {state} after {timeout} s") from error

    def owner(self):
        """Who owns the name on the bus, "" for nobody; asking starts nobody."""
        result = self.try_run(f"busctl --json=short call org.freedesktop.DBus /org/freedesktop/DBus "
                              f"org.freedesktop.DBus GetNameOwner s {NAME}")
        return json.loads(result.output)["data"][0] if result.status == 0 else ""

    # The kernel's modules

    def modules(self):
        """The names of those that are loaded."""
        return set(self.output("cut -d' ' -f1 /proc/modules").split())

    def unload(self, *modules):
        """Unloads modules; while virtreadyd tries KVM, they are in use for a moment."""
        self.run(f"modprobe -r --wait=10000 {' '.join(modules)}")

    @contextlib.contextmanager
    def file(self, path, text):
        """A file that is there meanwhile, as is its directory."""
        self.run(f"mkdir --parents $(dirname {path})")
        self.write(path, text)
        try:
            yield
        finally:
            self.run(f"rm {path}")

    # What runs beside

    @contextlib.contextmanager
    def background(self, command, user=None, ready=None):
        """Runs a command while something else is done; gives the file with its output. READY is a text in there, or
        on its standard error, after which it is under way."""
        self.background_count += 1
        file = f"/run/background-{self.background_count}"
        if user:
            command = f"runuser -u {user} -- {command}"
        process = self.output(f"setsid {command} >{file} 2>{file}.errors </dev/null & echo $!")
        try:
            if ready:
                self.wait(lambda: self.try_run(f"grep -qe {shlex.quote(ready)} {file} {file}.errors").status == 0,
                          f"{command} does not say {ready}")
            yield file
        finally:
            with contextlib.suppress(ChannelError):
                self.try_run(f"kill -- -{process}")

    @contextlib.contextmanager
    def recording(self):
        """Records what virtreadyd says on the bus."""
        with self.background(f"busctl monitor --json=short {NAME}", ready="Monitoring bus") as file:
            yield Recording(self, file)

    # systemd

    def unit(self, unit, *names):
        """Properties of a unit: one value, or a list of values."""
        lines = self.output(f"systemctl show --property={','.join(names)} {unit}").splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return values[names[0]] if len(names) == 1 else [values[name] for name in names]

    def pid(self):
        return int(self.unit("virtreadyd", "MainPID"))
