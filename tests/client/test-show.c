/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "status", "why" and "check" print for documents made by hand, and what they tell the shell. */

#include "../../client/exit-status.h"
#include "../../client/show.h"
#include "documents.h"

static void test_status_not_ready(void) {
        g_auto(Shown) shown = show(status_show, document_not_ready, (Form){}, (Arguments){});

        g_assert_cmpint(shown.status, ==, STATUS_NOT_READY);
        g_assert_cmpstr(shown.text, ==,
                        "AMD EPYC, x86_64, Linux 6.1.0\n"
                        "\n"
                        "✗ Virtual machines with QEMU and KVM: not ready\n"
                        "  ✗ The kernel module kvm_amd is not loaded.  kvm.vendor_module\n"
                        "    → sudo modprobe kvm_amd\n"
                        "\n"
                        "  ✗ qemu  not-ready  Virtual machines with QEMU and KVM\n"
                        "  ✓ test  ready      Tests\n"
                        "\n"
                        "  kvm    ⊘ KVM runs guests                 kvm.usable\n"
                        "           blocked by kvm.vendor_module\n"
                        "         ⊘ KVM device                      kvm.device\n"
                        "           blocked by kvm.vendor_module\n"
                        "         ✗ KVM module for this CPU         kvm.vendor_module\n"
                        "           The kernel module kvm_amd is not loaded.\n"
                        "           → sudo modprobe kvm_amd\n"
                        "  cpu    – does not apply to this machine\n"
                        "  net    ✓ TUN/TAP network devices         net.tun\n"
                        "         ✗ In-kernel virtio networking     net.vhost_net\n"
                        "           The kernel 6.1.0 comes without the module vhost_net, which makes the\n"
                        "           network fast.\n"
                        "           recommended for qemu\n"
                        "  vsock  ✗ Sockets between host and guest  vsock.vhost_vsock\n"
                        "           Something is off.\n"
                        "           → Enable SVM Mode in the firmware setup.\n"
                        "           keeps no profile from being ready\n");
}

static void test_status_ready(void) {
        g_auto(Shown) shown = show(status_show, document_ready, (Form){}, (Arguments){});

        g_assert_cmpint(shown.status, ==, STATUS_READY);
        assert_contains(shown.text, "✓ Virtual machines with QEMU and KVM: ready\n  A guest ran.\n");
        assert_contains(shown.text, "kvm.usable (probed)\n");
        assert_contains(shown.text, "? Sockets                  vsock.vhost_vsock\n");
}

static void test_status_of_profile(void) {
        g_auto(Shown) shown =
                show(status_show, document_not_ready, (Form){}, (Arguments){ .profile = "test" });

        g_assert_cmpint(shown.status, ==, STATUS_READY);
        assert_contains(shown.text, "✓ Tests: ready\n");
}

static void test_status_ascii(void) {
        g_auto(Shown) shown = show(status_show, document_not_ready, (Form){ .ascii = TRUE }, (Arguments){});

        for (const char *p = shown.text; *p != '\0'; p++)
                g_assert_true(g_ascii_isprint(*p) || *p == '\n');

        assert_contains(shown.text, "x Virtual machines with QEMU and KVM: not ready\n");
        assert_contains(shown.text, "> sudo modprobe kvm_amd\n");
        assert_contains(shown.text, "/ KVM device");
        assert_contains(shown.text, "- does not apply to this machine");
        assert_contains(shown.text, "+ TUN/TAP network devices");
}

static void test_status_colour(void) {
        g_auto(Shown) plain = show(status_show, document_not_ready, (Form){}, (Arguments){});
        g_auto(Shown) shown = show(status_show, document_not_ready, (Form){ .colour = TRUE }, (Arguments){});

        assert_lacks(plain.text, "\033");
        /* Red where it is required, yellow where it is recommended, faint where nobody asks for it. */
        assert_contains(shown.text, "\033[1;31m✗\033[0m KVM module for this CPU");
        assert_contains(shown.text, "\033[33m✗\033[0m In-kernel virtio networking");
        assert_contains(shown.text, "\033[2;33m✗\033[0m Sockets between host and guest");
        assert_contains(shown.text, "\033[32m✓\033[0m TUN/TAP network devices");
        assert_contains(shown.text, "\033[2mkvm.vendor_module\033[0m");
}

