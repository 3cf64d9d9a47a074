/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nobody tells what guests may have: a second connection is refused or breaks, and what stands for
 * virtready-domcapabilities fails. */

#include <unistd.h>

#include "ask.h"
#include "fake.h"
#include "libvirtd.h"

#define SECONDS 60U

/* The rest is known, and what guests may have is not, for this reason. */
static void assert_no_devices(const Answer *answer, const char *detail) {
        Json *domains, *devices;

        g_assert_cmpint(answer->status, ==, 0);
        g_assert_cmpstr(answer_string(answer, "state"), ==, "running");
        g_assert_nonnull(strstr(answer_string(answer, "detail"), "what guests may have"));
        if (!strstr(answer_string(answer, "detail"), detail))
                g_error("'%s' is not in '%s'", detail, answer_string(answer, "detail"));
        g_assert_nonnull(json_object_object_get(answer->document, "node_info"));

        domains = json_object_object_get(answer->document, "domains");
        g_assert_cmpuint(json_object_array_length(domains), >, 0);
        for (size_t i = 0; i < json_object_array_length(domains); i++) {
                const Json *domain = json_object_array_get_idx(domains, i);

                g_assert_nonnull(json_object_object_get(domain, "machine"));
                g_assert_nonnull(json_object_object_get(domain, "max_vcpus"));
                g_assert_true(json_object_object_get_ex(domain, "devices", &devices));
                g_assert_null(devices);
        }
}

/* Who may not manage guests learns the rest, and why that is all. */
static void test_closed_to_managers(gconstpointer data) {
        Proxy proxy = { .upstream = ((const Libvirtd *) data)->socket };
        Answer answer;
        Fake fake;

        fake_up(&fake, proxy_handle, &proxy);
        proxy.closed_to = fake.socket;
        ask_within_as(SECONDS, (const char *const[]){ "describe", fake.uri, NULL }, geteuid() == 0, &answer);
        assert_no_devices(&answer, "Permission denied");
        answer_done(&answer);
        fake_down(&fake);
}

typedef struct Second {
        Proxy proxy;
        gint connections;
} Second;

static void handle_first_alone(int connection, gpointer userdata) {
        Second *second = userdata;

        if (g_atomic_int_add(&second->connections, 1) == 0)
                proxy_handle(connection, &second->proxy);
}

/* The connection for that is closed at once. */
static void test_second_breaks(gconstpointer data) {
        Second second = { .proxy.upstream = ((const Libvirtd *) data)->socket };
        Answer answer;
        Fake fake;

        fake_up(&fake, handle_first_alone, &second);
        ask(&answer, "describe", fake.uri, NULL);
        assert_no_devices(&answer, "");
        answer_done(&answer);
        fake_down(&fake);
        g_assert_cmpint(second.connections, ==, 2);
}

/* An answer that is too large for libvirt's library ends the connection, but only that. */
static void test_second_is_ended(gconstpointer data) {
        Proxy proxy = { .upstream = ((const Libvirtd *) data)->socket, .spoil = "<domainCapabilities>" };
        g_autofree char *with = repeat("<domainCapabilities>", "12345", 20000000, "</domainCapabilities>");
        Answer answer;
        Fake fake;

        proxy.with = with;
        fake_up(&fake, proxy_handle, &proxy);
        ask(&answer, "describe", fake.uri, NULL);
        assert_no_devices(&answer, "");
        assert_little_memory(&answer);
        answer_done(&answer);
        fake_down(&fake);
}

static const char ready[] = "ready 0\n";

/* What stands for virtready-domcapabilities: answers each line with this, once libvirtd has been killed. */
typedef struct Helper {
        const char *answer;
        Libvirtd *early_victim, *victim; /* before it is ready, or at the first line; NULL: nobody is */
        unsigned asked;
} Helper;

static void kill_once(Libvirtd **victim) {
        if (*victim)
                libvirtd_kill(*victim);
        *victim = NULL;
}

static void handle_as_helper(int connection, gpointer userdata) {
        Helper *helper = userdata;
        char line[1024];

        kill_once(&helper->early_victim);
        (void) fake_send(connection, ready, strlen(ready));
        while (read(connection, line, sizeof(line)) > 0) {
                helper->asked++;
                kill_once(&helper->victim);
                if (!fake_send(connection, helper->answer, strlen(helper->answer)))
                        return;
        }
}

