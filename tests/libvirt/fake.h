/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Something that listens where libvirtd would, and is none: it does to each connection what a test wants, or
 * hands on what a real one says, and spoils it. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Called for each connection in a thread of its own. The connection is closed afterwards. */
typedef void (*FakeHandler)(int connection, gpointer userdata);

typedef struct Fake {
        char *directory;
        char *socket;
        char *uri;
        int listener;
        FakeHandler handler;
        gpointer userdata;
        GThread *thread;    /* listens */
        GPtrArray *threads; /* one for each connection */
} Fake;

/* Everybody may connect. */
void fake_up(Fake *fake, FakeHandler handler, gpointer userdata);

/* Whoever is connected must have gone, or be about to go. */
void fake_down(Fake *fake);

/* Writes as much as the other side takes. Tells whether that was all. */
bool fake_send(int connection, const void *data, size_t size);

/* Yields BEFORE, N times WHAT, and AFTER. */
char *repeat(const char *before, const char *what, size_t n, const char *after);

/* Reads until the other side has gone. */
void fake_drain(int connection);

/* A FakeHandler that hands on what is said between the client and the socket of a real libvirtd. Of its
 * fields those beyond UPSTREAM may be zero. */
typedef struct Proxy {
        const char *upstream;
        unsigned answers;      /* how many answers are handed on, of all connections together; 0: all */
        const char *spoil;     /* an answer that has this text is replaced... */
        const char *with;      /* ...by one that has this text */
        const char *closed_to; /* when the first client has come, this socket is closed to others but root */
        gint passed;           /* how many answers have been handed on */
} Proxy;

void proxy_handle(int connection, gpointer userdata);
