/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks virtready-domcapabilities, or libvirt itself. */

#include <errno.h>
#include <stdio.h>

#include "../basic/macro.h"
#include "../domcapabilities/ask.h"
#include "teller.h"

void teller_done(Teller *teller) {
        teller->helper = safe_close(teller->helper);
        virConnectClosep(&teller->connection);
        teller->connection = NULL;
}

/* That this is missing keeps nothing else from being an answer. */
static int note_missing(Query *query, const char *reason) {
        _cleanup_free_ char *message = NULL;
        int r;

        if (asprintf(&message, "libvirt does not tell what guests may have: %s", reason) < 0)
                return -ENOMEM;

        r = trouble_note(&query->trouble, LIBVIRT_RUNNING, message);
        return r == -EIO ? 0 : r;
}

static int note_missing_error(Query *query) {
        _cleanup_free_ char *reason = NULL;
        int r;

        r = trouble_from_libvirt(&query->trouble);
        if (r != -EIO)
                return r;

        reason = TAKE_PTR(query->trouble.detail);
        return note_missing(query, reason);
}

static int note_helper(Query *query, const char *reason) {
        _cleanup_free_ char *message = NULL;

        if (asprintf(&message, "virtready-domcapabilities %s", reason) < 0)
                return -ENOMEM;

        return note_missing(query, message);
}

/* Not to be let in is what this is for, and so is a socket that is not there, for the other one may be
 * alone. */
static int open_connection(Query *query, Teller *teller) {
        LibvirtState state;
        int r;

        r = connection_open(query->uri, CONNECTION_MANAGE, &teller->connection);
        if (r != -EIO)
                return r;

        state = libvirt_state_from_error(virGetLastError());
        return state == LIBVIRT_DENIED || state == LIBVIRT_STOPPED ? note_missing_error(query)
                                                                   : trouble_from_libvirt(&query->trouble);
}

int teller_open(Query *query, Teller *teller) {
        const char *type = query_string(query->answer, "type");

        /* This driver has nothing to tell. */
        if (type && streq(type, "LXC"))
                return 0;

        if (query->socket && domcapabilities_connect(query->socket, &teller->helper) >= 0)
                return 0;

        return open_connection(query, teller);
}

static int ask_connection(Query *query, Teller *teller, const Json *domain, char **ret_xml) {
        const virError *error;
        bool unsupported;
        char *text;
        int r;

        if (!teller->connection)
                return 0;

        text = virConnectGetDomainCapabilities(teller->connection, query_string(domain, "emulator"),
                                               query_string(domain, "arch"), query_string(domain, "machine"),
                                               query_string(domain, "virt_type"), 0);
        if (text) {
                *ret_xml = text;
                return 1;
        }

        error = virGetLastError();
        unsupported = error && error->code == VIR_ERR_NO_SUPPORT;
        r = note_missing_error(query);
        if (r < 0)
                return r;

        if (!query_goes_on(teller->connection)) {
                query->trouble.state = LIBVIRT_UNREACHABLE;
                return -EIO;
        }
        if (unsupported)
                trouble_done(&query->trouble);

        return 0;
}

/* This one cannot be asked, but we may be let in ourselves. */
static int change_to_connection(Query *query, Teller *teller, const Json *domain, char **ret_xml) {
        int r;

        teller->helper = safe_close(teller->helper);
        r = open_connection(query, teller);
        return r < 0 ? r : ask_connection(query, teller, domain, ret_xml);
}

static int leave_helper(Query *query, Teller *teller, int error) {
        _cleanup_free_ char *reason = NULL;

        teller->helper = safe_close(teller->helper);
        if (asprintf(&reason, "does not answer: %s", strerror(-error)) < 0)
                return -ENOMEM;

        return note_helper(query, reason);
}

static int ask_helper(Query *query, Teller *teller, const Json *domain, char **ret_xml) {
        const DomcapabilitiesRequest request = {
                .uri = query->uri,
                .arch = query_string(domain, "arch"),
                .virt_type = query_string(domain, "virt_type"),
                .machine = query_string(domain, "machine"),
        };
        DomcapabilitiesOutcome outcome = DOMCAPABILITIES_OTHER_URI;
        _cleanup_free_ char *text = NULL;
        int r;

        r = domcapabilities_ask(teller->helper, &request, &outcome, &text);
        if (r == -ENOMEM)
                return r;
        if (r < 0 && r != -EINVAL)
                return leave_helper(query, teller, r);

        switch (outcome) {
        case DOMCAPABILITIES_DONE:
                *ret_xml = TAKE_PTR(text);
                return 1;
        case DOMCAPABILITIES_UNSUPPORTED:
                return 0;
        case DOMCAPABILITIES_FAILED:
                return note_missing(query, text);
        case DOMCAPABILITIES_OTHER_URI:
                return change_to_connection(query, teller, domain, ret_xml);
        default:
                return leave_helper(query, teller, -EPROTO);
        }
}

int teller_ask(Query *query, Teller *teller, const Json *domain, char **ret_xml) {
        return teller->helper >= 0 ? ask_helper(query, teller, domain, ret_xml)
                                   : ask_connection(query, teller, domain, ret_xml);
}
