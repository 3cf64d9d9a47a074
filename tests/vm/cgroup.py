# SPDX-License-Identifier: LGPL-2.1-or-later
"""A control group of one's own: two containers that began in the same one would take each other's units for theirs."""

import contextlib
import os
import shlex
import time
from pathlib import Path


def systemd_hierarchies():
    """Where the hierarchies are mounted in which systemd keeps its units: the unified one, and of version 1 its own."""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, path, kind, options, *_ = line.split(" ")
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            yield Path(path)


class ControlGroup:
    """Made below the control group of this process, in each of those hierarchies."""

    def __init__(self, name):
        self.directories = []
        own = {}
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            own[controllers] = path.lstrip("/")
        for hierarchy in systemd_hierarchies():
            controllers = "" if (hierarchy / "cgroup.controllers").exists() else "name=systemd"
            directory = hierarchy / own.get(controllers, "") / name
            directory.mkdir()
            self.directories.append(directory)

    def entering(self):
        """What a command begins with that is to run in there."""
        files = [directory / "cgroup.procs" for directory in self.directories]
        return ["sh", "-ec", " ".join(f"echo $$ >{shlex.quote(str(file))};" for file in files) + ' exec "$@"', "sh"]

    def remove(self):
        """Removes it, and what was made in it, when its last process has ended; they have been killed by now."""
        deadline = time.monotonic() + 10
        while any(directory.exists() for directory in self.directories) and time.monotonic() < deadline:
            for directory in self.directories:
                for path, _, _ in os.walk(directory, topdown=False):
                    with contextlib.suppress(OSError):
                        os.rmdir(path)
            time.sleep(0.05)
