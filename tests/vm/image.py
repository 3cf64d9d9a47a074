# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files of a guest: the Debian, and in it the product, installed as a package would."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from debian import ImageError, base, run

HERE = Path(__file__).resolve().parent
HOLD_VM = Path("tests/vm/hold-vm")

# Files of the guest, and which of guest/ they are.
GUEST_FILES = {
    "usr/lib/virtready-tests/agent": "agent",
    "etc/systemd/system/agent.service": "agent.service",
    "etc/systemd/system/agent.socket": "agent.socket",
    "etc/systemd/system/agent@.service": "agent@.service",
    "etc/systemd/system/console-getty.service.d/autologin.conf": "autologin.conf",
    "etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf": "autologin.conf",
}

# Alice is in the group that the example of a rule for polkit lets load KVM's modules. Nobody allows bob anything.
USERS = {"alice": ["libvirt"], "bob": []}


def install(build, tree):
    """Installs what was built as a package would: its files, and then what README has, with the preset."""
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet", env={**os.environ, "DESTDIR": str(tree)})
    run("systemd-sysusers", f"--root={tree}")
    run("systemd-tmpfiles", f"--root={tree}", "--create", "virtready.conf")
    run("journalctl", f"--root={tree}", "--update-catalog")
    run("systemctl", f"--root={tree}", "preset", "virtreadyd.service", "virtready-modprobe.socket")


def add_tests(build, tree):
    """Adds what the scenarios need in the guest."""
    for path, name in GUEST_FILES.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "guest" / name, tree / path)
    shutil.copy(build / HOLD_VM, tree / "usr/lib/virtready-tests")

    (tree / "etc/hostname").write_text("guest\n", encoding="utf-8")
    for name, groups in USERS.items():
        run("useradd", "--root", tree, "--create-home", "--shell=/bin/bash", f"--groups={','.join(groups)}", name)
    run("systemctl", f"--root={tree}", "enable", "agent.service", "agent.socket")


def check_build(build):
    """Refuses a build whose programs would not run in the guest, or not as installed."""
    shown = subprocess.run(["meson", "introspect", "--buildoptions", build], capture_output=True, text=True,
                           check=False)
    if shown.returncode != 0:
        raise ImageError(f"{build} is not a build directory: {shown.stdout}{shown.stderr}")
    options = {option["name"]: option["value"] for option in json.loads(shown.stdout)}
    for name, needed in {"prefix": "/usr", "b_sanitize": "none"}.items():
        if options[name] != needed:
            raise ImageError(f"{build} was set up with {name}={options[name]}; the guest needs {needed}.")
    if not (build / HOLD_VM).exists():
        raise ImageError(f"{build / HOLD_VM} is not there: try \"meson compile -C {build} vm-guests\".")


def make_tree(cache, build, directory):
    """Copies the Debian to a directory and installs the product there."""
    check_build(build)
    run("cp", "--archive", base(cache), directory)
    install(build, directory)
    add_tests(build, directory)


def make_disk(tree, path):
    """Makes a disk with the files of a tree and room for more."""
    run("mke2fs", "-q", "-t", "ext4", "-d", tree, path, "2G")


def kernel(tree):
    """The newest kernel in a tree."""
    kernels = sorted((tree / "boot").glob("vmlinuz-*"), key=lambda path: path.stat().st_mtime)
    if not kernels:
        raise ImageError(f"There is no kernel in {tree}.")
    return kernels[-1]
