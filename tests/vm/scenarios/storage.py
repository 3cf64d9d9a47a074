# SPDX-License-Identifier: LGPL-2.1-or-later
"""How full the storage of guests is, asked by a service that sees little of the machine, or in vain."""

import contextlib
import json

from machine import CONTAINER
from scenario import scenario

HUNG = "/srv/hung"

# A server of a file system in user space that never reads a request (mount(8): --internal-only calls no helper).
SERVER = f"""bash -c 'exec 3<>/dev/fuse
mount --internal-only -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0,allow_other hung {HUNG}
echo serving; exec sleep infinity'"""


def estimate(client, path):
    """What is known of the storage at a path, and why it is not."""
    # KVM may not be loaded, and "fit" ends with 1 then.
    fit = client.try_run(f"virtreadyctl fit --vcpus 1 --memory 64M --disk 1M --storage {path} --json", user="bob")
    answer = json.loads(fit.output)
    return answer["resources"]["disk"], answer["details"].get("disk")


@contextlib.contextmanager
def mount_point(client, directory):
    """A directory that is there meanwhile, and what is mounted on it."""
    client.run(f"mkdir {directory}")
    try:
        yield
    finally:
        client.run(f"umount --lazy {directory}; rmdir {directory}")


@contextlib.contextmanager
def hung_file_system(client):
    loaded = client.modules()
    try:
        with mount_point(client, HUNG), client.background(SERVER, ready="serving"):
            yield
    finally:
        if "fuse" not in loaded:
            client.run("systemctl stop sys-fs-fuse-connections.mount; until modprobe -r fuse; do sleep 0.1; done")


@scenario("svm", CONTAINER)
def told(client):
    """the space of a file system is what df prints of it, and that of a home is said not to be seen"""
    with mount_point(client, "/srv/images"):
        client.run("mount -t tmpfs -o size=64M images /srv/images")
        disk, detail = estimate(client, "/srv/images")
        size, available = client.output("df --block-size=1 --output=size,avail /srv/images | tail -1").split()
        assert [disk["total"], disk["available"]] == [int(size), int(available)] and not detail, f"{disk}, {detail}"

    disk, detail = estimate(client, "/home/bob")
    assert not disk["known"] and detail == "The service does not see what is in /home.", f"{disk}, {detail}"


@scenario("svm")
def hangs(client):
    """a file system whose server hangs keeps nobody from an answer, and leaves no process behind"""
    with hung_file_system(client):
        for _ in range(2):
            disk, detail = estimate(client, HUNG)
            assert not disk["known"] and "did not answer in time" in detail, f"{disk}, {detail}"
            client.wait_libvirt_left_alone()

        disk, detail = estimate(client, "/srv")
        assert disk["known"] and not detail, f"{disk}, {detail}"
