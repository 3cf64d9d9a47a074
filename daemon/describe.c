/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds the JSON document with json-c. */

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "checks/documentation.h"
#include "config.h"
#include "describe.h"

typedef struct json_object Json;

/* Adds VALUE, which is taken over, under KEY. */
static int add(Json *object, const char *key, Json *value) {
        if (json_object_object_add(object, key, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }

        return 0;
}

/* An unknown string is null. */
static int add_string(Json *object, const char *key, const char *value) {
        Json *string = NULL;

        if (value) {
                string = json_object_new_string(value);
                if (!string)
                        return -ENOMEM;
        }

        return add(object, key, string);
}

static int add_template(Json *object, const char *key, const Finding *finding, const char *template) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = finding_expand(finding, template ? template : "", &text);
        if (r < 0)
                return r;

        return add_string(object, key, text);
}

/* Adds an empty object or array and yields it; the parent keeps it. */
static int add_container(Json *object, const char *key, Json *container, Json **ret) {
        if (!container)
                return -ENOMEM;

        *ret = container;
        return add(object, key, container);
}

static int append(Json *array, Json *value) {
        if (!value)
                return -ENOMEM;
        if (json_object_array_add(array, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }

        return 0;
}

static int add_check_set(Json *object, const char *key, const CheckSet *set) {
        Json *array;
        int r;

        r = add_container(object, key, json_object_new_array(), &array);
        if (r < 0)
                return r;

        FOREACH_CHECK(i, set) {
                r = append(array, json_object_new_string(catalogue_get(i)->id));
                if (r < 0)
                        return r;
        }

        return 0;
}

static int add_ids(Json *object, const char *key, const char *const *ids) {
        Json *array;
        int r;

        r = add_container(object, key, json_object_new_array(), &array);
        for (; r >= 0 && *ids; ids++)
                r = append(array, json_object_new_string(*ids));

        return r;
}

static int add_arguments(Json *object, const Finding *finding) {
        Json *arguments;
        int r;

        r = add_container(object, "arguments", json_object_new_object(), &arguments);
        for (size_t i = 0; r >= 0 && i < finding->n_arguments; i++)
                r = add_string(arguments, finding->arguments[i].name, finding->arguments[i].value);

        return r;
}

static int append_remedy(Json *array, const Finding *finding, const Remedy *remedy) {
        Json *object = json_object_new_object();
        int r;

        r = append(array, object);
        if (r < 0)
                return r;

        r = add_string(object, "kind", remedy_kind_to_string(remedy->kind));
        if (r < 0)
                return r;

        r = remedy->action ? add_string(object, "action", remedy->action) : 0;
        if (r < 0)
                return r;

        r = add_template(object, "argument", finding, remedy->argument);
        if (r < 0)
                return r;

        r = add_template(object, "command", finding, remedy->command);
        if (r < 0)
                return r;

        return add(object, "privileged", json_object_new_boolean(remedy->privileged));
}

static int add_remedies(Json *object, const CheckResult *result) {
        const Remedy *remedies;
        Json *array;
        size_t n;
        int r;

        r = add_container(object, "remedies", json_object_new_array(), &array);
        remedies = check_result_remedies(result, &n);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_remedy(array, &result->finding, &remedies[i]);

        return r;
}

static int fill_check(Json *object, const CheckResult *result) {
        const Finding *finding = &result->finding;
        _cleanup_free_ char *documentation_uri = NULL;
        int r;

        r = add_string(object, "title", result->check->title);
        if (r < 0)
                return r;

        r = add_string(object, "description", result->check->description);
        if (r < 0)
                return r;

        r = check_documentation_uri(result->check, &documentation_uri);
        if (r < 0)
                return r;
        r = add_string(object, "documentation_uri", documentation_uri);
        if (r < 0)
                return r;

        r = add_string(object, "state", check_state_to_string(result->state));
        if (r < 0)
                return r;

        r = add_string(object, "reason", finding->reason->id);
        if (r < 0)
                return r;

        r = add_template(object, "detail", finding, finding->reason->detail);
        if (r < 0)
                return r;

        r = add_arguments(object, finding);
        if (r < 0)
                return r;

        r = add_string(object, "evidence", evidence_to_string(finding->evidence));
        if (r < 0)
                return r;

        r = add_check_set(object, "blocked_by", &result->blocked_by);
        if (r < 0)
                return r;

        r = add_remedies(object, result);
        if (r < 0)
                return r;

        return add(object, "since_usec", json_object_new_uint64(result->since_usec));
}

static int fill_profile(Json *object, const ProfileResult *result) {
        int r;

        r = add_string(object, "title", result->profile->title);
        if (r < 0)
                return r;

        r = add_string(object, "state", profile_state_to_string(result->state));
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

        return add(object, "since_usec", json_object_new_uint64(result->since_usec));
}

static int fill_host(Json *host, const Facts *facts) {
        CpuExtension extension = facts->cpu.extension;
        Json *cpu;
        int r;

        r = add_string(host, "architecture", facts->cpu.machine);
        if (r < 0)
                return r;

        r = add_string(host, "kernel_release", facts->kernel.release);
        if (r < 0)
                return r;

        r = add_container(host, "cpu", json_object_new_object(), &cpu);
        if (r < 0)
                return r;

        r = add_string(cpu, "vendor", facts->cpu.vendor);
        if (r < 0)
                return r;

        r = add_string(cpu, "model", facts->cpu.model);
        if (r < 0)
                return r;

        return add_string(cpu, "virtualization",
                          extension == CPU_EXTENSION_NONE ? NULL : cpu_extension_to_string(extension));
}

static int fill_document(Json *document, const Facts *facts, const Verdict *verdict) {
        Json *host, *checks, *profiles, *object;
        int r;

        r = add_string(document, "version", PROJECT_VERSION);
        if (r < 0)
                return r;

        r = add_container(document, "host", json_object_new_object(), &host);
        if (r < 0)
                return r;

        r = fill_host(host, facts);
        if (r < 0)
                return r;

        r = add_container(document, "checks", json_object_new_object(), &checks);
        for (size_t i = 0; r >= 0 && i < verdict->n_checks; i++) {
                r = add_container(checks, verdict->checks[i].check->id, json_object_new_object(), &object);
                if (r >= 0)
                        r = fill_check(object, &verdict->checks[i]);
        }
        if (r < 0)
                return r;

        r = add_container(document, "profiles", json_object_new_object(), &profiles);
        for (size_t i = 0; r >= 0 && i < verdict->n_profiles; i++) {
                r = add_container(profiles, verdict->profiles[i].profile->id, json_object_new_object(),
                                  &object);
                if (r >= 0)
                        r = fill_profile(object, &verdict->profiles[i]);
        }

        return r;
}

int describe(const Facts *facts, const Verdict *verdict, char **ret) {
        _cleanup_(json_object_putp) Json *document = NULL;
        const char *text;
        int r;

        document = json_object_new_object();
        if (!document)
                return -ENOMEM;

        r = fill_document(document, facts, verdict);
        if (r < 0)
                return r;

        text = json_object_to_json_string_ext(document,
                                              JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (!text)
                return -ENOMEM;

        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}
