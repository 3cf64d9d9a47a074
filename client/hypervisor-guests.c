/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hypervisor has a dozen machines that can do the same, so each is printed by its difference. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "explain.h"
#include "fields.h"
#include "hypervisor-guests.h"

/* A kind of guest, and an earlier one that is printed in full, whose fields are not repeated. */
typedef struct Kind {
        Json *domain;
        Json *like; /* NULL: this one is printed in full */
} Kind;

static bool is_news(const Kind *kind, const char *key) {
        return !kind->like || !json_object_equal(doc_get(kind->domain, key), doc_get(kind->like, key));
}

/* What libvirt declares, and this machine cannot do now. */
static Json *blocked_by(Json *domain, const char *section, const char *name) {
        char key[128];

        (void) snprintf(key, sizeof(key), "%s%s%s", section, isempty(name) ? "" : ".", name ? name : "");
        return doc_get(doc_get(domain, "blocked_by"), key);
}

static void blocked_field(const Output *output, Json *domain, const char *section, const char *name) {
        Json *checks = blocked_by(domain, section, name);

        if (doc_size(checks) == 0)
                return;

        field_label(output, NULL);
        explain_id_list(output,
                        FIELD_COLUMN + output_text(output, STYLE_WARNING, "blocked on this machine, see "),
                        FIELD_COLUMN, STYLE_WARNING, checks);
}

/* "bus: ide, scsi"; without a label the words alone. */
static void words_field(const Output *output, const char *name, const char *label, Json *words) {
        unsigned column = FIELD_COLUMN;

        if (doc_size(words) == 0)
                return;

        field_label(output, name);
        column += output_text(output, STYLE_DIM, label);
        column += output_text(output, STYLE_DIM, label ? ": " : NULL);
        explain_id_list(output, column, FIELD_COLUMN, STYLE_PLAIN, words);
}

static void list_field(const Output *output, const Kind *kind, const char *name, const char *key) {
        Json *words = doc_get(kind->domain, key);

        if (!is_news(kind, key))
                return;

        if (doc_size(words) > 0)
                words_field(output, name, NULL, words);
        else if (doc_size(doc_get(kind->like, key)) > 0)
                field_text(output, name, STYLE_DIM, "none");
}

/* A thing with its enumerations, each on a line. */
static void enumerations_field(const Output *output, const char *name, Json *enumerations) {
        if (!doc_first(enumerations))
                field_text(output, name, STYLE_PLAIN, "yes");

        for (Member *m = doc_first(enumerations); m; m = doc_next(m)) {
                if (doc_size(doc_value(m)) == 0)
                        continue;
                words_field(output, name, doc_key(m), doc_value(m));
                name = NULL;
        }
}

/* The same, where none is no "yes". */
static void lists_field(const Output *output, const Kind *kind, const char *name, const char *key) {
        Json *lists = doc_get(kind->domain, key);

        if (!is_news(kind, key))
                return;

        if (doc_first(lists))
                enumerations_field(output, name, lists);
        else if (doc_first(doc_get(kind->like, key)))
                field_text(output, name, STYLE_DIM, "none");
}

/* The devices, or the features, that libvirt says a guest can have. */
static void section_fields(const Output *output, const Kind *kind, const char *section) {
        Json *things = doc_get(kind->domain, section), *others = doc_get(kind->like, section);

        for (Member *m = doc_first(things); m; m = doc_next(m)) {
                Json *other = doc_get(others, doc_key(m));

                if (other && json_object_equal(doc_value(m), other) &&
                    json_object_equal(blocked_by(kind->domain, section, doc_key(m)),
                                      blocked_by(kind->like, section, doc_key(m))))
                        continue;
                enumerations_field(output, doc_key(m), doc_value(m));
                blocked_field(output, kind->domain, section, doc_key(m));
        }

        for (Member *m = doc_first(others); m; m = doc_next(m))
                if (!doc_get(things, doc_key(m)))
                        field_text(output, doc_key(m), STYLE_DIM, "no");
}

static void host_model_fields(const Output *output, const Kind *kind) {
        const char *model = doc_text(kind->domain, "host_model"),
                   *vendor = doc_text(kind->domain, "host_model_vendor");
        Json *features = doc_get(kind->domain, "host_model_features");

        if (!is_news(kind, "host_model") && !is_news(kind, "host_model_vendor") &&
            !is_news(kind, "host_model_features"))
                return;

        if (!isempty(model))
                field_format(output, "Host model", "%s%s%s", model, isempty(vendor) ? "" : " of ", vendor);
        else if (kind->like)
                field_text(output, "Host model", STYLE_DIM, "unknown");
        words_field(output, NULL, "with", doc_get(features, "require"));
        words_field(output, NULL, "without", doc_get(features, "disable"));
}

