/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks libvirt what each kind of guest may have. */

#include <errno.h>
#include <stdio.h>

#include "../basic/macro.h"
#include "domain-capabilities.h"
#include "query.h"

/* Asking has libvirtd run emulators, so it answers those alone who may manage guests (CVE-2019-10167), over
 * a connection that is not read-only. This one is for nothing else. */
typedef struct Manager {
        virConnect *connection; /* NULL: there is nobody to ask */
        size_t size;            /* of what it has told, as it will be printed */
} Manager;

static void manager_done(Manager *manager) {
        virConnectClosep(&manager->connection);
}

/* That this is missing keeps nothing else from being an answer. */
static int note_missing(Query *query) {
        _cleanup_free_ char *reason = NULL;
        char *detail;
        int r;

        r = trouble_from_libvirt(&query->trouble);
        if (r != -EIO)
                return r;

        reason = TAKE_PTR(query->trouble.detail);
        if (asprintf(&detail, "libvirt does not tell what guests may have: %s", reason) < 0)
                return -ENOMEM;

        query->trouble = (Trouble){ .state = LIBVIRT_RUNNING, .detail = detail };
        return 0;
}

/* Not to be let in is what this is for, and so is a socket that is not there, for the other one may be
 * alone. */
static int open_manager(Query *query, Manager *manager) {
        const char *type = query_string(query->answer, "type");
        LibvirtState state;
        int r;

        /* This driver has nothing to tell. */
        if (type && streq(type, "LXC"))
                return 0;

        r = connection_open(query->uri, CONNECTION_MANAGE, &manager->connection);
        if (r != -EIO)
                return r;

        state = libvirt_state_from_error(virGetLastError());
        return state == LIBVIRT_DENIED || state == LIBVIRT_STOPPED ? note_missing(query)
                                                                   : trouble_from_libvirt(&query->trouble);
}

/* There was no answer. It is missing, or the driver does not have it, as long as libvirt goes on answering.
 */
static int add_unknown(Query *query, const Manager *manager, Json *domain) {
        const virError *error = virGetLastError();
        bool unsupported = error && error->code == VIR_ERR_NO_SUPPORT;
        int r;

        if (!manager->connection)
                return domain_capabilities_add_unknown(domain);

        r = note_missing(query);
        if (r < 0)
                return r;

        if (!query_goes_on(manager->connection)) {
                query->trouble.state = LIBVIRT_UNREACHABLE;
                return -EIO;
        }
        if (unsupported)
                trouble_done(&query->trouble);

        return domain_capabilities_add_unknown(domain);
}

static int check_size(Manager *manager, Json *domain) {
        const char *text = json_object_to_json_string_ext(domain, JSON_C_TO_STRING_PLAIN |
                                                                          JSON_C_TO_STRING_NOSLASHESCAPE);

        if (!text)
                return -ENOMEM;

        manager->size += strlen(text);
        return manager->size <= DESCRIBE_OUTPUT_MAX ? 0 : -E2BIG;
}

static int add_domain(Query *query, Manager *manager, Json *domain) {
        _cleanup_free_ char *text = NULL;
        int r;

        if (manager->connection)
                text = virConnectGetDomainCapabilities(
                        manager->connection, query_string(domain, "emulator"), query_string(domain, "arch"),
                        query_string(domain, "machine"), query_string(domain, "virt_type"), 0);
        if (!text)
                return add_unknown(query, manager, domain);

        r = domain_capabilities_parse(text, domain);
        if (r >= 0)
                r = check_size(manager, domain);

        return r < 0 ? trouble_from_answer(&query->trouble, "the capabilities of guests", r) : 0;
}

int query_domains(Query *query, Json *domains) {
        _cleanup_(manager_done) Manager manager = {};
        size_t n = json_object_array_length(domains);
        int r;

        r = open_manager(query, &manager);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = add_domain(query, &manager, json_object_array_get_idx(domains, i));

        return r;
}
