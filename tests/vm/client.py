# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guest as somebody sees it who works on it: a shell, and a client of org.virtready1 on its system bus."""

import contextlib
import json
import re
import shlex
import time

from channel import BOOT_SECONDS, ChannelError

NAME = "org.virtready1"
ROOT = "/org/virtready1"

LIBVIRT_SOCKETS = "libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket"

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

    def news(self):
        """The same without what libvirt's service does, which starts and ends by itself, and without the versions of
        programs, which come a moment after the daemon has started."""
        return [(generation, checks) for generation, checks in self.changes()
                if any(check != "service.libvirt" and not check.startswith("software.") for check in checks)]

    def announced(self, path, name):
        """When the values of a property were announced, in microseconds since 1970, and what they were."""
        changes = [(message["timestamp-realtime"], plain(message["payload"])[1])
                   for message in self.signals("PropertiesChanged") if message["path"] == path]
        return [(time_usec, properties[name]) for time_usec, properties in changes if name in properties]

    def values(self, path, name):
        """The values of a property, in the order in which they were announced."""
        return [value for _, value in self.announced(path, name)]


class KernelEvents:
    """The events of devices that the kernel has sent since it began."""

    def __init__(self, client, file):
        self.client = client
        self.file = file
        # The events have the time since the start.
        now, uptime = client.output("read -r uptime _ </proc/uptime; echo $EPOCHREALTIME $uptime").split()
        self.started_usec = (float(now) - float(uptime)) * 1_000_000

    def last_usec(self, action, path):
        """When the last event with an action came for the device at a path, in microseconds since 1970."""
        def find():
            return re.findall(rf"^KERNEL\[([\d.]+)\] {action} +{re.escape(path)} ",
                              self.client.output(f"cat {self.file}"), re.MULTILINE)

        found = self.client.wait(find, f"the kernel has not sent the event {action} of {path}")
        return self.started_usec + float(found[-1]) * 1_000_000


class Client:
    """Runs commands in a guest of a kind, and asks virtreadyd there."""

    def __init__(self, guest, kind):
        self.guest = guest
        self.kind = kind
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

    def wait_booted(self):
        """Waits until the system has started what it starts. What failed does not count here."""
        self.try_run("systemctl is-system-running --wait", timeout=BOOT_SECONDS)

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

    def host(self):
        return self.properties(f"{ROOT}/host", "Host")

    def device(self, address):
        return self.properties(path_of("device", address), "Device")

    def profile(self, name):
        return self.properties(path_of("profile", name), "Profile")

    def objects(self):
        """All objects with their interfaces and properties."""
        return self.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")[0]

    def recheck(self):
        self.call(ROOT, f"{NAME}.Manager", "Recheck")

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

    def wait_value(self, get, expected, whose, timeout=EVENT_SECONDS):
        """Waits until something is as expected."""
        seen = []

        def is_there():
            seen.append(get())
            return seen[-1] == expected

        try:
            self.wait(is_there, "", timeout)
        except AssertionError:
            raise AssertionError(f"{whose} is {seen[-1]} and not {expected} after {timeout} s") from None

    def wait_reason(self, check, reason):
        """Waits until a check has a reason."""
        self.wait_value(lambda: self.check(check)["Reason"], reason, f"check {check}")

    def wait_state(self, state, profile="qemu", timeout=EVENT_SECONDS):
        """Waits until a profile has a state."""
        self.wait_value(lambda: self.profile(profile)["State"], state, f"profile {profile}", timeout)

    def states(self):
        """The objects' paths, and the states of those that have one. What libvirt's service does is not among them: it
        starts and ends by itself."""
        return {path: next((values["State"] for values in interfaces.values() if "State" in values), None)
                for path, interfaces in self.objects().items() if "/hypervisor/" not in path}

    def settled_states(self):
        """The same once the daemon is up, and systemd has told it of others' units."""
        self.wait(self.owner, "nobody has the name on the bus", COMMAND_SECONDS)
        self.wait(lambda: self.check("service.libvirt")["State"] != "unknown", "service.libvirt is unknown",
                  COMMAND_SECONDS)
        return self.states()

    def wait_states(self, states):
        """Waits until there are the same objects with the same states as once before."""
        differing = []

        def are_same():
            differing[:] = sorted(states.items() ^ self.states().items(), key=str)
            return not differing

        try:
            self.wait(are_same, "")
        except AssertionError:
            raise AssertionError(f"before or now, but not both: {differing}") from None

    def call_bus(self, member):
        """Calls a method of the bus itself that wants no arguments."""
        return json.loads(self.output("busctl --json=short call org.freedesktop.DBus /org/freedesktop/DBus "
                                      f"org.freedesktop.DBus {member}"))["data"][0]

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

    @contextlib.contextmanager
    def kernel_events(self):
        """Records what the kernel says of devices."""
        with self.background("udevadm monitor --kernel", ready="KERNEL -") as file:
            yield KernelEvents(self, file)

    @contextlib.contextmanager
    def kvm(self):
        """Has KVM for AMD's CPUs loaded meanwhile, as root does it. Before and after, all that this causes is over."""
        recheck = f"busctl call {NAME} {ROOT} {NAME}.Manager Recheck"
        self.run(f"modprobe kvm_amd && udevadm settle && {recheck} && udevadm settle")
        try:
            self.wait_state("ready")
            yield
        finally:
            # Whoever has just left may still hold it.
            self.run(f"until modprobe -r kvm_amd kvm; do sleep 0.1; done; udevadm settle; {recheck}")

    # systemd

    def unit(self, unit, *names):
        """Properties of a unit: one value, or a list of values."""
        lines = self.output(f"systemctl show --property={','.join(names)} {unit}").splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return values[names[0]] if len(names) == 1 else [values[name] for name in names]

    @contextlib.contextmanager
    def keeping_libvirt(self):
        """Leaves libvirt's service and sockets as they were."""
        was = self.unit("libvirtd", "ActiveState")
        try:
            yield
        finally:
            self.run(f"systemctl start {LIBVIRT_SOCKETS}; "
                     f"systemctl {'start' if was == 'active' else 'stop'} libvirtd")

    def wait_libvirt_left_alone(self):
        """Waits until no program of ours asks libvirt anything."""
        self.wait(lambda: self.try_run("pgrep virtready-libvi || pgrep virtready-domca").status != 0,
                  "libvirt is being asked", COMMAND_SECONDS)

    def stop_libvirt(self):
        """Stops libvirt's service once nobody asks it anything: who connects a moment later would start it again."""
        if self.unit("libvirtd", "ActiveState") == "active":
            answered = self.properties(f"{ROOT}/hypervisor/qemu", "Hypervisor")["AnsweredUSec"]
            self.recheck()
            self.wait(lambda: self.properties(f"{ROOT}/hypervisor/qemu", "Hypervisor")["AnsweredUSec"] > answered,
                      "libvirt does not answer", COMMAND_SECONDS)
            self.wait_libvirt_left_alone()
        self.run("systemctl stop libvirtd")

    def pid(self):
        return int(self.unit("virtreadyd", "MainPID"))
