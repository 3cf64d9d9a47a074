# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines of other shapes, as the kernel would show them below /sys/devices/system and in /proc/cpuinfo."""

import os
from dataclasses import dataclass

MEMORY_KIB = 4 * 1024 * 1024


@dataclass(frozen=True)
class Cpu:
    package: int
    core: int  # the number that the kernel prints, which need not be unique
    siblings: tuple  # the CPUs of its core
    online: bool = True


def cores(packages=1, per_package=4, threads=1, first=0):
    """CPUs as x86 firmware numbers them: the first threads of all cores, then the second ones."""
    n = packages * per_package
    return [Cpu(i % n // per_package, i % per_package,
                tuple(first + i % n + n * thread for thread in range(threads))) for i in range(n * threads)]


def offline(cpus, *numbers):
    """A CPU that is offline is no longer among its core's threads."""
    return [Cpu(cpu.package, cpu.core, tuple(n for n in cpu.siblings if n not in numbers), i not in numbers)
            for i, cpu in enumerate(cpus)]


def hybrid():
    """Two cores with two threads each, and four with one."""
    return ([Cpu(0, i // 2 * 4, (i // 2 * 2, i // 2 * 2 + 1)) for i in range(4)] +
            [Cpu(0, 8 + i, (4 + i,)) for i in range(4)])


def dies():
    """Two dies in a package, which number their cores alike."""
    return [Cpu(0, i % 4, (i,)) for i in range(8)]


# What there is, and the CPUs of each NUMA node; None is a kernel without nodes.
TOPOLOGIES = {
    "one thread per core": (cores(), [range(4)]),
    "two threads per core": (cores(threads=2), [range(8)]),
    "two packages, two nodes": (cores(packages=2, threads=2), [[0, 1, 2, 3, 8, 9, 10, 11],
                                                               [4, 5, 6, 7, 12, 13, 14, 15]]),
    "one package, four nodes": (cores(per_package=8), [range(0, 2), range(2, 4), range(4, 6), range(6, 8)]),
    "a node with memory alone": (cores(), [range(4), []]),
    "no nodes": (cores(packages=2), None),
    "one core offline": (offline(cores(threads=2), 3, 7), [range(8)]),
    "nosmt": (offline(cores(threads=2), 4, 5, 6, 7), [range(8)]),
    "hybrid": (hybrid(), [range(8)]),
    "dies that number their cores alike": (dies(), [range(8)]),
    "nodes that share no package evenly": (cores(packages=2, per_package=3), [range(0, 2), range(2, 6)]),
    "packages unknown": ([Cpu(-1, i, (i,)) for i in range(4)], [range(4)]),
    "256 CPUs": (cores(packages=2, per_package=64, threads=2),
                 [[*range(0, 64), *range(128, 192)], [*range(64, 128), *range(192, 256)]]),
}


def format_list(numbers):
    """A list as the kernel prints it: lib/vsprintf.c, bitmap_list_string()."""
    ranges, numbers = [], sorted(numbers)
    for n in numbers:
        if ranges and ranges[-1][1] == n - 1:
            ranges[-1][1] = n
        else:
            ranges.append([n, n])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(content + "\n")


def write_cpu(directory, number, cpu):
    """Only a CPU that is online has a topology."""
    if number > 0:
        write(f"{directory}/online", "1" if cpu.online else "0")
    else:
        os.makedirs(directory)
    if not cpu.online:
        return
    write(f"{directory}/topology/physical_package_id", str(cpu.package))
    write(f"{directory}/topology/core_id", str(cpu.core))
    for name in ("thread_siblings_list", "core_cpus_list"):
        write(f"{directory}/topology/{name}", format_list(cpu.siblings))


def write_node(directory, number, members, cpus, n_nodes):
    write(f"{directory}/cpulist", format_list(n for n in members if cpus[n].online))
    write(f"{directory}/meminfo", f"Node {number} MemTotal:       {MEMORY_KIB} kB\n"
          f"Node {number} MemFree:        {MEMORY_KIB // 2} kB")
    write(f"{directory}/distance", " ".join("10" if n == number else "20" for n in range(n_nodes)))
    for n in members:
        os.symlink(f"../../cpu/cpu{n}", f"{directory}/cpu{n}")


def write_topology(directory, cpus, nodes):
    """Writes DIRECTORY/system, for /sys/devices/system, and DIRECTORY/cpuinfo."""
    system = f"{directory}/system"
    everything = range(len(cpus))
    for name in ("present", "possible"):
        write(f"{system}/cpu/{name}", format_list(everything))
    write(f"{system}/cpu/online", format_list(n for n in everything if cpus[n].online))
    for n in everything:
        write_cpu(f"{system}/cpu/cpu{n}", n, cpus[n])
    for n, members in enumerate(nodes or []):
        write_node(f"{system}/node/node{n}", n, members, cpus, len(nodes))
    if nodes:
        write(f"{system}/node/online", format_list(range(len(nodes))))
        write(f"{system}/node/possible", format_list(range(len(nodes))))
    write(f"{directory}/cpuinfo", "\n".join(
        f"processor\t: {n}\ncpu MHz\t\t: {2000 + n}.125\nflags\t\t: fpu lm\n" for n in everything if cpus[n].online))