static void test_status_narrow(void) {
        g_auto(Shown) shown = show(status_show, document_not_ready, (Form){ .columns = 50 }, (Arguments){});

        assert_contains(shown.text, "           The kernel 6.1.0 comes without the\n"
                                    "           module vhost_net, which makes the\n"
                                    "           network fast.\n");
        assert_contains(shown.text, "✗ In-kernel virtio networking  net.vhost_net\n");
}

static void test_root_needs_no_sudo(void) {
        g_auto(Shown) shown = show(status_show, document_not_ready, (Form){ .root = TRUE }, (Arguments){});

        assert_contains(shown.text, "→ modprobe kvm_amd\n");
        assert_lacks(shown.text, "sudo");
}

static void test_why_profile(void) {
        g_auto(Shown) shown = show(why_show, document_not_ready, (Form){}, (Arguments){ OPERANDS("qemu") });

        g_assert_cmpint(shown.status, ==, STATUS_NOT_READY);
        g_assert_cmpstr(shown.text, ==,
                        "✗ Virtual machines with QEMU and KVM: not ready\n"
                        "  ✗ The kernel module kvm_amd is not loaded.  kvm.vendor_module\n"
                        "    → sudo modprobe kvm_amd\n"
                        "    blocks kvm.usable, kvm.device\n");
}

static void test_why_check(void) {
        g_auto(Shown) shown =
                show(why_show, document_not_ready, (Form){}, (Arguments){ OPERANDS("kvm.usable") });

        g_assert_cmpint(shown.status, ==, STATUS_NOT_READY);
        g_assert_cmpstr(shown.text, ==,
                        "⊘ KVM runs guests (kvm.usable): blocked, no-device\n"
                        "  There is no KVM device to create a virtual machine with.\n"
                        "  blocked by kvm.vendor_module\n"
                        "  ✗ The kernel module kvm_amd is not loaded.  kvm.vendor_module\n"
                        "    → sudo modprobe kvm_amd\n"
                        "  required for qemu\n");
}

static void test_why_json(void) {
        Arguments profile = { .json = true, OPERANDS("qemu") },
                  check = { .json = true, OPERANDS("kvm.usable") };
        g_auto(Shown) of_profile = show(why_show, document_not_ready, (Form){}, profile);
        g_auto(Shown) of_check = show(why_show, document_not_ready, (Form){}, check);
        _cleanup_(json_object_putp) Json *p = NULL, *c = NULL;
        Json *cause;

        g_assert_cmpint(document_parse(of_profile.text, &p), ==, 0);
        g_assert_cmpstr(doc_text(p, "kind"), ==, "profile");
        g_assert_cmpstr(doc_text(p, "id"), ==, "qemu");
        g_assert_cmpstr(doc_text(p, "state"), ==, "not-ready");
        g_assert_cmpuint(doc_size(doc_get(p, "causes")), ==, 1);
        cause = doc_at(doc_get(p, "causes"), 0);
        g_assert_cmpstr(doc_text(cause, "id"), ==, "kvm.vendor_module");
        g_assert_cmpstr(doc_text(cause, "reason"), ==, "module-not-loaded");
        g_assert_true(doc_lists(doc_get(cause, "blocks"), "kvm.device"));

        g_assert_cmpint(document_parse(of_check.text, &c), ==, 0);
        g_assert_cmpstr(doc_text(c, "kind"), ==, "check");
        g_assert_cmpstr(doc_text(c, "id"), ==, "kvm.usable");
        g_assert_cmpstr(doc_text(c, "state"), ==, "blocked");
        g_assert_true(doc_lists(doc_get(c, "required_by"), "qemu"));
        g_assert_cmpuint(doc_size(doc_get(c, "recommended_by")), ==, 0);
        g_assert_cmpstr(doc_text(doc_at(doc_get(c, "causes"), 0), "id"), ==, "kvm.vendor_module");
}

static void test_check_list(void) {
        g_auto(Shown) shown = show(check_show, document_not_ready, (Form){}, (Arguments){});

        g_assert_cmpint(shown.status, ==, STATUS_READY);
        g_assert_true(g_str_has_prefix(shown.text, "blocked         kvm.usable         no-device\n"
                                                   "blocked         kvm.device         absent\n"
                                                   "fail            kvm.vendor_module  module-not-loaded\n"
                                                   "not-applicable  cpu.long_mode      not-x86\n"));
}

