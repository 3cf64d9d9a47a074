#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares virtreadyctl with virt-host-validate, kvm-ok and "virsh nodeinfo" on this machine, and prints TAP.

Root compares as root and as nobody, and also in sandboxes: mount namespaces in which other files lie over those of
the machine, so that it looks like others. Every line that the tools print has to agree with a check, or to differ for
a reason of table.py that the evidence bears out.
"""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import compare
import look
import table
import topologies
from sandboxes import Sandbox, prepare, sandboxes

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/comparison.md"
LIMIT_SECONDS = 90
# The last CPU's frequency, or the memory of a machine that is being resized, may change while it is read.
NODE_INFO_ATTEMPTS = 5
NODE_INFO = {"cpus": "CPU(s)", "mhz": "CPU frequency", "nodes": "NUMA cell(s)", "sockets": "CPU socket(s)",
             "cores": "Core(s) per socket", "threads": "Thread(s) per core", "memory_kib": "Memory size"}


class Test:
    def __init__(self, virtreadyctl):
        self.number = 0
        self.failed = 0
        self.directory = Path(tempfile.mkdtemp(prefix="virtready-compare-"))
        self.program = self.copy(virtreadyctl)
        self.look = self.copy(look.__file__)
        self.write_modprobe()
        # Everybody may enter, also where the build directory is one's own.
        self.directory.chmod(0o755)

    def copy(self, path):
        copied = self.directory / Path(path).name
        shutil.copy(path, copied)
        copied.chmod(0o755)
        return str(copied)

    def write_modprobe(self):
        """kvm-ok may load a module, which a test must not."""
        self.programs = self.directory / "bin"
        self.programs.mkdir()
        modprobe = self.programs / "modprobe"
        modprobe.write_text("#!/bin/sh\n", encoding="ascii")
        modprobe.chmod(0o755)

    def close(self):
        shutil.rmtree(self.directory)
        print(f"1..{self.number}")

    def report(self, name, problems, notes=()):
        self.number += 1
        self.failed += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {self.number} {name}")
        for line in [*problems, *notes]:
            print(f"# {line}")
        sys.stdout.flush()

    def skip(self, name, reason):
        self.number += 1
        print(f"ok {self.number} {name} # SKIP {reason}")

    def see(self, *options, script="", prepared=None):
        """Runs look.py, in a sandbox if it can be."""
        command = [sys.executable, "-B", self.look, *options, self.program]
        if os.getuid() == 0:
            command = ["unshare", "--mount", "--propagation", "private",
                       "sh", "-euc", f'{script}\nexec "$@"', "sh", *command]
        environment = {"D": str(prepared or self.directory), "PATH": f"{self.programs}:{look.SEARCH}"}
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True,
                              timeout=LIMIT_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"look.py: {done.stderr.strip()}")
        return json.loads(done.stdout)


def known_messages(test, formats, paths):
    """What the program can print and this machine does not make it print is known, too."""
    rows = {row.format for row in table.VALIDATE}
    patterns = " ".join(row.pattern for row in table.VALIDATE)
    test.report("every message of virt-host-validate is known",
                [f"{text}: a message that maps to no check" for text in sorted(formats - rows)] +
                [f"{path}: a node that maps to no check" for path in sorted(paths)
                 if path.startswith("/dev/") and path not in patterns and path != "/dev/sev"] +
                ([] if len(formats & rows) >= 9 else ["the messages could not be found in the program"]))


def known_statements(test):
    with open(shutil.which("kvm-ok", path=look.SEARCH), encoding="utf-8") as file:
        # Indented lines go on from the one before.
        lines = re.findall(r'echo "(.*?)"(?: >&2)?$', file.read(), re.MULTILINE)
    test.report("every message of kvm-ok is known",
                [f"{line}: a line that maps to no check" for line in lines
                 if not any(re.fullmatch(statement.pattern, line.replace("$virt", "vmx"))
                            for statement in table.KVM_OK)] + ([] if lines else ["no messages were found"]))


def checks_in_document():
    """The ids in the document that has the table in words; `.mnt` after `namespace.ipc` is `namespace.mnt`."""
    ids, area = set(), ""
    for word in re.findall(r"`([a-z0-9_]*\.[a-z0-9_]+)`", DOCUMENT.read_text(encoding="utf-8")):
        area = word.split(".")[0] or area
        ids.add(area + word[word.index("."):])
    return ids


def known_checks(test, seen):
    """Every row leads to a check that is there, and is in the document."""
    ids = {row.check for row in table.VALIDATE if "{}" not in row.check}
    ids |= {statement.check for statement in table.KVM_OK}
    ids |= {f"cgroup.{name}" for name in table.CONTROLLERS} | {f"namespace.{kind}" for kind in table.NAMESPACES}
    test.report("every line maps to a check that there is",
                [f"{check}: there is no such check" for check in sorted(ids - set(seen["ours"]["checks"]))])
    test.report("every check is in docs/comparison.md",
                [f"{check}: the document does not name it" for check in sorted(ids - checks_in_document())])


def texts(outcomes):
    return [outcome.text for outcome in outcomes]


def compare_lines(test, name, seen, formats, sandbox=Sandbox("", "")):
    comparison = compare.compare_validate(seen, formats)
    objections, others = texts(comparison.objections), texts(comparison.agreeing + comparison.explained)
    problems = [text for text in objections if not text.startswith(sandbox.objects or "\0")]
    problems += [f"not seen: {part}" for part in sandbox.shows if not any(part in text for text in others)]
    problems += [f"no objection to: {part}" for part in sandbox.objects
                 if not any(text.startswith(part) for text in objections)]
    test.report(f"{name}: virt-host-validate", problems,
                [*texts(comparison.explained), f"{len(comparison.agreeing)} lines agree"])

    if seen["kvm_ok"]:
        comparison = compare.compare_kvm_ok(seen)
        test.report(f"{name}: kvm-ok", texts(comparison.objections), texts(comparison.explained + comparison.agreeing))


def has_objection(comparison, line):
    return any(outcome.line == line for outcome in comparison.objections)


def is_believed(seen, compare_with, outcome, state):
    lie = copy.deepcopy(seen)
    lie["ours"]["checks"][outcome.check].update(state=state, reason="a lie")
    return not has_objection(compare_with(lie), outcome.line)


def lies_about(seen, compare_with):
    """Yields the lines for which we could say anything: where the two agree the opposite, elsewhere every state."""
    honest = compare_with(seen)
    for outcome in honest.agreeing + honest.explained:
        if outcome.check not in seen["ours"]["checks"]:
            continue
        state = seen["ours"]["checks"][outcome.check]["state"]
        lies = ("pass", "fail", "not-applicable", "unknown") if outcome.why else ("fail" if state == "pass" else "pass",)
        if all(is_believed(seen, compare_with, outcome, lie) for lie in lies if lie != state):
            yield outcome.text


def contradictions_are_seen(test, name, seen, formats):
    """No reason holds for everything."""
    def validate(seen):
        return compare.compare_validate(seen, formats)

    problems = [f"{text}: nothing that we could say is objected to" for text in
                [*lies_about(seen, validate), *(lies_about(seen, compare.compare_kvm_ok) if seen["kvm_ok"] else ())]]

    strange = copy.deepcopy(seen)
    strange["theirs"]["stdout"] += "  QEMU: Checking for something that is new      : PASS\n"
    if not has_objection(validate(strange), "QEMU: Checking for something that is new      : PASS"):
        problems.append("a line that is not in the table is not objected to")

    missing = copy.deepcopy(seen)
    missing["theirs"]["stdout"] = "".join(line for line in seen["theirs"]["stdout"].splitlines(keepends=True)
                                          if "/dev/net/tun" not in line)
    if not has_objection(validate(missing), "QEMU tun"):
        problems.append("a line that is not there is not objected to")

    test.report(f"{name}: contradictions are seen", problems)


def parse_node_info(text):
    values = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {key: int(values[label].split()[0]) for key, label in NODE_INFO.items()}


def compare_node_info(test, name, options, keys=frozenset(NODE_INFO), **sandbox):
    """What changes between two looks of ours may differ from theirs, which is between them."""
    for _ in range(NODE_INFO_ATTEMPTS):
        seen = test.see("--node-info", *options, **sandbox)
        if not seen["theirs"] or seen["theirs"]["status"] != 0:
            test.report(name, [f"virsh, with libvirt's driver for QEMU: {(seen['theirs'] or {}).get('stderr')!r}"])
            return
        theirs, before, after = parse_node_info(seen["theirs"]["stdout"]), seen["before"], seen["after"]
        if before == after:
            break

    problems = [f"{key}: libvirt says {theirs[key]}, we say {before[key]}" for key in sorted(keys)
                if theirs[key] != before[key] and before[key] == after[key]]
    test.report(name, problems, [f"{key}: changes while it is read" for key in sorted(keys)
                                if before[key] != after[key]] +
                [str(theirs)])


def compare_sandboxes(test, evidence, formats):
    prepare(test.directory)
    for sandbox in sandboxes(evidence):
        for user, options in (("root", ()), ("nobody", ("--nobody",))):
            seen = test.see(*options, script=sandbox.script)
            compare_lines(test, f"{sandbox.name}, as {user}", seen, formats, sandbox)


def compare_topologies(test):
    """A kernel with NUMA has nodes always, and libvirt asks the running one: of a machine without, the memory is not
    compared."""
    for number, (name, (cpus, nodes)) in enumerate(topologies.TOPOLOGIES.items()):
        directory = test.directory / f"topology{number}"
        topologies.write_topology(str(directory), cpus, nodes)
        compare_node_info(test, f"nodeinfo: {name}", ("--nobody",),
                          set(NODE_INFO) - (set() if nodes else {"memory_kib"}), prepared=directory,
                          script='mount --bind "$D/system" /sys/devices/system\n'
                          'mount --bind "$D/cpuinfo" /proc/cpuinfo')


def compare_all(test):
    is_root = os.getuid() == 0
    messages, paths = compare.read_formats(shutil.which("virt-host-validate"))
    formats = messages | paths
    known_messages(test, messages, paths)
    if shutil.which("kvm-ok", path=look.SEARCH):
        known_statements(test)
    else:
        test.skip("kvm-ok", "kvm-ok is not installed")

    seen = test.see()
    known_checks(test, seen)
    compare_lines(test, "this machine", seen, formats)
    contradictions_are_seen(test, "this machine", seen, formats)
    compare_node_info(test, "nodeinfo: this machine", ("--nobody",) if is_root else ())
    if not is_root:
        test.skip("other users, and other machines", "not root: cannot become another user, nor mount")
        return

    seen_by_nobody = test.see("--nobody")
    compare_lines(test, "this machine, as nobody", seen_by_nobody, formats)
    contradictions_are_seen(test, "this machine, as nobody", seen_by_nobody, formats)
    compare_sandboxes(test, seen["evidence"], formats)
    compare_topologies(test)


def main():
    if not shutil.which("virt-host-validate"):
        print("1..0 # SKIP virt-host-validate is not installed")
        return 0

    test = Test(sys.argv[1])
    try:
        compare_all(test)
    finally:
        test.close()
    return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())