static void ask_with_helper(Helper *helper, const char *uri, Answer *answer) {
        g_autofree char *option = NULL;
        Fake fake;

        fake_up(&fake, handle_as_helper, helper);
        option = g_strconcat("--domcapabilities-socket=", fake.socket, NULL);
        ask(answer, "describe", option, uri, NULL);
        fake_down(&fake);
}

static void test_helper_fails(gconstpointer data) {
        Helper helper = { .answer = "failed 9\nIt failed" };
        Answer answer;

        ask_with_helper(&helper, ((const Libvirtd *) data)->uri, &answer);
        assert_no_devices(&answer, "It failed");
        answer_done(&answer);
}

/* libvirtd ends at the first question, whose failure is not to be taken for an answer; or while the helper
 * is being started, and the first question would start it again. */
static void test_helper_kills(gconstpointer early) {
        Helper helper = { .answer = "failed 11\nEnd of file" };
        Libvirtd libvirtd;
        Answer answer;

        libvirtd_up(&libvirtd, NULL);
        *(early ? &helper.early_victim : &helper.victim) = &libvirtd;
        ask_with_helper(&helper, libvirtd.uri, &answer);
        assert_no_description(&answer, "unreachable", "");
        g_assert_cmpuint(helper.asked, ==, early ? 0 : 1);
        answer_done(&answer);
        libvirtd_start(&libvirtd);
        libvirtd_down(&libvirtd);
}

/* What takes too long is left out, and does not take the rest along. */
static void test_helper_is_slow(gconstpointer data) {
        gint64 begin = g_get_monotonic_time();
        Helper helper = { .answer = "" };
        Answer answer;

        ask_with_helper(&helper, ((const Libvirtd *) data)->uri, &answer);
        assert_no_devices(&answer, "12 seconds");
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, 11 * G_USEC_PER_SEC);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 18 * G_USEC_PER_SEC);
        answer_done(&answer);
}

/* A name that cannot be sent is not asked about; the others are. */
static void test_odd_name(gconstpointer data) {
        Proxy proxy = {
                .upstream = ((const Libvirtd *) data)->socket,
                .spoil = "<capabilities>",
                .with = "<capabilities><host><cpu><arch>x86_64</arch></cpu></host>"
                        "<guest><os_type>hvm</os_type><arch name='x86_64'><domain type='qemu'/>"
                        "<machine canonical='odd name'>odd</machine>"
                        "<machine canonical='pc-1'>pc</machine></arch></guest></capabilities>",
        };
        static const char xml[] =
                "<domainCapabilities><devices><disk supported='yes'/></devices></domainCapabilities>";
        g_autofree char *reply = g_strdup_printf("done %zu\n%s", strlen(xml), xml);
        Helper helper = { .answer = reply };
        unsigned known = 0;
        Answer answer;
        Json *domains;
        Fake fake;

        fake_up(&fake, proxy_handle, &proxy);
        ask_with_helper(&helper, fake.uri, &answer);
        fake_down(&fake);
        g_assert_cmpstr(answer_string(&answer, "state"), ==, "running");
        g_assert_nonnull(strstr(answer_string(&answer, "detail"), "odd name"));
        domains = json_object_object_get(answer.document, "domains");
        g_assert_cmpuint(json_object_array_length(domains), ==, 2);
        for (size_t i = 0; i < 2; i++)
                known += json_object_object_get(json_object_array_get_idx(domains, i), "devices") != NULL;
        g_assert_cmpuint(known, ==, 1);
        answer_done(&answer);
}

int main(int argc, char *argv[]) {
        Libvirtd libvirtd;
        int r;

        g_test_init(&argc, &argv, NULL);

        libvirtd_up(&libvirtd, NULL);
        g_test_add_data_func("/libvirt/teller/closed-to-managers", &libvirtd, test_closed_to_managers);
        g_test_add_data_func("/libvirt/teller/second-breaks", &libvirtd, test_second_breaks);
        g_test_add_data_func("/libvirt/teller/second-is-ended", &libvirtd, test_second_is_ended);
        g_test_add_data_func("/libvirt/teller/helper-fails", &libvirtd, test_helper_fails);
        g_test_add_data_func("/libvirt/teller/helper-kills", NULL, test_helper_kills);
        g_test_add_data_func("/libvirt/teller/helper-kills-early", "early", test_helper_kills);
        g_test_add_data_func("/libvirt/teller/helper-is-slow", &libvirtd, test_helper_is_slow);
        g_test_add_data_func("/libvirt/teller/odd-name", &libvirtd, test_odd_name);
        r = g_test_run();

        libvirtd_down(&libvirtd);
        return r;
}
