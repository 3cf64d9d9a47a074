/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks at the machines in a hypervisor's view. */

#include "machine-vcpus.h"
#include "../basic/macro.h"

static const char *text_of(Json *domain, const char *key) {
        Json *value = json_object_object_get(domain, key);

        return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

MachineVcpus machine_vcpus_find(Json *view) {
        Json *domains = json_object_object_get(view, "domains");
        size_t n = json_object_is_type(domains, json_type_array) ? json_object_array_length(domains) : 0;
        MachineVcpus most = {};

        for (size_t i = 0; i < n; i++) {
                Json *domain = json_object_array_get_idx(domains, i),
                     *max = json_object_object_get(domain, "max_vcpus");
                const char *type = text_of(domain, "virt_type");

                if (!type || !streq(type, "kvm"))
                        continue;
                if (!json_object_is_type(max, json_type_int) || json_object_get_int64(max) <= 0)
                        return (MachineVcpus){};
                if (most.max.known && json_object_get_uint64(max) <= most.max.value)
                        continue;

                most = (MachineVcpus){ .max = AMOUNT(json_object_get_uint64(max)),
                                       .machine = text_of(domain, "machine") };
        }

        return most;
}
