/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl host: the machine itself. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "exit-status.h"
#include "fields.h"
#include "json-output.h"
#include "node-info.h"
#include "show.h"
#include "size.h"

static void heading(const Output *output, const char *text) {
        fputc('\n', output->file);
        (void) output_text(output, STYLE_BOLD, text);
        fputc('\n', output->file);
}

static void show_identity(const Output *output, Json *host) {
        Json *hypervisor = doc_get(host, "hypervisor");
        const char *below = doc_text(hypervisor, "name");

        (void) output_text(output, STYLE_BOLD, "Machine");
        fputc('\n', output->file);
        field_text(output, "Architecture", STYLE_PLAIN, doc_text(host, "architecture"));
        field_text(output, "Kernel", STYLE_PLAIN, doc_text(host, "kernel_release"));
        field_text(output, "Distribution", STYLE_PLAIN, doc_text(host, "distribution"));
        if (doc_flag(hypervisor, "guest"))
                field_format(output, "Runs on", "a hypervisor%s%s", isempty(below) ? "" : ": ", below);
        else if (json_object_is_type(doc_get(hypervisor, "guest"), json_type_boolean))
                field_text(output, "Runs on", STYLE_PLAIN, "hardware");
}

static void number_field(const Output *output, const char *name, Json *object, const char *key) {
        if (json_object_is_type(doc_get(object, key), json_type_int))
                field_format(output, name, "%" PRIu64, doc_number(object, key));
}

/* "core: 8 (0-15)" */
static int core_type_fields(const Output *output, Json *types) {
        for (size_t i = 0; i < doc_size(types); i++) {
                Json *type = doc_at(types, i);
                _cleanup_free_ char *text = NULL;

                if (asprintf(&text, "%" PRIu64 " of the kind %s: CPUs %s", doc_number(type, "cores"),
                             doc_text(type, "name"), doc_text(type, "cpus")) < 0)
                        return -ENOMEM;
                field_text(output, i == 0 ? "Core types" : NULL, STYLE_PLAIN, text);
        }

        return 0;
}

static int show_cpus(const Output *output, Json *host) {
        static const struct {
                const char *name, *key;
        } totals[] = {
                { "Packages", "packages" }, { "Dies", "dies" },       { "Clusters", "clusters" },
                { "Cores", "cores" },       { "Threads", "threads" },
        };
        Json *cpu = doc_get(host, "cpu"), *topology = doc_get(host, "topology");
        uint64_t hz = doc_number(cpu, "max_frequency_hz");

        heading(output, "CPU");
        field_text(output, "Model", STYLE_PLAIN, doc_text(cpu, "model"));
        field_text(output, "Vendor", STYLE_PLAIN, doc_text(cpu, "vendor"));
        field_text(output, "Virtualization", STYLE_PLAIN, doc_text(cpu, "virtualization"));
        if (hz > 0)
                field_format(output, "Frequency", "up to %" PRIu64 " MHz", hz / 1000000U);
        FOREACH_ELEMENT(total, totals)
                number_field(output, total->name, topology, total->key);
        field_text(output, "Online", STYLE_PLAIN, doc_text(topology, "online"));
        field_text(output, "Offline", STYLE_PLAIN, doc_text(topology, "offline"));

        return core_type_fields(output, doc_get(topology, "core_types"));
}

static void size_field(const Output *output, const char *name, Json *object, const char *key) {
        char size[SIZE_TEXT_MAX];

        if (json_object_is_type(doc_get(object, key), json_type_int))
                field_text(output, name, STYLE_PLAIN, size_format(doc_number(object, key), size));
}

static bool is_of_node(Json *pool) {
        return json_object_is_type(doc_get(pool, "node"), json_type_int);
}

/* The sizes that there could be pages of: "none of 2 MiB, none of 1 GiB". */
static int empty_pools_field(const Output *output, const char *name, Json *pools) {
        _cleanup_free_ char *text = NULL;
        bool any = false;
        size_t size;
        FILE *file;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;

        for (size_t i = 0; i < doc_size(pools); i++) {
                Json *pool = doc_at(pools, i);
                char of[SIZE_TEXT_MAX];

                if (doc_number(pool, "total") > 0 || is_of_node(pool))
                        continue;
                fprintf(file, "%snone of %s", any ? ", " : "",
                        size_format(doc_number(pool, "size_bytes"), of));
                any = true;
        }
        if (fclose(file) != 0)
                return -ENOMEM;

        field_text(output, name, STYLE_PLAIN, text);
        return 0;
}

