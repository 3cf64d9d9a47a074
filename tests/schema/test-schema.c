/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The schema of the document: it has every word of the program, takes what the program prints, and refuses
 * what it must not print. */

#include <json-c/json.h>

#include "daemon/checks/access.h"
#include "daemon/describe.h"
#include "tests/unit/machine.h"

/* Runs a program, which has to succeed, and yields what it prints. */
static char *run(const char *const *argv) {
        g_autofree char *err = NULL;
        g_autoptr(GError) error = NULL;
        char *out = NULL;
        int status;

        g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status,
                     &error);
        g_assert_no_error(error);
        if (status != 0)
                g_error("%s ended with status 0x%x: %s", argv[0], (unsigned) status, err);

        return out;
}

/* Validates documents. Returns NULL, or what is wrong with them. */
static char *validate(GPtrArray *files) {
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_autofree char *err = NULL;
        g_autoptr(GError) error = NULL;
        char *out = NULL;
        int status;

        g_ptr_array_add(argv, (char *) g_getenv("PYTHON"));
        g_ptr_array_add(argv, (char *) g_getenv("VALIDATE"));
        g_ptr_array_add(argv, (char *) g_getenv("SCHEMA"));
        for (guint i = 0; i < files->len; i++)
                g_ptr_array_add(argv, files->pdata[i]);
        g_ptr_array_add(argv, NULL);

        g_spawn_sync(NULL, (char **) argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status,
                     &error);
        g_assert_no_error(error);
        g_assert_cmpstr(err, ==, "");
        if (status == 0)
                g_clear_pointer(&out, g_free);
        else
                g_assert_cmpstr(out, !=, "");

        return out;
}

static void test_machines(void) {
        g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) names = machine_names();
        _cleanup_tree_ char *directory = tree_new();
        g_autofree char *errors = NULL;

        for (char **name = names; *name; name++) {
                _cleanup_(machine_freep) Machine *machine = machine_load(*name);
                g_autofree char *root = g_strconcat("--root=", machine->tree, NULL),
                                *file = g_strconcat(*name, ".json", NULL), *document = NULL;
                const char *const argv[] = { g_getenv("VIRTREADYCTL"), "analyze", "--json", root, NULL };

                /* One of the machines has no file at all, and that is no machine. */
                tree_directory(machine->tree, "proc");
                document = run(argv);
                tree_file(directory, file, document);
                g_ptr_array_add(files, g_build_filename(directory, file, NULL));
        }

        g_assert_cmpuint(files->len, >, 40);
        errors = validate(files);
        if (errors)
                g_error("%s", errors);
}

/* Yields the errors of complete.json with one piece of it replaced. */
static char *validate_changed(const char *from, const char *to) {
        g_autoptr(GPtrArray) files = g_ptr_array_new();
        g_autofree char *text = NULL, *file = NULL;
        g_autoptr(GString) changed = NULL;
        _cleanup_tree_ char *directory = tree_new();
        g_autoptr(GError) error = NULL;

        (void) g_file_get_contents(g_getenv("COMPLETE"), &text, NULL, &error);
        g_assert_no_error(error);
        changed = g_string_new(text);
        g_assert_cmpuint(g_string_replace(changed, from, to, 1), ==, 1);
        tree_file(directory, "document.json", changed->str);

        file = g_build_filename(directory, "document.json", NULL);
        g_ptr_array_add(files, file);
        return validate(files);
}

static void test_accepts(void) {
        static const struct {
                const char *from, *to;
        } changes[] = {
                { "", "" },
                { "\"x86_64\"", "null" },
                { "true, \"name\": \"KVM\"", "null, \"name\": null" },
                { "\"0-2,4\"", "\"\"" },
                { "\"node\": 0", "\"node\": null" },
                { "\"running\": true", "\"running\": null" },
                { "\"meltdown\": \"Not affected\", ", "" },
                { "{\"module\": \"kvm_intel\", \"value\": \"N\"}", "{}" },
                { "\"class\": 196608", "\"class\": null" },
                { "\"driver\": \"nouveau\"", "\"driver\": null" },
                { "\"iommu_group\": 1", "\"iommu_group\": null" },
                { "1795000000000001", "null" },
                { "\"max_vcpus\": 288", "\"max_vcpus\": null" },
                { "{\"hostdev\": {\"subsysType\": [\"usb\", \"pci\"]}, \"video\": {}}", "null" },
        };

        FOREACH_ELEMENT(c, changes) {
                g_autofree char *errors = validate_changed(c->from, c->to);

                if (errors)
                        g_error("With '%s' for '%s': %s", c->to, c->from, errors);
        }
}

