# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libvirt knows, on a real system: asked when it may be, and with the numbers that virsh prints."""

import json
import re
import xml.etree.ElementTree as ElementTree

from client import LIBVIRT_SOCKETS, NAME, ROOT
from machine import CONTAINER
from scenario import scenario

QEMU = f"{ROOT}/hypervisor/qemu"
VIRSH = "virsh --connect qemu:///system"
# Under emulation libvirt takes its time to find out what each QEMU can do.
QUERY_SECONDS = 60

# Passes and questions to libvirt begin three in half a second at most (daemon/deferred.c). When so many calls of
# Recheck have been answered one after the other, a question that the first one has led to is under way.
RECHECKS = 7

# Prints "connected", or why not.
CONNECT = """perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) or die $!;
print connect(S, sockaddr_un(shift)) ? "connected" : $!' /run/virtready/domcapabilities"""

# A guest that is there and does nothing.
GUEST = """<domain type="qemu"><name>counted</name><memory>65536</memory><vcpu>1</vcpu>
<os><type arch="x86_64">hvm</type></os></domain>"""


def hypervisor(client):
    return client.properties(QEMU, "Hypervisor")


def wait_state(client, state):
    client.wait_value(lambda: hypervisor(client)["State"], state, "the hypervisor", QUERY_SECONDS)


def refresh(client):
    client.run(f"busctl --timeout={QUERY_SECONDS} call {NAME} {QEMU} {NAME}.Hypervisor Refresh")


def start_libvirt(client):
    """Starts it, and waits until it has answered: from its start on the state is "running"."""
    client.run("systemctl start libvirtd")
    client.wait(lambda: hypervisor(client)["DaemonVersion"], "libvirt has not answered", QUERY_SECONDS)
    wait_state(client, "running")


def fields(text):
    """The lines "name: value" that virsh prints."""
    return {name.strip(): value.strip() for name, value in re.findall(r"^([^:\n]+): *(.*)$", text, re.MULTILINE)}


def assert_versions(client, known):
    text = client.output(f"{VIRSH} version --daemon")
    assert f"Using library: libvirt {known['LibraryVersion']}\n" in text, text
    assert f"Running hypervisor: {known['HypervisorType']} {known['HypervisorVersion']}\n" in text, text
    assert text.endswith(f"Running against daemon: {known['DaemonVersion']}"), text


def assert_node_info(client, known):
    said = fields(client.output(f"{VIRSH} nodeinfo"))
    names = {"model": "CPU model", "cpus": "CPU(s)", "nodes": "NUMA cell(s)", "sockets": "CPU socket(s)",
             "cores": "Core(s) per socket", "threads": "Thread(s) per core", "memory_kib": "Memory size"}
    # That of a container is the machine's, which may change all the time.
    if client.kind != CONTAINER:
        names["mhz"] = "CPU frequency"
    for key, name in names.items():
        assert str(known["NodeInfo"][key]) == said[name].split()[0], f"{key}: {known['NodeInfo']}, {said}"


def enumerations(element):
    """The enumerations of a device or feature that virsh prints, by their names."""
    return {enum.get("name"): [value.text for value in enum.iter("value")] for enum in element.findall("enum")}


def assert_domain(client, domain):
    """What is known of a kind of guests is what virsh says of it."""
    text = client.output(f"{VIRSH} domcapabilities --arch {domain['arch']} --virttype {domain['virt_type']} "
                         f"--machine {domain['machine']}")
    said = ElementTree.fromstring(text)
    assert domain["max_vcpus"] == int(said.find("vcpu").get("max")), text
    assert domain["emulator"] == said.findtext("path"), text

    modes = [mode.get("name") for mode in said.find("cpu").findall("mode") if mode.get("supported") == "yes"]
    assert domain["cpu_modes"] == modes, f"{domain['cpu_modes']}, {modes}"
    devices = {device.tag: enumerations(device) for device in said.find("devices")
               if device.get("supported") == "yes"}
    assert domain["devices"] == devices, f"{domain['devices']}, {devices}"
    assert domain["memory_backing"] == enumerations(said.find("memoryBacking")), text
    assert ("iothreads" in domain["features"]) == (said.find("iothreads").get("supported") == "yes"), text


