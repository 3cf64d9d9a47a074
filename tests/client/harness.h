/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bus, the real daemon on another machine's files, and the real client; nothing here waits for ever. */
#pragma once

#include <gio/gio.h>

/* How long one step may take, in seconds; more than the client's own limit of 10. */
#define STEP_SECONDS 30

/* Runs the main context until CONDITION(DATA) holds, or fails the test saying WHAT did not come. */
void wait_until(gboolean (*condition)(gpointer data), gpointer data, const char *what);

/* Waits until a process has ended. */
void wait_for_exit(GSubprocess *process);

/* The address of the bus that GTestDBus has started. */
const char *session_bus(void);

/* Starts virtreadyctl with the given arguments, NULL-terminated, and with UTF-8. */
GSubprocess *client_spawn(GSubprocessFlags flags, const char *const *arguments);

/* Waits until it is on the bus at ADDRESS. */
void wait_for_client(const char *address, GSubprocess *client);

/* What a client printed and how it ended. */
typedef struct Outcome {
        char *out;
        char *err;
        int status;
} Outcome;

void outcome_clear(Outcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

/* Runs virtreadyctl with the given arguments, NULL-terminated, until it ends. */
Outcome run_client_with(const char *const *arguments);

#define run_client(...) run_client_with((const char *const[]){ __VA_ARGS__, NULL })

/* The same on the bus at ADDRESS. */
#define run_client_on(address, ...)                                             \
        ({                                                                      \
                g_autofree char *_bus = g_strdup_printf("--bus=%s", (address)); \
                run_client(_bus, ##__VA_ARGS__);                                \
        })

/* A directory that looks like the root of a machine to the daemon. */
typedef struct Machine {
        char *path;
} Machine;

void machine_init(Machine *machine);
void machine_clear(Machine *machine);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Machine, machine_clear)

void machine_write(const Machine *machine, const char *path, const char *text);

/* An AMD CPU, and TUN; with KVM or with its module not loaded. */
void machine_fill(const Machine *machine, gboolean has_kvm);

/* A PCI device in group 1, with a DRIVER or NULL; and takes it away again. */
void machine_add_device(const Machine *machine, const char *address, const char *modalias,
                        const char *driver);
void machine_remove_device(const Machine *machine, const char *address);

/* Starts virtreadyd on the bus at ADDRESS, and waits until it has its name; ends it, and waits until it has
 * not. */
GSubprocess *daemon_start(const char *address, const Machine *machine);
void daemon_stop(GSubprocess *daemon);

/* Makes the daemon look again, and waits for it. */
void daemon_recheck(const char *address);

/* The same, once the daemon has come to the bus. */
void daemon_recheck_when_there(const char *address);

GDBusConnection *bus_connect_to(const char *address);
