/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtreadyd and virtready-modprobe say to each other: each word, and all that is none. */

#include <errno.h>
#include <glib.h>

#include "daemon/modprobe/protocol.h"

#define LONGEST_NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_01"

/* A text with all that is in it but the NUL at its end. */
typedef struct Packet {
        const char *bytes;
        size_t size;
} Packet;

#define PACKET(text) \
        { (text), sizeof(text) - 1 }

static void test_allow_list(void) {
        const char *const *list = modprobe_allow_list();

        g_assert_nonnull(list[0]);
        for (const char *const *module = list; *module; module++) {
                g_assert_true(modprobe_name_is_valid(*module));
                g_assert_null(strchr(*module, '-'));
                g_assert_true(modprobe_allowed(*module) == *module);
        }

        g_assert_cmpstr(modprobe_allowed("kvm-amd"), ==, "kvm_amd");
        g_assert_cmpstr(modprobe_allowed("vfio-iommu_type1"), ==, "vfio_iommu_type1");
}

static void test_not_allowed(void) {
        static const char *const names[] = {
                "",     "k",        "kv",   "kvm_",    "kvm_am",     "kvm_amd_", "kvm__amd", "KVM",
                "kvm ", "kvm\nkvm", "kvm/", "vboxdrv", "kvm_amd.ko", "_",        "fuse2",    "vfio",
        };

        FOREACH_ELEMENT(name, names)
                g_assert_null(modprobe_allowed(*name));
}

static void test_names(void) {
        static const char *const bad[] = {
                "",      " ",     ".",    "..",        "kvm.ko",     "../kvm", "/kvm", "kvm/amd",
                "kvm\n", "kvm\t", "kvm*", "pci:v0000", "kv\xc3\xa4", "k[v]m",  "kvm;",
        };
        static const char *const good[] = { "kvm", "kvm_amd", "kvm-amd", "KVM0", "-", "_", LONGEST_NAME };

        G_STATIC_ASSERT(sizeof(LONGEST_NAME) - 1 == MODPROBE_NAME_MAX);
        g_assert_false(modprobe_name_is_valid(LONGEST_NAME "2"));
        FOREACH_ELEMENT(name, bad)
                g_assert_false(modprobe_name_is_valid(*name));
        FOREACH_ELEMENT(name, good)
                g_assert_true(modprobe_name_is_valid(*name));
}

static void assert_request(const char *packet, ModprobeAct act, const char *module) {
        ModprobeRequest request = {};

        g_assert_cmpint(modprobe_request_parse(packet, strlen(packet), &request), ==, 0);
        g_assert_cmpint(request.act, ==, act);
        g_assert_cmpstr(request.module, ==, module);
}

static void test_request(void) {
        assert_request("load kvm_amd", MODPROBE_LOAD, "kvm_amd");
        assert_request("load kvm-amd", MODPROBE_LOAD, "kvm_amd");
        assert_request("persist tun", MODPROBE_PERSIST, "tun");
        assert_request("forget vfio_iommu_type1", MODPROBE_FORGET, "vfio_iommu_type1");
}

static void test_all_requests(void) {
        for (const char *const *module = modprobe_allow_list(); *module; module++)
                for (ModprobeAct act = 0; act < _MODPROBE_ACT_MAX; act++) {
                        const ModprobeRequest request = { .act = act, .module = *module };
                        char packet[MODPROBE_PACKET_MAX + 1];
                        ModprobeRequest again = {};
                        size_t size;

                        size = modprobe_request_format(&request, packet);
                        g_assert_cmpuint(size, ==, strlen(packet));
                        g_assert_cmpuint(size, <=, MODPROBE_PACKET_MAX);
                        g_assert_cmpint(modprobe_request_parse(packet, size, &again), ==, 0);
                        g_assert_cmpint(again.act, ==, act);
                        g_assert_cmpstr(again.module, ==, *module);
                }
}

/* The longest name of a module fits behind every act. */
static void test_longest(void) {
        for (ModprobeAct act = 0; act < _MODPROBE_ACT_MAX; act++) {
                const ModprobeRequest request = { .act = act, .module = LONGEST_NAME };
                char packet[MODPROBE_PACKET_MAX + 1];

                g_assert_cmpuint(modprobe_request_format(&request, packet), ==,
                                 strlen(modprobe_act_to_string(act)) + 1 + MODPROBE_NAME_MAX);
        }
}

