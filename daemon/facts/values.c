/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads single values. */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "values.h"

/* Longer than any number, and short enough to be read from thousands of files. */
#define NUMBER_MAX 64U

static _printf_(2, 0) int make_path(char **ret, const char *format, va_list arguments) {
        if (vasprintf(ret, format, arguments) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }

        return 0;
}

static _printf_(3, 0) int read_line_v(const Root *root, char **ret, const char *format, va_list arguments) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = make_path(&path, format, arguments);
        return r < 0 ? r : root_read_line(root, path, ret);
}

int read_line_at(const Root *root, char **ret, const char *format, ...) {
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = read_line_v(root, ret, format, arguments);
        va_end(arguments);

        return r;
}

int read_number_at(const Root *root, int64_t *ret, const char *format, ...) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        va_list arguments;
        int64_t value;
        char *end;
        int r;

        va_start(arguments, format);
        r = make_path(&path, format, arguments);
        va_end(arguments);
        if (r >= 0)
                r = root_read(root, path, NUMBER_MAX, &text);
        if (r < 0)
                return r;

        text[strcspn(text, "\n")] = '\0';

        errno = 0;
        value = strtoll(text, &end, 10);
        if (errno != 0)
                return -errno;
        if (end == text || *end != '\0')
                return -EINVAL;

        *ret = value;
        return 0;
}

int read_switch_at(const Root *root, const char *format, ...) {
        _cleanup_free_ char *line = NULL;
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = read_line_v(root, &line, format, arguments);
        va_end(arguments);
        if (r < 0)
                return r;

        if (streq(line, "Y") || streq(line, "1"))
                return 1;

        return streq(line, "N") || streq(line, "0") ? 0 : -EINVAL;
}

int read_cpu_list_at(const Root *root, CpuSet *ret, const char *format, ...) {
        _cleanup_free_ char *line = NULL;
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = read_line_v(root, &line, format, arguments);
        va_end(arguments);

        return r < 0 ? r : cpu_set_parse_list(line, ret);
}

int read_cpu_mask_at(const Root *root, CpuSet *ret, const char *format, ...) {
        _cleanup_free_ char *line = NULL;
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = read_line_v(root, &line, format, arguments);
        va_end(arguments);

        return r < 0 ? r : cpu_set_parse_mask(line, ret);
}

int list_numbered(const Root *root, const char *directory, const char *prefix, CpuSet *ret) {
        _cleanup_(cpu_set_done) CpuSet set = {};
        _cleanup_(closedirp) DIR *d = NULL;
        struct dirent *entry;
        int r;

        r = root_opendir(root, directory, &d);
        if (r < 0)
                return r;

        while ((entry = root_readdir(root, d))) {
                const char *digits = startswith(entry->d_name, prefix), *rest;
                uint64_t number;

                if (!digits || parse_unsigned(digits, &number, &rest) < 0 || *rest != '\0' ||
                    number >= CPU_SET_MAX)
                        continue;

                r = cpu_set_add(&set, (unsigned) number);
                if (r < 0)
                        return r;
        }
        if (root_is_exhausted(root))
                return -EDQUOT;

        *ret = set;
        set = (CpuSet){};
        return 0;
}

int parse_unsigned(const char *text, uint64_t *ret, const char **ret_rest) {
        uint64_t value;
        char *end;

        if (!isdigit((unsigned char) text[0]))
                return -EINVAL;

        errno = 0;
        value = strtoull(text, &end, 10);
        if (errno == ERANGE)
                return -ERANGE;

        *ret = value;
        *ret_rest = end;
        return 0;
}
