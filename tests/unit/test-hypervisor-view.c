/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is published of a hypervisor, and what of a domain the host cannot do. */

#include <glib.h>
#include <string.h>

#include "daemon/basic/cleanup.h"
#include "daemon/hypervisor-view.h"
#include "daemon/libvirt-blocked.h"

/* Every check that is named has this state, and all others pass. */
static Verdict *verdict_with(CheckState state, const char *const *ids) {
        Verdict *verdict = calloc(1, sizeof(Verdict));

        verdict->n_checks = catalogue_size();
        for (size_t i = 0; i < verdict->n_checks; i++) {
                verdict->checks[i].check = catalogue_get(i);
                verdict->checks[i].state = CHECK_PASS;
        }
        for (; *ids; ids++) {
                ssize_t index = catalogue_find(*ids);

                g_assert_cmpint(index, >=, 0);
                verdict->checks[index].state = state;
        }

        return verdict;
}

static Json *parse(const char *text) {
        Json *value = json_tokener_parse(text);

        g_assert_nonnull(value);
        return value;
}

static void assert_blocked(const char *domain_text, CheckState state, const char *id, const char *expected) {
        const char *const ids[] = { id, NULL };
        _cleanup_(json_object_putp) Json *domain = parse(domain_text), *blocked = NULL;
        _cleanup_free_ Verdict *verdict = verdict_with(state, ids);

        g_assert_cmpint(libvirt_blocked_new(domain, verdict, &blocked), ==, 0);
        g_assert_cmpstr(json_object_to_json_string_ext(blocked, JSON_C_TO_STRING_PLAIN), ==, expected);
}

#define KVM "\"arch\":\"x86_64\",\"virt_type\":\"kvm\""
#define PCI "{" KVM ",\"devices\":{\"hostdev\":{\"subsysType\":[\"usb\",\"pci\"]}}}"
#define SECURE "{" KVM ",\"features\":{\"launchSecurity\":{\"sectype\":[\"sev\",\"sev-snp\",\"tdx\"]}}}"

static void test_blocked(void) {
        static const struct {
                const char *domain, *check, *expected;
        } cases[] = {
                { "{" KVM "}", "kvm.usable", "{\"virt_type\":[\"kvm.usable\"]}" },
                { "{\"virt_type\":\"qemu\"}", "kvm.usable", "{}" },
                { "{\"virt_type\":\"lxc\"}", "namespace.pid", "{\"virt_type\":[\"namespace.pid\"]}" },
                { "{\"virt_type\":\"lxc\"}", "kvm.usable", "{}" },
                { PCI, "iommu.enabled", "{\"devices.hostdev\":[\"iommu.enabled\"]}" },
                { PCI, "vfio.pci", "{\"devices.hostdev\":[\"vfio.pci\"]}" },
                { "{" KVM ",\"devices\":{\"hostdev\":{\"subsysType\":[\"usb\"]}}}", "iommu.enabled", "{}" },
                { "{" KVM ",\"devices\":{\"hostdev\":{}}}", "iommu.enabled", "{}" },
                { "{" KVM ",\"devices\":{\"disk\":{}}}", "iommu.enabled", "{}" },
                { "{" KVM ",\"devices\":{\"vsock\":{}}}", "vsock.vhost_vsock",
                  "{\"devices.vsock\":[\"vsock.vhost_vsock\"]}" },
                { "{" KVM ",\"features\":{\"sev\":{}}}", "confidential.sev",
                  "{\"features.sev\":[\"confidential.sev\"]}" },
                { "{" KVM ",\"features\":{\"genid\":{}}}", "confidential.sev", "{}" },
                { SECURE, "confidential.sev_snp",
                  "{\"features.launchSecurity\":[\"confidential.sev_snp\"]}" },
                { SECURE, "confidential.secure_execution", "{}" },
        };

        FOREACH_ELEMENT(c, cases) {
                assert_blocked(c->domain, CHECK_FAIL, c->check, c->expected);
                assert_blocked(c->domain, CHECK_BLOCKED, c->check, c->expected);
                assert_blocked(c->domain, CHECK_UNKNOWN, c->check, "{}");
                assert_blocked(c->domain, CHECK_NOT_APPLICABLE, c->check, "{}");
        }
}

/* Several checks of one key are one list. */
static void test_blocked_by_several(void) {
        const char *const ids[] = { "iommu.enabled", "vfio.pci", "kvm.usable", NULL };
        _cleanup_(json_object_putp) Json *domain = parse(PCI), *blocked = NULL;
        _cleanup_free_ Verdict *verdict = verdict_with(CHECK_FAIL, ids);

        g_assert_cmpint(libvirt_blocked_new(domain, verdict, &blocked), ==, 0);
        g_assert_cmpstr(json_object_to_json_string_ext(blocked, JSON_C_TO_STRING_PLAIN), ==,
                        "{\"virt_type\":[\"kvm.usable\"],"
                        "\"devices.hostdev\":[\"iommu.enabled\",\"vfio.pci\"]}");
}

static Json *view_of(const HypervisorParts *parts) {
        const char *const none[] = { NULL };
        _cleanup_free_ Verdict *verdict = verdict_with(CHECK_PASS, none);
        Facts facts = { .kvm.limits.max_vcpus = 1024 };
        Json *view;

        g_assert_cmpint(hypervisor_view_new(parts, &facts, verdict, &view), ==, 0);
        return view;
}

