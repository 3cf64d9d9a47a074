/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses with json-c, and then compares value by value with what is expected. */

#include <errno.h>
#include <string.h>

#include "basic/utf8.h"
#include "libvirt-answer.h"

/* Three levels of objects in an array in the outermost object, and some to spare. */
#define DEPTH_MAX 10

const AnswerField libvirt_node_fields[] = {
        { .key = "model", .signature = "s" },
        { .key = "memory_kib", .signature = "t" },
        { .key = "cpus", .signature = "u" },
        { .key = "mhz", .signature = "u" },
        { .key = "nodes", .signature = "u" },
        { .key = "sockets", .signature = "u" },
        { .key = "cores", .signature = "u" },
        { .key = "threads", .signature = "u" },
        {},
};

const AnswerField libvirt_domain_fields[] = {
        { .key = "arch", .signature = "s" },
        { .key = "virt_type", .signature = "s" },
        { .key = "machine", .signature = "s" },
        { .key = "alias", .signature = "s" },
        { .key = "emulator", .signature = "s" },
        { .key = "max_vcpus", .signature = "u" },
        { .key = "firmware", .signature = "as" },
        { .key = "loader", .signature = "a{sas}" },
        { .key = "loader_paths", .signature = "as" },
        { .key = "cpu_modes", .signature = "as" },
        { .key = "host_model", .signature = "s" },
        { .key = "host_model_vendor", .signature = "s" },
        { .key = "host_model_features", .signature = "a{sas}" },
        { .key = "cpu_models", .signature = "as" },
        { .key = "memory_backing", .signature = "a{sas}" },
        { .key = "devices", .signature = "a{sa{sas}}" },
        { .key = "features", .signature = "a{sa{sas}}" },
        { .key = LIBVIRT_BLOCKED_BY, .signature = "a{sas}" },
        {},
};

const AnswerField libvirt_answer_fields[] = {
        { .key = "state", .signature = "s" },
        { .key = "detail", .signature = "s" },
        { .key = "library_version", .signature = "s" },
        { .key = "daemon_version", .signature = "s" },
        { .key = "type", .signature = "s" },
        { .key = "version", .signature = "s" },
        { .key = "node_info", .signature = "a{sv}", .members = libvirt_node_fields },
        { .key = "max_vcpus", .signature = "a{su}" },
        { .key = "domains", .signature = "aa{sv}", .members = libvirt_domain_fields },
        {},
};

static const char *const hypervisor_state_table[_HYPERVISOR_STATE_MAX] = {
        [HYPERVISOR_RUNNING] = "running",
        [HYPERVISOR_STOPPED] = "stopped",
        [HYPERVISOR_NOT_INSTALLED] = "not-installed",
        [HYPERVISOR_UNREACHABLE] = "unreachable",
        [HYPERVISOR_DENIED] = "denied",
        [HYPERVISOR_DORMANT] = "dormant",
        [HYPERVISOR_UNKNOWN] = "unknown",
};

const char *hypervisor_state_to_string(HypervisorState state) {
        return hypervisor_state_table[state];
}

/* json-c takes more for UTF-8 than a bus carries. */
static bool is_plain_text(const char *text, size_t length) {
        bool showable = true;

        if (length > LIBVIRT_ANSWER_TEXT_MAX)
                return false;

        for (const char *p = text; showable && p < text + length;)
                p += utf8_next(p, &showable);

        return showable;
}

static bool is_text(Json *value) {
        return json_object_is_type(value, json_type_string) &&
               is_plain_text(json_object_get_string(value), (size_t) json_object_get_string_len(value));
}

static bool is_number(Json *value, uint64_t max) {
        return json_object_is_type(value, json_type_int) && json_object_get_int64(value) >= 0 &&
               json_object_get_uint64(value) <= max;
}

static bool fits(Json *value, const char *signature, const AnswerField *members);

static const AnswerField *find_field(const AnswerField *fields, const char *key) {
        for (; fields->key; fields++)
                if (streq(fields->key, key))
                        return fields;

        return NULL;
}

static bool has_members(Json *object, const AnswerField *members) {
        json_object_object_foreach(object, key, value) {
                const AnswerField *field = find_field(members, key);

                if (!field || (value && !fits(value, field->signature, field->members)))
                        return false;
        }

        return true;
}

