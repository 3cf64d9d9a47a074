#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what "virtready-libvirt describe URI" has to print, from what virsh says about the same libvirt.

Nothing of it comes from the program: texts are virsh's, and XML is read by Python's own parser.
"""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def virsh(*arguments, read_only=True):
    """What virsh prints; None where it fails."""
    command = ["virsh", *(["--readonly"] if read_only else []), "--connect", sys.argv[1], *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    return done.stdout if done.returncode == 0 else None


def node_info():
    """The lines of "virsh nodeinfo", by the names of virNodeInfo."""
    names = {"CPU model": "model", "Memory size": "memory_kib", "CPU(s)": "cpus", "CPU frequency": "mhz",
             "NUMA cell(s)": "nodes", "CPU socket(s)": "sockets", "Core(s) per socket": "cores",
             "Thread(s) per core": "threads"}
    lines = dict(line.split(":", 1) for line in virsh("nodeinfo").splitlines() if ":" in line)
    values = {names[key]: value.split()[0] for key, value in lines.items()}
    return {key: value if key == "model" else int(value) for key, value in values.items()}


def versions():
    """The lines of "virsh version", with and without libvirtd's own."""
    text = virsh("version", "--daemon")
    return {"library_version": re.search(r"Using library: libvirt (\S+)", text)[1],
            "daemon_version": re.search(r"Running against daemon: (\S+)", text)[1],
            "type": re.search(r"Using API: (\S+)", text)[1],
            "version": re.search(r"Running hypervisor: \S+ (\S+)", text)[1]}


def kinds_of_guests(capabilities):
    """Architecture, type, emulator and machine, as the contract of the program has it."""
    host = capabilities.findtext("host/cpu/arch")
    found = {}
    for arch in capabilities.findall(f"guest/arch[@name='{host}']"):
        for domain in arch.findall("domain"):
            machines = domain.findall("machine") or arch.findall("machine")
            emulator = domain.findtext("emulator") or arch.findtext("emulator")
            for machine in [m for m in machines if "canonical" in m.attrib] or [None]:
                key = (domain.get("type"), None if machine is None else machine.get("canonical"))
                vcpus = None if machine is None else machine.get("maxCpus")
                found.setdefault(key, {"arch": host, "virt_type": key[0], "machine": key[1],
                                       "alias": None if machine is None else machine.text,
                                       "emulator": emulator, "max_vcpus": vcpus and int(vcpus)})
    return list(found.values())


def values(element):
    return [value.text for value in element.findall("value")]


def supported(parent):
    """All that is marked supported, with its enumerations."""
    return {element.tag: {enum.get("name"): values(enum) for enum in element.findall("enum")} |
            {child.tag: [child.text] for child in element if child.tag != "enum" and not len(child)}
            for element in parent if element.get("supported") == "yes"}


def memory_backing(root):
    """Its enumerations; an older libvirt does not have it."""
    element = root.find("memoryBacking")
    return None if element is None else supported(root).get("memoryBacking", {})


def features(root):
    """With the I/O threads, which libvirt has elsewhere."""
    found = supported(root)
    return supported(root.find("features")) | {name: found[name] for name in ["iothreads"] if name in found}


def domain(guest):
    """What "virsh domcapabilities" says about this one."""
    arguments = ["--arch", guest["arch"], "--virttype", guest["virt_type"], "--emulatorbin", guest["emulator"]]
    arguments += ["--machine", guest["machine"]] if guest["machine"] else []
    text = virsh("domcapabilities", *arguments, read_only=False)
    if text is None:
        return guest | dict.fromkeys(
            ("firmware", "loader", "loader_paths", "cpu_modes", "host_model", "host_model_vendor",
             "host_model_features", "cpu_models", "memory_backing", "devices", "features"))

    root = ElementTree.fromstring(text)
    loader = root.find("os/loader")
    modes = {mode.get("name"): mode for mode in root.findall("cpu/mode[@supported='yes']")}
    model = modes.get("host-model")
    policies = {}
    for feature in [] if model is None else model.findall("feature"):
        policies.setdefault(feature.get("policy"), []).append(feature.get("name"))
    custom = modes.get("custom")
    return guest | {
        "arch": root.findtext("arch"), "virt_type": root.findtext("domain"), "machine": root.findtext("machine"),
        "emulator": root.findtext("path"), "max_vcpus": int(root.find("vcpu").get("max")),
        "firmware": values(root.find("os/enum[@name='firmware']")),
        "loader": {enum.get("name"): values(enum) for enum in loader.findall("enum")},
        "loader_paths": values(loader),
        "cpu_modes": list(modes),
        "host_model": None if model is None else model.findtext("model"),
        "host_model_vendor": None if model is None else model.findtext("vendor"),
        "host_model_features": None if model is None else policies,
        "cpu_models": [] if custom is None else [m.text for m in custom.findall("model[@usable='yes']")],
        "memory_backing": memory_backing(root), "devices": supported(root.find("devices")), "features": features(root)}


def max_vcpus(guests):
    """For each type what libvirt says; over a connection that is not read-only virsh says something else."""
    found = {guest["virt_type"]: virsh("maxvcpus", "--type", guest["virt_type"]) for guest in guests}
    return {name: int(text) for name, text in found.items() if text is not None}


def main():
    guests = kinds_of_guests(ElementTree.fromstring(virsh("capabilities")))
    print(json.dumps({"state": "running", "detail": None, **versions(), "node_info": node_info(),
                      "max_vcpus": max_vcpus(guests), "domains": [domain(guest) for guest in guests]}))


if __name__ == "__main__":
    main()
