/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What counts as an answer of virtready-libvirt, and what does not. */

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "daemon/basic/cleanup.h"
#include "daemon/libvirt-answer.h"

static int parse(const char *text, Json **ret) {
        return libvirt_answer_parse(text, strlen(text), ret);
}

static void assert_answer(const char *text) {
        _cleanup_(json_object_putp) Json *answer = NULL;

        if (parse(text, &answer) != 0)
                g_error("This is an answer: %s", text);
}

static void assert_nonsense(const char *text) {
        Json *answer = NULL;

        if (parse(text, &answer) != -EBADMSG || answer)
                g_error("This is no answer: %.200s", text);
}

/* A domain with one member more. */
static char *with_domain(const char *member) {
        return g_strdup_printf(
                "{\"state\":\"running\",\"domains\":[{\"arch\":\"x86_64\",\"virt_type\":\"kvm\"%s%s}]}",
                isempty(member) ? "" : ",", member);
}

static void test_answers(void) {
        static const char *const answers[] = {
                "{\"state\":\"running\"}",
                "{\"state\":\"stopped\",\"detail\":\"No such file or directory\"}",
                "{\"state\":\"not-installed\",\"library_version\":\"9.0.0\",\"domains\":[]}",
                "{\"state\":\"unreachable\",\"detail\":null,\"node_info\":null,\"domains\":null}",
                "  {\"state\":\"denied\"}\n",
                "{\"state\":\"running\",\"detail\":\"Verbindung verweigert \xc3\xbc\xf0\x9f\x98\x80\"}",
                "{\"state\":\"running\",\"max_vcpus\":{\"kvm\":4294967295,\"qemu\":0}}",
                "{\"state\":\"running\",\"node_info\":{\"memory_kib\":18446744073709551615,\"cpus\":1}}",
                "{\"state\":\"running\",\"node_info\":{}}",
        };
        static const char *const members[] = {
                "",
                "\"machine\":null",
                "\"max_vcpus\":288,\"firmware\":[],\"loader\":{\"type\":[\"rom\"]}",
                "\"memory_backing\":{\"sourceType\":[\"file\",\"memfd\"]}",
                "\"memory_backing\":null",
                "\"devices\":{\"disk\":{\"bus\":[\"virtio\"]},\"video\":{}},\"features\":{}",
                "\"blocked_by\":{\"virt_type\":[\"the helper knows nothing of this\"]}",
        };

        FOREACH_ELEMENT(answer, answers)
                assert_answer(*answer);
        FOREACH_ELEMENT(member, members) {
                g_autofree char *answer = with_domain(*member);

                assert_answer(answer);
        }
}

static void test_nonsense(void) {
        static const char *const answers[] = {
                "",
                "\n",
                "null",
                "[]",
                "\"running\"",
                "{}",
                "{\"state\":null}",
                "{\"state\":1}",
                "{\"state\":\"dormant\"}",
                "{\"state\":\"Running\"}",
                "{\"state\":\"running\"",
                "{\"state\":\"running\"} x",
                "{\"state\":\"running\"}{\"state\":\"running\"}",
                "{'state':'running'}",
                "{\"state\":\"running\",}",
                "{\"state\":\"running\",\"more\":1}",
                "{\"state\":\"running\",\"detail\":7}",
                "{\"state\":\"running\",\"detail\":\"a\\u0000b\"}",
                "{\"state\":\"running\",\"detail\":\"two\\nlines\"}",
                "{\"state\":\"running\",\"node_info\":[]}",
                "{\"state\":\"running\",\"node_info\":{\"cpus\":\"4\"}}",
                "{\"state\":\"running\",\"node_info\":{\"cpus\":-1}}",
                "{\"state\":\"running\",\"node_info\":{\"cpus\":4294967296}}",
                "{\"state\":\"running\",\"node_info\":{\"cpus\":1.5}}",
                "{\"state\":\"running\",\"node_info\":{\"cores\":1,\"gpus\":1}}",
                "{\"state\":\"running\",\"max_vcpus\":{\"kvm\":null}}",
                "{\"state\":\"running\",\"max_vcpus\":{\"k\\nvm\":1}}",
                "{\"state\":\"running\",\"max_vcpus\":{\"kvm\":[1]}}",
                "{\"state\":\"running\",\"domains\":{}}",
                "{\"state\":\"running\",\"domains\":[null]}",
                "{\"state\":\"running\",\"domains\":[[]]}",
                "{\"state\":\"running\",\"domains\":[{\"arch\":\"x86_64\"}]}",
                "{\"state\":\"running\",\"domains\":[{\"arch\":null,\"virt_type\":\"kvm\"}]}",
        };
        static const char *const members[] = {
                "\"colour\":\"red\"",
                "\"firmware\":\"efi\"",
                "\"firmware\":[null]",
                "\"firmware\":[[\"efi\"]]",
                "\"loader\":[]",
                "\"loader\":{\"type\":null}",
                "\"loader\":{\"type\":{\"rom\":1}}",
                "\"memory_backing\":[\"memfd\"]",
                "\"memory_backing\":{\"sourceType\":\"memfd\"}",
                "\"devices\":{\"disk\":[\"virtio\"]}",
                "\"devices\":{\"disk\":{\"bus\":\"virtio\"}}",
                "\"devices\":{\"disk\":{\"bus\":[1]}}",
                "\"max_vcpus\":true",
        };

        FOREACH_ELEMENT(answer, answers)
                assert_nonsense(*answer);
        FOREACH_ELEMENT(member, members) {
                g_autofree char *answer = with_domain(*member);

                assert_nonsense(answer);
        }
}