static void test_check_whole(void) {
        g_auto(Shown) shown =
                show(check_show, document_not_ready, (Form){}, (Arguments){ OPERANDS("kvm.vendor_module") });

        g_assert_cmpint(shown.status, ==, STATUS_NOT_READY);
        assert_contains(shown.text, "kvm.vendor_module - KVM module for this CPU\n"
                                    "          State: fail\n"
                                    "         Reason: module-not-loaded\n"
                                    "         Detail: The kernel module kvm_amd is not loaded.\n"
                                    "       Evidence: observed\n"
                                    "      Arguments: module = kvm_amd\n"
                                    "         Remedy: Load the kernel module kvm_amd.\n"
                                    "                 sudo modprobe kvm_amd\n");
        assert_contains(shown.text, "\n         Blocks: kvm.usable, kvm.device\n");
        /* What time it was then depends on where this runs, but not by more than a day. */
        assert_contains(shown.text, "\n   Reason since: 19");
        g_assert_true(g_str_has_suffix(
                shown.text,
                "\n  Documentation: file:///usr/share/doc/virtready/checks.html#kvm.vendor_module\n"));
}

/* A daemon need not tell where it is. */
static void test_check_without_documentation(void) {
        g_auto(Shown) shown =
                show(check_show, document_not_ready, (Form){}, (Arguments){ OPERANDS("net.tun") });

        assert_contains(shown.text, "          State: pass\n");
        assert_lacks(shown.text, "Documentation");
}

/* A check is shown once, however often it is asked for; a program gets an object for each. */
static void test_check_twice(void) {
        const Arguments names = { OPERANDS("net.tun", "kvm.usable", "net.tun") };
        g_auto(Shown) shown = show(check_show, document_not_ready, (Form){}, names);
        g_auto(Shown) json = show(check_show, document_not_ready, (Form){},
                                  (Arguments){ OPERANDS("net.tun", "net.tun"), .json = true });
        g_auto(GStrv) parts = g_strsplit(shown.text, "net.tun - ", -1);
        _cleanup_(json_object_putp) Json *array = NULL;

        g_assert_cmpuint(g_strv_length(parts), ==, 2);
        assert_contains(shown.text, "\n\nkvm.usable - ");
        array = json_tokener_parse(json.text);
        g_assert_cmpuint(doc_size(array), ==, 2);
}

static void test_check_exit_status(void) {
        Arguments good = { OPERANDS("net.tun", "cpu.long_mode") },
                  bad = { OPERANDS("net.tun", "kvm.usable") },
                  unknown = { OPERANDS("net.tun", "vsock.vhost_vsock") },
                  none = { OPERANDS("net.tun", "net.tan") };
        g_auto(Shown) all_hold = show(check_show, document_not_ready, (Form){}, good);
        g_auto(Shown) one_blocked = show(check_show, document_not_ready, (Form){}, bad);
        g_auto(Shown) one_unknown = show(check_show, document_ready, (Form){}, unknown);
        g_auto(Shown) one_missing = show(check_show, document_ready, (Form){}, none);

        g_assert_cmpint(all_hold.status, ==, STATUS_READY);
        g_assert_cmpint(one_blocked.status, ==, STATUS_NOT_READY);
        g_assert_cmpint(one_unknown.status, ==, STATUS_UNKNOWN);
        g_assert_cmpint(one_missing.status, ==, STATUS_USAGE);
        g_assert_cmpstr(one_missing.text, ==, "");
}

static void test_check_json(void) {
        Arguments one = { .json = true, OPERANDS("net.tun") },
                  two = { .json = true, OPERANDS("net.tun", "kvm.usable") }, all = { .json = true };
        g_auto(Shown) single = show(check_show, document_ready, (Form){}, one);
        g_auto(Shown) several = show(check_show, document_ready, (Form){}, two);
        g_auto(Shown) every = show(check_show, document_ready, (Form){}, all);
        _cleanup_(json_object_putp) Json *object = NULL, *array = NULL, *checks = NULL;

        g_assert_cmpint(document_parse(single.text, &object), ==, 0);
        g_assert_cmpstr(doc_text(object, "id"), ==, "net.tun");
        g_assert_cmpstr(doc_text(object, "state"), ==, "pass");

        array = json_tokener_parse(several.text);
        g_assert_cmpuint(doc_size(array), ==, 2);
        g_assert_cmpstr(doc_text(doc_at(array, 1), "id"), ==, "kvm.usable");

        g_assert_cmpint(document_parse(every.text, &checks), ==, 0);
        g_assert_cmpstr(doc_text(doc_get(checks, "kvm.usable"), "evidence"), ==, "probed");
}

