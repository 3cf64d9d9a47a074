/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds what each kind of guest may have. */

#include <errno.h>

#include "domain-capabilities.h"
#include "teller.h"

/* SIZE is that of what has been added so far, as it will be printed. */
static int add_size(Json *domain, size_t *size) {
        const char *text = json_object_to_json_string_ext(domain, JSON_C_TO_STRING_PLAIN |
                                                                          JSON_C_TO_STRING_NOSLASHESCAPE);

        if (!text)
                return -ENOMEM;

        *size += strlen(text);
        return *size <= DESCRIBE_OUTPUT_MAX ? 0 : -E2BIG;
}

static int add_domain(Query *query, Teller *teller, Json *domain, size_t *size) {
        _cleanup_free_ char *xml = NULL;
        int r;

        r = teller_ask(query, teller, domain, &xml);
        if (r <= 0)
                return r < 0 ? r : domain_capabilities_add_unknown(domain);

        r = domain_capabilities_parse(xml, domain);
        if (r >= 0)
                r = add_size(domain, size);

        return r < 0 ? trouble_from_answer(&query->trouble, "the capabilities of guests", r) : 0;
}

int query_domains(Query *query, Json *domains) {
        _cleanup_(teller_done) Teller teller = TELLER_NOBODY;
        size_t n = json_object_array_length(domains), size = 0;
        int r;

        r = teller_open(query, &teller);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = add_domain(query, &teller, json_object_array_get_idx(domains, i), &size);

        return r;
}
