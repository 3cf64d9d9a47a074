/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes nothing for granted: the program has talked to others. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../basic/json.h"
#include "../facts/root.h"
#include "usage.h"

/* A sentence of libvirt's, and a path. */
#define DETAIL_MAX 1024U

/* Yields a member, or NULL where it is null or not there. */
static Json *member(Json *object, const char *key) {
        Json *value = NULL;

        return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

static int read_number(Json *object, const char *key, uint64_t *ret) {
        Json *value = member(object, key);

        if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
                return -EBADMSG;

        *ret = json_object_get_uint64(value);
        return 0;
}

static int read_guests(Json *object, GuestUsage *ret) {
        GuestUsage guests = { .known = true };

        if (!object)
                return 0;
        if (!json_object_is_type(object, json_type_object) ||
            read_number(object, "count", &guests.count) < 0 ||
            read_number(object, "vcpus", &guests.vcpus) < 0 ||
            read_number(object, "memory_bytes", &guests.memory_bytes) < 0)
                return -EBADMSG;

        if (member(object, "huge_page_bytes") &&
            read_number(object, "huge_page_bytes", &guests.huge_page_bytes) < 0)
                return -EBADMSG;

        if (member(object, "resident_bytes")) {
                if (read_number(object, "resident_bytes", &guests.resident_bytes) < 0)
                        return -EBADMSG;
                guests.resident_known = true;
        }

        *ret = guests;
        return 0;
}

/* Yields NULL for null. */
static int read_text(Json *object, const char *key, char **ret) {
        Json *value = member(object, key);
        char *text = NULL;

        if (value && !json_object_is_type(value, json_type_string))
                return -EBADMSG;
        if (value) {
                text = strndup(json_object_get_string(value), DETAIL_MAX);
                if (!text)
                        return -ENOMEM;
                make_printable(text);
                for (char *p = text; *p != '\0'; p++)
                        if (*p == '\n' || *p == '\t')
                                *p = ' ';
        }

        *ret = text;
        return 0;
}

static int read_storage(Json *object, Usage *usage) {
        StorageUsage storage = { .known = true };

        if (!object)
                return 0;
        if (!json_object_is_type(object, json_type_object) ||
            read_number(object, "total_bytes", &storage.total_bytes) < 0 ||
            read_number(object, "available_bytes", &storage.available_bytes) < 0 ||
            storage.available_bytes > storage.total_bytes)
                return -EBADMSG;

        usage->storage = storage;
        return read_text(object, "path", &usage->storage_path);
}

static int read_missing(Json *value, bool *ret) {
        if (value && !json_object_is_type(value, json_type_boolean))
                return -EBADMSG;

        *ret = json_object_get_boolean(value);
        return 0;
}

static int read_all(Json *object, Usage *usage) {
        int r;

        if (!json_object_is_type(object, json_type_object))
                return -EBADMSG;

        r = read_guests(member(object, "guests"), &usage->guests);
        if (r >= 0)
                r = read_storage(member(object, "storage"), usage);
        if (r >= 0)
                r = read_missing(member(object, "storage_missing"), &usage->storage_missing);
        if (r >= 0)
                r = read_text(object, "detail", &usage->detail);
        return r;
}

int usage_parse(const char *text, size_t size, Usage *ret) {
        _cleanup_(json_object_putp) Json *object = NULL;
        Usage usage = {};
        int r;

        if (strlen(text) != size)
                return -EBADMSG;

        object = json_tokener_parse(text);
        r = read_all(object, &usage);
        if (r < 0) {
                usage_done(&usage);
                return r;
        }

        *ret = usage;
        return 0;
}

void usage_done(Usage *usage) {
        free(usage->storage_path);
        free(usage->detail);
        *usage = (Usage){};
}
