# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files of a guest: the Debian, and in it the product, installed as a package would."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
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

# What the guests upgrade to.
NEXT_VERSION = "99.0.0"


def install(build, tree):
    """Installs what was built as a package would: its files, and then what README has, with the preset."""
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet", env={**os.environ, "DESTDIR": str(tree)})
    run("systemd-sysusers", f"--root={tree}")
    run("systemd-tmpfiles", f"--root={tree}", "--create", "virtready.conf")
    run("journalctl", f"--root={tree}", "--update-catalog")
    run("systemctl", f"--root={tree}", "preset", "virtreadyd.service", "virtready-domcapabilities.socket",
        "virtready-modprobe.socket")


def list_installed(build, tree):
    """Says in the guest which files "ninja uninstall" would remove."""
    log = (build / "meson-logs" / "install-log.txt").read_text(encoding="utf-8").splitlines()
    files = [line.removeprefix(str(tree)) for line in log if line.startswith(f"{tree}/") and not Path(line).is_dir()]
    (tree / "usr/lib/virtready-tests/installed").write_text("\n".join(files) + "\n", encoding="utf-8")


def copy_sources(destination):
    """Copies the sources with another version in them. What has not changed since the last time keeps its time, so
    that no more is compiled than must be."""
    source = HERE.parents[1]

    def is_left_out(path):
        return path in destination.parents or (path.parent == source and path.name.startswith((".", "build")))

    shutil.copytree(source, destination, dirs_exist_ok=True, symlinks=True, ignore=lambda directory, names: [
        name for name in names if is_left_out(Path(directory) / name)])
    project, original = destination / "meson.build", source / "meson.build"
    text = original.read_text(encoding="utf-8")
    project.write_text(re.sub(r"(?m)^( +version: )'[^']+'", rf"\1'{NEXT_VERSION}'", text, count=1), encoding="utf-8")
    shutil.copystat(original, project)


def add_upgrade(build, tree):
    """Adds a newer version, as the files that its package would have, with a unit and a bus policy that differ."""
    directory, files = build.resolve() / "upgrade", tree / "usr/lib/virtready-tests/upgrade"
    copy_sources(directory / "source")
    if not (directory / "build" / "build.ninja").exists():
        run("meson", "setup", directory / "build", directory / "source", "--prefix=/usr", "--buildtype=release",
            "--optimization=2", "-Dtests=false")
    run("meson", "compile", "-C", directory / "build")
    run("meson", "install", "-C", directory / "build", "--no-rebuild", "--quiet",
        env={**os.environ, "DESTDIR": str(files)})

    unit, = files.rglob("virtreadyd.service")
    unit.write_text(unit.read_text(encoding="utf-8").replace("[Service]\n", "[Service]\nNice=7\n"), encoding="utf-8")
    policy, = files.rglob("org.virtready1.conf")
    policy.write_text(policy.read_text(encoding="utf-8").replace(
        "</busconfig>", '<policy user="bob"><deny send_destination="org.virtready1"/></policy></busconfig>'),
        encoding="utf-8")


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


def make_disk(tree, path):
    """Makes a disk with the files of a tree and room for more."""
    run("mke2fs", "-q", "-t", "ext4", "-d", tree, path, "2G")


def find_kernel(tree):
    """The newest kernel in a tree."""
    kernels = sorted((tree / "boot").glob("vmlinuz-*"), key=lambda path: path.stat().st_mtime)
    if not kernels:
        raise ImageError(f"There is no kernel in {tree}.")
    return kernels[-1]


@dataclass(frozen=True)
class Files:
    """What guests are started from: a directory with all files, the same on a disk, and the kernel."""
    tree: Path
    disk: Path
    kernel: Path


def make_files(cache, build, directory, upgrade=False):
    """Copies the Debian into a directory and installs the product there; UPGRADE adds a newer version beside it."""
    check_build(build)
    tree, disk = directory / "tree", directory / "disk"
    run("cp", "--archive", base(cache), tree)
    install(build, tree)
    add_tests(build, tree)
    list_installed(build, tree)
    if upgrade:
        add_upgrade(build, tree)
    make_disk(tree, disk)
    return Files(tree, disk, find_kernel(tree))