static void test_refuses(void) {
        static const struct {
                const char *from, *to;
        } changes[] = {
                /* A member that is missing, one too many, one of another type. */
                { "\"version\": \"0.1.0\",", "" },
                { "\"distribution\": \"Debian GNU/Linux 13 (trixie)\",", "" },
                { "\"state\": \"fail\",", "" },
                { "\"failing\": [\"kvm.nested\"],", "" },
                { "\"version\"", "\"more\": 1, \"version\"" },
                { "\"architecture\"", "\"more\": 1, \"architecture\"" },
                { "\"packages\"", "\"more\": 1, \"packages\"" },
                { "\"title\": \"Guests", "\"more\": 1, \"title\": \"Guests" },
                { "\"title\": \"Nested", "\"more\": 1, \"title\": \"Nested" },
                { "\"kind\": \"load-module\"", "\"more\": 1, \"kind\": \"load-module\"" },
                { "\"0.1.0\"", "null" },
                { "\"guest\": true", "\"guest\": \"yes\"" },
                { "4800000000", "\"4.8 GHz\"" },
                { "\"value\": \"N\"", "\"value\": 1" },
                { "\"running\": true", "\"running\": 1" },
                { "\"Not affected\"", "null" },
                { "\"meltdown\"", "\"Meltdown!\"" },
                { "1795000000000000", "1795000000.5" },
                { "\"assignable\": false", "\"assignable\": null" },
                { "\"0000:01:00.0\"", "\"01:00.0\"" },
                { "\"vendor_id\": 4318", "\"vendor_id\": \"10de\"" },
                { "\"iommu_group\": 1", "\"iommu_group\": -1" },

                { "1795000000000001", "-1" },
                { "\"max_vcpus\": 288", "\"max_vcpus\": \"288\"" },
                { "\"firmware\": [\"efi\"]", "\"firmware\": \"efi\"" },
                { "[\"usb\", \"pci\"]", "[\"usb\", 1]" },
                { "\"blocked_by\": {\"devices.hostdev\": [\"iommu.enabled\"]}", "\"blocked_by\": null" },

                /* Words that are not documented, and ids that are none. */
                { "\"uri\": \"qemu:///system\",\n            \"state\": \"running\"",
                  "\"uri\": \"qemu:///system\",\n            \"state\": \"up\"" },
                { "\"fail\"", "\"failed\"" },
                { "\"not-ready\"", "\"bad\"" },
                { "\"observed\"", "\"seen\"" },
                { "\"load-module\"", "\"modprobe\"" },
                { "\"not-enabled\"", "\"Not enabled\"" },
                { "\"kvm.nested\": {", "\"nested\": {" },
                { "[\"kvm.nested\"],\n            \"recommended\"",
                  "[\"nested\"],\n            \"recommended\"" },
                { "\"0-2,4\"", "\"0-2, 4\"" },
        };

        FOREACH_ELEMENT(c, changes) {
                g_autofree char *errors = validate_changed(c->from, c->to);

                if (!errors)
                        g_error("With '%s' for '%s' it is valid.", c->to, c->from);
        }
}

typedef const char *(*ToString)(int value);

static void assert_words(struct json_object *definitions, const char *name, ToString to_string, int first,
                         int end) {
        struct json_object *definition, *examples;
        size_t n;

        g_assert_true(json_object_object_get_ex(definitions, name, &definition));
        g_assert_true(json_object_object_get_ex(definition, "examples", &examples));
        n = json_object_array_length(examples);

        for (int value = first; value < end; value++) {
                bool found = false;

                for (size_t i = 0; i < n; i++)
                        found |= streq(json_object_get_string(json_object_array_get_idx(examples, i)),
                                       to_string(value));
                if (!found)
                        g_error("The schema's %s does not have '%s'.", name, to_string(value));
        }
        g_assert_cmpuint(n, ==, end - first);
}

