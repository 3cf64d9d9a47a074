/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The examples in docs/capacity.md, against the model. */

#include <glib.h>
#include <string.h>

#include "client/size.h"
#include "daemon/capacity/capacity.h"

#define NODES_MAX 4U

typedef struct Example {
        CapacityMachine machine;
        CapacityGuest guest;
        CapacityPolicy policy;
        CapacityNode nodes[NODES_MAX];
        unsigned n_nodes;
} Example;

static uint64_t size_of(const char *text) {
        uint64_t size;

        if (size_parse(text, &size) < 0)
                g_error("'%s' is no number", text);
        return size;
}

static double ratio_of(const char *text) {
        double ratio;

        if (decimal_parse(text, &ratio) < 0)
                g_error("'%s' is no ratio", text);
        return ratio;
}

/* Numbers that are always there, and amounts that may not be. */
typedef struct Word {
        const char *key;
        uint64_t *number;
        Amount *amount;
        double *ratio;
} Word;

static void take(const Word *words, gsize n, const char *key, const char *value) {
        for (gsize i = 0; i < n; i++) {
                if (!g_str_equal(words[i].key, key))
                        continue;

                if (words[i].number)
                        *words[i].number = size_of(value);
                if (words[i].amount)
                        *words[i].amount = AMOUNT(size_of(value));
                if (words[i].ratio)
                        *words[i].ratio = ratio_of(value);
                return;
        }

        g_error("'%s=%s' says nothing", key, value);
}

static void take_machine(Example *e, const char *key, const char *value) {
        CapacityMachine *m = &e->machine;
        const Word words[] = {
                { "cpus", .amount = &m->cpus },
                { "memory", .amount = &m->memory_total },
                { "available", .amount = &m->memory_available },
                { "pools", .number = &m->huge_pool_bytes },
                { "pools_used", .number = &m->huge_pool_used_bytes },
                { "pages", .amount = &m->huge_pages_total },
                { "pages_free", .number = &m->huge_pages_free },
                { "disk", .amount = &m->disk_total },
                { "disk_free", .amount = &m->disk_available },
                { "max_vcpus", .amount = &m->max_vcpus },
                { "threads_max", .amount = &m->threads_max },
                { "threads", .number = &m->threads },
                { "commit_limit", .number = &m->commit_limit },
                { "committed", .number = &m->committed },
                { "guests", .number = &m->guests },
                { "guest_vcpus", .number = &m->guest_vcpus },
                { "guest_memory", .number = &m->guest_memory },
                { "guest_huge", .number = &m->guest_huge },
                { "guest_resident", .number = &m->guest_resident },
        };

        if (g_str_equal(key, "guests") && g_str_equal(value, "unknown")) {
                m->guests_known = false;
                return;
        }
        if (g_str_equal(key, "commit_limit"))
                m->never_overcommits.value = 1;
        take(words, G_N_ELEMENTS(words), key, value);
}

static void take_guest(Example *e, const char *key, const char *value) {
        const Word words[] = {
                { "vcpus", .number = &e->guest.vcpus },
                { "memory", .number = &e->guest.memory },
                { "disk", .number = &e->guest.disk },
                { "huge_page", .number = &e->guest.huge_page },
        };

        take(words, G_N_ELEMENTS(words), key, value);
}

static void take_policy(Example *e, const char *key, const char *value) {
        const Word words[] = {
                { "cpu_ratio", .ratio = &e->policy.cpu_ratio },
                { "memory_ratio", .ratio = &e->policy.memory_ratio },
                { "disk_ratio", .ratio = &e->policy.disk_ratio },
                { "reserve_cpus", .number = &e->policy.reserve_cpus },
                { "reserve_memory", .number = &e->policy.reserve_memory },
        };
        const CapacityPreset *preset;

        if (!g_str_equal(key, "preset")) {
                take(words, G_N_ELEMENTS(words), key, value);
                return;
        }

        preset = capacity_preset_find(value);
        g_assert_nonnull(preset);
        e->policy = (CapacityPolicy){
                .cpu_ratio = preset->cpu_ratio,
                .memory_ratio = preset->memory_ratio,
                .disk_ratio = preset->disk_ratio,
                .reserve_cpus = preset->reserve_cpus,
                .reserve_memory = preset->reserve_memory,
                .launcher = preset->launcher,
        };
}

