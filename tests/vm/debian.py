# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian that guests run: made once, and kept for as long as it would be made in the same way."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

# What the product needs to run, what it works with, and what the scenarios call.
PACKAGES = """
    systemd systemd-sysv udev dbus kmod polkitd
    libacl1 libarchive13 libjson-c5 libkmod2
    linux-image-cloud-amd64
    libvirt-daemon-system qemu-system-x86
    acl dbus-bin libpam-systemd procps
""".split()

LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")

# One that was made in another way, as on another branch, stays for a week after it was used.
KEPT_SECONDS = 7 * 24 * 60 * 60


class ImageError(Exception):
    """An image cannot be made, and why."""


def run(*command, **options):
    """Runs a command; what it prints is shown if it fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              **options)
    except FileNotFoundError as error:
        raise ImageError(f"{command[0]} is not installed; ./dev vm does that.") from error
    if done.returncode != 0:
        raise ImageError(f"{' '.join(map(str, command))}\n{done.stdout}")


def release():
    """The Debian that this machine runs: what is built here runs there."""
    values = {}
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        values[key] = value.strip('"')
    if values.get("ID") != "debian" or not values.get("VERSION_CODENAME"):
        raise ImageError("The guest is the same Debian as this machine, and this is not a release of Debian.")
    return values["VERSION_CODENAME"]


def make_base(directory):
    """Makes a Debian with PACKAGES."""
    run("mmdebstrap", "--variant=minbase", "--mode=root", '--aptopt=APT::Install-Recommends "false"',
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
        f"--include={','.join(PACKAGES)}", release(), directory)


def base(cache):
    """The directory with the Debian, which is made if the cache has none that was made in this way."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    directory = cache / f"{release()}-{recipe}"

    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            for old in cache.glob("*-*"):
                if time.time() - old.stat().st_mtime > KEPT_SECONDS:
                    shutil.rmtree(old)
            unfinished = cache / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            make_base(unfinished)
            unfinished.rename(directory)
        os.utime(directory)
    return directory
