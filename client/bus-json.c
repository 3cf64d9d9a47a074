/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads by signature (D-Bus specification, Type System); the bus bounds how deep values nest. */

#include <errno.h>

#include "../daemon/basic/macro.h"
#include "bus-json.h"
#include "json-output.h"

/* A value of any basic type, where sd_bus_message_read_basic() puts it. */
typedef union Basic {
        uint8_t y;
        int b;
        int16_t n;
        uint16_t q;
        int32_t i;
        uint32_t u;
        int64_t x;
        uint64_t t;
        double d;
        const char *s;
} Basic;

static int read_basic(sd_bus_message *message, char type, Json **ret) {
        Basic value;
        Json *json;
        int r;

        if (!strchr("ybnqiuxtdsog", type))
                return -EOPNOTSUPP;

        r = sd_bus_message_read_basic(message, type, &value);
        if (r < 0)
                return r;

        switch (type) {
        case 'b':
                json = json_object_new_boolean(value.b);
                break;
        case 'y':
                json = json_object_new_int64(value.y);
                break;
        case 'n':
                json = json_object_new_int64(value.n);
                break;
        case 'q':
                json = json_object_new_int64(value.q);
                break;
        case 'i':
                json = json_object_new_int64(value.i);
                break;
        case 'u':
                json = json_object_new_int64(value.u);
                break;
        case 'x':
                json = json_object_new_int64(value.x);
                break;
        case 't':
                json = json_object_new_uint64(value.t);
                break;
        case 'd':
                json = json_object_new_double(value.d);
                break;
        default:
                json = json_object_new_string(value.s);
                break;
        }

        if (!json)
                return -ENOMEM;

        *ret = json;
        return 0;
}

static int read_entry(sd_bus_message *message, const char *contents, Json *object) {
        const char *key;
        Json *value;
        int r;

        if (contents[0] != 's')
                return -EOPNOTSUPP;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, contents);
        if (r < 0)
                return r;

        r = sd_bus_message_read_basic(message, 's', &key);
        if (r < 0)
                return r;

        r = bus_json_read(message, &value);
        if (r < 0)
                return r;

        r = json_add(object, key, value);
        if (r < 0)
                return r;

        return sd_bus_message_exit_container(message);
}

static int read_item(sd_bus_message *message, Json *array) {
        Json *value;
        int r;

        r = bus_json_read(message, &value);
        if (r < 0)
                return r;

        if (json_object_array_add(array, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }

        return 0;
}

/* The members of an array, dictionary or structure that has been entered. */
static int read_members(sd_bus_message *message, Json *container) {
        const char *contents;
        char type;
        int r;

        while ((r = sd_bus_message_peek_type(message, &type, &contents)) > 0) {
                if (type == SD_BUS_TYPE_DICT_ENTRY)
                        r = read_entry(message, contents, container);
                else
                        r = read_item(message, container);
                if (r < 0)
                        return r;
        }

        return r;
}

static int read_container(sd_bus_message *message, char type, const char *contents, Json **ret) {
        _cleanup_(json_object_putp) Json *container = NULL;
        bool dictionary = type == SD_BUS_TYPE_ARRAY && contents[0] == SD_BUS_TYPE_DICT_ENTRY_BEGIN;
        int r;

        container = dictionary ? json_object_new_object() : json_object_new_array();
        if (!container)
                return -ENOMEM;

        r = sd_bus_message_enter_container(message, type, contents);
        if (r < 0)
                return r;

        r = read_members(message, container);
        if (r < 0)
                return r;

        r = sd_bus_message_exit_container(message);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(container);
        return 0;
}

int bus_json_read(sd_bus_message *message, Json **ret) {
        _cleanup_(json_object_putp) Json *value = NULL;
        const char *contents;
        char type;
        int r;

        r = sd_bus_message_peek_type(message, &type, &contents);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;

        switch (type) {
        case SD_BUS_TYPE_VARIANT:
                r = sd_bus_message_enter_container(message, type, contents);
                if (r < 0)
                        return r;

                r = bus_json_read(message, &value);
                if (r < 0)
                        return r;

                r = sd_bus_message_exit_container(message);
                if (r < 0)
                        return r;

                *ret = TAKE_PTR(value);
                return 0;
        case SD_BUS_TYPE_ARRAY:
        case SD_BUS_TYPE_STRUCT:
                return read_container(message, type, contents, ret);
        default:
                return read_basic(message, type, ret);
        }
}