static void max_vcpus_field(const Output *output, Json *hypervisor, const Kind *kind) {
        uint64_t own = doc_number(kind->domain, "max_vcpus"),
                 kernel = doc_number(hypervisor, "kernel_max_vcpus");

        if (!is_news(kind, "max_vcpus"))
                return;

        if (own > 0 && kernel > 0 && streq(doc_text(kind->domain, "virt_type"), "kvm"))
                field_format(output, "Maximum vCPUs", "%" PRIu64 ", of the kernel %" PRIu64, own, kernel);
        else if (own > 0)
                field_format(output, "Maximum vCPUs", "%" PRIu64, own);
        else if (kind->like)
                field_text(output, "Maximum vCPUs", STYLE_DIM, "unknown");
}

/* "q35 (pc-q35-7.2)", or as much as is known of that; "" where there are no machines. */
static int machine_text(Json *domain, char **ret) {
        const char *alias = doc_text(domain, "alias"), *machine = doc_text(domain, "machine");
        bool both = !isempty(alias) && !isempty(machine);

        if (asprintf(ret, "%s%s%s%s", isempty(alias) ? machine : alias, both ? " (" : "",
                     both ? machine : "", both ? ")" : "") < 0)
                return -ENOMEM;

        return 0;
}

static int heading(const Output *output, Json *domain) {
        _cleanup_free_ char *machine = NULL, *title = NULL;
        int r;

        r = machine_text(domain, &machine);
        if (r < 0)
                return r;

        if (asprintf(&title, "%s guests with %s%s%s", doc_text(domain, "arch"),
                     doc_text(domain, "virt_type"), isempty(machine) ? "" : ", machine ", machine) < 0)
                return -ENOMEM;

        fputc('\n', output->file);
        (void) output_text(output, STYLE_BOLD, title);
        fputc('\n', output->file);
        return 0;
}

/* Whether any member is another than in LIKE, but for the machine's names. */
static bool differs(const Kind *kind) {
        Json *const both[] = { kind->domain, kind->like };

        FOREACH_ELEMENT(one, both)
                for (Member *m = doc_first(*one); m; m = doc_next(m))
                        if (!streq(doc_key(m), "machine") && !streq(doc_key(m), "alias") &&
                            is_news(kind, doc_key(m)))
                                return true;

        return false;
}

static int rest_line(const Output *output, const Kind *kind) {
        _cleanup_free_ char *machine = NULL, *text = NULL;
        int r;

        if (!kind->like)
                return 0;

        r = machine_text(kind->like, &machine);
        if (r < 0)
                return r;

        if (asprintf(&text, "%s for %s", differs(kind) ? "the rest as" : "as", machine) < 0)
                return -ENOMEM;

        field_text(output, NULL, STYLE_DIM, text);
        return 0;
}

static int show_kind(const Output *output, Json *hypervisor, const Kind *kind) {
        int r;

        r = heading(output, kind->domain);
        if (r < 0)
                return r;

        if (!kind->like)
                blocked_field(output, kind->domain, "virt_type", NULL);
        if (is_news(kind, "emulator"))
                field_text(output, "Emulator", STYLE_PLAIN, doc_text(kind->domain, "emulator"));
        max_vcpus_field(output, hypervisor, kind);
        list_field(output, kind, "Firmware", "firmware");
        lists_field(output, kind, "Loader", "loader");
        list_field(output, kind, "Loaders", "loader_paths");
        list_field(output, kind, "CPU modes", "cpu_modes");
        host_model_fields(output, kind);
        list_field(output, kind, "CPU models", "cpu_models");
        lists_field(output, kind, "Memory backing", "memory_backing");
        section_fields(output, kind, "devices");
        section_fields(output, kind, "features");
        return rest_line(output, kind);
}

/* The first kind with the same architecture and type of virtualization, and another machine. What is in the
 * way of that type is then the same, too. */
static Json *find_like(Json *domains, size_t index) {
        Json *domain = doc_at(domains, index);

        if (isempty(doc_text(domain, "machine")) && isempty(doc_text(domain, "alias")))
                return NULL;

        for (size_t i = 0; i < index; i++) {
                Json *other = doc_at(domains, i);

                if (streq(doc_text(other, "arch"), doc_text(domain, "arch")) &&
                    streq(doc_text(other, "virt_type"), doc_text(domain, "virt_type")) &&
                    json_object_equal(blocked_by(other, "virt_type", NULL),
                                      blocked_by(domain, "virt_type", NULL)) &&
                    !(isempty(doc_text(other, "machine")) && isempty(doc_text(other, "alias"))))
                        return other;
        }

        return NULL;
}

int hypervisor_guests_show(const Output *output, Json *hypervisor) {
        Json *domains = doc_get(hypervisor, "domains");

        for (size_t i = 0; i < doc_size(domains); i++) {
                const Kind kind = { .domain = doc_at(domains, i), .like = find_like(domains, i) };
                int r;

                r = show_kind(output, hypervisor, &kind);
                if (r < 0)
                        return r;
        }

        return 0;
}