static void take_node(Example *e, const char *key, const char *value) {
        CapacityNode *node = &e->nodes[e->n_nodes - 1];
        const Word words[] = {
                { "cpus", .amount = &node->cpus },
                { "memory", .amount = &node->memory_available },
                { "pages", .amount = &node->huge_pages_free },
        };

        take(words, G_N_ELEMENTS(words), key, value);
}

static char *names_of(const bool *limiting) {
        GString *names = g_string_new(NULL);

        for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++)
                if (limiting[id])
                        g_string_append_printf(names, "%s%s", names->len > 0 ? "," : "",
                                               capacity_resource_to_string(id));
        return g_string_free(names, FALSE);
}

static void expect_names(const bool *limiting, const char *expected) {
        g_autofree char *names = names_of(limiting);

        g_assert_cmpstr(names, ==, expected);
}

static void expect_node(const Example *e, const CapacityEstimate *estimate, const char *key,
                        const char *value) {
        unsigned index = (unsigned) (key[4] - '0');
        CapacityNodeEstimate node;

        g_assert_cmpuint(index, <, e->n_nodes);
        capacity_estimate_node(&e->nodes[index], &e->guest, &e->policy, estimate, &node);
        if (g_str_has_suffix(key, ".guests"))
                g_assert_cmpuint(node.guests, ==, size_of(value));
        else
                expect_names(node.limiting, value);
}

static void expect_entry(const CapacityEstimate *estimate, const char *key, const char *value) {
        g_auto(GStrv) parts = g_strsplit(key, ".", 2);

        for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++) {
                CapacityEntry entry = estimate->entries[id];
                const Word words[] = {
                        { "total", .number = &entry.total },
                        { "reserved", .number = &entry.reserved },
                        { "used", .number = &entry.used },
                        { "available", .number = &entry.available },
                        { "per_guest", .number = &entry.per_guest },
                        { "overhead", .number = &entry.overhead },
                        { "guests", .number = &entry.guests },
                        { "short_by", .number = &entry.short_by },
                };

                if (!g_str_equal(parts[0], capacity_resource_to_string(id)))
                        continue;

                g_assert_true(entry.applies && entry.known);
                for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
                        if (parts[1] && g_str_equal(words[i].key, parts[1])) {
                                g_assert_cmpuint(*words[i].number, ==, size_of(value));
                                return;
                        }
        }

        g_error("'%s' is nothing to expect", key);
}

static void expect(const Example *e, const CapacityEstimate *estimate, const char *key, const char *value) {
        bool limiting[_CAPACITY_RESOURCE_MAX];

        g_test_message("%s=%s", key, value);
        for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++)
                limiting[id] = estimate->entries[id].limiting;

        if (g_str_equal(key, "guests"))
                g_assert_cmpuint(estimate->guests, ==, size_of(value));
        else if (g_str_equal(key, "limiting"))
                expect_names(limiting, value);
        else if (g_str_has_prefix(key, "node"))
                expect_node(e, estimate, key, value);
        else
                expect_entry(estimate, key, value);
}