static const char document_devices[] =
        "{'checks': {}, 'profiles': {}, 'devices': {"
        "'0000:01:00.0': {'class': 196608, 'vendor_id': 4318, 'device_id': 7040, 'subsystem_vendor_id': "
        "5208,"
        " 'subsystem_id': 14082, 'class_name': 'VGA compatible controller',"
        " 'vendor_name': 'NVIDIA Corporation', 'device_name': 'GP104', 'driver': null, 'iommu_group': 13,"
        " 'other_members': ['0000:00:01.0', '0000:01:00.1'], 'assignable': false, 'reason': 'group-in-use',"
        " 'detail': 'The host uses 0000:01:00.1.', 'blocked_by': []},"
        "'0000:01:00.1': {'vendor_id': 4318, 'device_id': 4336, 'driver': 'snd_hda_intel',"
        " 'iommu_group': 13, 'assignable': true, 'reason': 'driver-attached'},"
        "'10000:e1:00.0': {'class_name': 'Bridge', 'driver': null, 'iommu_group': null,"
        " 'assignable': false, 'reason': 'unknown'},"
        "'odd': null}}";

static void test_device_list(void) {
        g_auto(Shown) shown = show(device_show, document_devices, (Form){}, (Arguments){});
        g_auto(Shown) colour = show(device_show, document_devices, (Form){ .colour = TRUE }, (Arguments){});
        g_auto(Shown) none = show(device_show, "{'devices': {}}", (Form){}, (Arguments){});
        g_auto(Shown) older = show(device_show, document_ready, (Form){}, (Arguments){});

        g_assert_cmpint(shown.status, ==, STATUS_READY);
        g_assert_cmpstr(shown.text, ==,
                        "✗ 0000:01:00.0   group-in-use     13  -              NVIDIA Corporation GP104\n"
                        "✓ 0000:01:00.1   driver-attached  13  snd_hda_intel  10de:10f0\n"
                        "? 10000:e1:00.0  unknown          -   -              Bridge\n"
                        "? odd            -                -   -              unknown device\n");
        assert_contains(colour.text, "\033[32m✓\033[0m 0000:01:00.1");
        g_assert_cmpstr(none.text, ==, "There is no PCI device that a guest could be given.\n");
        g_assert_cmpstr(older.text, ==, "This virtreadyd knows nothing of devices.\n");
}

static void test_device_whole(void) {
        g_auto(Shown) shown =
                show(device_show, document_devices, (Form){}, (Arguments){ OPERANDS("01:00.0") });

        g_assert_cmpint(shown.status, ==, STATUS_NOT_READY);
        g_assert_cmpstr(shown.text, ==,
                        "0000:01:00.0 - NVIDIA Corporation GP104\n"
                        "     Assignable: no\n"
                        "         Reason: group-in-use\n"
                        "         Detail: The host uses 0000:01:00.1.\n"
                        "    IOMMU group: 13\n"
                        "  Other members: 0000:00:01.0, 0000:01:00.1\n"
                        "           Kind: VGA compatible controller\n"
                        "          Class: 030000\n"
                        "             Id: 10de:1b80\n"
                        "      Subsystem: 1458:3702\n");
}

/* By whatever names a device is asked for, it is shown once; a program gets an object for each. */
static void test_device_twice(void) {
        const Arguments names = { OPERANDS("01:00.0", "0000:01:00.0", "0000:01:00.1", "01:00.0") };
        g_auto(Shown) shown = show(device_show, document_devices, (Form){}, names);
        g_auto(Shown) json = show(device_show, document_devices, (Form){},
                                  (Arguments){ OPERANDS("01:00.0", "0000:01:00.0"), .json = true });
        g_auto(GStrv) parts = g_strsplit(shown.text, "0000:01:00.0 - ", -1);
        _cleanup_(json_object_putp) Json *array = NULL;

        g_assert_cmpuint(g_strv_length(parts), ==, 2);
        assert_contains(shown.text, "\n\n0000:01:00.1 - ");
        array = json_tokener_parse(json.text);
        g_assert_cmpuint(doc_size(array), ==, 2);
}

