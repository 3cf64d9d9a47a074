/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl hypervisor: what libvirt says of each hypervisor, in a line or in full. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "choose.h"
#include "explain.h"
#include "fields.h"
#include "json-output.h"
#include "node-info.h"
#include "show.h"

/* Columns of the list. */
typedef enum Column {
        COLUMN_ID,
        COLUMN_STATE,
        COLUMN_VERSION,
        _COLUMN_MAX,
} Column;

static CheckState state_of(Json *hypervisor) {
        const char *state = doc_text(hypervisor, "state");

        if (streq(state, "running") || streq(state, "dormant"))
                return CHECK_PASS;

        return isempty(state) || streq(state, "unknown") ? CHECK_UNKNOWN : CHECK_FAIL;
}

static Style style_of(Json *hypervisor) {
        switch (state_of(hypervisor)) {
        case CHECK_PASS:
                return STYLE_GOOD;
        case CHECK_FAIL:
                return STYLE_BAD;
        default:
                return STYLE_WARNING;
        }
}

static ExitStatus status_of(Json *hypervisor) {
        switch (state_of(hypervisor)) {
        case CHECK_PASS:
                return STATUS_READY;
        case CHECK_FAIL:
                return STATUS_NOT_READY;
        default:
                return STATUS_UNKNOWN;
        }
}

/* "QEMU 7.2.22, libvirt 9.0.0"; "-" where neither is known. */
static int version_text(Json *hypervisor, char **ret) {
        const char *type = doc_text_or(hypervisor, "type", "hypervisor"),
                   *version = doc_text(hypervisor, "version"),
                   *daemon = doc_text(hypervisor, "daemon_version");
        bool has_version = !isempty(version), has_daemon = !isempty(daemon);

        if (asprintf(ret, "%s%s%s%s%s%s", has_version ? type : "", has_version ? " " : "", version,
                     has_version && has_daemon ? ", " : "", has_daemon ? "libvirt " : "",
                     has_version || has_daemon ? daemon : "-") < 0)
                return -ENOMEM;

        return 0;
}

static int list_row(const Output *output, const char *id, Json *hypervisor, unsigned widths[_COLUMN_MAX],
                    bool print) {
        _cleanup_free_ char *version = NULL;
        int r;

        r = version_text(hypervisor, &version);
        if (r < 0)
                return r;

        const char *const texts[_COLUMN_MAX] = {
                [COLUMN_ID] = id,
                [COLUMN_STATE] = doc_text_or(hypervisor, "state", "unknown"),
                [COLUMN_VERSION] = version,
        };

        for (Column column = 0; column < _COLUMN_MAX; column++)
                if (output_width(texts[column]) > widths[column])
                        widths[column] = output_width(texts[column]);
        if (!print)
                return 0;

        (void) output_text(output, style_of(hypervisor), output_check_mark(output, state_of(hypervisor)));
        output_blanks(output, 1);
        for (Column column = 0; column < _COLUMN_MAX; column++)
                output_padded(output, column == COLUMN_STATE ? style_of(hypervisor) : STYLE_PLAIN,
                              texts[column], widths[column] + 2);
        (void) output_text(output, STYLE_DIM, doc_text(hypervisor, "uri"));
        fputc('\n', output->file);
        return 0;
}

static int list_all(const Output *output, Json *hypervisors) {
        unsigned widths[_COLUMN_MAX] = {};

        if (!json_object_is_type(hypervisors, json_type_object))
                fputs("This virtreadyd knows nothing of hypervisors.\n", output->file);
        else if (!doc_first(hypervisors))
                fputs("There is no hypervisor that libvirt manages.\n", output->file);

        for (unsigned print = 0; print <= 1; print++)
                for (Member *m = doc_first(hypervisors); m; m = doc_next(m)) {
                        int r;

                        r = list_row(output, doc_key(m), doc_value(m), widths, print);
                        if (r < 0)
                                return r;
                }

        return 0;
}