@scenario("svm", CONTAINER)
def asleep(client):
    """libvirt that sleeps behind its socket is not asked, and not woken, by anything but Refresh()"""
    with client.keeping_libvirt():
        client.run(f"systemctl start {LIBVIRT_SOCKETS}")
        client.stop_libvirt()
        wait_state(client, "dormant")
        started = client.unit("libvirtd", "ActiveEnterTimestampMonotonic")
        for _ in range(RECHECKS):
            client.recheck()
        # Who asks ends when libvirt has answered, and so when it has started.
        client.wait_libvirt_left_alone()
        state = client.unit("libvirtd", "ActiveState", "ActiveEnterTimestampMonotonic")
        assert state == ["inactive", started], f"{state}, and it was started at {started}"

        refresh(client)
        assert hypervisor(client)["State"] == "running"
        assert client.unit("libvirtd", "ActiveState") == "active"

        # What it has told stays known.
        client.run("systemctl stop libvirtd")
        wait_state(client, "dormant")
        assert hypervisor(client)["Domains"]


@scenario("svm", CONTAINER)
def like_virsh(client):
    """every version and number, and all devices of each kind of guests, are those that virsh prints"""
    with client.keeping_libvirt():
        start_libvirt(client)
        known = hypervisor(client)
        assert_versions(client, known)
        assert_node_info(client, known)
        for virt_type, vcpus in known["MaxVcpus"].items():
            assert client.output(f"{VIRSH} --readonly maxvcpus {virt_type}") == str(vcpus)

        assert {domain["alias"] for domain in known["Domains"]} >= {"pc", "q35"}, known["Domains"]
        assert all(domain["devices"]["disk"]["bus"] for domain in known["Domains"]), known["Domains"]
        for domain in known["Domains"]:
            assert_domain(client, domain)


@scenario("svm")
def kvm_comes(client):
    """KVM comes and goes while libvirt runs: guests with it are known, and known to be gone, without a call"""
    def types():
        return {domain["virt_type"] for domain in hypervisor(client)["Domains"]}

    with client.keeping_libvirt():
        start_libvirt(client)
        client.wait_value(types, {"qemu"}, "types of guests", QUERY_SECONDS)
        with client.kvm():
            client.wait_value(types, {"kvm", "qemu"}, "types of guests with KVM", QUERY_SECONDS)
            limit = int(client.check("kvm.usable")["Arguments"]["max_vcpus"])
            assert hypervisor(client)["KernelMaxVcpus"] == limit
        client.wait_value(types, {"qemu"}, "types of guests without KVM", QUERY_SECONDS)


@scenario("svm", CONTAINER)
def restarted(client):
    """after a restart libvirt is asked again"""
    with client.keeping_libvirt():
        start_libvirt(client)
        before = hypervisor(client)["AnsweredUSec"]
        client.run("systemctl restart libvirtd")
        client.wait(lambda: hypervisor(client)["AnsweredUSec"] > before, "libvirt was not asked again", QUERY_SECONDS)
        assert hypervisor(client)["State"] == "running"


@scenario("svm", CONTAINER)
def hangs(client):
    """while a libvirtd hangs everybody is answered; in the end it is unreachable, and running when it goes on"""
    with client.keeping_libvirt():
        start_libvirt(client)
        # What systemd has announced of the start is over with this answer.
        refresh(client)
        client.run("systemctl kill --signal=STOP libvirtd")
        try:
            with client.background(f"busctl --timeout={QUERY_SECONDS} call {NAME} {QEMU} {NAME}.Hypervisor Refresh"):
                for _ in range(5):
                    client.run(f"timeout 2 busctl get-property {NAME} {ROOT} {NAME}.Manager State")
                wait_state(client, "unreachable")
            assert "20 seconds" in hypervisor(client)["Detail"], hypervisor(client)["Detail"]
        finally:
            client.run("systemctl kill --signal=CONT libvirtd")
        refresh(client)
        assert hypervisor(client)["State"] == "running"
        assert client.output("pgrep --count virtready-libvi || true") == "0"


