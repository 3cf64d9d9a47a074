/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds the JSON document with json-c. */

#include <errno.h>
#include <string.h>

#include "basic/json.h"
#include "checks/documentation.h"
#include "config.h"
#include "describe-devices.h"
#include "describe-host.h"
#include "describe-software.h"
#include "describe.h"
#include "hypervisor-view.h"

static int add_template(Json *object, const char *key, const Finding *finding, const char *template) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = finding_expand(finding, template ? template : "", &text);
        if (r < 0)
                return r;

        return json_add_string(object, key, text);
}

static int add_check_set(Json *object, const char *key, const CheckSet *set) {
        Json *array;
        int r;

        r = json_add_container(object, key, json_object_new_array(), &array);
        if (r < 0)
                return r;

        FOREACH_CHECK(i, set) {
                r = json_append(array, json_object_new_string(catalogue_get(i)->id));
                if (r < 0)
                        return r;
        }

        return 0;
}

static int add_ids(Json *object, const char *key, const char *const *ids) {
        Json *array;
        int r;

        r = json_add_container(object, key, json_object_new_array(), &array);
        for (; r >= 0 && *ids; ids++)
                r = json_append(array, json_object_new_string(*ids));

        return r;
}

static int add_arguments(Json *object, const Finding *finding) {
        Json *arguments;
        int r;

        r = json_add_container(object, "arguments", json_object_new_object(), &arguments);
        for (size_t i = 0; r >= 0 && i < finding->n_arguments; i++)
                r = json_add_string(arguments, finding->arguments[i].name, finding->arguments[i].value);

        return r;
}

static int append_remedy(Json *array, const Finding *finding, const Remedy *remedy) {
        Json *object;
        int r;

        r = json_append_object(array, &object);
        if (r < 0)
                return r;

        r = json_add_string(object, "kind", remedy_kind_to_string(remedy->kind));
        if (r < 0)
                return r;

        r = remedy->action ? json_add_string(object, "action", remedy->action) : 0;
        if (r < 0)
                return r;

        r = add_template(object, "argument", finding, remedy->argument);
        if (r < 0)
                return r;

        r = add_template(object, "command", finding, finding_command(finding, remedy));
        if (r < 0)
                return r;

        return json_add(object, "privileged", json_object_new_boolean(finding_needs_root(finding, remedy)));
}

static int add_remedies(Json *object, const CheckResult *result) {
        const Remedy *remedies;
        Json *array;
        size_t n;
        int r;

        r = json_add_container(object, "remedies", json_object_new_array(), &array);
        remedies = check_result_remedies(result, &n);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_remedy(array, &result->finding, &remedies[i]);

        return r;
}

/* What was found, and what could be done about it. */
static int add_finding(Json *object, const CheckResult *result) {
        const Finding *finding = &result->finding;
        int r;

        r = json_add_string(object, "reason", finding->reason->id);
        if (r < 0)
                return r;

        r = add_template(object, "detail", finding, finding->reason->detail);
        if (r < 0)
                return r;

        r = add_arguments(object, finding);
        if (r < 0)
                return r;

        r = json_add_string(object, "evidence", evidence_to_string(finding->evidence));
        if (r < 0)
                return r;

        return add_remedies(object, result);
}

static int fill_check(Json *object, const CheckResult *result) {
        _cleanup_free_ char *documentation_uri = NULL;
        int r;

        r = json_add_string(object, "title", result->check->title);
        if (r < 0)
                return r;

        r = json_add_string(object, "description", result->check->description);
        if (r < 0)
                return r;

        r = check_documentation_uri(result->check, &documentation_uri);
        if (r < 0)
                return r;
        r = json_add_string(object, "documentation_uri", documentation_uri);
        if (r < 0)
                return r;

        r = json_add_string(object, "state", check_state_to_string(result->state));
        if (r < 0)
                return r;

        r = add_finding(object, result);
        if (r < 0)
                return r;

        r = add_check_set(object, "blocked_by", &result->blocked_by);
        if (r < 0)
                return r;

        r = json_add(object, "since_usec", json_object_new_uint64(result->since_usec));
        if (r < 0)
                return r;

        return json_add(object, "reason_since_usec", json_object_new_uint64(result->reason_since_usec));
}

