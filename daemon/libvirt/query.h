/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One run of describe(): what its parts hand to each other. */
#pragma once

#include "../basic/json.h"
#include "connection.h"
#include "trouble.h"

/* All that is printed in the end, in bytes, but for the end of the line: the daemon takes 1 MiB. */
#define DESCRIBE_OUTPUT_MAX (1024U * 1024 - 1)

/* Functions return -EIO when libvirt does not answer as it should, and then have said why in TROUBLE. */
typedef struct Query {
        const char *uri;
        const char *socket; /* of virtready-domcapabilities; NULL: it is not asked */
        virConnect *connection;
        Json *answer;
        Trouble trouble; /* also what is missing in an answer that is one */
} Query;

static inline void query_done(Query *query) {
        virConnectClosep(&query->connection);
        json_object_putp(&query->answer);
        trouble_done(&query->trouble);
}

/* A member that is a text, or NULL. */
static inline const char *query_string(const Json *object, const char *key) {
        return json_object_get_string(json_object_object_get(object, key));
}

/* After an error, and before anything else is asked: tells whether libvirt still answers on this connection,
 * or whether there is nothing left to be heard, or no sense in it. */
static inline bool query_goes_on(virConnect *connection) {
        const virError *error = virGetLastError();

        return error && error->domain != VIR_FROM_RPC && virConnectIsAlive(connection) == 1;
}

/* Asks a question that is answered over the connection, whatever is known already. Returns 0 when it is. */
int query_check(Query *query);

/* Adds what is known of each of these domains to it. */
int query_domains(Query *query, Json *domains);