@scenario("svm", CONTAINER)
def denied(client):
    """where polkit lets nobody read, the state is denied"""
    rule = 'polkit.addRule(function(a) { if (a.id == "org.libvirt.unix.monitor") return polkit.Result.NO; });'
    with client.keeping_libvirt(), client.file("/etc/polkit-1/rules.d/00-deny.rules", rule):
        client.run("systemctl restart polkit && systemctl start libvirtd")
        refresh(client)
        assert hypervisor(client)["State"] == "denied", hypervisor(client)
    client.run("systemctl restart polkit")
    refresh(client)
    assert hypervisor(client)["State"] == "running", hypervisor(client)


@scenario("svm", CONTAINER)
def socket_masked(client):
    """with virtready-domcapabilities.socket masked all is known that libvirt tells everybody, and why no more is"""
    socket = "virtready-domcapabilities.socket"
    with client.keeping_libvirt():
        start_libvirt(client)
        client.run(f"systemctl mask --now {socket}")
        try:
            refresh(client)
            known = hypervisor(client)
            assert known["State"] == "running" and "what guests may have" in known["Detail"], known
            assert {domain["max_vcpus"] > 0 for domain in known["Domains"]} == {True}, known["Domains"]
            assert not [domain for domain in known["Domains"] if "devices" in domain], known["Domains"]
        finally:
            client.run(f"systemctl unmask {socket} && systemctl start {socket}")
        refresh(client)
        assert hypervisor(client)["Domains"][0]["devices"] and hypervisor(client)["Detail"] == ""


@scenario("svm", CONTAINER)
def helper_is_ours(client):
    """nobody but the daemon's user and root may ask through virtready-domcapabilities.socket"""
    answers = {user: client.output(CONNECT, user=user) for user in ("virtready", "root", "alice", "bob")}
    assert answers == {"virtready": "connected", "root": "connected",
                       "alice": "Permission denied", "bob": "Permission denied"}, answers

    with client.keeping_libvirt():
        for user in ("alice", "bob"):
            result = client.try_run("/usr/libexec/virtready-libvirt describe qemu:///system", user=user)
            answer = json.loads(result.output)
            # Alice is in the group libvirt, and may ask libvirt herself.
            assert bool(answer["domains"][0]["devices"]) == (user == "alice"), f"{user}: {answer['detail']}"


# In the container control groups are read-only, and libvirt starts no guest.
@scenario("svm")
def counted(client):
    """a guest that runs is counted, with its vCPUs and memory, by EstimateCapacity and 'virtreadyctl fit'"""
    # KVM may not be loaded here, and "fit" ends with 1 then.
    fit = "virtreadyctl fit --vcpus 1 --memory 64M --cpu-ratio 100 --json"
    with client.keeping_libvirt(), client.file("/run/counted.xml", GUEST):
        start_libvirt(client)
        before = json.loads(client.try_run(fit).output)
        assert before["guests_known"] and before["guests_running"] == 0, str(before)
        client.run(f"{VIRSH} create --paused /run/counted.xml")
        try:
            after = json.loads(client.try_run(fit).output)
            assert after["guests_running"] == 1, str(after)
            assert after["resources"]["cpu"]["used"] == before["resources"]["cpu"]["used"] + 1, str(after)
            assert client.try_run("virtreadyctl fit --vcpus 1 --memory 64M --count 1000", user="bob").status == 1
        finally:
            client.run(f"{VIRSH} destroy counted")


def memory_kib(client, pid):
    """What a process takes of the memory, and its share of what it has in common with others (proc(5): PSS)."""
    return int(fields(client.output(f"cat /proc/{pid}/smaps_rollup"))["Pss"].split()[0])


@scenario("svm", CONTAINER)
def small(client):
    """the daemon has neither libvirt nor libxml2 in its memory, and takes less of it than systemd-hostnamed"""
    with client.keeping_libvirt():
        start_libvirt(client)
        client.call(ROOT, f"{NAME}.Manager", "Describe")
        maps = client.output(f"cat /proc/{client.pid()}/maps")
        assert "libsystemd" in maps and "libvirt.so" not in maps and "libxml2" not in maps, maps

        client.output("busctl get-property org.freedesktop.hostname1 /org/freedesktop/hostname1 "
                      "org.freedesktop.hostname1 Hostname")
        others = memory_kib(client, client.unit("systemd-hostnamed", "MainPID"))
        # What answers have taken goes back in a pause.
        client.wait(lambda: memory_kib(client, client.pid()) < others,
                    f"{memory_kib(client, client.pid())} KiB, and systemd-hostnamed {others} KiB")
