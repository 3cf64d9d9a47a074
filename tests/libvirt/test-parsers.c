/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the readers of libvirt's XML make of documents, and which ones they refuse. */

#include <errno.h>
#include <glib.h>

#include "daemon/libvirt/capabilities.h"
#include "daemon/libvirt/domain-capabilities.h"
#include "daemon/libvirt/text.h"
#include "daemon/libvirt/xml.h"
#include "tests/unit/contains.h"

#define HOST "<capabilities><host><cpu><arch>a</arch></cpu></host>"

static char *read_file(const char *name, const char *suffix) {
        g_autofree char *path = g_strconcat(g_getenv("XML_DIRECTORY"), "/", name, suffix, NULL);
        g_autoptr(GError) error = NULL;
        char *text;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

/* Each FILE.xml has a FILE.json with what must be made of it; of a domain with all that counts there. */
static void test_file(gconstpointer data) {
        const char *name = data;
        g_autofree char *xml = read_file(name, ".xml"), *json = read_file(name, ".json");
        _cleanup_(json_object_putp) Json *expected = json_tokener_parse(json), *found = NULL;
        g_autoptr(GString) complaints = g_string_new(NULL);

        g_assert_nonnull(expected);
        if (g_str_has_prefix(name, "capabilities"))
                g_assert_cmpint(capabilities_parse(xml, &found), ==, 0);
        else {
                found = json_object_new_object();
                g_assert_cmpint(domain_capabilities_parse(xml, found), ==, 0);
        }

        if (!json_contains(found, expected, complaints))
                g_error("%s:\n%s", name, complaints->str);
}

/* These are all that is supported, and nothing else. */
static void test_members(gconstpointer data) {
        static const char *const members[] = { "loader", "memory_backing", "devices", "features" };
        g_autofree char *xml = read_file(data, ".xml"), *json = read_file(data, ".json");
        _cleanup_(json_object_putp) Json *expected = json_tokener_parse(json),
                                         *found = json_object_new_object();

        g_assert_cmpint(domain_capabilities_parse(xml, found), ==, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
                Json *member = NULL;

                g_test_message("%s", members[i]);
                g_assert_true(json_object_object_get_ex(found, members[i], &member));
                g_assert_true(json_object_equal(member, json_object_object_get(expected, members[i])));
        }
}

/* What the host's capabilities had told stays where those of the domain are silent. */
static void test_domain_keeps(void) {
        _cleanup_(json_object_putp) Json *domain = json_tokener_parse(
                "{\"arch\":\"a\",\"machine\":\"m\",\"alias\":\"x\",\"max_vcpus\":7,\"emulator\":\"/e\"}");
        static const char xml[] = "<domainCapabilities><path>/f</path><arch>b</arch></domainCapabilities>";

        g_assert_cmpint(domain_capabilities_parse(xml, domain), ==, 0);
        g_assert_cmpstr(json_object_get_string(json_object_object_get(domain, "arch")), ==, "b");
        g_assert_cmpstr(json_object_get_string(json_object_object_get(domain, "emulator")), ==, "/f");
        g_assert_cmpstr(json_object_get_string(json_object_object_get(domain, "machine")), ==, "m");
        g_assert_cmpstr(json_object_get_string(json_object_object_get(domain, "alias")), ==, "x");
        g_assert_cmpint(json_object_get_int(json_object_object_get(domain, "max_vcpus")), ==, 7);
}

static void test_unknown(void) {
        g_autofree char *json = read_file("domain-least", ".json");
        _cleanup_(json_object_putp) Json *expected = json_tokener_parse(json),
                                         *found = json_object_new_object();
        g_autoptr(GString) complaints = g_string_new(NULL);

        /* Without XML not even this is known. */
        json_object_object_add(expected, "cpu_modes", NULL);
        json_object_object_add(expected, "cpu_models", NULL);
        g_assert_cmpint(domain_capabilities_add_unknown(found), ==, 0);
        g_assert_true(json_contains(found, expected, complaints));
        g_assert_true(json_object_equal(found, expected));
}

static void test_refused(void) {
        static const struct {
                const char *text;
                int error;
        } cases[] = {
                { "", -EBADMSG },
                { "garbage", -EBADMSG },
                { "<capabilities>", -EBADMSG },
                { "<domainCapabilities/>", -EBADMSG },
                { "<capabilities/>", -EBADMSG },
                { HOST "</capabilities><more/>", -EBADMSG },
                { HOST "<x a='1' a='2'/></capabilities>", -EBADMSG },
                { HOST "&undefined;</capabilities>", -EBADMSG },
                { HOST "\xff</capabilities>", -EBADMSG },
                { HOST "&#0;</capabilities>", -EBADMSG },
                { HOST "&#x1b;</capabilities>", -EBADMSG },
                { "<!DOCTYPE capabilities>" HOST "</capabilities>", -EBADMSG },
                { "<!DOCTYPE capabilities [<!ENTITY e 'x'>]>" HOST "&e;</capabilities>", -EBADMSG },
                { "<!DOCTYPE capabilities SYSTEM 'file:///etc/passwd'>" HOST "</capabilities>", -EBADMSG },
                /* A DTD in an encoding that hides it. */
                { "<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE capabilities+AD4-" HOST
                  "</capabilities>",
                  -EBADMSG },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                Json *found = (Json *) &found;

                g_test_message("%zu", i);
                g_assert_cmpint(capabilities_parse(cases[i].text, &found), ==, cases[i].error);
                g_assert_true(found == (Json *) &found);
        }
}

/* What another encoding is declared for is read as UTF-8 all the same. */
static void test_encoding(void) {
        _cleanup_(json_object_putp) Json *found = NULL;

        g_assert_cmpint(capabilities_parse("<?xml version='1.0' encoding='ISO-8859-1'?>"
                                           "<capabilities><host><cpu><arch>\xc3\xa4</arch></cpu></host>"
                                           "<guest><arch name='\xc3\xa4'><domain type='t'/></arch></guest>"
                                           "</capabilities>",
                                           &found),
                        ==, 0);
        g_assert_cmpstr(
                json_object_get_string(json_object_object_get(json_object_array_get_idx(found, 0), "arch")),
                ==, "\xc3\xa4");
}

/* --- Bounds: what is exactly as much is read, and one more is not. */

static char *repeat(const char *before, const char *what, size_t n, const char *after) {
        GString *text = g_string_new(before);

        for (size_t i = 0; i < n; i++)
                g_string_append(text, what);
        g_string_append(text, after);
        return g_string_free(text, FALSE);
}

static void assert_bound(char *fits, char *too_much) {
        _cleanup_(json_object_putp) Json *found = NULL, *none = NULL;

        g_assert_cmpint(capabilities_parse(fits, &found), ==, 0);
        g_assert_cmpint(capabilities_parse(too_much, &none), ==, -E2BIG);
        g_free(fits);
        g_free(too_much);
}

static void test_size(void) {
        size_t n = XML_SIZE_MAX - strlen(HOST "</capabilities>");

        assert_bound(repeat(HOST, " ", n, "</capabilities>"), repeat(HOST, " ", n + 1, "</capabilities>"));
}

static void test_marks(void) {
        size_t n = XML_MARKS_MAX - 8;

        assert_bound(repeat(HOST, "<a/>", n, "</capabilities>"),
                     repeat(HOST, "<a/>", n + 1, "</capabilities>"));
}

static char *nest(size_t depth) {
        g_autofree char *begin = repeat(HOST, "<a>", depth, "text"), *end = repeat("", "</a>", depth, "");

        return g_strconcat(begin, end, "</capabilities>", NULL);
}

static void test_depth(void) {
        g_autofree char *much_too_deep = nest(30000);
        Json *found = NULL;

        assert_bound(nest(XML_DEPTH_MAX - 1), nest(XML_DEPTH_MAX));
        g_assert_cmpint(capabilities_parse(much_too_deep, &found), <, 0);
}

static char *guests(size_t n) {
        GString *text = g_string_new(HOST "<guest><arch name='a'>");

        for (size_t i = 0; i < n; i++)
                g_string_append_printf(text, "<domain type='t%zu'/>", i);
        g_string_append(text, "</arch></guest></capabilities>");
        return g_string_free(text, FALSE);
}

static void test_guests(void) {
        assert_bound(guests(CAPABILITIES_DOMAINS_MAX), guests(CAPABILITIES_DOMAINS_MAX + 1));
}

static void test_values(void) {
        static const char before[] = "<domainCapabilities><devices><disk supported='yes'><enum name='bus'>";
        static const char after[] = "</enum></disk></devices></domainCapabilities>";
        _cleanup_(json_object_putp) Json *domain = json_object_new_object();
        g_autofree char *fits = repeat(before, "<value/>", DOMAIN_CAPABILITIES_VALUES_MAX, after);
        g_autofree char *many = repeat(before, "<value/>", DOMAIN_CAPABILITIES_VALUES_MAX + 1, after);
        g_autofree char *value = repeat("<value>", "x", TEXT_VALUE_MAX, "</value>");
        g_autofree char *longer = repeat("<value>", "x", TEXT_VALUE_MAX + 1, "</value>");
        g_autofree char *fits_too = g_strconcat(before, value, after, NULL);
        g_autofree char *too_long = g_strconcat(before, longer, after, NULL);

        g_assert_cmpint(domain_capabilities_parse(fits, domain), ==, 0);
        g_assert_cmpint(domain_capabilities_parse(fits_too, domain), ==, 0);
        g_assert_cmpint(domain_capabilities_parse(many, domain), ==, -E2BIG);
        g_assert_cmpint(domain_capabilities_parse(too_long, domain), ==, -E2BIG);
}

/* --- Texts */

static void test_lines(void) {
        static const struct {
                const char *text, *line;
                size_t max;
        } cases[] = {
                { "", "", 10 },
                { "as it is", "as it is", 8 },
                { "  one\r\n\ttwo \x7f\x1b three\n", "one two three", 100 },
                { "\n", "", 10 },
                { "\xc3\xa4\xff\xc3\xe2\x80\xaex", "\xc3\xa4???x",
                  100 }, /* the last one turns text around */
                { "\xc2\x9b"
                  "31m",
                  "?31m", 100 },
                { "0123456789", "0123456789", 10 },
                { "0123456789x", "0123456...", 10 },
                { "012345\xc3\xa4\xc3\xa4\xc3\xa4", "012345...", 10 }, /* no half characters */
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                _cleanup_free_ char *line = text_line(cases[i].text, cases[i].max);

                g_assert_cmpstr(line, ==, cases[i].line);
        }
}

static void test_numbers(void) {
        static const char *const none[] = {
                NULL, "", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616"
        };
        uint64_t value = 5;

        for (size_t i = 0; i < G_N_ELEMENTS(none); i++)
                g_assert_false(text_parse_number(none[i], &value));
        g_assert_cmpuint(value, ==, 5);

        g_assert_true(text_parse_number("18446744073709551615", &value));
        g_assert_cmpuint(value, ==, UINT64_MAX);
        g_assert_true(text_parse_number("007", &value));
        g_assert_cmpuint(value, ==, 7);
}

int main(int argc, char *argv[]) {
        static const char *const files[] = { "capabilities-lxc",       "capabilities-own-machines",
                                             "capabilities-qemu",      "capabilities-test",
                                             "domain-aarch64",         "domain-least",
                                             "domain-no-features",     "domain-pc-qemu",
                                             "domain-q35-kvm",         "domain-s390x",
                                             "domain-x86-confidential" };
        static const char *const whole[] = { "domain-aarch64", "domain-no-features", "domain-s390x",
                                             "domain-x86-confidential" };

        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *path = g_strconcat("/libvirt/files/", files[i], NULL);

                g_test_add_data_func(path, files[i], test_file);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
                g_autofree char *path = g_strconcat("/libvirt/members/", whole[i], NULL);

                g_test_add_data_func(path, whole[i], test_members);
        }
        g_test_add_func("/libvirt/domain-keeps", test_domain_keeps);
        g_test_add_func("/libvirt/unknown", test_unknown);
        g_test_add_func("/libvirt/refused", test_refused);
        g_test_add_func("/libvirt/encoding", test_encoding);
        g_test_add_func("/libvirt/bounds/size", test_size);
        g_test_add_func("/libvirt/bounds/marks", test_marks);
        g_test_add_func("/libvirt/bounds/depth", test_depth);
        g_test_add_func("/libvirt/bounds/guests", test_guests);
        g_test_add_func("/libvirt/bounds/values", test_values);
        g_test_add_func("/libvirt/text/lines", test_lines);
        g_test_add_func("/libvirt/text/numbers", test_numbers);

        return g_test_run();
}