static void assert_state(const HypervisorParts *parts, const char *state, const char *in_detail) {
        _cleanup_(json_object_putp) Json *view = view_of(parts);
        const char *detail = json_object_get_string(libvirt_answer_get(view, "detail"));

        g_assert_cmpstr(json_object_get_string(libvirt_answer_get(view, "state")), ==, state);
        if (in_detail)
                g_assert_nonnull(strstr(detail, in_detail));
        else
                g_assert_null(detail);
}

/* An answer decides as long as nothing has happened since; then the service does. */
static void test_states(void) {
        static const struct {
                const char *state, *detail;
        } cases[_LIBVIRT_SERVICE_STATE_MAX] = {
                [LIBVIRT_SERVICE_NOT_TOLD] = { "unknown", "systemd" },
                [LIBVIRT_SERVICE_NOT_SHOWN] = { "unknown", "Files" },
                [LIBVIRT_SERVICE_NOT_INSTALLED] = { "not-installed", "installed" },
                [LIBVIRT_SERVICE_MASKED] = { "stopped", "libvirtd.service is masked" },
                [LIBVIRT_SERVICE_STOPPED] = { "stopped", "libvirtd.service" },
                [LIBVIRT_SERVICE_FAILED] = { "stopped", "libvirtd.service has failed" },
                [LIBVIRT_SERVICE_STARTING] = { "unknown", "libvirtd.service is starting" },
                [LIBVIRT_SERVICE_DORMANT] = { "dormant", "libvirtd.service listens" },
                [LIBVIRT_SERVICE_RUNNING] = { "running", NULL },
        };
        _cleanup_(json_object_putp) Json *answer = parse("{\"state\":\"denied\",\"detail\":\"Go away.\"}");

        for (LibvirtServiceState state = 0; state < _LIBVIRT_SERVICE_STATE_MAX; state++) {
                LibvirtService service = { .state = state, .unit = UNIT_LIBVIRTD_SERVICE };
                HypervisorParts parts = { .uri = "qemu:///system", .service = &service };

                assert_state(&parts, cases[state].state, cases[state].detail);

                parts.answer = answer;
                assert_state(&parts, cases[state].state, cases[state].detail);
                parts.answer_is_current = true;
                assert_state(&parts, "denied", "Go away.");
        }

        assert_state(&(HypervisorParts){ .uri = "test:///default" }, "unknown", "not been asked");
}

/* Every member is there, null where nothing is known. */
static void test_members(void) {
        _cleanup_(json_object_putp) Json *answer = parse(
                "{\"state\":\"running\",\"type\":\"QEMU\",\"domains\":[{" KVM
                ",\"devices\":{\"disk\":{\"bus\":[\"scsi\"]}},\"blocked_by\":{\"virt_type\":[\"lie\"]}}]}");
        _cleanup_(json_object_putp) Json *view = view_of(&(HypervisorParts){
                .uri = "qemu:///system", .answer = answer, .answer_is_current = true, .answered_usec = 5 });
        Json *domain;

        for (const HypervisorField *field = hypervisor_fields; field->property; field++)
                g_assert_true(json_object_object_get_ex(view, field->field.key, NULL));
        g_assert_null(libvirt_answer_get(view, "detail"));
        g_assert_null(libvirt_answer_get(view, "version"));
        g_assert_cmpstr(json_object_get_string(libvirt_answer_get(view, "type")), ==, "QEMU");
        g_assert_cmpint(json_object_get_int(libvirt_answer_get(view, "kernel_max_vcpus")), ==, 1024);
        g_assert_cmpint(json_object_get_int(libvirt_answer_get(view, "answered_usec")), ==, 5);

        domain = json_object_array_get_idx(libvirt_answer_get(view, "domains"), 0);
        for (const AnswerField *field = libvirt_domain_fields; field->key; field++)
                g_assert_true(json_object_object_get_ex(domain, field->key, NULL));
        g_assert_cmpstr(json_object_to_json_string_ext(libvirt_answer_get(domain, "devices"),
                                                       JSON_C_TO_STRING_PLAIN),
                        ==, "{\"disk\":{\"bus\":[\"scsi\"]}}");
        /* Whatever the helper says of this. */
        g_assert_cmpstr(json_object_to_json_string_ext(libvirt_answer_get(domain, "blocked_by"),
                                                       JSON_C_TO_STRING_PLAIN),
                        ==, "{}");
}

static void test_ids(void) {
        static const struct {
                const char *uri, *id;
        } cases[] = {
                { "qemu:///system", "qemu" },
                { "qemu+ssh://root@host/system", "qemu" },
                { "test:///default", "test" },
                { "lxc:///system", "lxc" },
                { "", NULL },
                { "qemu", NULL },
                { ":///system", NULL },
                { "+ssh:///system", NULL },
                { "QEMU:///system", NULL },
                { "-q:///system", NULL },
                { "a/b:///system", NULL },
                { "averyveryveryverylongschemeindeedso:///", NULL },
        };

        FOREACH_ELEMENT(c, cases) {
                char id[HYPERVISOR_ID_MAX] = "";

                g_assert_cmpint(hypervisor_id_of_uri(c->uri, id) >= 0, ==, c->id != NULL);
                if (c->id)
                        g_assert_cmpstr(id, ==, c->id);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/hypervisor-view/blocked", test_blocked);
        g_test_add_func("/hypervisor-view/blocked-by-several", test_blocked_by_several);
        g_test_add_func("/hypervisor-view/states", test_states);
        g_test_add_func("/hypervisor-view/members", test_members);
        g_test_add_func("/hypervisor-view/ids", test_ids);

        return g_test_run();
}
