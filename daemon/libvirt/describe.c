/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks libvirt one question after the other. */

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "../basic/macro.h"
#include "../libvirt-answer.h"
#include "capabilities.h"
#include "describe.h"
#include "query.h"
#include "text.h"

static_assert(DESCRIBE_OUTPUT_MAX + 1 <= LIBVIRT_ANSWER_SIZE_MAX,
              "The reader takes what is printed, and the end of the line.");

/* All members, in their order, but for the first ones, which are always there. */
static const char *const members[] = { "daemon_version", "type", "version", "node_info", "max_vcpus" };

/* What libvirt cannot or does not want to tell is unknown, as long as it goes on answering. */
static int allow_unknown(Query *query) {
        int r;

        r = trouble_from_libvirt(&query->trouble);
        if (r == -EIO && query_goes_on(query->connection)) {
                trouble_done(&query->trouble);
                return 0;
        }

        return r;
}

/* A number such as 9000000 is 9.0.0 (virGetVersion()). */
static int add_version(Json *object, const char *key, bool known, unsigned long version) {
        char text[64];

        (void) snprintf(text, sizeof(text), "%lu.%lu.%lu", version / 1000000, version / 1000 % 1000,
                        version % 1000);
        return json_add_string(object, key, known ? text : NULL);
}

int query_check(Query *query) {
        _cleanup_trouble_ Trouble trouble = {};
        unsigned long version;
        int r;

        if (virConnectGetLibVersion(query->connection, &version) >= 0)
                return 0;

        /* To ask whether it goes on makes libvirt forget the error. */
        r = trouble_from_libvirt(&trouble);
        if (r != -EIO || query_goes_on(query->connection))
                return r == -EIO ? 0 : r;

        trouble_done(&query->trouble);
        query->trouble = (Trouble){ .state = HYPERVISOR_UNREACHABLE, .detail = TAKE_PTR(trouble.detail) };
        return r;
}

static int add_versions(Query *query) {
        unsigned long version = 0;
        bool known;
        int r;

        known = virConnectGetLibVersion(query->connection, &version) >= 0;
        r = known ? 0 : allow_unknown(query);
        if (r >= 0)
                r = add_version(query->answer, "daemon_version", known, version);
        if (r < 0)
                return r;

        known = virConnectGetVersion(query->connection, &version) >= 0;
        r = known ? 0 : allow_unknown(query);

        return r < 0 ? r : add_version(query->answer, "version", known, version);
}

static int add_type(Query *query) {
        const char *type = virConnectGetType(query->connection);
        int r;

        r = type ? 0 : allow_unknown(query);
        return r < 0 ? r : text_add(query->answer, "type", type);
}

static int add_node_info(Query *query) {
        virNodeInfo info = {};
        char model[sizeof(info.model) + 1] = {};
        Json *object;
        int r;

        if (virNodeGetInfo(query->connection, &info) < 0)
                return allow_unknown(query);

        memcpy(model, info.model, sizeof(info.model));
        r = json_add_container(query->answer, "node_info", json_object_new_object(), &object);
        if (r >= 0)
                r = text_add(object, "model", model);
        if (r >= 0)
                r = json_add_number(object, "memory_kib", true, info.memory);
        if (r >= 0)
                r = json_add_number(object, "cpus", true, info.cpus);
        if (r >= 0)
                r = json_add_number(object, "mhz", true, info.mhz);
        if (r >= 0)
                r = json_add_number(object, "nodes", true, info.nodes);
        if (r >= 0)
                r = json_add_number(object, "sockets", true, info.sockets);
        if (r >= 0)
                r = json_add_number(object, "cores", true, info.cores);
        if (r >= 0)
                r = json_add_number(object, "threads", true, info.threads);

        return r;
}

static int add_capabilities(Query *query, Json **ret_domains) {
        _cleanup_free_ char *text = NULL;
        Json *domains;
        int r;

        text = virConnectGetCapabilities(query->connection);
        if (!text)
                return trouble_from_libvirt(&query->trouble);

        r = capabilities_parse(text, &domains);
        if (r < 0)
                return trouble_from_answer(&query->trouble, "the capabilities of the host", r);

        *ret_domains = domains;
        return json_add(query->answer, "domains", domains);
}

static int add_max_vcpus(Query *query, const Json *domains) {
        size_t n = json_object_array_length(domains);
        Json *object;
        int max, r;

        r = json_add_container(query->answer, "max_vcpus", json_object_new_object(), &object);
        for (size_t i = 0; i < n && r >= 0; i++) {
                const char *type = query_string(json_object_array_get_idx(domains, i), "virt_type");

                if (json_object_object_get_ex(object, type, NULL))
                        continue;

                max = virConnectGetMaxVcpus(query->connection, type);
                r = max < 0 ? allow_unknown(query) : json_add_number(object, type, true, (uint64_t) max);
        }

        return r;
}

static int ask(Query *query) {
        Json *domains = NULL;
        int r;

        r = connection_open(query->uri, CONNECTION_READ_ONLY, &query->connection);
        if (r == -EIO)
                return trouble_from_libvirt(&query->trouble);
        if (r < 0)
                return r;

        r = add_versions(query);
        if (r >= 0)
                r = add_type(query);
        if (r >= 0)
                r = add_node_info(query);
        if (r >= 0)
                r = add_capabilities(query, &domains);
        if (r >= 0)
                r = add_max_vcpus(query, domains);

        if (r >= 0)
                r = query_domains(query, domains);

        /* Others were asked last, who may have failed because libvirt has gone. */
        return r < 0 ? r : query_check(query);
}

/* Begins a document that says no more than that. */
static int new_document(const Trouble *trouble, Json **ret) {
        _cleanup_(json_object_putp) Json *answer = json_object_new_object();
        unsigned long version = 0;
        bool known;
        int r;

        if (!answer)
                return -ENOMEM;

        known = virGetVersion(&version, NULL, NULL) >= 0;
        r = json_add_string(answer, "state", hypervisor_state_to_string(trouble->state));
        if (r >= 0)
                r = json_add_string(answer, "detail", trouble->detail);
        if (r >= 0)
                r = add_version(answer, "library_version", known, version);
        FOREACH_ELEMENT(member, members)
                if (r >= 0)
                        r = json_add_string(answer, *member, NULL);
        if (r >= 0)
                r = json_add(answer, "domains", json_object_new_array());
        if (r < 0)
                return r;

        *ret = TAKE_PTR(answer);
        return 0;
}

/* What is printed has its bound as a whole, too. */
static int check_size(Query *query) {
        const char *text = json_object_to_json_string_ext(
                query->answer, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

        if (!text)
                return -ENOMEM;

        return strlen(text) <= DESCRIBE_OUTPUT_MAX
                       ? 0
                       : trouble_from_answer(&query->trouble, "all of it together", -E2BIG);
}

int describe(const char *uri, const char *socket, Json **ret) {
        _cleanup_(query_done) Query query = { .uri = uri, .socket = socket };
        int r;

        r = new_document(&query.trouble, &query.answer);
        if (r >= 0)
                r = ask(&query);
        if (r >= 0)
                r = json_add_string(query.answer, "detail", query.trouble.detail);
        if (r >= 0)
                r = check_size(&query);

        /* What was learnt before is of no use without the rest. */
        if (r == -EIO)
                return new_document(&query.trouble, ret);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(query.answer);
        return 0;
}