static void test_bad_requests(void) {
        static const Packet packets[] = {
                PACKET(""),
                PACKET(" "),
                PACKET("load"),
                PACKET("load "),
                PACKET("loadkvm"),
                PACKET(" kvm"),
                PACKET(" load kvm"),
                PACKET("load  kvm"),
                PACKET("load kvm "),
                PACKET("load kvm\n"),
                PACKET("load kvm\0"),
                PACKET("load kvm\0_amd"),
                PACKET("load\0kvm"),
                PACKET("load\tkvm"),
                PACKET("\0load kvm"),
                PACKET("load kvm tun"),
                PACKET("load kvm nested=1"),
                PACKET("Load kvm"),
                PACKET("loa kvm"),
                PACKET("loads kvm"),
                PACKET("unload kvm"),
                PACKET("remove kvm"),
                PACKET("done 0"),
                PACKET("load ../kvm"),
                PACKET("load /lib/modules/kvm.ko"),
                PACKET("load kvm.ko"),
                PACKET("load k*m"),
                PACKET("load kvm\x7f"),
                PACKET("load kvm\xff"),
                PACKET("load \xef\xbd\x8bvm"),
                PACKET("load " LONGEST_NAME "2"),
                PACKET("forget " LONGEST_NAME LONGEST_NAME),
        };
        ModprobeRequest request = { .act = MODPROBE_FORGET, .module = "untouched" };

        FOREACH_ELEMENT(packet, packets) {
                g_assert_cmpint(modprobe_request_parse(packet->bytes, packet->size, &request), ==, -EBADMSG);
                g_assert_cmpint(request.act, ==, MODPROBE_FORGET);
                g_assert_cmpstr(request.module, ==, "untouched");
        }
}

/* Is it a request at all, it is said that the module is the trouble. */
static void test_forbidden_requests(void) {
        static const Packet packets[] = {
                PACKET("load vboxdrv"),       PACKET("persist nbd"), PACKET("forget kvm_amd_"),
                PACKET("load " LONGEST_NAME), PACKET("load -"),
        };
        ModprobeRequest request = { .module = "untouched" };

        FOREACH_ELEMENT(packet, packets) {
                g_assert_cmpint(modprobe_request_parse(packet->bytes, packet->size, &request), ==, -EPERM);
                g_assert_cmpstr(request.module, ==, "untouched");
        }
}

/* No byte behind the packet counts, and none beyond the limit is looked at. */
static void test_sizes(void) {
        g_autofree char *filling = g_strnfill(65536, 'k');
        g_autofree char *long_packet = g_strconcat("load kvm", filling, NULL);
        ModprobeRequest request = {};
        ModprobeAnswer answer = {};

        g_assert_cmpint(modprobe_request_parse(long_packet, 8, &request), ==, 0);
        g_assert_cmpint(modprobe_request_parse(long_packet, 9, &request), ==, -EPERM);
        g_assert_cmpint(modprobe_request_parse(long_packet, MODPROBE_PACKET_MAX, &request), ==, -EBADMSG);
        g_assert_cmpint(modprobe_request_parse(long_packet, MODPROBE_PACKET_MAX + 1, &request), ==,
                        -EBADMSG);
        g_assert_cmpint(modprobe_request_parse(long_packet, 65536, &request), ==, -EBADMSG);
        g_assert_cmpint(modprobe_answer_parse(long_packet, 65536, &answer), ==, -EBADMSG);
}

/* An outcome has an error or has none. */
static void test_all_answers(void) {
        static const int errors[] = { 0, 1, 9, 10, EOPNOTSUPP, 999, 1000, 4095 };

        for (ModprobeOutcome outcome = 0; outcome < _MODPROBE_OUTCOME_MAX; outcome++)
                FOREACH_ELEMENT(error, errors) {
                        const ModprobeAnswer answer = { .outcome = outcome, .error = *error };
                        char packet[MODPROBE_PACKET_MAX + 1];
                        ModprobeAnswer again = {};
                        size_t size;

                        size = modprobe_answer_format(&answer, packet);
                        g_assert_cmpuint(size, ==, strlen(packet));
                        if ((*error != 0) != (outcome == MODPROBE_REFUSED || outcome == MODPROBE_FAILED)) {
                                g_assert_cmpint(modprobe_answer_parse(packet, size, &again), ==, -EBADMSG);
                                continue;
                        }
                        g_assert_cmpint(modprobe_answer_parse(packet, size, &again), ==, 0);
                        g_assert_cmpint(again.outcome, ==, outcome);
                        g_assert_cmpint(again.error, ==, *error);
                }
}

static void assert_answer(const char *packet, ModprobeOutcome outcome, int error) {
        ModprobeAnswer answer = {};

        g_assert_cmpint(modprobe_answer_parse(packet, strlen(packet), &answer), ==, 0);
        g_assert_cmpint(answer.outcome, ==, outcome);
        g_assert_cmpint(answer.error, ==, error);
}

static void test_answer(void) {
        assert_answer("done 0", MODPROBE_DONE, 0);
        assert_answer("bad-request 0", MODPROBE_BAD_REQUEST, 0);
        assert_answer("not-allowed 0", MODPROBE_NOT_ALLOWED, 0);
        assert_answer("not-found 0", MODPROBE_NOT_FOUND, 0);
        assert_answer("overridden 0", MODPROBE_OVERRIDDEN, 0);
        assert_answer("blacklisted 0", MODPROBE_BLACKLISTED, 0);
        assert_answer("refused 95", MODPROBE_REFUSED, 95);
        assert_answer("failed 30", MODPROBE_FAILED, 30);
}

