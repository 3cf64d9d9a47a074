/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The documents, and a file in memory to print them to. */

#include "documents.h"

#define HOST                                                            \
        "'version': '0.1.0',"                                           \
        "'host': {'architecture': 'x86_64', 'kernel_release': '6.1.0'," \
        " 'cpu': {'vendor': 'AuthenticAMD', 'model': 'AMD EPYC', 'virtualization': 'svm'}},"

#define PROFILE_QEMU(state, failing, root_causes)                                       \
        "'qemu': {'title': 'Virtual machines with QEMU and KVM', 'state': '" state "'," \
        " 'required': ['kvm.usable', 'net.tun'], 'recommended': ['net.vhost_net'],"     \
        " 'failing': " failing ", 'root_causes': " root_causes ", 'since_usec': 1}"

#define PROFILE_TEST                                                            \
        "'test': {'title': 'Tests', 'state': 'ready', 'required': ['net.tun']," \
        " 'recommended': [], 'failing': [], 'root_causes': [], 'since_usec': 1}"

const char document_not_ready[] =
        "{" HOST "'checks': {"
        "'kvm.usable': {'title': 'KVM runs guests', 'state': 'blocked', 'reason': 'no-device',"
        " 'detail': 'There is no KVM device to create a virtual machine with.', 'arguments': {},"
        " 'evidence': 'observed', 'blocked_by': ['kvm.vendor_module'], 'remedies': [], 'since_usec': 1},"
        "'kvm.device': {'title': 'KVM device', 'state': 'blocked', 'reason': 'absent',"
        " 'detail': 'There is no /dev/kvm: KVM did not register it.', 'arguments': {'device': '/dev/kvm'},"
        " 'evidence': 'observed', 'blocked_by': ['kvm.vendor_module'], 'remedies': [], 'since_usec': 1},"
        "'kvm.vendor_module': {'title': 'KVM module for this CPU', 'state': 'fail',"
        " 'reason': 'module-not-loaded', 'detail': 'The kernel module kvm_amd is not loaded.',"
        " 'arguments': {'module': 'kvm_amd'}, 'evidence': 'observed', 'blocked_by': [],"
        " 'remedies': [{'kind': 'load-module', 'argument': 'kvm_amd', 'command': 'modprobe kvm_amd',"
        " 'privileged': true}], 'since_usec': 1,"
        " 'reason_since_usec': 100000000, 'documentation_uri': "
        "'file:///usr/share/doc/virtready/checks.html#kvm.vendor_module'},"
        "'cpu.long_mode': {'title': '64-bit guests', 'state': 'not-applicable', 'reason': 'not-x86',"
        " 'detail': 'Only x86 CPUs can lack 64-bit guests this way.', 'evidence': 'observed'},"
        "'net.tun': {'title': 'TUN/TAP network devices', 'state': 'pass', 'reason': 'live',"
        " 'detail': '/dev/net/tun is there and served by tun.', 'evidence': 'observed'},"
        "'net.vhost_net': {'title': 'In-kernel virtio networking', 'state': 'fail',"
        " 'reason': 'module-not-installed',"
        " 'detail': 'The kernel 6.1.0 comes without the module vhost_net, which makes the network fast.',"
        " 'evidence': 'observed', 'blocked_by': [], 'remedies': []},"
        "'vsock.vhost_vsock': {'title': 'Sockets between host and guest', 'state': 'fail',"
        " 'reason': 'firmware', 'detail': 'Something is off.', 'evidence': 'observed', 'blocked_by': [],"
        " 'remedies': [{'kind': 'firmware-setting', 'argument': 'SVM Mode', 'command': '', 'privileged': "
        "true}]}"
        "}, 'profiles': {" PROFILE_QEMU("not-ready", "['kvm.usable', 'net.vhost_net']",
                                        "['kvm.vendor_module']") "," PROFILE_TEST "}}";

const char document_ready[] =
        "{" HOST "'checks': {"
        "'kvm.usable': {'title': 'KVM runs guests', 'state': 'pass', 'reason': 'guest-ran',"
        " 'detail': 'A guest ran.', 'evidence': 'probed', 'blocked_by': [], 'remedies': []},"
        "'net.tun': {'title': 'TUN/TAP network devices', 'state': 'pass', 'reason': 'live',"
        " 'detail': 'It is there.', 'evidence': 'observed'},"
        "'vsock.vhost_vsock': {'title': 'Sockets', 'state': 'unknown', 'reason': 'unknown',"
        " 'detail': 'It could not be read.', 'evidence': 'observed'}"
        "}, 'profiles': {" PROFILE_QEMU("ready", "[]", "[]") "," PROFILE_TEST "}}";

void shown_clear(Shown *shown) {
        /* open_memstream() allocates with malloc(). */
        free(shown->text);
}

Shown show(ShowFunction function, const char *document, Form form, Arguments arguments) {
        _cleanup_(json_object_putp) Json *json = NULL;
        Shown shown = {};
        size_t size;
        Output output = {
                .file = open_memstream(&shown.text, &size),
                .colour = form.colour,
                .utf8 = !form.ascii,
                .root = form.root,
                .columns = form.columns > 0 ? form.columns : 80,
        };

        g_assert_nonnull(output.file);
        g_assert_cmpint(document_parse(document, &json), ==, 0);
        shown.status = function(&arguments, &output, json);
        g_assert_cmpint(fclose(output.file), ==, 0);
        return shown;
}

void assert_contains(const char *text, const char *part) {
        if (!strstr(text, part))
                g_error("'%s' is not in:\n%s", part, text);
}

void assert_lacks(const char *text, const char *part) {
        if (strstr(text, part))
                g_error("'%s' is in:\n%s", part, text);
}
