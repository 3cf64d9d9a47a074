/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The entries of the dictionaries, a{sv}, that EstimateCapacity answers with. All return a negative errno on
 * failure. */
#pragma once

#include <systemd/sd-bus.h>

#include "../daemon/capacity/capacity.h"

/* Opens the entry KEY, whose value has SIGNATURE, and closes it. */
int dictionary_open(sd_bus_message *reply, const char *key, const char *signature);
int dictionary_close(sd_bus_message *reply);

/* The same, and opens and closes the array that the value is, such as "a{sv}". */
int dictionary_open_array(sd_bus_message *reply, const char *key, const char *signature);
int dictionary_close_array(sd_bus_message *reply);

typedef struct DictionaryNumber {
        const char *key;
        uint64_t value;
} DictionaryNumber;

/* Append an entry, or some. Without a text, and where the amount is not known, there is none. */
int dictionary_append_number(sd_bus_message *reply, const char *key, uint64_t value);
int dictionary_append_numbers(sd_bus_message *reply, const DictionaryNumber *numbers, size_t n);
int dictionary_append_flag(sd_bus_message *reply, const char *key, bool value);
int dictionary_append_text(sd_bus_message *reply, const char *key, const char *value);
int dictionary_append_amount(sd_bus_message *reply, const char *key, Amount amount);
int dictionary_append_names(sd_bus_message *reply, const char *key, const char *const *names);
