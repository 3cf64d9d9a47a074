/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serialises results for the bus. */

#include "bus-append.h"

int bus_append_check_set(sd_bus_message *message, const CheckSet *set) {
        int r;

        r = sd_bus_message_open_container(message, 'a', "s");
        if (r < 0)
                return r;

        FOREACH_CHECK(i, set) {
                r = sd_bus_message_append(message, "s", catalogue_get(i)->id);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(message);
}

int bus_append_ids(sd_bus_message *message, const char *const *ids) {
        return sd_bus_message_append_strv(message, (char **) ids);
}

int bus_append_cpu_list(sd_bus_message *message, const CpuSet *cpus) {
        _cleanup_free_ char *list = NULL;
        int r;

        r = cpu_set_format(cpus, &list);
        if (r < 0)
                return r;

        return sd_bus_message_append(message, "s", list);
}

int bus_append_template(sd_bus_message *message, const Finding *finding, const char *template) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = finding_expand(finding, template, &text);
        if (r < 0)
                return r;

        return sd_bus_message_append(message, "s", text);
}

int bus_append_arguments(sd_bus_message *message, const Finding *finding) {
        int r;

        r = sd_bus_message_open_container(message, 'a', "{sv}");
        if (r < 0)
                return r;

        FOREACH_ARRAY(argument, finding->arguments, finding->n_arguments) {
                r = sd_bus_message_append(message, "{sv}", argument->name, "s", argument->value);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(message);
}

static int append_template_entry(sd_bus_message *message, const char *key, const Finding *finding,
                                 const char *template) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = finding_expand(finding, template, &text);
        if (r < 0)
                return r;

        return sd_bus_message_append(message, "{sv}", key, "s", text);
}

static int append_remedy(sd_bus_message *message, const Finding *finding, const Remedy *remedy) {
        int r;

        r = sd_bus_message_open_container(message, 'a', "{sv}");
        if (r < 0)
                return r;

        r = sd_bus_message_append(message, "{sv}", "kind", "s", remedy_kind_to_string(remedy->kind));
        if (r < 0)
                return r;

        r = remedy->action ? sd_bus_message_append(message, "{sv}", "action", "s", remedy->action) : 0;
        if (r < 0)
                return r;

        r = append_template_entry(message, "argument", finding, remedy->argument);
        if (r < 0)
                return r;

        r = append_template_entry(message, "command", finding, finding_command(finding, remedy));
        if (r < 0)
                return r;

        r = sd_bus_message_append(message, "{sv}", "privileged", "b",
                                  (int) finding_needs_root(finding, remedy));
        if (r < 0)
                return r;

        return sd_bus_message_close_container(message);
}

int bus_append_remedies(sd_bus_message *message, const CheckResult *result) {
        const Remedy *remedies;
        size_t n;
        int r;

        r = sd_bus_message_open_container(message, 'a', "a{sv}");
        if (r < 0)
                return r;

        remedies = check_result_remedies(result, &n);
        FOREACH_ARRAY(remedy, remedies, n) {
                r = append_remedy(message, &result->finding, remedy);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(message);
}
