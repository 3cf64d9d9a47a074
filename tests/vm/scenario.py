# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scenarios: functions that get a Client and assert what it sees, each for some kinds of guests."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

ALL = []


@dataclass(frozen=True)
class Scenario:
    """A scenario: "group.name", its sentence, the kinds of guests that it runs in, and what it does."""
    name: str
    title: str
    kinds: tuple[str, ...]
    function: Callable

    @property
    def group(self):
        return self.name.partition(".")[0]

    def matches(self, wanted):
        return not wanted or any(self.name == word or self.name.startswith(word + ".") for word in wanted)


def scenario(*kinds):
    """Makes a scenario of a function, whose docstring is the sentence that is printed. It leaves the guest as it found
    it, unless it fails: after that the guest is thrown away."""
    def register(function):
        group = function.__module__.rpartition(".")[2]
        ALL.append(Scenario(f"{group}.{function.__name__}", function.__doc__, kinds, function))
        return function
    return register


def load():
    """Imports all scenarios; returns them in the order of their files' names, and in there as they stand."""
    import scenarios

    for module in sorted(module.name for module in pkgutil.iter_modules(scenarios.__path__)):
        importlib.import_module(f"scenarios.{module}")
    return ALL
