# SPDX-License-Identifier: LGPL-2.1-or-later
"""The module of KVM comes and goes many times."""

from client import path_of
from scenario import scenario
from scenarios.loading import CHECKS_OF_KVM, changes_of_kvm, unload

# Half of them by LoadModule, which takes a second in an emulated guest, and half by hand.
ROUNDS = 52
IN_TURNS = f"""
    manager="org.virtready1 /org/virtready1 org.virtready1.Manager"
    is_seen() {{
        for try in {{1..200}}; do
            [[ $(busctl get-property $manager State) == *' "'$1'"' ]] && return
        done
        echo "round $round: $1 is not seen" >&2
        exit 1
    }}

    for round in {{1..{ROUNDS // 4}}}; do
        busctl call $manager LoadModule s kvm_amd || exit
        modprobe -r --wait=10000 kvm_amd kvm || exit
        is_seen not-ready
        modprobe kvm_amd || exit
        is_seen ready
        modprobe -r --wait=10000 kvm_amd kvm || exit
        is_seen not-ready
    done
"""

# The heap grows to what a pass needs most, and then no more: 600 KiB become 800 in the first rounds. What leaks would
# go on: a hundred objects are announced in each round.
FIRST_GROWTH_KIB = 400
GROWTH_KIB = 100


@scenario("svm")
def load_and_unload(client):
    """in 52 rounds of loading, by LoadModule and by hand in turn, and unloading each state is right, nothing leaks"""
    # Libvirt that runs would be asked when KVM has come or gone, by a program with a pipe to the daemon.
    with client.keeping_libvirt():
        client.stop_libvirt()
        client.load_module("kvm_amd")
        unload(client)
        before = resources(client)
        with client.recording() as recording:
            client.run(IN_TURNS, timeout=300)
            between = resources(client)
            client.run(IN_TURNS, timeout=300)
            recording.catch_up()
            assert_announced(recording)
        after = resources(client)

        assert before[:-1] == between[:-1] == after[:-1], (before, between, after)
        grown = between[-1] - before[-1], after[-1] - between[-1]
        assert grown[0] <= FIRST_GROWTH_KIB and grown[1] <= GROWTH_KIB, f"{before[-1]} KiB, and then {grown} more"


def assert_announced(recording):
    """Each round has made two changes, and when LoadModule returned the first of them was announced."""
    states = recording.values(path_of("profile", "qemu"), "State")
    changes = changes_of_kvm(recording)
    others = [checks for checks in changes if checks != CHECKS_OF_KVM]
    at_answers = states_at_answers(recording)

    assert states == ["ready", "not-ready"] * ROUNDS, states
    assert not others and len(changes) == 2 * ROUNDS, f"{len(changes)} times Changed, of it {others}"
    assert at_answers == ["ready"] * (ROUNDS // 2), at_answers


def resources(client):
    """Who the daemon is, the paths of its objects, how many descriptors it has, and its own memory in KiB."""
    pid = client.pid()
    client.recheck()
    descriptors = client.output(f"ls /proc/{pid}/fd").split()
    memory = int(client.output(f"awk '/^Pss_Anon:/ {{ print $2 }}' /proc/{pid}/smaps_rollup"))
    return pid, client.owner(), sorted(client.objects()), len(descriptors), memory


def states_at_answers(recording):
    """The state of qemu that was announced last when LoadModule returned, for each call."""
    answers = {answer for _, answer, is_error in recording.calls("LoadModule") if not is_error}
    state, states = None, []
    for number, message in enumerate(recording.messages()):
        if message.get("member") == "PropertiesChanged" and message["path"] == path_of("profile", "qemu"):
            state = message["payload"]["data"][1].get("State", {"data": state})["data"]
        elif number in answers:
            states.append(state)
    return states
