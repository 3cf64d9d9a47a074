/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes calls of polkit's methods (polkit's reference manual, "org.freedesktop.PolicyKit1.Authority"). */

#include "polkit-question.h"

#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/cleanup.h"

#define ALLOW_USER_INTERACTION 1U

#define ID_SIZE sizeof("18446744073709551615")

static int new_call(sd_bus *bus, const char *method, sd_bus_message **ret) {
        return sd_bus_message_new_method_call(bus, ret, "org.freedesktop.PolicyKit1",
                                              "/org/freedesktop/PolicyKit1/Authority",
                                              "org.freedesktop.PolicyKit1.Authority", method);
}

static int append_details(sd_bus_message *message, const char *const *details) {
        int r;

        r = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "{ss}");
        if (r < 0)
                return r;

        for (; details[0]; details += 2) {
                r = sd_bus_message_append(message, "{ss}", details[0], details[1]);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(message);
}

int polkit_question_new(sd_bus *bus, const char *subject, const char *action, const char *const *details,
                        bool interactive, uint64_t id, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        char id_text[ID_SIZE];
        int r;

        r = new_call(bus, "CheckAuthorization", &message);
        if (r < 0)
                return r;

        r = sd_bus_message_append(message, "(sa{sv})s", "system-bus-name", 1, "name", "s", subject, action);
        if (r < 0)
                return r;

        r = append_details(message, details);
        if (r < 0)
                return r;

        (void) snprintf(id_text, sizeof(id_text), "%" PRIu64, id);
        r = sd_bus_message_append(message, "us", interactive ? ALLOW_USER_INTERACTION : 0U, id_text);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(message);
        return 0;
}

int polkit_question_withdraw(sd_bus *bus, uint64_t id) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        char id_text[ID_SIZE];
        int r;

        r = new_call(bus, "CancelCheckAuthorization", &message);
        if (r < 0)
                return r;

        (void) snprintf(id_text, sizeof(id_text), "%" PRIu64, id);
        r = sd_bus_message_append(message, "s", id_text);
        if (r < 0)
                return r;

        r = sd_bus_message_set_expect_reply(message, 0);
        if (r < 0)
                return r;

        r = sd_bus_message_set_auto_start(message, 0);
        if (r < 0)
                return r;

        return sd_bus_send(bus, message, NULL);
}
