/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A daemon that answers what the test wants, in the test's own main context. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#define FAKE_CHECK_PATH "/org/virtready1/check/net/tun"
#define FAKE_CHECK_INTERFACE "org.virtready1.Check"

typedef struct Fake {
        GDBusConnection *connection;
        guint object;
        const char *document; /* the answer to Describe; NULL: none ever comes */
        const char *error;    /* the name of an error to answer with instead, or NULL */
        guint active_vms;
        bool vms_unknown; /* it does not say that it knows their number */
        const char
                *before; /* what is announced of the check net.tun before and after that answer, or NULL */
        const char *after;
        const char *path;        /* of what else that is announced; NULL: net.tun */
        const char *interface;   /* of that */
        char client[64];         /* who asked last */
        const char *destination; /* to whom changes are announced; NULL: to all who listen */
        guint n_described;       /* how many answers Describe was given */

        const char *message; /* of the error; NULL: "This is the message." */
        guint delay_seconds; /* how long it takes over a module, or asks libvirt */
        char act[16];        /* what it was last asked to do with a module: "load", "persist", "forget" */
        char module[64];     /* with which one */
        bool interactive;    /* and whether polkit may ask the user */
        guint n_asked;       /* how often it was asked that */

        guint hypervisors;         /* the objects that can be refreshed, qemu and lxc */
        const char *refresh_error; /* the name of an error to answer Refresh with, or NULL */
        char refreshed[64];        /* the path of what was to be refreshed last */
        guint n_refreshed;         /* and how often that was */
} Fake;

/* Takes the name org.virtready1 on the bus at ADDRESS. */
void fake_start(Fake *fake, const char *address);
void fake_stop(Fake *fake);

/* Sends PropertiesChanged of the object at PATH. CHANGED is in GVariant text format:
 * "{'State': <'pass'>}". */
void fake_announce(const Fake *fake, const char *path, const char *interface, const char *changed,
                   const char *const *invalidated);