static int fill_profile(Json *object, const Verdict *verdict, const ProfileResult *result) {
        const CheckResult *telling = verdict_telling_check(verdict, result);
        int r;

        r = json_add_string(object, "title", result->profile->title);
        if (r < 0)
                return r;

        r = json_add_string(object, "state", profile_state_to_string(result->state));
        if (r < 0)
                return r;

        r = json_add_string(object, "telling_check", telling->check->id);
        if (r < 0)
                return r;

        r = add_finding(object, telling);
        if (r < 0)
                return r;

        r = add_ids(object, "required", result->profile->required);
        if (r < 0)
                return r;

        r = add_ids(object, "recommended", result->profile->recommended);
        if (r < 0)
                return r;

        r = add_check_set(object, "failing", &result->failing);
        if (r < 0)
                return r;

        r = add_check_set(object, "root_causes", &result->root_causes);
        if (r < 0)
                return r;

        return json_add(object, "since_usec", json_object_new_uint64(result->since_usec));
}

static int add_hypervisors(Json *document, const Facts *facts, const Verdict *verdict, Json *hypervisors) {
        Json *object;
        int r;

        if (hypervisors)
                return json_add(document, "hypervisors", json_object_get(hypervisors));

        r = json_add_container(document, "hypervisors", json_object_new_object(), &object);
        if (r < 0)
                return r;

        return hypervisors_describe_unasked(facts, verdict, object);
}

static int fill_document(Json *document, const Facts *facts, const CurrentFacts *current,
                         const Verdict *verdict, Json *hypervisors) {
        Json *host, *software, *checks, *profiles, *devices, *object;
        int r;

        r = json_add_string(document, "version", PROJECT_VERSION);
        if (r < 0)
                return r;

        r = json_add_container(document, "host", json_object_new_object(), &host);
        if (r < 0)
                return r;

        r = describe_host(host, facts, current);
        if (r < 0)
                return r;

        r = json_add_container(document, "software", json_object_new_object(), &software);
        if (r < 0)
                return r;

        r = describe_software(software, &facts->programs);
        if (r < 0)
                return r;

        r = json_add_container(document, "checks", json_object_new_object(), &checks);
        for (size_t i = 0; r >= 0 && i < verdict->n_checks; i++) {
                r = json_add_container(checks, verdict->checks[i].check->id, json_object_new_object(),
                                       &object);
                if (r >= 0)
                        r = fill_check(object, &verdict->checks[i]);
        }
        if (r < 0)
                return r;

        r = json_add_container(document, "profiles", json_object_new_object(), &profiles);
        for (size_t i = 0; r >= 0 && i < verdict->n_profiles; i++) {
                r = json_add_container(profiles, verdict->profiles[i].profile->id, json_object_new_object(),
                                       &object);
                if (r >= 0)
                        r = fill_profile(object, verdict, &verdict->profiles[i]);
        }
        if (r < 0)
                return r;

        r = json_add_container(document, "devices", json_object_new_object(), &devices);
        if (r < 0)
                return r;

        r = describe_devices(devices, verdict);
        if (r < 0)
                return r;

        return add_hypervisors(document, facts, verdict, hypervisors);
}

int describe(const Facts *facts, const CurrentFacts *current, const Verdict *verdict, Json *hypervisors,
             char **ret) {
        _cleanup_(json_object_putp) Json *document = NULL;
        const char *text;
        int r;

        document = json_object_new_object();
        if (!document)
                return -ENOMEM;

        r = fill_document(document, facts, current, verdict, hypervisors);
        if (r < 0)
                return r;

        text = json_object_to_json_string_ext(document,
                                              JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (!text)
                return -ENOMEM;

        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}
