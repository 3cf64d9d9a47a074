/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the dictionary of EstimateCapacity apart, and says which key is wrong, and what it should be. */

#include <errno.h>
#include <stdio.h>

#include "../daemon/basic/words.h"
#include "../daemon/capacity/validity.h"
#include "bus-capacity.h"

/* The values as they come, where sd_bus_message_read_basic() puts them. */
typedef struct Values {
        uint32_t vcpus, count, reserve_cpus;
        uint64_t memory_bytes, disk_bytes, huge_page_bytes, reserve_memory_bytes;
        double cpu_ratio, memory_ratio, disk_ratio;
        const char *profile, *preset, *storage_path;
} Values;

typedef enum Key {
        KEY_VCPUS,
        KEY_MEMORY_BYTES,
        KEY_DISK_BYTES,
        KEY_COUNT,
        KEY_PROFILE,
        KEY_PRESET,
        KEY_CPU_RATIO,
        KEY_MEMORY_RATIO,
        KEY_DISK_RATIO,
        KEY_RESERVE_CPUS,
        KEY_RESERVE_MEMORY_BYTES,
        KEY_HUGE_PAGE_BYTES,
        KEY_STORAGE_PATH,
        _KEY_MAX,
} Key;

static const struct {
        const char *name;
        char type;
        size_t offset;
} keys[_KEY_MAX] = {
        [KEY_VCPUS] = { "vcpus", 'u', offsetof(Values, vcpus) },
        [KEY_MEMORY_BYTES] = { "memory_bytes", 't', offsetof(Values, memory_bytes) },
        [KEY_DISK_BYTES] = { "disk_bytes", 't', offsetof(Values, disk_bytes) },
        [KEY_COUNT] = { "count", 'u', offsetof(Values, count) },
        [KEY_PROFILE] = { "profile", 's', offsetof(Values, profile) },
        [KEY_PRESET] = { "preset", 's', offsetof(Values, preset) },
        [KEY_CPU_RATIO] = { "cpu_ratio", 'd', offsetof(Values, cpu_ratio) },
        [KEY_MEMORY_RATIO] = { "memory_ratio", 'd', offsetof(Values, memory_ratio) },
        [KEY_DISK_RATIO] = { "disk_ratio", 'd', offsetof(Values, disk_ratio) },
        [KEY_RESERVE_CPUS] = { "reserve_cpus", 'u', offsetof(Values, reserve_cpus) },
        [KEY_RESERVE_MEMORY_BYTES] = { "reserve_memory_bytes", 't', offsetof(Values, reserve_memory_bytes) },
        [KEY_HUGE_PAGE_BYTES] = { "huge_page_bytes", 't', offsetof(Values, huge_page_bytes) },
        [KEY_STORAGE_PATH] = { "storage_path", 's', offsetof(Values, storage_path) },
};

typedef struct Arguments {
        Values values;
        bool given[_KEY_MAX];
} Arguments;

/* Of what the caller has said, as much as fits into a sentence; what is cut off might be no UTF-8. */
static const char *shown(const char *text) {
        return strlen(text) <= 64 ? text : "(a long text)";
}

/* The names that there are, by their index. */
typedef const char *(*NameFunction)(const void *list, size_t i);

static int refuse_name(sd_bus_error *error, const char *what, const char *given, NameFunction name_of,
                       const void *list, size_t n) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *file = NULL;
        size_t size;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;

        fprintf(file, "There is no %s '%s'; there are ", what, shown(given));
        for (size_t i = 0; i < n; i++)
                fprintf(file, "%s%s", words_separator(i, n), name_of(list, i));
        fputc('.', file);
        if (fflush(file) != 0)
                return -ENOMEM;

        return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, text);
}

static const char *name_of_key(const void *list, size_t i) {
        (void) list;

        return keys[i].name;
}

static const char *name_of_profile(const void *list, size_t i) {
        const Verdict *verdict = list;

        return verdict->profiles[i].profile->id;
}

static const char *name_of_preset(const void *list, size_t i) {
        const CapacityPreset *presets = list;

        return presets[i].name;
}

