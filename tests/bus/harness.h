/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A private message bus, a real virtreadyd on it, and a record of what the daemon announces. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "machine-files.h"

#define WAIT_SECONDS 20U

typedef struct Bus {
        char *directory; /* everybody may enter it; its files go with it */
        char *address;
        GSubprocess *process;
        GDBusConnection *connection;
} Bus;

/* The user who is nobody. */
#define NOBODY 65534U

/* Starts a message bus that has the policy of a system bus and the one that we ship, and lets one more user
 * own our name: the one who runs the tests, or OWNER. */
void bus_up(Bus *bus);
void bus_up_for(Bus *bus, uid_t owner);
void bus_down(Bus *bus);

/* Ends it, but for its files, and starts it again: then the signals of a daemon have to be listened to anew.
 */
void bus_kill(Bus *bus);
void bus_start(Bus *bus);

/* Whether somebody owns the daemon's name. */
bool bus_has_daemon(const Bus *bus);

/* Opens another connection to it. */
GDBusConnection *bus_connect_client(const Bus *bus);

/* LIAR tells the daemon what only the bus could know: that WHO has left it. Returns when the bus has passed
 * that on, and what LIAR has sent before. */
void bus_forge_leaving(GDBusConnection *liar, GDBusConnection *who);

typedef struct Daemon {
        Bus *bus;
        GSubprocess *process;
        char *log;          /* the file that its messages go to */
        GPtrArray *signals; /* of Signal, in the order of arrival */
        guint subscription;
} Daemon;

typedef struct Signal {
        char *path;
        char *interface; /* of a PropertiesChanged: the interface whose properties changed */
        char *member;
        GVariant *parameters; /* of a PropertiesChanged: the changed properties, a{sv} */
} Signal;

typedef struct DaemonOptions {
        const char *root;            /* --root, NULL: the live system */
        const char *modprobe_socket; /* --modprobe-socket, NULL: where nobody listens */
        const char *libvirt;         /* --libvirt, NULL: without it */
        const char *libvirt_helper;  /* --libvirt-helper, NULL: one that is not there */
        const char *const *env;      /* NAME=VALUE for it alone, NULL-terminated, or NULL */
        bool as_nobody;              /* run it as the user nobody, without groups; we must be root */
        bool beside_udevd; /* let it believe that udevd runs, whose events never come; we must be root */
} DaemonOptions;

/* Starts virtreadyd on the bus, without waiting for anything. */
void daemon_spawn(Daemon *daemon, Bus *bus, DaemonOptions options);

/* The same, and waits until it answers and, on the live system, has asked programs for their versions. */
void daemon_up(Daemon *daemon, Bus *bus, DaemonOptions options);

/* Records the signals that come from now on over the connection of the bus. */
void daemon_listen(Daemon *daemon);

/* Waits until it ends by itself, and yields its exit status. */
int daemon_wait(Daemon *daemon);

/* What it has logged so far. */
char *daemon_log(const Daemon *daemon);

/* Ends it with SIGTERM and requires a clean exit. */
void daemon_down(Daemon *daemon);

pid_t daemon_pid(const Daemon *daemon);

/* Stops it, and waits until it stands still, which it does not at once; lets it go on. */
void daemon_stop(const Daemon *daemon);
void daemon_continue(const Daemon *daemon);

/* Calls a method of the Manager and requires an answer in time. */
GVariant *manager_call(Daemon *daemon, const char *method);

/* Reads a property; PATH is relative to /org/virtready1 ("", "/check/kvm/usable"). */
GVariant *property_get(Daemon *daemon, const char *path, const char *interface, const char *property);
char *property_get_string(Daemon *daemon, const char *path, const char *interface, const char *property);

#define assert_property(daemon, path, interface, property, expected)                                      \
        do {                                                                                              \
                g_autofree char *_value = property_get_string((daemon), (path), (interface), (property)); \
                g_assert_cmpstr(_value, ==, (expected));                                                  \
        } while (0)

/* Runs the main loop until CONDITION is true; fails after WAIT_SECONDS. */
#define wait_until(condition)                                                                    \
        do {                                                                                     \
                gint64 _limit = g_get_monotonic_time() + (gint64) WAIT_SECONDS * G_USEC_PER_SEC; \
                while (!(condition)) {                                                           \
                        g_assert_cmpint(g_get_monotonic_time(), <, _limit);                      \
                        g_main_context_iteration(NULL, FALSE);                                   \
                        g_usleep(1000);                                                          \
                }                                                                                \
        } while (0)

/* Makes sure that whatever the daemon had to say until now has been recorded: asks it something, whose
 * answer comes after its signals. */
void daemon_settle(Daemon *daemon);

/* The property ActiveVMs. */
guint32 active_vms(Daemon *daemon);

/* How many passes it has run. */
guint daemon_passes(const Daemon *daemon);

/* How many of them have read one of these sources (daemon/facts/facts.h). This machine may have events of
 * its own, which are about others. */
guint daemon_passes_over(const Daemon *daemon, guint64 sources);

/* A place for signals. */
GPtrArray *signals_new(void);

/* Forgets the signals recorded so far. */
void signals_forget(Daemon *daemon);

/* How many signals of this name were recorded, from this path ("": any). */
guint signals_count(const Daemon *daemon, const char *member, const char *path);

/* The last one recorded, or NULL. */
const Signal *signals_last(const Daemon *daemon, const char *member, const char *path);

/* The paths that announced changed properties, in alphabetical order, separated by spaces, without
 * /org/virtready1. */
char *signals_changed_paths(const Daemon *daemon);

/* Ends the test as skipped for want of something else than hardware, which CI does not accept. */
#define skip_because(reason)         \
        do {                         \
                g_test_skip(reason); \
                return;              \
        } while (0)

/* Ends the test as skipped, for want of hardware. */
#define skip_without(hardware)                      \
        do {                                        \
                g_test_skip("hardware: " hardware); \
                return;                             \
        } while (0)

/* Makes the calling process, a child before exec(), that user, without groups, or nobody. */
void become_user(uid_t user);
void become_nobody(gpointer data);
