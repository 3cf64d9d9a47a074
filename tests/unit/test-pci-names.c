/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of PCI devices, from a hardware database that has one entry. */

#include <endian.h>
#include <string.h>

#include "daemon/checks/verdict.h"
#include "daemon/facts/pci-parts.h"
#include "pci-tree.h"

/* The file is a tree of prefixes (systemd, src/libsystemd/sd-hwdb/hwdb-internal.h). This one has a root with
 * the whole pattern and the values, and no branch. */
typedef struct Database {
        struct {
                char signature[8];
                uint64_t tool_version, file_size, header_size, node_size, child_entry_size, value_entry_size,
                        nodes_root_off, nodes_len, strings_len;
        } header;
        struct {
                uint64_t prefix_off;
                uint8_t children_count, padding[7];
                uint64_t values_count;
        } root;
        struct {
                uint64_t key_off, value_off;
        } values[3];
        char strings[256];
} Database;

static uint64_t add_string(Database *database, size_t *used, const char *text) {
        uint64_t offset = offsetof(Database, strings) + *used;

        g_assert_cmpuint(*used + strlen(text) + 1, <=, sizeof(database->strings));
        memcpy(database->strings + *used, text, strlen(text) + 1);
        *used += strlen(text) + 1;
        return htole64(offset);
}

/* Values are sorted by their keys. */
static void write_database(const char *tree, const char *pattern, const char *device, const char *class,
                           const char *vendor) {
        const struct {
                const char *key, *value;
        } entries[] = {
                { " ID_MODEL_FROM_DATABASE", device },
                { " ID_PCI_CLASS_FROM_DATABASE", class },
                { " ID_VENDOR_FROM_DATABASE", vendor },
        };
        Database database = {
                .header = {
                        .signature = { 'K', 'S', 'L', 'P', 'H', 'H', 'R', 'H' },
                        .tool_version = htole64(252),
                        .file_size = htole64(sizeof(Database)),
                        .header_size = htole64(sizeof(database.header)),
                        .node_size = htole64(sizeof(database.root)),
                        .child_entry_size = htole64(16),
                        .value_entry_size = htole64(sizeof(database.values[0])),
                        .nodes_root_off = htole64(offsetof(Database, root)),
                        .nodes_len = htole64(sizeof(database.root) + sizeof(database.values)),
                        .strings_len = htole64(sizeof(database.strings)),
                },
                .root.values_count = htole64(ELEMENTSOF(entries)),
        };
        size_t used = 0;

        database.root.prefix_off = add_string(&database, &used, pattern);
        for (size_t i = 0; i < ELEMENTSOF(entries); i++) {
                database.values[i].key_off = add_string(&database, &used, entries[i].key);
                database.values[i].value_off = add_string(&database, &used, entries[i].value);
        }
        tree_bytes(tree, "hwdb.bin", &database, sizeof(database));
}

typedef struct Fixture {
        char *tree;
        char *database;
        PciFacts *facts;
} Fixture;

static PciFacts *read_pci(const char *tree) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        PciFacts *facts = NULL;

        g_assert_cmpint(pci_facts_read(root, NULL, 0, &facts), ==, 0);

        /* The system that runs the test may have a database. */
        FOREACH_ARRAY(device, facts->devices, facts->n_devices)
                pci_names_done(&device->names);
        return facts;
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        fixture->tree = tree_new();
        fixture->database = g_build_filename(fixture->tree, "hwdb.bin", NULL);
        write_database(fixture->tree, "pci:v000010DEd00001B80*", "GP104 [GeForce GTX 1080]", "Display\xe9",
                       "NVIDIA Corporation");
        pci_tree_device(fixture->tree, "0000:00:01.0", PCI_BRIDGE, NULL, -1);
        pci_tree_device(fixture->tree, "0000:01:00.0", PCI_MODALIAS("bc03sc00i00"), NULL, -1);
        pci_tree_device(fixture->tree, "0000:01:00.1",
                        "pci:v0000144Dd0000A808sv0000144Dsd0000A801bc01sc08i02", NULL, -1);
        pci_tree_device(fixture->tree, "0000:02:00.0", PCI_MODALIAS("bc03sc00i00"), NULL, -1);
        fixture->facts = read_pci(fixture->tree);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        pci_facts_unref(fixture->facts);
        g_free(fixture->database);
        tree_free(fixture->tree);
}

static void assert_names(const PciDevice *device, const char *vendor, const char *name, const char *class) {
        g_assert_cmpstr(device->names.vendor, ==, vendor);
        g_assert_cmpstr(device->names.device, ==, name);
        g_assert_cmpstr(device->names.class, ==, class);
}

