/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes texts of others harmless. */

#include <errno.h>

#include "../basic/macro.h"
#include "../basic/utf8.h"
#include "text.h"

#define MORE "..."

/* ASCII alone: the control characters beyond it are no blanks. */
static bool is_blank(char c) {
        return (c > 0 && c <= ' ') || c == 0x7f;
}

/* Appends the character at P, of N bytes, to what has SIZE bytes. Returns how many those are then. */
static size_t append(char *line, size_t size, const char *p, size_t n, bool showable) {
        if (!showable) {
                line[size] = '?';
                return size + 1;
        }

        memcpy(line + size, p, n);
        return size + n;
}

char *text_line(const char *text, size_t max) {
        size_t size = 0, room = 0, n;
        bool showable;
        char *line;

        /* Nothing becomes longer than it was. */
        line = malloc(strlen(text) + 1);
        if (!line)
                return NULL;

        for (const char *p = text; *p; p += n) {
                n = utf8_next(p, &showable);
                if (!is_blank(*p))
                        size = append(line, size, p, n, showable);
                else if (size > 0 && line[size - 1] != ' ')
                        line[size++] = ' ';
                if (size + strlen(MORE) <= max)
                        room = size;
        }

        if (size > 0 && line[size - 1] == ' ')
                size--;
        if (size > max) {
                memcpy(line + room, MORE, strlen(MORE));
                size = room + strlen(MORE);
        }
        line[size] = '\0';
        return line;
}

int text_new_value(const char *text, Json **ret) {
        _cleanup_free_ char *line = NULL;
        Json *value;

        if (strlen(text) > TEXT_VALUE_MAX)
                return -E2BIG;

        line = text_line(text, TEXT_VALUE_MAX);
        if (!line)
                return -ENOMEM;

        value = json_object_new_string(line);
        if (!value)
                return -ENOMEM;

        *ret = value;
        return 0;
}

int text_add(Json *object, const char *key, const char *text) {
        Json *value;
        int r;

        if (!text)
                return json_add_string(object, key, NULL);

        r = text_new_value(text, &value);
        return r < 0 ? r : json_add(object, key, value);
}

int text_append(Json *array, const char *text) {
        Json *value;
        int r;

        r = text_new_value(text, &value);
        return r < 0 ? r : json_append(array, value);
}

bool text_parse_number(const char *text, uint64_t *ret) {
        uint64_t value = 0;

        if (isempty(text))
                return false;

        for (const char *p = text; *p; p++)
                if (*p < '0' || *p > '9' || __builtin_mul_overflow(value, 10U, &value) ||
                    __builtin_add_overflow(value, (uint64_t) (*p - '0'), &value))
                        return false;

        *ret = value;
        return true;
}
