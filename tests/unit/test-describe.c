/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON document: it parses, has the members that are promised, and says what the verdict says. */

#include <errno.h>
#include <json-c/json.h>

#include "config.h"
#include "daemon/basic/json.h"
#include "daemon/describe.h"
#include "machine.h"

/* Parses strictly: one document, and nothing behind it. */
static Json *parse(const char *text) {
        _cleanup_(json_tokener_freep) struct json_tokener *tokener = json_tokener_new();
        Json *document;

        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        document = json_tokener_parse_ex(tokener, text, (int) strlen(text) + 1);
        g_assert_cmpint(json_tokener_get_error(tokener), ==, json_tokener_success);
        return document;
}

static Json *describe_machine(const Machine *machine) {
        _cleanup_(current_facts_done) CurrentFacts current = {};
        _cleanup_free_ char *text = NULL;

        g_assert_cmpint(describe(&machine->facts, &current, machine->verdict, NULL, &text), ==, 0);
        return parse(text);
}

static Json *member(Json *object, const char *key, json_type type) {
        Json *value;

        if (!json_object_object_get_ex(object, key, &value))
                g_error("There is no member '%s'.", key);
        g_assert_cmpint(json_object_get_type(value), ==, type);
        return value;
}

static const char *string_member(Json *object, const char *key) {
        return json_object_get_string(member(object, key, json_type_string));
}

static void assert_ids(Json *object, const char *key, const CheckSet *set) {
        Json *array = member(object, key, json_type_array);
        size_t n = 0;

        FOREACH_CHECK(i, set)
                g_assert_cmpstr(json_object_get_string(json_object_array_get_idx(array, n++)), ==,
                                catalogue_get(i)->id);
        g_assert_cmpuint(json_object_array_length(array), ==, n);
}

static void assert_remedies(Json *check, const CheckResult *result) {
        Json *array = member(check, "remedies", json_type_array);
        size_t n;

        (void) check_result_remedies(result, &n);
        g_assert_cmpuint(json_object_array_length(array), ==, n);
        for (size_t i = 0; i < n; i++) {
                Json *remedy = json_object_array_get_idx(array, i);

                g_assert_cmpstr(string_member(remedy, "kind"), !=, "none");
                g_assert_cmpstr(string_member(remedy, "argument"), !=, "");
                (void) string_member(remedy, "command");
                (void) member(remedy, "privileged", json_type_boolean);
        }
}

static void assert_check(Json *checks, const CheckResult *result) {
        Json *check = member(checks, result->check->id, json_type_object);
        g_autofree char *fragment = g_strconcat("/checks.html#", result->check->id, NULL);
        const Finding *finding = &result->finding;
        Json *arguments = member(check, "arguments", json_type_object);

        g_assert_cmpstr(string_member(check, "title"), ==, result->check->title);
        g_assert_cmpstr(string_member(check, "description"), ==, result->check->description);
        g_assert_true(g_str_has_prefix(string_member(check, "documentation_uri"), "file:///"));
        g_assert_true(g_str_has_suffix(string_member(check, "documentation_uri"), fragment));
        g_assert_cmpstr(string_member(check, "state"), ==, check_state_to_string(result->state));
        g_assert_cmpstr(string_member(check, "reason"), ==, finding->reason->id);
        g_assert_cmpstr(string_member(check, "evidence"), ==, evidence_to_string(finding->evidence));
        g_assert_null(strchr(string_member(check, "detail"), '{'));
        g_assert_cmpint(json_object_get_int64(member(check, "since_usec", json_type_int)), ==, 0);
        g_assert_cmpint(json_object_object_length(arguments), ==, finding->n_arguments);
        FOREACH_ARRAY(argument, finding->arguments, finding->n_arguments)
                g_assert_cmpstr(string_member(arguments, argument->name), ==, argument->value);
        assert_ids(check, "blocked_by", &result->blocked_by);
        assert_remedies(check, result);
}

/* A profile speaks with the words of one check, a cause where there is any. */
static void assert_telling_check(Json *profile, const Verdict *verdict, const ProfileResult *result) {
        ssize_t i = catalogue_find(string_member(profile, "telling_check"));

        g_assert_cmpint(i, >=, 0);
        g_assert_cmpstr(string_member(profile, "reason"), ==, verdict->checks[i].finding.reason->id);
        g_assert_cmpstr(string_member(profile, "evidence"), ==,
                        evidence_to_string(verdict->checks[i].finding.evidence));
        if (!check_set_is_empty(&result->root_causes))
                g_assert_true(check_set_has(&result->root_causes, (size_t) i));
        if (result->state == PROFILE_READY)
                g_assert_cmpint(verdict->checks[i].state, ==, CHECK_PASS);
}

