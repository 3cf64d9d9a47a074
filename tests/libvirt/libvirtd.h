/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A real libvirtd with QEMU, on sockets and in directories of its own, which go with it. */
#pragma once

#include <gio/gio.h>

typedef struct Libvirtd {
        char *directory; /* all that it writes */
        char *socket;
        char *uri; /* what to ask it by: "qemu+unix:///session?socket=…" */
        GSubprocess *process;
} Libvirtd;

/* Starts it, and waits until it answers. It believes to be an ordinary user's, and is root's in truth where
 * the test is: then it may open what root may, such as /dev/kvm. CONFIG is more of libvirtd.conf, or NULL.
 * Nothing of the machine's own libvirt is touched. It ends with this process. */
void libvirtd_up(Libvirtd *libvirtd, const char *config);

/* The same in two steps: makes the directories, so that there is a URI at which nobody listens yet; starts
 * it there, also again after libvirtd_kill(). */
void libvirtd_prepare(Libvirtd *libvirtd, const char *config);
void libvirtd_start(Libvirtd *libvirtd);

/* Ends it and its guests, and removes its directories. It need not run any more. */
void libvirtd_down(Libvirtd *libvirtd);

pid_t libvirtd_pid(const Libvirtd *libvirtd);

/* Stops it, and waits until it stands still, which it does not at once; lets it go on. */
void libvirtd_stop(const Libvirtd *libvirtd);
void libvirtd_continue(const Libvirtd *libvirtd);

/* The same with the QEMU of a guest. */
void libvirtd_stop_guest(const Libvirtd *libvirtd, const char *name);
void libvirtd_continue_guest(const Libvirtd *libvirtd, const char *name);

/* Kills it, so that its sockets stay behind. */
void libvirtd_kill(Libvirtd *libvirtd);

/* Runs virsh against it, which must succeed, and yields what it prints: libvirtd_virsh(l, "dominfo", "g",
 * NULL).
 */
char *libvirtd_virsh(const Libvirtd *libvirtd, ...) G_GNUC_NULL_TERMINATED;

/* The number behind LABEL in what virsh says about a guest, such as of "Max memory" in "dominfo". */
guint64 libvirtd_virsh_number(const Libvirtd *libvirtd, const char *command, const char *guest,
                              const char *label);

/* Starts a guest of this name, with an emulated CPU, without disks, and with nothing to boot. */
void libvirtd_start_guest(const Libvirtd *libvirtd, const char *name, unsigned vcpus, unsigned memory_kib);

/* The same with a balloon, of which QEMU is asked with the memory that the guest uses. */
void libvirtd_start_guest_with_balloon(const Libvirtd *libvirtd, const char *name, unsigned vcpus,
                                       unsigned memory_kib);