static const char *type_in_words(char type) {
        switch (type) {
        case 'u':
                return "an unsigned 32-bit number (u)";
        case 't':
                return "an unsigned 64-bit number (t)";
        case 'd':
                return "a floating-point number (d)";
        default:
                return "a string (s)";
        }
}

static Key find_key(const char *name) {
        FOREACH_ELEMENT(key, keys)
                if (streq(key->name, name))
                        return (Key) (key - keys);

        return _KEY_MAX;
}

static int read_value(sd_bus_message *message, Key key, Arguments *arguments, sd_bus_error *error) {
        const char wanted[] = { keys[key].type, '\0' };
        const char *contents;
        char type;
        int r;

        r = sd_bus_message_peek_type(message, &type, &contents);
        if (r < 0)
                return r;
        if (!streq(contents, wanted))
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "The value of '%s' must be %s.",
                                         keys[key].name, type_in_words(keys[key].type));

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_VARIANT, wanted);
        if (r < 0)
                return r;

        r = sd_bus_message_read_basic(message, keys[key].type,
                                      (char *) &arguments->values + keys[key].offset);
        if (r < 0)
                return r;

        arguments->given[key] = true;
        return sd_bus_message_exit_container(message);
}

static int read_entry(sd_bus_message *message, Arguments *arguments, sd_bus_error *error) {
        const char *name;
        Key key;
        int r;

        r = sd_bus_message_read(message, "s", &name);
        if (r < 0)
                return r;

        key = find_key(name);
        if (key == _KEY_MAX)
                return refuse_name(error, "key", name, name_of_key, keys, _KEY_MAX);
        if (arguments->given[key])
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "The key '%s' is there twice.",
                                         name);

        return read_value(message, key, arguments, error);
}

static int read_arguments(sd_bus_message *message, Arguments *arguments, sd_bus_error *error) {
        int r;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
                r = read_entry(message, arguments, error);
                if (r < 0)
                        return r;

                r = sd_bus_message_exit_container(message);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;

        return sd_bus_message_exit_container(message);
}

static int refuse(sd_bus_error *error, Key key, const char *expected) {
        return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "The value of '%s' must be %s.",
                                 keys[key].name, expected);
}

static int check_numbers(const Arguments *arguments, sd_bus_error *error) {
        const Values *values = &arguments->values;
        const uint64_t page = values->huge_page_bytes;
        const struct {
                Key key;
                double ratio;
        } ratios[] = { { KEY_CPU_RATIO, values->cpu_ratio },
                       { KEY_MEMORY_RATIO, values->memory_ratio },
                       { KEY_DISK_RATIO, values->disk_ratio } };

        if (!arguments->given[KEY_VCPUS] || !arguments->given[KEY_MEMORY_BYTES])
                return sd_bus_error_setf(
                        error, SD_BUS_ERROR_INVALID_ARGS, "The key '%s' is missing: %s of one guest.",
                        arguments->given[KEY_VCPUS] ? "memory_bytes" : "vcpus",
                        arguments->given[KEY_VCPUS] ? "the memory in bytes" : "the number of virtual CPUs");
        if (values->vcpus == 0)
                return refuse(error, KEY_VCPUS, "at least 1");
        if (values->memory_bytes == 0)
                return refuse(error, KEY_MEMORY_BYTES, "at least 1");
        if (arguments->given[KEY_COUNT] && values->count == 0)
                return refuse(error, KEY_COUNT, "at least 1");
        if (page > 0 && !capacity_page_is_valid(page))
                return refuse(error, KEY_HUGE_PAGE_BYTES,
                              "the size of a page, such as 2097152 or 1073741824, or 0");

        FOREACH_ELEMENT(r, ratios)
                if (arguments->given[r->key] && !capacity_ratio_is_valid(r->ratio))
                        return refuse(error, r->key, "at least 0.000001 and at most 1000");

        return 0;
}