static void test_device_exit_status(void) {
        g_auto(Shown) good =
                show(device_show, document_devices, (Form){}, (Arguments){ OPERANDS("0000:01:00.1") });
        g_auto(Shown) bad = show(device_show, document_devices, (Form){},
                                 (Arguments){ OPERANDS("0000:01:00.1", "0000:01:00.0") });
        g_auto(Shown) unknown =
                show(device_show, document_devices, (Form){}, (Arguments){ OPERANDS("10000:e1:00.0") });
        g_auto(Shown) none =
                show(device_show, document_devices, (Form){}, (Arguments){ OPERANDS("e1:00.0") });

        g_assert_cmpint(good.status, ==, STATUS_READY);
        g_assert_cmpint(bad.status, ==, STATUS_NOT_READY);
        g_assert_cmpint(unknown.status, ==, STATUS_UNKNOWN);
        g_assert_cmpint(none.status, ==, STATUS_USAGE);
        g_assert_cmpstr(none.text, ==, "");
}

static void test_device_json(void) {
        Arguments one = { .json = true, OPERANDS("01:00.0") }, all = { .json = true };
        g_auto(Shown) single = show(device_show, document_devices, (Form){}, one);
        g_auto(Shown) every = show(device_show, document_devices, (Form){}, all);
        g_auto(Shown) older = show(device_show, document_ready, (Form){}, all);
        _cleanup_(json_object_putp) Json *object = NULL, *devices = NULL;

        g_assert_cmpint(document_parse(single.text, &object), ==, 0);
        g_assert_cmpstr(doc_text(object, "id"), ==, "0000:01:00.0");
        g_assert_cmpuint(doc_number(object, "vendor_id"), ==, 0x10de);
        g_assert_cmpint(document_parse(every.text, &devices), ==, 0);
        g_assert_cmpstr(doc_text(doc_get(devices, "0000:01:00.1"), "driver"), ==, "snd_hda_intel");
        g_assert_cmpstr(older.text, ==, "{\n}\n");
}

static void test_status_json_is_the_document(void) {
        g_auto(Shown) shown =
                show(status_show, document_ready, (Form){ .colour = TRUE }, (Arguments){ .json = true });
        _cleanup_(json_object_putp) Json *document = NULL, *printed = NULL;

        g_assert_cmpint(shown.status, ==, STATUS_READY);
        g_assert_cmpint(document_parse(document_ready, &document), ==, 0);
        g_assert_cmpint(document_parse(shown.text, &printed), ==, 0);
        g_assert_true(json_object_equal(document, printed));
        /* The completion reads ids from keys on the second level. */
        assert_contains(shown.text, "\n  \"profiles\": {\n    \"qemu\": {\n");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/status/not-ready", test_status_not_ready);
        g_test_add_func("/status/ready", test_status_ready);
        g_test_add_func("/status/profile", test_status_of_profile);
        g_test_add_func("/status/ascii", test_status_ascii);
        g_test_add_func("/status/colour", test_status_colour);
        g_test_add_func("/status/narrow", test_status_narrow);
        g_test_add_func("/status/root", test_root_needs_no_sudo);
        g_test_add_func("/status/json", test_status_json_is_the_document);
        g_test_add_func("/why/profile", test_why_profile);
        g_test_add_func("/why/check", test_why_check);
        g_test_add_func("/why/json", test_why_json);
        g_test_add_func("/check/list", test_check_list);
        g_test_add_func("/check/whole", test_check_whole);
        g_test_add_func("/check/without-documentation", test_check_without_documentation);
        g_test_add_func("/check/twice", test_check_twice);
        g_test_add_func("/check/exit-status", test_check_exit_status);
        g_test_add_func("/check/json", test_check_json);
        g_test_add_func("/device/list", test_device_list);
        g_test_add_func("/device/whole", test_device_whole);
        g_test_add_func("/device/twice", test_device_twice);
        g_test_add_func("/device/exit-status", test_device_exit_status);
        g_test_add_func("/device/json", test_device_json);

        return g_test_run();
}
