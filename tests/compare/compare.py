# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds what virt-host-validate and kvm-ok have said against what virtreadyctl has said, line by line."""

import re
from dataclasses import dataclass, replace

import table

# "  QEMU: Checking for hardware virtualization     : FAIL (…)"
LINE = re.compile(r"^\s*(?P<hypervisor>\w+): Checking (?P<what>.*?)\s*: (?P<result>PASS|FAIL|WARN|NOTE)(?: \(.*\))?$")
# A message in the program, ended by a zero byte: older versions have "Checking" elsewhere.
MESSAGE = re.compile(rb"(?<=\0)(?:Checking )?((?:for|if) [ -~]{4,})\0")
# A path that it looks at.
PATH = re.compile(rb"(?<=\0)(/(?:dev|sys)/[ -~]+)\0")


def plain(text):
    """Newer versions have quotation marks around what varies, and number their arguments."""
    return re.sub(r"%\d\$", "%", text).replace("'", "")


def read_formats(program):
    """The messages, and the paths, that the program has."""
    with open(program, "rb") as file:
        content = file.read()
    messages = frozenset(plain(match[1].decode()) for match in MESSAGE.finditer(content))
    return messages, frozenset(match[1].decode() for match in PATH.finditer(content))


def find_row(what):
    """The row for what a line says that it checks, and the word that the row's pattern captures; None for none."""
    for row in table.VALIDATE:
        match = re.fullmatch(row.pattern, plain(what))
        if match:
            return row, match[1] if match.groups() else ""
    return None


def agree(theirs, ours):
    return theirs == "PASS" and ours == "pass" or theirs in ("WARN", "FAIL") and ours in table.BAD


@dataclass(frozen=True)
class Outcome:
    """What became of one line. WHY is the named reason of a difference, "" where the two agree, and None for an
    objection."""
    line: str
    text: str
    check: str = ""
    why: str | None = None


class Comparison:
    def __init__(self):
        self.outcomes = []

    @property
    def agreeing(self):
        return [outcome for outcome in self.outcomes if outcome.why == ""]

    @property
    def explained(self):
        return [outcome for outcome in self.outcomes if outcome.why]

    @property
    def objections(self):
        return [outcome for outcome in self.outcomes if outcome.why is None]

    def add(self, line, text, check="", why=None):
        self.outcomes.append(Outcome(line, f"{line}: {text}{f': {why}' if why else ''}", check, why))

    def compare(self, line, theirs, check, differences, look, word):
        if check not in look.checks:
            self.add(line, f"there is no check {check}", check)
            return

        ours = look.state(check)
        if agree(theirs, ours):
            self.add(line, f"{theirs}, {check} {ours}", check, "")
            return

        why = next((difference.why for difference in differences if theirs in difference.theirs and
                    ours in difference.ours and difference.holds(look, word)), None)
        self.add(line, f"{theirs}, but {check} {ours} ({look.reason(check)})", check, why)

    def explain_absence(self, line, row, look):
        self.add(line, "there is no line", why=next((why for why, holds in row.absent if holds(look)), None))


def make_look(seen, formats=frozenset()):
    return table.Look(seen["evidence"], seen["ours"]["checks"], {}, (seen["theirs"] or {}).get("stderr", ""), formats)


def compare_validate(seen, formats):
    comparison = Comparison()
    look = make_look(seen, formats)
    results = {}

    for line in seen["theirs"]["stdout"].splitlines():
        if not line.strip():
            continue
        parsed = LINE.match(line)
        found = find_row(parsed["what"]) if parsed else None
        if not found or parsed["hypervisor"] not in table.EXPECTED:
            comparison.add(line.strip(), "a line that maps to no check")
            continue
        row, word = found
        results.setdefault(parsed["hypervisor"], {})[f"{row.id} {word}".strip()] = parsed["result"]
        comparison.compare(f"{parsed['hypervisor']} {plain(parsed['what'])}", parsed["result"], row.check.format(word),
                           row.differences, look, word)

    # A part that was not built in has no lines at all.
    for hypervisor, printed in results.items():
        for key in table.EXPECTED[hypervisor]:
            if key not in printed:
                row = next(row for row in table.VALIDATE if row.id == key.split()[0])
                comparison.explain_absence(f"{hypervisor} {key}", row, replace(look, results=printed))
    if "QEMU" not in results and seen["evidence"]["flags"]:
        comparison.add("QEMU", "there are no lines")

    return comparison


def compare_kvm_ok(seen):
    comparison = Comparison()
    look = make_look(seen)

    for line in seen["kvm_ok"]["stdout"].splitlines():
        statement = next((s for s in table.KVM_OK if re.fullmatch(s.pattern, line)), None)
        if not statement:
            comparison.add(line, "a line that maps to no check")
        elif statement.result:
            comparison.compare(line, statement.result, statement.check, statement.differences, look, "")

    return comparison
