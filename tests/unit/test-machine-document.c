/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes every fixture machine and compares the document with what NAME.json beside it expects. */

#include <json-c/json.h>

#include "contains.h"
#include "daemon/describe.h"
#include "machine.h"

/* What every machine has to say of its host, be it null. */
static const char *const required[] = {
        "architecture",          "cpu.vendor",          "cpu.model",        "cpu.virtualization",
        "topology.packages",     "topology.cores",      "topology.threads", "topology.cpus_online",
        "topology.cpus_offline", "topology.numa_nodes", "node_info.cpus",   "node_info.mhz",
        "node_info.nodes",       "node_info.sockets",   "node_info.cores",  "node_info.threads",
        "node_info.memory_kib",  "memory.total_bytes",
};

static Json *describe_machine(const Machine *machine) {
        _cleanup_(current_facts_done) CurrentFacts current = {};
        _cleanup_(root_freep) Root *root = tree_root(machine->tree);
        _cleanup_free_ char *text = NULL;
        Json *document;

        g_assert_cmpint(current_facts_read(&current, &machine->facts, root), ==, 0);
        g_assert_cmpint(describe(&machine->facts, &current, machine->verdict, NULL, &text), ==, 0);
        document = json_tokener_parse(text);
        g_assert_nonnull(document);
        return document;
}

static void assert_named(Json *host, const char *path) {
        g_auto(GStrv) steps = g_strsplit(path, ".", -1);

        for (char **step = steps; *step; step++)
                if (!json_object_object_get_ex(host, *step, &host)) {
                        g_test_message("The expected document does not name host.%s.", path);
                        g_test_fail();
                        return;
                }
}

static void test_document(const void *name) {
        _cleanup_(machine_freep) Machine *machine = machine_load(name);
        g_autofree char *file = machine_document_path(name);
        _cleanup_(json_object_putp) Json *expected = json_object_from_file(file), *found = NULL;
        g_autoptr(GString) complaints = g_string_new(NULL);
        Json *host;

        if (!json_object_object_get_ex(expected, "host", &host)) {
                g_test_message("%s says nothing of the host, or cannot be read.", file);
                g_test_fail();
                return;
        }
        FOREACH_ELEMENT(path, required)
                assert_named(host, *path);

        found = describe_machine(machine);
        if (!json_contains(found, expected, complaints)) {
                g_auto(GStrv) lines = g_strsplit(g_strchomp(complaints->str), "\n", -1);

                for (char **line = lines; *line; line++)
                        g_test_message("%s", *line);
                g_test_fail();
        }
}

static void test_contains(void) {
        static const struct {
                const char *found, *expected, *complaints;
        } cases[] = {
                { "{\"a\": 1, \"b\": null}", "{\"a\": 1}", "" },
                { "{\"a\": 1, \"b\": null}", "{\"b\": null}", "" },
                { "{\"a\": {\"b\": [1, {\"c\": 2, \"d\": 3}]}}", "{\"a\": {\"b\": [1, {\"c\": 2}]}}", "" },
                { "{\"a\": 1}", "{\"b\": null}", "b: expected null, found nothing\n" },
                { "{\"a\": 1}", "{\"a\": null}", "a: expected null, found 1\n" },
                { "{\"a\": null}", "{\"a\": 0}", "a: expected 0, found null\n" },
                { "{\"a\": 1}", "{\"a\": \"1\"}", "a: expected \"1\", found 1\n" },
                { "{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 2, \"c\": 3}}",
                  "a.b: expected 2, found 1\na.c: expected 3, found nothing\n" },
                { "{\"a\": [1, 2]}", "{\"a\": [1]}", "a: expected [1], found [1,2]\n" },
                { "{\"a\": [1, 2]}", "{\"a\": [2, 1]}",
                  "a[0]: expected 2, found 1\na[1]: expected 1, found 2\n" },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_(json_object_putp) Json *found = json_tokener_parse(c->found),
                                                 *expected = json_tokener_parse(c->expected);
                g_autoptr(GString) complaints = g_string_new(NULL);
                bool good = json_contains(found, expected, complaints);

                g_assert_cmpstr(complaints->str, ==, c->complaints);
                g_assert_cmpint(good, ==, isempty(c->complaints));
        }
}

int main(int argc, char *argv[]) {
        g_auto(GStrv) names = NULL;

        g_test_init(&argc, &argv, NULL);

        names = machine_names();
        for (char **name = names; *name; name++) {
                g_autofree char *path = g_strconcat("/machine-document/machine/", *name, NULL);

                g_test_add_data_func(path, *name, test_document);
        }
        g_test_add_func("/machine-document/contains", test_contains);

        return g_test_run();
}
