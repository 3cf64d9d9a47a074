/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which characters may be shown, for each that there is. */

#include <glib.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "daemon/basic/cleanup.h"
#include "daemon/basic/utf8.h"

#define CODE_MAX 0x10ffff
#define BLOCK 0x100

/* As the text alone. */
static gboolean may_be_shown(guint32 code, char text[static 7]) {
        size_t size = (size_t) g_unichar_to_utf8(code, text);
        bool showable;

        text[size] = '\0';
        g_assert_cmpuint(utf8_next(text, &showable), ==, size);
        return showable;
}

/* A message needs a bus, over which it is never sent. */
static sd_bus_message *new_message(sd_bus **ret_bus) {
        sd_bus_message *message;
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        g_assert_cmpint(sd_bus_new(ret_bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(*ret_bus, fds[0], fds[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(*ret_bus), >=, 0);
        g_assert_cmpint(sd_bus_message_new_signal(*ret_bus, &message, "/a", "a.a", "A"), >=, 0);
        close(fds[1]);
        return message;
}

/* Those of a block that may be shown. */
static char *shown_of(guint32 first) {
        GString *shown = g_string_new(NULL);
        char text[7];

        for (guint32 code = MAX(first, 1); code < first + BLOCK; code++)
                if (may_be_shown(code, text))
                        g_string_append(shown, text);

        return g_string_free(shown, FALSE);
}

static void test_a_bus_carries_them(void) {
        _cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = new_message(&bus);

        for (guint32 first = 0; first <= CODE_MAX; first += BLOCK) {
                g_autofree char *shown = shown_of(first);

                if (sd_bus_message_append(message, "s", shown) < 0)
                        g_error("From U+%04X on, one of %u may be shown, but a bus does not carry it.",
                                first, BLOCK);
        }
}

/* Letters, signs and what is assigned to nothing yet; of the others a terminal or the bus makes trouble. */
static void test_what_is_shown(void) {
        char text[7];

        for (guint32 code = 0x20; code <= CODE_MAX; code++) {
                GUnicodeType type = g_unichar_type(code);

                if (type == G_UNICODE_CONTROL || type == G_UNICODE_SURROGATE)
                        g_assert_false(may_be_shown(code, text));
                else if (g_unichar_isgraph(code) && !may_be_shown(code, text))
                        g_error("U+%04X may not be shown.", code);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/utf8/a-bus-carries-them", test_a_bus_carries_them);
        g_test_add_func("/utf8/what-is-shown", test_what_is_shown);
        return g_test_run();
}
