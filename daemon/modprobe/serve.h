/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection is one request and one answer. */
#pragma once

#include <stdint.h>

#include "protocol.h"

/* What the program ends with: whether it did its part, not whether the kernel took the module. */
typedef enum ServeStatus {
        SERVE_ANSWERED = 0,   /* what there was to answer has been; or the peer left without a request */
        SERVE_FAILED = 1,     /* nothing could be read, or the answer not be sent */
        SERVE_USAGE = 2,      /* the program was not started as it has to be */
        SERVE_NO_REQUEST = 3, /* none came in time, or what came is none that may be */
} ServeStatus;

/* Does what is asked for. */
typedef ModprobeAnswer (*ServeAct)(const ModprobeRequest *request, void *userdata);

/* Tells whether a descriptor is one end of a connection that carries packets. Errors: -ENOTSOCK, -EPROTOTYPE
 * when it is another kind of socket, -ENOTCONN when nobody is at the other end, as when it listens. */
int serve_check(int connection);

/* Waits up to LIMIT_USEC microseconds for a packet and, if it is a request for a module of the allow-list,
 * has ACT do it. Then it answers, which never blocks. A second packet is not read. What there is to say has
 * been logged when it returns. */
ServeStatus serve(int connection, uint64_t limit_usec, ServeAct act, void *userdata);
