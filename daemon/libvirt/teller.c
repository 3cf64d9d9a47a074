/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks virtready-domcapabilities, or libvirt itself. */

#include <errno.h>
#include <stdio.h>

#include "../basic/clock.h"
#include "../basic/macro.h"
#include "../domcapabilities/ask.h"
#include "teller.h"

/* libvirtd starts QEMU to answer what it has not been asked before. That may take longer than the daemon
 * waits, who would then know nothing (libvirt-query.c). */
#define HELPER_TIMEOUT_SECONDS 12U

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

        r = trouble_note(&query->trouble, HYPERVISOR_RUNNING, message);
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

/* Whatever keeps us from it, for what can be known without it is. Whether libvirt has gone the other
 * connection tells. */
static int open_connection(Query *query, Teller *teller) {
        int r;

        r = connection_open(query->uri, CONNECTION_MANAGE, &teller->connection);
        return r == -EIO ? note_missing_error(query) : r;
}

static int leave_helper(Query *query, Teller *teller, int error) {
        _cleanup_free_ char *reason = NULL;
        int n;

        teller->helper = safe_close(teller->helper);
        n = error == -EAGAIN ? asprintf(&reason, "has not had all of libvirt's answers for %u seconds",
                                        HELPER_TIMEOUT_SECONDS)
                             : asprintf(&reason, "does not answer: %s", strerror(-error));

        return n < 0 ? -ENOMEM : note_helper(query, reason);
}

/* systemd takes its time to start it. Should libvirt have ended meanwhile, it would be started again by
 * being asked. */
static int wait_for_helper(Query *query, Teller *teller) {
        int r;

        r = domcapabilities_wait(teller->helper, HELPER_TIMEOUT_SECONDS * USEC_PER_SEC);
        return r < 0 ? leave_helper(query, teller, r) : query_check(query);
}

int teller_open(Query *query, Teller *teller) {
        const char *type = query_string(query->answer, "type");

        /* This driver has nothing to tell. */
        if (type && streq(type, "LXC"))
                return 0;

        teller->helper_until = now_usec(CLOCK_MONOTONIC) + HELPER_TIMEOUT_SECONDS * USEC_PER_SEC;
        if (query->socket && domcapabilities_can_ask(query->uri) &&
            domcapabilities_connect(query->socket, HELPER_TIMEOUT_SECONDS * USEC_PER_SEC, &teller->helper) >=
                    0)
                return wait_for_helper(query, teller);

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

        if (unsupported)
                trouble_done(&query->trouble);
        if (!query_goes_on(teller->connection)) {
                virConnectClosep(&teller->connection);
                teller->connection = NULL;
        }

        return 0;
}

/* This one cannot be asked, but we may be let in ourselves. */
static int change_to_connection(Query *query, Teller *teller, const Json *domain, char **ret_xml) {
        int r;

        teller->helper = safe_close(teller->helper);
        r = open_connection(query, teller);
        return r < 0 ? r : ask_connection(query, teller, domain, ret_xml);
}

/* What the helper was told may be that libvirt has gone. */
static int note_failure(Query *query, const char *text) {
        int r;

        r = note_missing(query, text);
        return r < 0 ? r : query_check(query);
}

static int ask_helper(Query *query, Teller *teller, const Json *domain, char **ret_xml) {
        const DomcapabilitiesRequest request = {
                .uri = query->uri,
                .arch = query_string(domain, "arch"),
                .virt_type = query_string(domain, "virt_type"),
                .machine = query_string(domain, "machine"),
        };
        uint64_t now = now_usec(CLOCK_MONOTONIC);
        DomcapabilitiesOutcome outcome;
        _cleanup_free_ char *text = NULL;
        int r;

        if (now >= teller->helper_until)
                return leave_helper(query, teller, -EAGAIN);

        r = domcapabilities_ask(teller->helper, teller->helper_until - now, &request, &outcome, &text);
        if (r == -ENOMEM)
                return r;
        /* It is asked in words, and this one has a name that is none. */
        if (r == -EINVAL)
                return note_helper(query, "cannot be asked about one kind of guests, for its odd name");
        if (r < 0)
                return leave_helper(query, teller, r);

        switch (outcome) {
        case DOMCAPABILITIES_DONE:
                *ret_xml = TAKE_PTR(text);
                return 1;
        case DOMCAPABILITIES_UNSUPPORTED:
                return 0;
        case DOMCAPABILITIES_FAILED:
                return note_failure(query, text);
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