static void test_names(Fixture *fixture, const void *data) {
        (void) data;
        g_assert_cmpint(pci_names_read(fixture->facts, NULL, fixture->database), ==, 0);

        g_assert_null(fixture->facts->devices[0].names.vendor);
        assert_names(&fixture->facts->devices[1], "NVIDIA Corporation", "GP104 [GeForce GTX 1080]",
                     "Display?");
        assert_names(&fixture->facts->devices[2], "", "", "");
        assert_names(&fixture->facts->devices[3], "NVIDIA Corporation", "GP104 [GeForce GTX 1080]",
                     "Display?");
}

static void test_no_database(Fixture *fixture, const void *data) {
        (void) data;
        g_assert_cmpint(pci_names_read(fixture->facts, NULL, "/nonexistent/hwdb.bin"), ==, 0);
        assert_names(&fixture->facts->devices[1], "", "", "");
}

/* What has all names keeps them without anything being looked up; what lacks one is looked up again. */
static void test_known(Fixture *fixture, const void *data) {
        _cleanup_(pci_facts_unrefp) PciFacts *again = NULL, *more = NULL, *afresh = NULL;

        (void) data;
        g_assert_cmpint(pci_names_read(fixture->facts, NULL, fixture->database), ==, 0);
        write_database(fixture->tree, "pci:v0000*", "other device", "other class", "other vendor");

        again = read_pci(fixture->tree);
        g_assert_cmpint(pci_names_read(again, fixture->facts, fixture->database), ==, 0);
        assert_names(&again->devices[1], "NVIDIA Corporation", "GP104 [GeForce GTX 1080]", "Display?");
        assert_names(&again->devices[2], "other vendor", "other device", "other class");
        assert_names(&again->devices[3], "NVIDIA Corporation", "GP104 [GeForce GTX 1080]", "Display?");

        pci_tree_device(fixture->tree, "0000:03:00.0", PCI_NETWORK, NULL, -1);
        more = read_pci(fixture->tree);
        g_assert_cmpint(pci_names_read(more, again, fixture->database), ==, 0);
        assert_names(&more->devices[3], "NVIDIA Corporation", "GP104 [GeForce GTX 1080]", "Display?");
        assert_names(&more->devices[4], "other vendor", "other device", "other class");

        afresh = read_pci(fixture->tree);
        g_assert_cmpint(pci_names_read(afresh, NULL, fixture->database), ==, 0);
        assert_names(&afresh->devices[1], "other vendor", "other device", "other class");
}

/* A pass over everything takes no name from the pass before. */
static void test_full_pass(Fixture *fixture, const void *data) {
        _cleanup_(root_freep) Root *root = tree_root(fixture->tree);
        _cleanup_(facts_done) Facts facts = {};
        PciDevice *card;

        (void) data;
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK(SOURCE_PCI)), ==, 0);
        card = &facts.pci->devices[1];
        pci_names_done(&card->names);
        card->names = (PciNames){ g_strdup("name"), g_strdup("name"), g_strdup("name") };

        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK(SOURCE_PCI)), ==, 0);
        assert_names(&facts.pci->devices[1], "name", "name", "name");
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK_ALL), ==, 0);
        g_assert_cmpstr(facts.pci->devices[1].names.vendor, !=, "name");
}

/* A name that becomes known is news of the same device. */
static void test_news(Fixture *fixture, const void *data) {
        _cleanup_(verdict_freep) Verdict *before = NULL, *after = NULL;
        Facts facts = { .pci = fixture->facts };

        (void) data;
        g_assert_cmpint(pci_names_read(fixture->facts, NULL, "/nonexistent/hwdb.bin"), ==, 0);
        g_assert_cmpint(verdict_new(&facts, NULL, 0, &before), ==, 0);

        facts.pci = read_pci(fixture->tree);
        g_assert_cmpint(pci_names_read(facts.pci, before->pci, fixture->database), ==, 0);
        g_assert_cmpint(verdict_new(&facts, before, 0, &after), ==, 0);
        g_assert_true(pci_device_is_same(before->devices[0].device, after->devices[0].device));
        g_assert_false(device_result_equal(&before->devices[0], &after->devices[0]));
        g_assert_true(device_result_equal(&before->devices[1], &after->devices[1]));
        g_assert_false(verdict_equal(before, after));
        pci_facts_unref(facts.pci);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/pci-names/names", Fixture, NULL, set_up, test_names, tear_down);
        g_test_add("/pci-names/no-database", Fixture, NULL, set_up, test_no_database, tear_down);
        g_test_add("/pci-names/known", Fixture, NULL, set_up, test_known, tear_down);
        g_test_add("/pci-names/full-pass", Fixture, NULL, set_up, test_full_pass, tear_down);
        g_test_add("/pci-names/news", Fixture, NULL, set_up, test_news, tear_down);

        return g_test_run();
}