/* What libvirt declares, and this machine cannot do now. */
static void blocked_field(const Output *output, Json *domain, const char *section, const char *name) {
        char key[128];
        Json *checks;

        (void) snprintf(key, sizeof(key), "%s%s%s", section, isempty(name) ? "" : ".", name ? name : "");
        checks = doc_get(doc_get(domain, "blocked_by"), key);
        if (doc_size(checks) == 0)
                return;

        field_label(output, NULL);
        explain_id_list(output,
                        FIELD_COLUMN + output_text(output, STYLE_WARNING, "not on this machine: see "),
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

/* The devices, or the features, that libvirt says a guest can have. */
static void section_fields(const Output *output, Json *domain, const char *section) {
        for (Member *m = doc_first(doc_get(domain, section)); m; m = doc_next(m)) {
                enumerations_field(output, doc_key(m), doc_value(m));
                blocked_field(output, domain, section, doc_key(m));
        }
}

static void cpu_fields(const Output *output, Json *domain) {
        const char *vendor = doc_text(domain, "host_model_vendor");
        Json *features = doc_get(domain, "host_model_features");

        words_field(output, "CPU modes", NULL, doc_get(domain, "cpu_modes"));
        if (!isempty(doc_text(domain, "host_model")))
                field_format(output, "Host model", "%s%s%s", doc_text(domain, "host_model"),
                             isempty(vendor) ? "" : " of ", vendor);
        words_field(output, NULL, "with", doc_get(features, "require"));
        words_field(output, NULL, "without", doc_get(features, "disable"));
        words_field(output, "CPU models", NULL, doc_get(domain, "cpu_models"));
}

static void max_vcpus_field(const Output *output, Json *hypervisor, Json *domain) {
        uint64_t own = doc_number(domain, "max_vcpus"), kernel = doc_number(hypervisor, "kernel_max_vcpus");

        if (own > 0 && kernel > 0 && streq(doc_text(domain, "virt_type"), "kvm"))
                field_format(output, "Maximum vCPUs", "%" PRIu64 ", of the kernel %" PRIu64, own, kernel);
        else if (own > 0)
                field_format(output, "Maximum vCPUs", "%" PRIu64, own);
}

static int show_domain(const Output *output, Json *hypervisor, Json *domain) {
        const char *alias = doc_text(domain, "alias"), *machine = doc_text(domain, "machine");
        _cleanup_free_ char *title = NULL;

        if (asprintf(&title, "%s guests with %s%s%s%s%s%s", doc_text(domain, "arch"),
                     doc_text(domain, "virt_type"), isempty(alias) && isempty(machine) ? "" : ", machine ",
                     isempty(alias) ? machine : alias, isempty(alias) || isempty(machine) ? "" : " (",
                     isempty(alias) ? "" : machine, isempty(alias) || isempty(machine) ? "" : ")") < 0)
                return -ENOMEM;

        fputc('\n', output->file);
        (void) output_text(output, STYLE_BOLD, title);
        fputc('\n', output->file);
        blocked_field(output, domain, "virt_type", NULL);
        field_text(output, "Emulator", STYLE_PLAIN, doc_text(domain, "emulator"));
        max_vcpus_field(output, hypervisor, domain);
        words_field(output, "Firmware", NULL, doc_get(domain, "firmware"));
        if (doc_first(doc_get(domain, "loader")))
                enumerations_field(output, "Loader", doc_get(domain, "loader"));
        words_field(output, "Loaders", NULL, doc_get(domain, "loader_paths"));
        cpu_fields(output, domain);
        section_fields(output, domain, "devices");
        section_fields(output, domain, "features");
        return 0;
}

static void virt_type_fields(const Output *output, Json *max_vcpus) {
        const char *name = "Maximum vCPUs";

        for (Member *m = doc_first(max_vcpus); m; m = doc_next(m)) {
                field_format(output, name, "%" PRIu64 " with %s", doc_number(max_vcpus, doc_key(m)),
                             doc_key(m));
                name = NULL;
        }
}

static int show_whole(const Output *output, const char *id, Json *hypervisor) {
        _cleanup_free_ char *version = NULL;
        Json *domains = doc_get(hypervisor, "domains");
        int r;

        r = version_text(hypervisor, &version);
        if (r < 0)
                return r;

        (void) output_text(output, STYLE_BOLD, id);
        (void) output_text(output, STYLE_PLAIN, " - ");
        (void) output_text(output, STYLE_PLAIN, doc_text(hypervisor, "uri"));
        fputc('\n', output->file);
        field_text(output, "State", style_of(hypervisor), doc_text_or(hypervisor, "state", "unknown"));
        field_text(output, "Detail", STYLE_PLAIN, doc_text(hypervisor, "detail"));
        field_text(output, "Version", STYLE_PLAIN, version);
        field_text(output, "Library", STYLE_PLAIN, doc_text(hypervisor, "library_version"));
        field_time(output, "Answered", doc_number(hypervisor, "answered_usec"));
        virt_type_fields(output, doc_get(hypervisor, "max_vcpus"));
        node_info_fields(output, doc_get(hypervisor, "node_info"));

        for (size_t i = 0; i < doc_size(domains); i++) {
                r = show_domain(output, hypervisor, doc_at(domains, i));
                if (r < 0)
                        return r;
        }

        return 0;
}

static int show_chosen(const Arguments *arguments, const Output *output, Json *hypervisors) {
        if (arguments->json)
                return json_print_chosen(output->file, hypervisors, arguments->operands,
                                         arguments->n_operands);

        for (size_t i = 0; i < arguments->n_operands; i++) {
                int r;

                if (i > 0)
                        fputc('\n', output->file);
                r = show_whole(output, arguments->operands[i], doc_get(hypervisors, arguments->operands[i]));
                if (r < 0)
                        return r;
        }

        return 0;
}

int hypervisor_show(const Arguments *arguments, const Output *output, Json *document) {
        Json *hypervisors = doc_get(document, "hypervisors");
        ExitStatus status = STATUS_READY;
        int r;

        if (arguments->n_operands == 0) {
                r = arguments->json ? json_print_all(output->file, hypervisors)
                                    : list_all(output, hypervisors);
                return r < 0 ? r : (int) STATUS_READY;
        }

        for (size_t i = 0; i < arguments->n_operands; i++) {
                Json *hypervisor = doc_get(hypervisors, arguments->operands[i]);

                if (!hypervisor) {
                        complain_about_id("hypervisor", arguments->operands[i], hypervisors,
                                          "'virtreadyctl hypervisor' lists all hypervisors.");
                        return STATUS_USAGE;
                }
                status = worse_exit_status(status, status_of(hypervisor));
        }

        r = show_chosen(arguments, output, hypervisors);
        return r < 0 ? r : (int) status;
}
