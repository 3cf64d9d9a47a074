/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The XML that libvirt describes a kind of guest with. */

#include <errno.h>

#include "../../daemon/libvirt/domain-capabilities.h"
#include "fuzz.h"

/* Texts in arrays, at most so many of each. */
static void check_array(Json *array) {
        size_t n = json_object_array_length(array);

        fuzz_assert(n <= DOMAIN_CAPABILITIES_VALUES_MAX);
        for (size_t i = 0; i < n; i++)
                fuzz_assert(json_object_is_type(json_object_array_get_idx(array, i), json_type_string));
}

/* Arrays by their names, DEPTH objects deep. */
static void check_object(Json *object, unsigned depth) {
        fuzz_assert(json_object_object_length(object) <= (int) DOMAIN_CAPABILITIES_VALUES_MAX);
        json_object_object_foreach(object, key, value) {
                (void) key;
                fuzz_assert(json_object_is_type(value, depth > 1 ? json_type_object : json_type_array));
                if (depth > 1)
                        check_object(value, depth - 1);
                else
                        check_array(value);
        }
}

/* Each member is there, and is null or what it has to be. */
static void check(Json *domain) {
        static const struct {
                const char *name;
                unsigned depth; /* 0: an array */
        } containers[] = {
                { "firmware", 0 },
                { "loader", 1 },
                { "loader_paths", 0 },
                { "cpu_modes", 0 },
                { "host_model_features", 1 },
                { "cpu_models", 0 },
                { "memory_backing", 1 },
                { "devices", 2 },
                { "features", 2 },
        };
        Json *value;

        FOREACH_ELEMENT(container, containers) {
                fuzz_assert(json_object_object_get_ex(domain, container->name, &value));
                if (value && container->depth == 0) {
                        fuzz_assert(json_object_is_type(value, json_type_array));
                        check_array(value);
                } else if (value) {
                        fuzz_assert(json_object_is_type(value, json_type_object));
                        check_object(value, container->depth);
                }
        }
        fuzz_assert(json_object_object_get_ex(domain, "host_model", NULL));
        fuzz_assert(json_object_object_get_ex(domain, "host_model_vendor", NULL));
        fuzz_assert_json_text(domain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_copy(data, size);
        _cleanup_(json_object_putp) Json *domain = json_object_new_object();
        int r;

        fuzz_assert(domain);
        r = domain_capabilities_parse(text, domain);
        fuzz_assert(r == 0 || r == -EBADMSG || r == -E2BIG);
        if (r == 0)
                check(domain);

        return 0;
}