static void run_line(Example *e, const char *line) {
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        CapacityEstimate estimate = {};

        g_test_message("%s", line);
        if (g_str_equal(words[0], "=>"))
                g_assert_cmpint(capacity_estimate(&e->machine, &e->guest, &e->policy, &estimate), ==, 0);
        else if (g_str_equal(words[0], "node"))
                g_assert_cmpuint(e->n_nodes++, <, NODES_MAX);

        for (char **word = words + 1; *word; word++) {
                g_auto(GStrv) pair = g_strsplit(*word, "=", 2);

                g_assert_cmpuint(g_strv_length(pair), ==, 2);
                if (g_str_equal(words[0], "machine"))
                        take_machine(e, pair[0], pair[1]);
                else if (g_str_equal(words[0], "guest"))
                        take_guest(e, pair[0], pair[1]);
                else if (g_str_equal(words[0], "policy"))
                        take_policy(e, pair[0], pair[1]);
                else if (g_str_equal(words[0], "node"))
                        take_node(e, pair[0], pair[1]);
                else if (g_str_equal(words[0], "=>"))
                        expect(e, &estimate, pair[0], pair[1]);
                else
                        g_error("'%s' is nothing", words[0]);
        }
}

static void test_examples(void) {
        g_autofree char *text = NULL;
        g_auto(GStrv) blocks = NULL;
        g_autoptr(GError) error = NULL;

        (void) g_file_get_contents(g_getenv("CAPACITY_PAGE"), &text, NULL, &error);
        g_assert_no_error(error);
        blocks = g_strsplit(text, "```capacity\n", -1);
        g_assert_cmpuint(g_strv_length(blocks), >, 10);
        for (char **block = blocks + 1; *block; block++) {
                g_auto(GStrv) lines = NULL;
                Example e = { .machine = { .guests_known = true, .never_overcommits = AMOUNT(0) } };
                char *end = g_strstr_len(*block, -1, "\n```");

                g_assert_nonnull(end);
                *end = '\0';
                lines = g_strsplit(*block, "\n", -1);
                g_assert_true(g_str_has_prefix(lines[g_strv_length(lines) - 1], "=> guests="));
                for (char **line = lines; *line; line++)
                        run_line(&e, *line);
        }
}

/* Each source is named in the preset's row: "nova, reserved_host_cpus" by what is behind the comma. */
static void assert_sources(const CapacityPreset *preset, const char *row) {
        const char *const sources[] = { preset->cpu_source, preset->memory_source, preset->disk_source,
                                        preset->reserve_cpus_source, preset->reserve_memory_source };

        for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
                const char *comma = strstr(sources[i], ", ");
                g_autofree char *name = comma ? g_strdup_printf("`%s`", comma + 2) : g_strdup(sources[i]);

                if (!strstr(row, name))
                        g_error("'%s' is not in: %s", name, row);
        }
}

static const char *find(const char *text, const char *part) {
        const char *found = strstr(text, part);

        if (!found)
                g_error("'%s' is not in the page", part);
        return found;
}

/* The page has the numbers of the presets, and where they come from. */
static void test_presets(void) {
        const CapacityPreset *presets;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        size_t n;

        (void) g_file_get_contents(g_getenv("CAPACITY_PAGE"), &text, NULL, &error);
        g_assert_no_error(error);
        presets = capacity_presets(&n);
        g_assert_cmpuint(n, >, 0);
        for (size_t i = 0; i < n; i++) {
                g_autofree char *start =
                        g_strdup_printf("| `%s` | %.0f | %.0f | %.0f | %" G_GUINT64_FORMAT " MiB | ",
                                        presets[i].name, presets[i].cpu_ratio, presets[i].memory_ratio,
                                        presets[i].disk_ratio, presets[i].reserve_memory / BYTES_PER_MIB);
                g_autofree char *launcher =
                        g_strdup_printf("| `launcher` | %" G_GUINT64_FORMAT " MiB with the preset `%s`: ",
                                        presets[i].launcher / BYTES_PER_MIB, presets[i].name);
                const char *found = find(text, start);
                g_autofree char *row = g_strndup(found, strcspn(found, "\n"));

                assert_sources(&presets[i], row);
                g_assert_cmpuint(presets[i].reserve_cpus, ==, 0);
                if (presets[i].launcher > 0)
                        (void) find(text, launcher);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/capacity-page/examples", test_examples);
        g_test_add_func("/capacity-page/presets", test_presets);

        return g_test_run();
}
