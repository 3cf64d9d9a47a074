/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection is any number of requests, each with its answer, and ends with the peer. */
#pragma once

#include "protocol.h"

/* So many requests are answered over one connection. */
#define DOMCAPABILITIES_REQUESTS_MAX 256U

/* What the program ends with: whether it did its part, not whether libvirt had an answer. */
typedef enum ServeStatus {
        SERVE_ANSWERED = 0,
        SERVE_FAILED = 1,     /* nothing could be read, or an answer not be sent */
        SERVE_USAGE = 2,      /* the program was not started as it has to be */
        SERVE_NO_REQUEST = 3, /* what came is none */
} ServeStatus;

/* Finds the answer to a request; the text is malloc()ed, or NULL. */
typedef DomcapabilitiesOutcome (*ServeFind)(const DomcapabilitiesRequest *request, char **ret_text,
                                            void *userdata);

/* Whether a descriptor is one end of a connection that is a stream. */
bool serve_can(int connection);

/* Reads requests from CONNECTION, a stream socket, has FIND find the answers to those about URI, and sends
 * them. What is no request is refused, and ends the connection. What there is to say has been logged when it
 * returns. */
ServeStatus serve(int connection, const char *uri, ServeFind find, void *userdata);