/* Text that could not be shown, or that a bus would not carry. */
static void test_odd_text(void) {
        static const char *const answers[] = {
                "{\"state\":\"running\",\"detail\":\"\\u001b[31m\"}",
                "{\"state\":\"running\",\"detail\":\"\\u009b31m\"}",
                "{\"state\":\"running\",\"detail\":\"\xff\xfe\"}",
                "{\"state\":\"running\",\"detail\":\"\xed\xa0\x80\"}",
                "{\"state\":\"running\",\"detail\":\"\xc0\x80\"}",
                "{\"state\":\"running\",\"detail\":\"\xf5\x80\x80\x80\"}",
                "{\"state\":\"running\",\"detail\":\"\xe2\x80\xae\"}",
                "{\"state\":\"running\",\"detail\":\"\\uffff\"}",
                "{\"state\":\"running\",\"detail\":\"\xef\xb7\x90\"}",
                "{\"state\":\"running\",\"max_vcpus\":{\"\xed\xa0\x80\":1}}",
        };

        FOREACH_ELEMENT(answer, answers)
                assert_nonsense(*answer);
}

/* What is too long, too deep or too much takes no more memory than there is. */
static void test_bounds(void) {
        g_autofree char *longest = g_strnfill(LIBVIRT_ANSWER_TEXT_MAX, 'x'),
                        *answer = g_strdup_printf("{\"state\":\"running\",\"detail\":\"%s\"}", longest),
                        *longer = g_strdup_printf("{\"state\":\"running\",\"detail\":\"%sx\"}", longest),
                        *deep = g_strnfill(100000, '['), *blanks = g_strnfill(LIBVIRT_ANSWER_SIZE_MAX, ' ');
        g_autofree char *large = g_strconcat("{\"state\":\"running\"}", blanks, NULL);

        assert_answer(answer);
        assert_nonsense(longer);
        assert_nonsense(deep);
        assert_nonsense(large);
}

/* A domain with N empty objects among its devices, or N empty CPU models. */
static char *with_many(bool objects, guint n) {
        GString *text = g_string_new(
                "{\"state\":\"running\",\"domains\":[{\"arch\":\"x86_64\",\"virt_type\":\"kvm\",");

        g_string_append(text, objects ? "\"devices\":{" : "\"cpu_models\":[");
        for (guint i = 0; i < n; i++) {
                g_string_append(text, i > 0 ? "," : "");
                if (objects)
                        g_string_append_printf(text, "\"%u\":{}", i);
                else
                        g_string_append(text, "\"\"");
        }
        g_string_append(text, objects ? "}}]}" : "]}]}");
        g_assert_cmpuint(text->len, <, LIBVIRT_ANSWER_SIZE_MAX);
        return g_string_free(text, FALSE);
}

static void assert_at_most(bool objects, guint n) {
        g_autofree char *most = with_many(objects, n), *more = with_many(objects, n + 1);

        assert_answer(most);
        assert_nonsense(more);
}

/* However short they are, they take memory. Four arrays and objects are around them, and two more commas
 * than there are of them. */
static void test_many(void) {
        assert_at_most(true, LIBVIRT_ANSWER_CONTAINERS_MAX - 4);
        assert_at_most(false, LIBVIRT_ANSWER_VALUES_MAX - 4 - 2);
}

static void test_accessors(void) {
        _cleanup_(json_object_putp) Json *answer = NULL, *made_up = NULL;

        g_assert_cmpint(parse("{\"state\":\"denied\",\"detail\":null,\"type\":\"QEMU\"}", &answer), ==, 0);
        g_assert_cmpint(libvirt_answer_state(answer), ==, HYPERVISOR_DENIED);
        g_assert_null(libvirt_answer_get(answer, "detail"));
        g_assert_null(libvirt_answer_get(answer, "version"));
        g_assert_cmpstr(json_object_get_string(libvirt_answer_get(answer, "type")), ==, "QEMU");

        g_assert_cmpint(libvirt_answer_new_unreachable("It hangs.", &made_up), ==, 0);
        g_assert_cmpint(libvirt_answer_state(made_up), ==, HYPERVISOR_UNREACHABLE);
        g_assert_cmpstr(json_object_get_string(libvirt_answer_get(made_up, "detail")), ==, "It hangs.");
        g_assert_cmpint(libvirt_answer_state(NULL), ==, HYPERVISOR_UNKNOWN);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/libvirt-answer/answers", test_answers);
        g_test_add_func("/libvirt-answer/nonsense", test_nonsense);
        g_test_add_func("/libvirt-answer/odd-text", test_odd_text);
        g_test_add_func("/libvirt-answer/bounds", test_bounds);
        g_test_add_func("/libvirt-answer/many", test_many);
        g_test_add_func("/libvirt-answer/accessors", test_accessors);
        return g_test_run();
}