static void assert_profile(Json *profiles, const Verdict *verdict, const ProfileResult *result) {
        Json *profile = member(profiles, result->profile->id, json_type_object);

        g_assert_cmpstr(string_member(profile, "title"), ==, result->profile->title);
        g_assert_cmpstr(string_member(profile, "state"), ==, profile_state_to_string(result->state));
        g_assert_cmpuint(json_object_array_length(member(profile, "required", json_type_array)), ==,
                         g_strv_length((char **) result->profile->required));
        g_assert_cmpuint(json_object_array_length(member(profile, "recommended", json_type_array)), ==,
                         g_strv_length((char **) result->profile->recommended));
        assert_ids(profile, "failing", &result->failing);
        assert_ids(profile, "root_causes", &result->root_causes);
        assert_telling_check(profile, verdict, result);
        (void) member(profile, "since_usec", json_type_int);
}

static void test_machine(const void *name) {
        _cleanup_(machine_freep) Machine *machine = machine_load(name);
        _cleanup_(json_object_putp) Json *document = describe_machine(machine);
        Json *checks = member(document, "checks", json_type_object);
        Json *profiles = member(document, "profiles", json_type_object);

        g_assert_cmpstr(string_member(document, "version"), ==, PROJECT_VERSION);
        g_assert_cmpint(json_object_object_length(checks), ==, machine->verdict->n_checks);
        g_assert_cmpint(json_object_object_length(profiles), ==, machine->verdict->n_profiles);
        FOREACH_ARRAY(result, machine->verdict->checks, machine->verdict->n_checks)
                assert_check(checks, result);
        FOREACH_ARRAY(result, machine->verdict->profiles, machine->verdict->n_profiles)
                assert_profile(profiles, machine->verdict, result);
}

static void test_host(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("intel-ready");
        _cleanup_(json_object_putp) Json *document = describe_machine(machine);
        Json *host = member(document, "host", json_type_object),
             *cpu = member(host, "cpu", json_type_object);

        g_assert_cmpstr(string_member(host, "architecture"), ==, "x86_64");
        g_assert_cmpstr(string_member(host, "kernel_release"), ==, "6.12.48+deb13-amd64");
        g_assert_cmpstr(string_member(cpu, "vendor"), ==, "GenuineIntel");
        g_assert_cmpstr(string_member(cpu, "model"), ==, "Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz");
        g_assert_cmpstr(string_member(cpu, "virtualization"), ==, "vmx");
}

/* What is unknown is null, and not missing. */
static void test_unknown_host(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("empty");
        _cleanup_(json_object_putp) Json *document = describe_machine(machine);
        Json *host = member(document, "host", json_type_object),
             *cpu = member(host, "cpu", json_type_object);

        (void) member(host, "architecture", json_type_null);
        (void) member(host, "kernel_release", json_type_null);
        (void) member(cpu, "vendor", json_type_null);
        (void) member(cpu, "model", json_type_null);
        (void) member(cpu, "virtualization", json_type_null);
}

/* Times are microseconds since the epoch, which need more than 32 bits. */
static void test_times(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("intel-ready");
        _cleanup_(json_object_putp) Json *document = NULL;
        const uint64_t now = UINT64_C(1795000000000000);
        Json *tun;

        machine->verdict = verdict_free(machine->verdict);
        g_assert_cmpint(verdict_new(&machine->facts, NULL, now, &machine->verdict), ==, 0);
        document = describe_machine(machine);
        tun = member(member(document, "checks", json_type_object), "net.tun", json_type_object);
        g_assert_cmpuint((uint64_t) json_object_get_int64(member(tun, "since_usec", json_type_int)), ==,
                         now);
        g_assert_cmpuint((uint64_t) json_object_get_int64(member(tun, "reason_since_usec", json_type_int)),
                         ==, now);
}

int main(int argc, char *argv[]) {
        g_auto(GStrv) names = NULL;

        g_test_init(&argc, &argv, NULL);

        names = machine_names();
        for (char **name = names; *name; name++) {
                g_autofree char *path = g_strconcat("/describe/machine/", *name, NULL);

                g_test_add_data_func(path, *name, test_machine);
        }
        g_test_add_func("/describe/host", test_host);
        g_test_add_func("/describe/unknown-host", test_unknown_host);
        g_test_add_func("/describe/times", test_times);

        return g_test_run();
}
