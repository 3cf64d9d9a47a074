/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings: arguments, and the sentences they complete. */

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../basic/macro.h"
#include "../modprobe/protocol.h"
#include "check.h"

static const char *const check_state_table[_CHECK_STATE_MAX] = {
        [CHECK_UNKNOWN] = "unknown",
        [CHECK_PASS] = "pass",
        [CHECK_FAIL] = "fail",
        [CHECK_BLOCKED] = "blocked",
        [CHECK_NOT_APPLICABLE] = "not-applicable",
};
DEFINE_STRING_TABLE(check_state, CheckState);

static const char *const evidence_table[_EVIDENCE_MAX] = {
        [EVIDENCE_INFERRED] = "inferred",
        [EVIDENCE_OBSERVED] = "observed",
        [EVIDENCE_PROBED] = "probed",
};
DEFINE_STRING_TABLE(evidence, Evidence);

static const char *const remedy_kind_table[_REMEDY_KIND_MAX] = {
        [REMEDY_NONE] = "none",
        [REMEDY_ADD_TO_GROUP] = "add-to-group",
        [REMEDY_BOOT_KERNEL] = "boot-kernel",
        [REMEDY_CONFIGURATION_FILE] = "configuration-file",
        [REMEDY_CONTAINER_MANAGER] = "container-manager",
        [REMEDY_ENABLE_UNIT] = "enable-unit",
        [REMEDY_FIRMWARE_SETTING] = "firmware-setting",
        [REMEDY_INSTALL_PACKAGE] = "install-package",
        [REMEDY_INSTALL_PROGRAM] = "install-program",
        [REMEDY_KERNEL_PARAMETER] = "kernel-parameter",
        [REMEDY_LOAD_MODULE] = "load-module",
        [REMEDY_LOG_IN_AGAIN] = "log-in-again",
        [REMEDY_MOUNT] = "mount",
        [REMEDY_OUTER_HOST] = "outer-host",
        [REMEDY_READ_LOG] = "read-log",
        [REMEDY_READ_UNIT_LOG] = "read-unit-log",
        [REMEDY_SET_PERMISSIONS] = "set-permissions",
        [REMEDY_START_UNIT] = "start-unit",
        [REMEDY_STOP_CONFLICT] = "stop-conflict",
        [REMEDY_SYSCTL] = "sysctl",
        [REMEDY_UNMASK_UNIT] = "unmask-unit",
};
DEFINE_STRING_TABLE(remedy_kind, RemedyKind);

Finding finding_begin(const Facts *facts) {
        return (Finding){
                .evidence = facts->live ? EVIDENCE_OBSERVED : EVIDENCE_INFERRED,
                .live = facts->live,
        };
}

/* Takes VALUE over. */
static void add_taken(Finding *finding, const char *name, char *value) {
        assert(finding->n_arguments < FINDING_ARGUMENTS_MAX);

        if (!value) {
                finding->out_of_memory = true;
                return;
        }

        finding->arguments[finding->n_arguments++] = (Argument){ .name = name, .value = value };
}

void finding_add(Finding *finding, const char *name, const char *value) {
        add_taken(finding, name, strdup(value ? value : "unknown"));
}

void finding_add_format(Finding *finding, const char *name, const char *format, ...) {
        char *text;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        add_taken(finding, name, r < 0 ? NULL : text);
}

void finding_add_unsigned(Finding *finding, const char *name, unsigned value) {
        finding_add_format(finding, name, "%u", value);
}

void finding_add_error(Finding *finding, const char *name, int error) {
        const char *error_name = strerrorname_np(abs(error));
        char *text;
        int r;

        /* The kernel has errors of its own, which no library names (include/linux/errno.h). */
        if (error_name)
                r = asprintf(&text, "%s (%s)", strerrordesc_np(abs(error)), error_name);
        else
                r = asprintf(&text, "error %i", abs(error));

        add_taken(finding, name, r < 0 ? NULL : text);
}

void finding_done(Finding *finding) {
        for (size_t i = 0; i < finding->n_arguments; i++)
                free(finding->arguments[i].value);
        *finding = (Finding){};
}

bool finding_arguments_equal(const Finding *a, const Finding *b) {
        if (a->n_arguments != b->n_arguments)
                return false;

        for (size_t i = 0; i < a->n_arguments; i++)
                if (!streq(a->arguments[i].name, b->arguments[i].name) ||
                    !streq(a->arguments[i].value, b->arguments[i].value))
                        return false;

        return true;
}

bool finding_equal(const Finding *a, const Finding *b) {
        return a->reason == b->reason && a->evidence == b->evidence && finding_arguments_equal(a, b);
}

static const char *find_argument(const Finding *finding, const char *name, size_t length) {
        FOREACH_ARRAY(argument, finding->arguments, finding->n_arguments)
                if (strlen(argument->name) == length && memcmp(argument->name, name, length) == 0)
                        return argument->value;

        return NULL;
}

/* LENGTH bytes of a template, without brackets. */
static bool knows_part(const Finding *finding, const char *part, size_t length) {
        const char *end = part + length;

        for (const char *p = part; (p = memchr(p, '{', (size_t) (end - p))); p++)
                if (!find_argument(finding, p + 1, strcspn(p + 1, "}")))
                        return false;

        return true;
}

bool finding_knows(const Finding *finding, const char *template) {
        for (const char *p = template; *p != '\0';) {
                size_t length = strcspn(p, "[");

                if (!knows_part(finding, p, length))
                        return false;
                p += length;
                p += strcspn(p, "]");
        }

        return true;
}

/* "{name}", and nothing else. */
static bool is_argument(const char *template) {
        return template[0] == '{' && streq(template + strcspn(template, "}"), "}");
}

/* Elsewhere there need not be a virtreadyd. */
static bool can_be_asked_for(const Finding *finding, const Remedy *remedy) {
        const char *module = find_argument(finding, "module", strlen("module"));

        return remedy->service_command && finding->live && module && modprobe_allowed(module);
}

const char *finding_command(const Finding *finding, const Remedy *remedy) {
        const char *command = remedy->command;

        if (can_be_asked_for(finding, remedy))
                return remedy->service_command;

        return command && (!is_argument(command) || finding_knows(finding, command)) ? command : "";
}

bool finding_needs_root(const Finding *finding, const Remedy *remedy) {
        return remedy->privileged && !can_be_asked_for(finding, remedy);
}

/* LENGTH bytes of a template, without brackets. */
static void expand_part(const Finding *finding, const char *part, size_t length, FILE *f) {
        const char *end = part + length;

        for (const char *p = part; p < end;) {
                const char *brace = memchr(p, '{', (size_t) (end - p)), *value;
                size_t literal = (size_t) ((brace ? brace : end) - p), name_length;

                fwrite(p, 1, literal, f);
                p += literal;
                if (p == end)
                        break;

                name_length = strcspn(p + 1, "}");
                value = find_argument(finding, p + 1, name_length);
                fputs(value ? value : "?", f);
                p += 1 + name_length + (p[1 + name_length] == '}' ? 1 : 0);
        }
}

int finding_expand(const Finding *finding, const char *template, char **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;

        for (const char *p = template; *p != '\0';) {
                size_t length = strcspn(p, "[");

                expand_part(finding, p, length, f);
                p += length;
                if (*p == '\0')
                        break;

                length = strcspn(++p, "]");
                if (knows_part(finding, p, length))
                        expand_part(finding, p, length, f);
                p += length + (p[length] == ']' ? 1 : 0);
        }

        if (fclose(f) != 0)
                return -ENOMEM;

        *ret = TAKE_PTR(text);
        return 0;
}