static const char *check_state(int value) {
        return check_state_to_string((CheckState) value);
}

static const char *profile_state(int value) {
        return profile_state_to_string((ProfileState) value);
}

static const char *evidence(int value) {
        return evidence_to_string((Evidence) value);
}

static const char *remedy_kind(int value) {
        return remedy_kind_to_string((RemedyKind) value);
}

static void test_words(void) {
        _cleanup_(json_object_putp) struct json_object *schema = json_object_from_file(g_getenv("SCHEMA"));
        struct json_object *definitions;

        g_assert_nonnull(schema);
        g_assert_true(json_object_object_get_ex(schema, "$defs", &definitions));
        assert_words(definitions, "check_state", check_state, 0, _CHECK_STATE_MAX);
        assert_words(definitions, "profile_state", profile_state, 0, _PROFILE_STATE_MAX);
        assert_words(definitions, "evidence", evidence, 0, _EVIDENCE_MAX);
        assert_words(definitions, "remedy_kind", remedy_kind, REMEDY_NONE + 1, _REMEDY_KIND_MAX);
}

/* The comment on a property of Check has each word, too, in quotation marks. */
static void assert_property_has(const char *property, ToString to_string, int first, int end) {
        g_autofree char *interface = NULL, *heading = g_strdup_printf("\n            %s: ", property),
                        *comment = NULL;
        g_autoptr(GError) error = NULL;
        const char *start;

        (void) g_file_get_contents(g_getenv("CHECK_INTERFACE"), &interface, NULL, &error);
        g_assert_no_error(error);
        start = strstr(interface, heading);
        g_assert_nonnull(start);
        comment = g_strndup(start, (size_t) (strstr(start, "-->") - start));

        for (int value = first; value < end; value++) {
                g_autofree char *word = g_strdup_printf("\"%s\"", to_string(value));

                if (!strstr(comment, word)) {
                        g_test_message("org.virtready1.Check.xml: %s does not have %s.", property, word);
                        g_test_fail();
                }
        }
}

static void test_interface(void) {
        assert_property_has("State", check_state, 0, _CHECK_STATE_MAX);
        assert_property_has("Evidence", evidence, 0, _EVIDENCE_MAX);
        assert_property_has("Remedies", remedy_kind, REMEDY_NONE + 1, _REMEDY_KIND_MAX);
}

static void assert_file_has(const char *variable, const char *before, const char *word, const char *after) {
        g_autofree char *text = NULL, *expected = g_strconcat(before, word, after, NULL);
        g_autoptr(GError) error = NULL;

        (void) g_file_get_contents(g_getenv(variable), &text, NULL, &error);
        g_assert_no_error(error);
        if (!strstr(text, expected)) {
                g_test_message("%s does not have %s.", g_getenv(variable), expected);
                g_test_fail();
        }
}

/* Whoever adds a reason for access documents it where the others are. */
static void test_access_reasons(void) {
        for (const Reason *const *reason = access_reasons(); *reason; reason++) {
                assert_file_has("ACCESS_SCHEMA", "\"", (*reason)->id, "\"");
                assert_file_has("MANAGER_INTERFACE", "\"", (*reason)->id, "\"");
                assert_file_has("CLIENT_MANUAL", "\n.It Li ", (*reason)->id, "\n");

                FOREACH_REMEDY(remedy, *reason)
                        assert_file_has("ACCESS_SCHEMA", "\"", remedy_kind_to_string(remedy->kind), "\"");
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/schema/words", test_words);
        g_test_add_func("/schema/interface", test_interface);
        g_test_add_func("/schema/access-reasons", test_access_reasons);
        g_test_add_func("/schema/accepts", test_accepts);
        g_test_add_func("/schema/refuses", test_refuses);
        g_test_add_func("/schema/machines", test_machines);

        return g_test_run();
}
