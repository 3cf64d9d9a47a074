/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyd beside a systemd and a virtready-libvirt that the test plays, asked for EstimateCapacity. */
#pragma once

#include "fake-systemd.h"

#define LIBVIRTD_SERVICE "libvirtd.service"
#define LIBVIRTD_SOCKET "libvirtd.socket"

#define GIB (G_GUINT64_CONSTANT(1) << 30)

/* Two guests, and a storage with a tenth of it free. */
#define GUESTS_JSON                                                                \
        "{\"guests\": {\"count\": 2, \"vcpus\": 6, \"memory_bytes\": 1073741824, " \
        "\"resident_bytes\": 4096}, \"storage\": null, \"detail\": null}"
#define STORAGE_JSON                                                                            \
        "{\"guests\": null, \"storage\": {\"path\": \"/srv\", \"total_bytes\": 1073741824000, " \
        "\"available_bytes\": 107374182400}, \"detail\": null}"

typedef struct Fixture {
        Bus bus;
        FakeSystemd *systemd;
        Daemon daemon;
        char *helper; /* the program's path */
        char *asked;  /* the file that it writes its arguments to */
        char *root;   /* of a snapshot, or NULL */
        int vm;       /* a virtual machine that the kernel counts, or -1 */
} Fixture;

void set_up(Fixture *fixture, const void *data);
void tear_down(Fixture *fixture, const void *data);

/* Has the helper do what the SCRIPT of a shell says: $2 is "--uri=…" or "--storage=…". */
void helper_write(Fixture *fixture, const char *script);

/* What it prints for each of the questions. */
#define HELPER_ANSWERS(guests, storage) \
        "case $2 in --uri=*) echo '" guests "' ;; --storage=*) echo '" storage "' ;; esac\n"

/* Starts the daemon once systemd says of libvirtd's service and socket what they do ("active"). */
void start(Fixture *fixture, const char *service, const char *socket);

/* The same where service.libvirt has another reason than follows from these alone. */
void start_until(Fixture *fixture, const char *service, const char *socket, const char *expected);

/* The same on the files of another machine; systemd has no say. */
void start_on_snapshot(Fixture *fixture);

/* The questions that were asked, one a line. */
char *helper_asked(const Fixture *fixture);
guint helper_runs(const Fixture *fixture);

/* Calls the method with a dictionary in GVariant's text format: "{'vcpus': <uint32 4>}". Yields the answer,
 * or the NAME of the error that there must be. */
GVariant *estimate(Fixture *fixture, const char *guest);
void assert_refused(Fixture *fixture, const char *guest, const char *name, const char *word);

/* Starts a call, whose answer is for CALLBACK. */
void estimate_start(GDBusConnection *caller, const char *guest, GAsyncReadyCallback callback, gpointer data);

/* A callback for that: DATA is where to put the answer, which there must be. */
void on_estimate(GObject *source, GAsyncResult *result, gpointer data);

/* Members of an answer; each has to be there. */
guint64 number_of(GVariant *answer, const char *key);
const char *text_of(GVariant *answer, const char *key);
char *detail_of(GVariant *answer, const char *subject); /* "": there is none */
gboolean flag_of(GVariant *answer, const char *key);
char *names_of(GVariant *answer, const char *key);
gboolean has_key(GVariant *answer, const char *key);
GVariant *resource_of(GVariant *answer, const char *name);

/* Whether the daemon knows that the kernel counts no virtual machine. */
gboolean knows_of_no_vms(Fixture *fixture);

/* Makes a virtual machine that is there until the end, if KVM lets us. */
void hold_vm(Fixture *fixture);

/* Writes the files of a machine with 64 GiB on two nodes, of which 8 are huge pages of 2 MiB, and 16 CPUs.
 */
void capacity_machine_write(const char *root);
