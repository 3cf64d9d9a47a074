/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds what virtready-libvirt prints against what virsh prints. */

#include <gio/gio.h>

#include "compare.h"
#include "daemon/basic/cleanup.h"
#include "tests/unit/contains.h"

static Json *ask_virsh(const char *uri) {
        g_autoptr(GSubprocess) process = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *output = NULL;
        Json *document;

        process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, g_getenv("PYTHON"), "-B",
                                   g_getenv("VIRSH_PY"), uri, NULL);
        g_assert_no_error(error);
        g_subprocess_communicate_utf8(process, NULL, NULL, &output, NULL, &error);
        g_assert_no_error(error);
        g_assert_true(g_subprocess_get_successful(process));

        document = json_tokener_parse(output);
        g_assert_nonnull(document);
        return document;
}

/* The frequency of the machine's CPUs may change all the time; that of the test driver's does not. */
static void forget_frequency(Json *document) {
        Json *node = json_object_object_get(document, "node_info"), *mhz;

        g_assert_true(json_object_object_get_ex(node, "mhz", &mhz));
        g_assert_true(json_object_is_type(mhz, json_type_int));
        json_object_object_del(node, "mhz");
}

void assert_like_virsh(const char *uri, Answer *answer) {
        _cleanup_(json_object_putp) Json *expected = ask_virsh(uri);
        g_autoptr(GString) complaints = g_string_new(NULL);

        ask(answer, "describe", uri, NULL);
        if (!g_str_has_prefix(uri, "test:")) {
                forget_frequency(expected);
                forget_frequency(answer->document);
        }

        /* All of it, and nothing else. */
        if (!json_contains(answer->document, expected, complaints) ||
            !json_object_equal(answer->document, expected))
                g_error("virsh says something else:\n%s\n%s\n%s", complaints->str,
                        json_object_to_json_string(expected), answer->text);
}
