#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a person types: busctl and gdbus against a running virtreadyd.
# Usage: test-commands.sh VIRTREADYD PYTHON VALIDATE.PY SCHEMA, prints TAP.
set -eu

daemon=$1
validate=("${@:2:2}" --busctl "$4" -)
directory=$(mktemp -d)
address=unix:path=$directory/bus
number=0

clean_up() {
    kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$directory"
}
pids=()
trap clean_up EXIT

dbus-daemon --session --nofork --address="$address" 2>/dev/null &
pids+=($!)
for _ in {1..100}; do [ -S "$directory/bus" ] && break; sleep 0.1; done
"$daemon" --bus="$address" --libvirt=test:///default --libvirt-helper="$directory/no-helper" 2>/dev/null &
pids+=($!)
for _ in {1..100}; do
    busctl --address="$address" status org.virtready1 >/dev/null 2>&1 && break
    sleep 0.1
done

# expect NAME PATTERN COMMAND…: the command succeeds within its limit, and prints a line that the pattern matches.
expect() {
    local name=$1 pattern=$2 output
    shift 2
    number=$((number + 1))
    if output=$(timeout 20 "$@" 2>&1) && grep -qE -- "$pattern" <<<"$output"; then
        echo "ok $number $name"
    else
        echo "not ok $number $name"
        printf '%s\n' "$*" "$output" | sed 's/^/# /'
    fi
}

bus=(busctl --address="$address" --no-pager)
manager=(org.virtready1 /org/virtready1 org.virtready1.Manager)

expect 'busctl tree' '/org/virtready1/check/kvm/usable$' "${bus[@]}" tree org.virtready1
expect 'busctl tree: profiles' '/org/virtready1/profile/qemu$' "${bus[@]}" tree org.virtready1
expect 'busctl tree: the host' '/org/virtready1/host$' "${bus[@]}" tree org.virtready1
expect 'busctl tree: the hypervisor' '/org/virtready1/hypervisor/test$' "${bus[@]}" tree org.virtready1
expect 'busctl introspect' '^\.Recheck +method +- +-' "${bus[@]}" introspect "${manager[@]}"
expect 'busctl introspect: a check' '^\.Remedies +property +aa\{sv\}' \
    "${bus[@]}" introspect org.virtready1 /org/virtready1/check/kvm/usable
expect 'busctl get-property' '^s "(ready|degraded|not-ready|unknown)"$' "${bus[@]}" get-property "${manager[@]}" State
expect 'busctl get-property: several' '^b (true|false)$' "${bus[@]}" get-property "${manager[@]}" State Ready
expect 'busctl call Recheck' '^$' "${bus[@]}" call "${manager[@]}" Recheck
expect 'busctl call Refresh' '^$' \
    "${bus[@]}" call org.virtready1 /org/virtready1/hypervisor/test org.virtready1.Hypervisor Refresh
expect 'busctl get-property: what came of it' '^s "unreachable"$' \
    "${bus[@]}" get-property org.virtready1 /org/virtready1/hypervisor/test org.virtready1.Hypervisor State
# shellcheck disable=SC2016 # it is for the inner shell to expand
expect 'a URI that is none' 'needs a URI of libvirt.*such as qemu:///system.*was given .qemu.' \
    bash -c '! "$0" --libvirt=qemu' "$daemon"
expect 'busctl call Describe' '^s "\{' "${bus[@]}" call "${manager[@]}" Describe
# shellcheck disable=SC2016 # it is for the inner shell to expand
expect 'Describe is as documented' '^$' bash -c 'busctl --address="$0" --json=short call org.virtready1 /org/virtready1 \
    org.virtready1.Manager Describe | "$@"' "$address" "${validate[@]}"
expect 'gdbus GetManagedObjects' "'/org/virtready1/check/kvm/usable'" \
    gdbus call --address "$address" --dest org.virtready1 --object-path /org/virtready1 \
    --method org.freedesktop.DBus.ObjectManager.GetManagedObjects
expect 'gdbus GetAll' "'ActiveVMs': <uint32 [0-9]+>" \
    gdbus call --address "$address" --dest org.virtready1 --object-path /org/virtready1 \
    --method org.freedesktop.DBus.Properties.GetAll org.virtready1.Manager
echo "1..$number"