/* Of the whole machine, and of each node, if there are several. */
static int huge_page_fields(const Output *output, Json *pools, size_t n_nodes) {
        const char *name = "Huge pages";

        for (size_t i = 0; i < doc_size(pools); i++) {
                Json *pool = doc_at(pools, i);
                char size[SIZE_TEXT_MAX], place[48] = "";

                if (doc_number(pool, "total") == 0 || (is_of_node(pool) && n_nodes == 1))
                        continue;
                if (is_of_node(pool))
                        (void) snprintf(place, sizeof(place), " on node %" PRIu64, doc_number(pool, "node"));

                field_format(output, name, "%" PRIu64 " of %s%s, %" PRIu64 " of them free",
                             doc_number(pool, "total"), size_format(doc_number(pool, "size_bytes"), size),
                             place, doc_number(pool, "free"));
                name = NULL;
        }

        return empty_pools_field(output, name, pools);
}

static int show_memory(const Output *output, Json *host) {
        Json *memory = doc_get(host, "memory"), *ksm = doc_get(memory, "ksm");
        int r;

        heading(output, "Memory");
        size_field(output, "Total", memory, "total_bytes");
        size_field(output, "Available", memory, "available_bytes");
        r = huge_page_fields(output, doc_get(memory, "huge_pages"), doc_size(doc_get(host, "numa")));
        if (r < 0)
                return r;
        if (doc_flag(ksm, "running"))
                field_format(output, "KSM", "on: %" PRIu64 " pages stand for %" PRIu64 " more",
                             doc_number(ksm, "pages_shared"), doc_number(ksm, "pages_sharing"));
        else if (json_object_is_type(doc_get(ksm, "running"), json_type_boolean))
                field_text(output, "KSM", STYLE_PLAIN, "off");

        return 0;
}

static int distances_field(const Output *output, Json *distances) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *file;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;

        fputs("distances", file);
        for (size_t i = 0; i < doc_size(distances); i++)
                fprintf(file, " %" PRIu64, json_object_get_uint64(doc_at(distances, i)));
        if (fclose(file) != 0)
                return -ENOMEM;

        field_text(output, NULL, STYLE_PLAIN, text);
        return 0;
}

static int show_node(const Output *output, Json *node) {
        const char *cpus = doc_text(node, "cpus");
        _cleanup_free_ char *text = NULL;
        char name[32], size[SIZE_TEXT_MAX];

        (void) snprintf(name, sizeof(name), "Node %" PRIu64, doc_number(node, "id"));
        if (asprintf(&text, "%s%s, %s", isempty(cpus) ? "no CPUs" : "CPUs ", cpus,
                     json_object_is_type(doc_get(node, "memory_bytes"), json_type_int)
                             ? size_format(doc_number(node, "memory_bytes"), size)
                             : "memory unknown") < 0)
                return -ENOMEM;
        field_text(output, name, STYLE_PLAIN, text);

        return doc_size(doc_get(node, "distances")) > 1 ? distances_field(output, doc_get(node, "distances"))
                                                        : 0;
}

static int show_nodes(const Output *output, Json *host) {
        Json *nodes = doc_get(host, "numa");

        if (doc_size(nodes) == 0)
                return 0;

        heading(output, "NUMA");
        for (size_t i = 0; i < doc_size(nodes); i++) {
                int r;

                r = show_node(output, doc_at(nodes, i));
                if (r < 0)
                        return r;
        }

        return 0;
}

/* In the kernel's words; a weakness that the CPU does not have is only counted. */
static int show_vulnerabilities(const Output *output, Json *host) {
        unsigned unaffected = 0;

        if (!doc_first(doc_get(host, "vulnerabilities")))
                return 0;

        heading(output, "Vulnerabilities of the CPU");
        for (Member *m = doc_first(doc_get(host, "vulnerabilities")); m; m = doc_next(m)) {
                const char *state = doc_text(doc_get(host, "vulnerabilities"), doc_key(m));

                if (streq(state, "Not affected")) {
                        unaffected++;
                        continue;
                }
                output_blanks(output, 2);
                (void) output_text(output, STYLE_DIM, doc_key(m));
                (void) output_text(output, STYLE_DIM, ": ");
                (void) output_wrapped(output, output_width(doc_key(m)) + 4, 4,
                                      startswith(state, "Vulnerable") ? STYLE_WARNING : STYLE_PLAIN, state);
                fputc('\n', output->file);
        }
        if (unaffected > 0)
                fprintf(output->file, "  not affected by %u %s\n", unaffected,
                        unaffected == 1 ? "other" : "others");

        return 0;
}

int host_show(const Arguments *arguments, const Output *output, Json *document) {
        Json *host = doc_get(document, "host");
        int r;

        if (arguments->json)
                return json_print_all(output->file, host);

        show_identity(output, host);
        r = show_cpus(output, host);
        if (r < 0)
                return r;
        r = show_memory(output, host);
        if (r < 0)
                return r;
        r = show_nodes(output, host);
        if (r < 0)
                return r;

        if (node_info_is_known(doc_get(host, "node_info"))) {
                heading(output, "As virsh nodeinfo has it");
                node_info_fields(output, doc_get(host, "node_info"));
        }

        r = show_vulnerabilities(output, host);
        return r < 0 ? r : (int) STATUS_READY;
}
