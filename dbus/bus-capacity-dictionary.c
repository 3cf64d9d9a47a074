/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Appends entries to a dictionary. */

#include "bus-capacity-dictionary.h"
#include "bus-append.h"

int dictionary_open(sd_bus_message *reply, const char *key, const char *signature) {
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "sv");
        if (r < 0)
                return r;

        r = sd_bus_message_append(reply, "s", key);
        if (r < 0)
                return r;

        return sd_bus_message_open_container(reply, SD_BUS_TYPE_VARIANT, signature);
}

int dictionary_close(sd_bus_message *reply) {
        int r;

        r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;

        return sd_bus_message_close_container(reply);
}

int dictionary_open_array(sd_bus_message *reply, const char *key, const char *signature) {
        int r;

        r = dictionary_open(reply, key, signature);
        if (r < 0)
                return r;

        /* What follows the "a". */
        return sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, signature + 1);
}

int dictionary_close_array(sd_bus_message *reply) {
        int r;

        r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;

        return dictionary_close(reply);
}

int dictionary_append_number(sd_bus_message *reply, const char *key, uint64_t value) {
        return sd_bus_message_append(reply, "{sv}", key, "t", value);
}

int dictionary_append_numbers(sd_bus_message *reply, const DictionaryNumber *numbers, size_t n) {
        FOREACH_ARRAY(number, numbers, n) {
                int r;

                r = dictionary_append_number(reply, number->key, number->value);
                if (r < 0)
                        return r;
        }

        return 0;
}

int dictionary_append_flag(sd_bus_message *reply, const char *key, bool value) {
        return sd_bus_message_append(reply, "{sv}", key, "b", (int) value);
}

int dictionary_append_text(sd_bus_message *reply, const char *key, const char *value) {
        return value ? sd_bus_message_append(reply, "{sv}", key, "s", value) : 0;
}

int dictionary_append_amount(sd_bus_message *reply, const char *key, Amount amount) {
        return amount.known ? dictionary_append_number(reply, key, amount.value) : 0;
}

int dictionary_append_names(sd_bus_message *reply, const char *key, const char *const *names) {
        int r;

        r = dictionary_open(reply, key, "as");
        if (r < 0)
                return r;

        r = bus_append_ids(reply, names);
        if (r < 0)
                return r;

        return dictionary_close(reply);
}
