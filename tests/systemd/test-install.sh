#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What "meson install" puts in place is complete, and systemd takes it: units, their hardening, user, directories, preset
# and catalog.
# Usage: test-install.sh BUILD-DIRECTORY LIST [FROM=TO…], prints TAP. LIST has the files that are expected, for the prefix
# /usr; where a path begins with FROM, this build has it below TO. The first that fits counts.
set -eu

build=$1
list=$2
places=("${@:3}")
scratch=$(mktemp -d)
root=$scratch/root
number=0
failed=0
trap 'rm -rf "$scratch"' EXIT

# How much of the machine a unit's processes can reach and change: systemd-analyze(1) rates it from 0 to 100.
hardening=(
    virtreadyd.service 12
    virtready-domcapabilities@.service 9
    virtready-modprobe@.service 15
    virtready-wait@.service 4
)

# What a unit has to say besides, for the rating does not weigh it, or gives only a part for it.
strict=(
    NoNewPrivileges=yes
    MemoryDenyWriteExecute=yes
    ProtectSystem=strict
    ReadOnlyPaths=/run
    SystemCallArchitectures=native
    SystemCallErrorNumber=EPERM
)

# expect NAME COMMAND…: the command succeeds. ("set -e" does not work in there.)
expect() {
    local name=$1 output
    shift
    number=$((number + 1))
    if output=$("$@" 2>&1); then
        echo "ok $number $name"
    else
        echo "not ok $number $name"
        printf '%s\n' "$*" "$output" | sed 's/^/# /'
        failed=1
    fi
}

install_all() {
    DESTDIR=$root meson install -C "$build" --no-rebuild --quiet
}