/* A dictionary, of whose SIGNATURE the value's is what begins behind "a{s". */
static bool is_dictionary(Json *object, const char *signature) {
        json_object_object_foreach(object, key,
                                   value) if (!is_plain_text(key, strlen(key)) ||
                                              !fits(value, signature + strlen("a{s"), NULL)) return false;

        return true;
}

static bool is_array(Json *array, const char *signature, const AnswerField *members) {
        if (!json_object_is_type(array, json_type_array))
                return false;

        for (size_t i = 0; i < json_object_array_length(array); i++)
                if (!fits(json_object_array_get_idx(array, i), signature + 1, members))
                        return false;

        return true;
}

/* SIGNATURE may go on behind the type in question. */
static bool fits(Json *value, const char *signature, const AnswerField *members) {
        if (signature[0] == 's')
                return is_text(value);
        if (signature[0] == 'u')
                return is_number(value, UINT32_MAX);
        if (signature[0] == 't')
                return is_number(value, UINT64_MAX);
        if (signature[1] != '{')
                return is_array(value, signature, members);
        if (!json_object_is_type(value, json_type_object))
                return false;

        return members ? has_members(value, members) : is_dictionary(value, signature);
}

Json *libvirt_answer_get(Json *answer, const char *key) {
        Json *value = NULL;

        return json_object_object_get_ex(answer, key, &value) ? value : NULL;
}

static bool is_state_of_helper(Json *value) {
        const char *word = json_object_get_string(value);

        for (HypervisorState state = 0; word && state < HYPERVISOR_DORMANT; state++)
                if (streq(hypervisor_state_table[state], word))
                        return true;

        return false;
}

static bool is_answer(Json *answer) {
        Json *domains;

        if (!json_object_is_type(answer, json_type_object) || !has_members(answer, libvirt_answer_fields) ||
            !is_state_of_helper(libvirt_answer_get(answer, "state")))
                return false;

        domains = libvirt_answer_get(answer, "domains");
        for (size_t i = 0; domains && i < json_object_array_length(domains); i++) {
                Json *domain = json_object_array_get_idx(domains, i);

                if (!libvirt_answer_get(domain, "arch") || !libvirt_answer_get(domain, "virt_type"))
                        return false;
        }

        return true;
}

/* Brackets and commas in strings count as well: there are few. */
static bool has_few_values(const char *text, size_t size) {
        unsigned n_containers = 0, n_commas = 0;

        for (size_t i = 0; i < size; i++) {
                n_containers += text[i] == '{' || text[i] == '[';
                n_commas += text[i] == ',';
        }

        return n_containers <= LIBVIRT_ANSWER_CONTAINERS_MAX &&
               n_containers + n_commas <= LIBVIRT_ANSWER_VALUES_MAX;
}

int libvirt_answer_parse(const char *text, size_t size, Json **ret) {
        _cleanup_(json_tokener_freep) struct json_tokener *tokener = NULL;
        _cleanup_(json_object_putp) Json *answer = NULL;

        if (size > LIBVIRT_ANSWER_SIZE_MAX || !has_few_values(text, size))
                return -EBADMSG;

        tokener = json_tokener_new_ex(DEPTH_MAX);
        if (!tokener)
                return -ENOMEM;

        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        answer = json_tokener_parse_ex(tokener, text, (int) size);
        if (json_tokener_get_error(tokener) != json_tokener_success || !is_answer(answer))
                return -EBADMSG;

        *ret = TAKE_PTR(answer);
        return 0;
}

int libvirt_answer_new_unreachable(const char *detail, Json **ret) {
        _cleanup_(json_object_putp) Json *answer = json_object_new_object();
        int r;

        if (!answer)
                return -ENOMEM;

        r = json_add_string(answer, "state", hypervisor_state_to_string(HYPERVISOR_UNREACHABLE));
        if (r < 0)
                return r;

        r = json_add_string(answer, "detail", detail);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(answer);
        return 0;
}

HypervisorState libvirt_answer_state(Json *answer) {
        const char *word = json_object_get_string(libvirt_answer_get(answer, "state"));

        for (HypervisorState state = 0; word && state < _HYPERVISOR_STATE_MAX; state++)
                if (streq(hypervisor_state_table[state], word))
                        return state;

        return HYPERVISOR_UNKNOWN;
}