static void test_bad_answers(void) {
        static const Packet packets[] = {
                PACKET(""),
                PACKET("done"),
                PACKET("done "),
                PACKET("done 0\n"),
                PACKET("done 0\0"),
                PACKET("done\0000"),
                PACKET("done 0 0"),
                PACKET("done -1"),
                PACKET("done +1"),
                PACKET("done 1.0"),
                PACKET("done 0x1"),
                PACKET("done 4096"),
                PACKET("done 9999"),
                PACKET("done 10000"),
                PACKET("done 00001"),
                PACKET("done  0"),
                PACKET(" 0"),
                PACKET("Done 0"),
                PACKET("don 0"),
                PACKET("load kvm"),
                PACKET("0 done"),
                PACKET("refused EPERM"),
                PACKET("blacklisted 1"),
                PACKET("refused \xb2"),
                PACKET("done 4294967296"),
        };
        ModprobeAnswer answer = { .outcome = MODPROBE_FAILED, .error = 7 };

        FOREACH_ELEMENT(packet, packets) {
                g_assert_cmpint(modprobe_answer_parse(packet->bytes, packet->size, &answer), ==, -EBADMSG);
                g_assert_cmpint(answer.outcome, ==, MODPROBE_FAILED);
                g_assert_cmpint(answer.error, ==, 7);
        }
}

static void assert_page_has(const char *page, const char *before, const char *word, const char *after) {
        g_autofree char *line = g_strconcat("\n", before, word, after, NULL);

        if (!strstr(page, line))
                g_error("The manual page does not have this line:%s", line);
}

static void test_manual_page(void) {
        g_autofree char *page = NULL;

        g_assert_true(g_file_get_contents(g_getenv("MODPROBE_PAGE"), &page, NULL, NULL));
        for (ModprobeAct act = 0; act < _MODPROBE_ACT_MAX; act++)
                assert_page_has(page, ".It Sy ", modprobe_act_to_string(act), " Ar module\n");
        for (ModprobeOutcome outcome = 0; outcome < _MODPROBE_OUTCOME_MAX; outcome++)
                assert_page_has(page, ".It Sy ", modprobe_outcome_to_string(outcome), "\n");
}

/* The allow-list as a page has it: words with BEFORE and AFTER each, the last one after LAST. */
static char *listed(const char *before, const char *after, const char *last, const char *end) {
        GString *text = g_string_new(NULL);

        for (const char *const *module = modprobe_allow_list(); *module; module++)
                g_string_append_printf(text, "%s%s%s%s", module[1] ? "" : last, before, *module,
                                       !module[1]   ? end
                                       : !module[2] ? ""
                                                    : after);
        return g_string_free(text, FALSE);
}

/* Every page that lists the modules lists them all, with no other one between them. */
static void test_documented(void) {
        static const struct {
                const char *page, *before, *after, *last, *end;
        } pages[] = {
                { "docs/virtreadyctl.1", " .Li ", " ,", " and", " ;" },
                { "docs/virtready-modprobe.8", " .Sy ", " ,", " and", " ." },
                { "docs/virtreadyd.8", " ", " ,", " ,", " ." },
                { "dbus/org.virtready1.Manager.xml", " \"", "\",", "\" or", "\"." },
        };

        FOREACH_ELEMENT(p, pages) {
                g_autofree char *path = g_build_filename(g_getenv("SOURCES"), p->page, NULL), *text = NULL,
                                *list = listed(p->before, p->after, p->last, p->end);
                g_autofree char *line = NULL;
                g_auto(GStrv) words = NULL;

                g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
                words = g_regex_split_simple("\\s+", text, 0, 0);
                line = g_strjoinv(" ", words);
                if (!strstr(line, list))
                        g_error("%s does not list the modules in this way:%s", p->page, list);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/modprobe-protocol/allow-list", test_allow_list);
        g_test_add_func("/modprobe-protocol/not-allowed", test_not_allowed);
        g_test_add_func("/modprobe-protocol/names", test_names);
        g_test_add_func("/modprobe-protocol/request", test_request);
        g_test_add_func("/modprobe-protocol/all-requests", test_all_requests);
        g_test_add_func("/modprobe-protocol/longest", test_longest);
        g_test_add_func("/modprobe-protocol/bad-requests", test_bad_requests);
        g_test_add_func("/modprobe-protocol/forbidden-requests", test_forbidden_requests);
        g_test_add_func("/modprobe-protocol/sizes", test_sizes);
        g_test_add_func("/modprobe-protocol/answer", test_answer);
        g_test_add_func("/modprobe-protocol/all-answers", test_all_answers);
        g_test_add_func("/modprobe-protocol/bad-answers", test_bad_answers);
        g_test_add_func("/modprobe-protocol/manual-page", test_manual_page);
        g_test_add_func("/modprobe-protocol/documented", test_documented);

        return g_test_run();
}