# A path of the list, as this build has it.
print_place() {
    local place
    for place in "${places[@]}"; do
        if [[ $1 == "${place%%=*}"/* ]]; then
            echo "${place#*=}${1#"${place%%=*}"}"
            return
        fi
    done
    echo "$1"
}

is_complete() {
    local path
    while read -r path; do
        [[ $path == "#"* ]] || print_place "$path"
    done <"$list" | LC_ALL=C sort >"$scratch/expected"
    diff --unified "$scratch/expected" "$scratch/installed"
}

# Prints where this build has a file of the list.
find_installed() {
    echo "$root$(print_place "$1")"
}

# copy_new DIRECTORY FILE…: what is there already stays. To skip a file is an error to "cp --no-clobber" of coreutils 9.2
# to 9.4.
copy_new() {
    local directory=$1 path new=()
    shift
    for path; do
        [[ -e $directory/${path##*/} || -L $directory/${path##*/} ]] || new+=("$path")
    done
    ((${#new[@]} == 0)) || cp -R --no-dereference -t "$directory" "${new[@]}"
}

# Makes a system of it: our units and the preset are where systemd looks, wherever this build has them, beside the units
# of this machine on which they depend; and what no preset enables stays off.
add_system() {
    local units system=$root/usr/lib/systemd foreign=/usr/lib/systemd/system
    [[ -d $foreign ]] || foreign=/lib/systemd/system

    mkdir -p "$system/system" "$system/system-preset" "$root/etc"
    copy_new "$system/system" "$(find_installed /usr/lib/systemd/system/)"virtready* || return
    copy_new "$system/system-preset" "$(find_installed /usr/lib/systemd/system-preset/90-virtready.preset)" || return
    echo 'disable *' >"$system/system-preset/99-default.preset"
    mapfile -t -d '' units < <(find "$foreign" -mindepth 1 -maxdepth 1 ! -name 'virtready*' -print0)
    copy_new "$system/system" "${units[@]}"
}

# Also finds out whether the programs are where the units say. Of a wrong line or an ordering cycle it only talks, and
# this machine's units, which it loads as well, may have faults of their own.
units_are_valid() {
    local units=() output status=0
    mapfile -t units < <(sed -n 's|.*/systemd/system/||p' "$list")
    output=$(systemd-analyze verify --man=no --root="$root" "${units[@]}" 2>&1) || status=$?
    echo "$output"
    ((status == 0)) && [[ ${output//"$root"/} != *virtready* ]]
}

is_hardened() {
    systemd-analyze security --no-pager --offline=yes --threshold="$2" \
        "$(find_installed "/usr/lib/systemd/system/$1")"
}

# says UNIT LINE…: all of these lines are in it.
says() {
    local unit line status=0
    unit=$(find_installed "/usr/lib/systemd/system/$1")
    shift
    for line; do
        grep --quiet --line-regexp --fixed-strings -e "$line" "$unit" || { echo "missing: $line" && status=1; }
    done
    return "$status"
}

makes_users() {
    systemd-sysusers --root="$root" "$(find_installed /usr/lib/sysusers.d/virtready.conf)" &&
        grep '^virtready:' "$root/etc/passwd" && grep '^kvm:' "$root/etc/group"
}

makes_directories() {
    systemd-tmpfiles --root="$root" --create "$(find_installed /usr/lib/tmpfiles.d/virtready.conf)" &&
        [[ $(stat --format=%a "$root/etc/modules-load.d") == 755 ]] &&
        [[ $(stat --format=%a:%u:%g "$root/run/virtready") == 755:0:0 ]]
}

# At boot what a killed process left, and nothing else; later there may be a process to whom it belongs.
removes_leftovers() {
    local directory=$root/etc/modules-load.d
    touch "$directory/"{.virtready-tun.17,virtready-tun.conf,.virtready.conf,other.conf} &&
        clean_up && [[ -e $directory/.virtready-tun.17 ]] &&
        clean_up --boot && [[ ! -e $directory/.virtready-tun.17 ]] &&
        [[ -e $directory/virtready-tun.conf && -e $directory/.virtready.conf && -e $directory/other.conf ]]
}

# clean_up OPTION…
clean_up() {
    systemd-tmpfiles --root="$root" --create --remove "$@" "$(find_installed /usr/lib/tmpfiles.d/virtready.conf)"
}

sockets_are_enabled() {
    local wants=$root/etc/systemd/system/sockets.target.wants
    [[ -L $wants/virtready-domcapabilities.socket && -L $wants/virtready-modprobe.socket ]]
}

# Each for itself, for enabling the daemon enables the sockets as well.
is_enabled() {
    systemctl --root="$root" preset virtready-domcapabilities.socket virtready-modprobe.socket &&
        sockets_are_enabled &&
        systemctl --root="$root" preset virtreadyd.service &&
        [[ -L $root/etc/systemd/system/multi-user.target.wants/virtreadyd.service ]]
}

enables_socket() {
    rm -rf "$root/etc/systemd/system" &&
        systemctl --root="$root" enable virtreadyd.service &&
        sockets_are_enabled
}

updates_catalog() {
    journalctl --update-catalog --root="$root"
}

umask 0022
expect 'meson install' install_all
(cd "$root" && find . -type f -printf '/%P\n') | LC_ALL=C sort >"$scratch/installed"
expect 'all files are in place' is_complete
expect 'systemd finds them' add_system
expect 'units are valid' units_are_valid
for ((i = 0; i < ${#hardening[@]}; i += 2)); do
    expect "${hardening[i]} is hardened" is_hardened "${hardening[@]:i:2}"
    expect "${hardening[i]} says so" says "${hardening[i]}" "${strict[@]}"
done
expect 'the helper starts no process' says virtready-modprobe@.service \
    CapabilityBoundingSet=CAP_SYS_MODULE 'SystemCallFilter=~clone clone3 fork vfork' RestrictAddressFamilies=none
expect 'who asks libvirt has no capability and starts no process' says virtready-domcapabilities@.service \
    CapabilityBoundingSet= 'SystemCallFilter=~clone clone3 fork vfork' RestrictAddressFamilies=AF_UNIX
expect 'who waits does not reach the helper' says virtready-wait@.service InaccessiblePaths=-/run/virtready
for unit in virtready-domcapabilities@.service virtready-modprobe@.service virtready-wait@.service; do
    expect "$unit sees no devices" says "$unit" TemporaryFileSystem=/dev:ro,nosuid,noexec
done
expect 'the daemon comes back, however often it fails' says virtreadyd.service \
    Restart=on-failure StartLimitIntervalSec=0
expect 'user and groups' makes_users
expect 'directories' makes_directories
expect 'leftovers' removes_leftovers
expect 'preset' is_enabled
expect 'enabling the daemon' enables_socket
expect 'journal catalog' updates_catalog
echo "1..$number"
((failed == 0))