static int check_words(const Arguments *arguments, const Verdict *verdict, CapacityRequest *request,
                       sd_bus_error *error) {
        const Values *values = &arguments->values;

        if (arguments->given[KEY_STORAGE_PATH] && !capacity_path_is_valid(values->storage_path))
                return refuse(error, KEY_STORAGE_PATH,
                              "an absolute path of fewer than 4096 bytes, without control characters");

        request->profile = verdict_default_profile(verdict)->profile->id;
        if (!arguments->given[KEY_PROFILE])
                return 0;

        FOREACH_ARRAY(result, verdict->profiles, verdict->n_profiles)
                if (streq(result->profile->id, values->profile)) {
                        request->profile = result->profile->id;
                        return 0;
                }

        return refuse_name(error, "profile", values->profile, name_of_profile, verdict, verdict->n_profiles);
}

static int refuse_preset(sd_bus_error *error, const char *name) {
        const CapacityPreset *presets;
        size_t n;

        presets = capacity_presets(&n);
        return refuse_name(error, "preset", name, name_of_preset, presets, n);
}

/* What the caller says goes before the preset. */
static int fill_policy(const Arguments *arguments, CapacityRequest *request, sd_bus_error *error) {
        const char *name = arguments->given[KEY_PRESET] ? arguments->values.preset : CAPACITY_PRESET_DEFAULT;
        const CapacityPreset *preset = capacity_preset_find(name);
        const Values *values = &arguments->values;
        const bool *given = arguments->given;

        if (!preset)
                return refuse_preset(error, name);

        request->preset = preset;
        request->policy = (CapacityPolicy){
                .cpu_ratio = given[KEY_CPU_RATIO] ? values->cpu_ratio : preset->cpu_ratio,
                .memory_ratio = given[KEY_MEMORY_RATIO] ? values->memory_ratio : preset->memory_ratio,
                .disk_ratio = given[KEY_DISK_RATIO] ? values->disk_ratio : preset->disk_ratio,
                .reserve_cpus = given[KEY_RESERVE_CPUS] ? values->reserve_cpus : preset->reserve_cpus,
                .reserve_memory = given[KEY_RESERVE_MEMORY_BYTES] ? values->reserve_memory_bytes
                                                                  : preset->reserve_memory,
                .launcher = preset->launcher,
        };
        request->given = (given[KEY_CPU_RATIO] ? CAPACITY_GIVEN_CPU_RATIO : 0U) |
                         (given[KEY_MEMORY_RATIO] ? CAPACITY_GIVEN_MEMORY_RATIO : 0U) |
                         (given[KEY_DISK_RATIO] ? CAPACITY_GIVEN_DISK_RATIO : 0U) |
                         (given[KEY_RESERVE_CPUS] ? CAPACITY_GIVEN_RESERVE_CPUS : 0U) |
                         (given[KEY_RESERVE_MEMORY_BYTES] ? CAPACITY_GIVEN_RESERVE_MEMORY : 0U);
        return 0;
}

int bus_capacity_read(sd_bus_message *message, const Verdict *verdict, CapacityRequest *ret,
                      sd_bus_error *error) {
        Arguments arguments = {};
        CapacityRequest request;
        int r;

        r = read_arguments(message, &arguments, error);
        if (r < 0)
                return r;

        request = (CapacityRequest){
                .guest = { .vcpus = arguments.values.vcpus,
                           .memory = arguments.values.memory_bytes,
                           .disk = arguments.values.disk_bytes,
                           .huge_page = arguments.values.huge_page_bytes },
                .count = arguments.values.count,
                .storage = arguments.given[KEY_STORAGE_PATH] ? arguments.values.storage_path
                                                             : CAPACITY_STORAGE_DEFAULT,
                .storage_given = arguments.given[KEY_STORAGE_PATH],
        };

        r = check_numbers(&arguments, error);
        if (r < 0)
                return r;

        r = check_words(&arguments, verdict, &request, error);
        if (r < 0)
                return r;

        r = fill_policy(&arguments, &request, error);
        if (r < 0)
                return r;

        *ret = request;
        return 0;
}
