/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "host" and "hypervisor" print for documents made by hand. */

#include "../../client/exit-status.h"
#include "../../client/hypervisor.h"
#include "../../client/show.h"
#include "../../client/size.h"
#include "documents.h"

static const char document[] =
        "{'host': {'architecture': 'x86_64', 'kernel_release': '6.1.0', 'distribution': 'Debian 12',"
        " 'hypervisor': {'guest': true, 'name': 'KVM'},"
        " 'cpu': {'vendor': 'GenuineIntel', 'model': 'Core i5', 'virtualization': 'vmx',"
        "  'max_frequency_hz': 4800000000},"
        " 'topology': {'packages': 1, 'dies': 1, 'clusters': null, 'cores': 3, 'threads': 4,"
        "  'online': '0-3', 'offline': '4', 'core_types': ["
        "  {'name': 'core', 'cpus': '0-1', 'cores': 1}, {'name': 'atom', 'cpus': '2-3', 'cores': 2}]},"
        " 'numa': [{'id': 0, 'cpus': '0-3', 'memory_bytes': 8589934592, 'distances': [10, 20]},"
        "  {'id': 1, 'cpus': '', 'memory_bytes': null, 'distances': [20, 10]}],"
        " 'node_info': {'cpus': 4, 'mhz': 2400, 'nodes': 1, 'sockets': 1, 'cores': 4, 'threads': 1,"
        "  'memory_kib': 8388608, 'fallback': true},"
        " 'memory': {'total_bytes': 8589934592, 'available_bytes': 1610612736,"
        "  'ksm': {'running': true, 'pages_shared': 7, 'pages_sharing': 30}, 'huge_pages': ["
        "  {'node': null, 'size_bytes': 2097152, 'total': 4, 'free': 3},"
        "  {'node': 1, 'size_bytes': 2097152, 'total': 4, 'free': 3},"
        "  {'node': 0, 'size_bytes': 2097152, 'total': 0, 'free': 0}]},"
        " 'vulnerabilities': {'gds': 'Not affected', 'mds': 'Vulnerable: no microcode',"
        "  'meltdown': 'Mitigation: PTI'}},"
        "'hypervisors': {"
        " 'qemu': {'uri': 'qemu:///system', 'state': 'running', 'detail': '', 'library_version': '9.0.0',"
        "  'daemon_version': '8.0.0', 'type': 'QEMU', 'version': '7.2.22', 'kernel_max_vcpus': 1024,"
        "  'max_vcpus': {'kvm': 16}, 'node_info': {'model': 'x86_64', 'cpus': 4}, 'domains': ["
        "  {'arch': 'x86_64', 'virt_type': 'kvm', 'machine': 'pc-q35-7.2', 'alias': 'q35',"
        "   'emulator': '/usr/bin/qemu-system-x86_64', 'max_vcpus': 288, 'firmware': ['efi'],"
        "   'loader': {'type': ['rom', 'pflash'], 'secure': []}, 'loader_paths': ['/usr/share/OVMF.fd'],"
        "   'cpu_modes': ['host-model', 'custom'], 'host_model': 'EPYC', 'host_model_vendor': 'AMD',"
        "   'host_model_features': {'require': ['x2apic'], 'disable': ['monitor']},"
        "   'cpu_models': ['qemu64'], 'memory_backing': {'sourceType': ['file', 'memfd']},"
        "   'devices': {'disk': {'diskDevice': ['disk', 'cdrom'], 'bus': ['ide', 'scsi'], 'model': []},"
        "    'hostdev': {'subsysType': ['usb', 'pci']}},"
        "   'features': {'genid': {}, 'sev': {'cbitpos': ['47']}, 'iothreads': {}},"
        "   'blocked_by': {'virt_type': ['kvm.usable'],"
        "    'devices.hostdev': ['iommu.enabled', 'vfio.pci'], 'features.sev': ['confidential.sev']}},"
        "  {'arch': 'x86_64', 'virt_type': 'qemu', 'machine': 'microvm', 'alias': null, 'max_vcpus': 8}]},"
        " 'lxc': {'uri': 'lxc:///system', 'state': 'unreachable', 'detail': 'It\\u0007s dead.',"
        "  'domains': []}}}";

static void test_sizes(void) {
        static const struct {
                uint64_t bytes;
                const char *text;
        } cases[] = {
                { 0, "0 B" },
                { 1023, "1023 B" },
                { 1024, "1 KiB" },
                { 2097152, "2 MiB" },
                { 1073741824ULL + 1073741824ULL / 2, "1.5 GiB" },
                { 2147483647, "1.9 GiB" }, /* never more than it is */
                { UINT64_MAX, "15.9 EiB" },
        };
        char text[SIZE_TEXT_MAX];

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                g_assert_cmpstr(size_format(cases[i].bytes, text), ==, cases[i].text);
}

static void test_host(void) {
        g_auto(Shown) shown = show(host_show, document, (Form){}, (Arguments){});

        g_assert_cmpint(shown.status, ==, STATUS_READY);
        g_assert_cmpstr(shown.text, ==,
                        "Machine\n"
                        "   Architecture: x86_64\n"
                        "         Kernel: 6.1.0\n"
                        "   Distribution: Debian 12\n"
                        "        Runs on: a hypervisor: KVM\n"
                        "\n"
                        "CPU\n"
                        "          Model: Core i5\n"
                        "         Vendor: GenuineIntel\n"
                        " Virtualization: vmx\n"
                        "      Frequency: up to 4800 MHz\n"
                        "       Packages: 1\n"
                        "           Dies: 1\n"
                        "          Cores: 3\n"
                        "        Threads: 4\n"
                        "         Online: 0-3\n"
                        "        Offline: 4\n"
                        "     Core types: 1 of the kind core: CPUs 0-1\n"
                        "                 2 of the kind atom: CPUs 2-3\n"
                        "\n"
                        "Memory\n"
                        "          Total: 8 GiB\n"
                        "      Available: 1.5 GiB\n"
                        "     Huge pages: 4 of 2 MiB, 3 of them free\n"
                        "                 4 of 2 MiB on node 1, 3 of them free\n"
                        "            KSM: on: 7 pages stand for 30 more\n"
                        "\n"
                        "NUMA\n"
                        "         Node 0: CPUs 0-3, 8 GiB\n"
                        "                 distances 10 20\n"
                        "         Node 1: no CPUs, memory unknown\n"
                        "                 distances 20 10\n"
                        "\n"
                        "As virsh nodeinfo has it\n"
                        "           CPUs: 4\n"
                        "  CPU frequency: 2400 MHz\n"
                        "     NUMA cells: 1\n"
                        "        Sockets: 1 per NUMA cell\n"
                        "          Cores: 4 per socket\n"
                        "        Threads: 1 per core\n"
                        "         Memory: 8388608 KiB\n"
                        "           Note: libvirt cannot describe this machine, and says that each CPU is\n"
                        "                 a core of one socket.\n"
                        "\n"
                        "Vulnerabilities of the CPU\n"
                        "  mds: Vulnerable: no microcode\n"
                        "  meltdown: Mitigation: PTI\n"
                        "  not affected by 1 other\n");
}

static void test_host_of_little(void) {
        g_auto(Shown) nothing = show(host_show, "{}", (Form){}, (Arguments){});
        g_auto(Shown) hardware =
                show(host_show, "{'host': {'hypervisor': {'guest': false}}}", (Form){}, (Arguments){});

        g_assert_cmpint(nothing.status, ==, STATUS_READY);
        assert_lacks(nothing.text, "Runs on");
        assert_lacks(nothing.text, "NUMA\n");
        assert_lacks(nothing.text, "virsh");
        assert_contains(hardware.text, "        Runs on: hardware\n");
}

/* What the only node has is what the machine has. */
static void test_host_huge_pages(void) {
        static const char one_node[] =
                "{'host': {'numa': [{'id': 0, 'cpus': '0'}], 'memory': {'huge_pages': ["
                " {'node': null, 'size_bytes': 1073741824, 'total': 0, 'free': 0},"
                " {'node': null, 'size_bytes': 2097152, 'total': 4, 'free': 3},"
                " {'node': 0, 'size_bytes': 2097152, 'total': 4, 'free': 3}]}}}";
        static const char none[] = "{'host': {'memory': {'huge_pages': ["
                                   " {'node': null, 'size_bytes': 2097152, 'total': 0, 'free': 0},"
                                   " {'node': null, 'size_bytes': 1073741824, 'total': 0, 'free': 0}]}}}";
        g_auto(Shown) one = show(host_show, one_node, (Form){}, (Arguments){}),
                      empty = show(host_show, none, (Form){}, (Arguments){});

        assert_contains(one.text, "\nMemory\n"
                                  "     Huge pages: 4 of 2 MiB, 3 of them free\n"
                                  "                 none of 1 GiB\n"
                                  "\nNUMA\n");
        assert_contains(empty.text, "\nMemory\n     Huge pages: none of 2 MiB, none of 1 GiB\n");
}

static void test_host_json(void) {
        g_auto(Shown) shown = show(host_show, document, (Form){}, (Arguments){ .json = true });
        _cleanup_(json_object_putp) Json *host = NULL;

        g_assert_cmpint(document_parse(shown.text, &host), ==, 0);
        g_assert_cmpstr(doc_text(host, "kernel_release"), ==, "6.1.0");
        g_assert_cmpuint(doc_size(doc_get(host, "numa")), ==, 2);
}

static void test_hypervisors(void) {
        g_auto(Shown) shown = show(hypervisor_show, document, (Form){}, (Arguments){});

        g_assert_cmpint(shown.status, ==, STATUS_READY);
        g_assert_cmpstr(shown.text, ==,
                        "✓ qemu  running      QEMU 7.2.22, libvirt 8.0.0  qemu:///system\n"
                        "✗ lxc   unreachable  -                           lxc:///system\n"
                        "  It?s dead.\n"
                        "  → virtreadyctl hypervisor --refresh lxc (asks it again)\n");
}

/* A line that is too long for the terminal is broken below itself; what sleeps is all right. */
static void test_hypervisors_in_trouble(void) {
        g_auto(Shown) shown =
                show(hypervisor_show,
                     "{'hypervisors': {"
                     " 'qemu': {'state': 'dormant', 'detail': 'libvirtd.socket starts it.'},"
                     " 'lxc': {'state': 'denied', 'detail': 'The policy of this machine says no.'}}}",
                     (Form){ .columns = 30, .ascii = true }, (Arguments){});

        g_assert_cmpstr(shown.text, ==,
                        "+ qemu  dormant  -  \n"
                        "  > virtreadyctl hypervisor --refresh qemu (asks it, which wakes it)\n"
                        "x lxc   denied   -  \n"
                        "  The policy of this machine\n"
                        "  says no.\n");
}

static void test_no_hypervisors(void) {
        g_auto(Shown) none = show(hypervisor_show, "{'hypervisors': {}}", (Form){}, (Arguments){}),
                      older = show(hypervisor_show, "{}", (Form){}, (Arguments){});

        g_assert_cmpstr(none.text, ==, "There is no hypervisor that libvirt manages.\n");
        g_assert_cmpstr(older.text, ==, "This virtreadyd knows nothing of hypervisors.\n");
}

static void test_hypervisor_whole(void) {
        g_auto(Shown) shown = show(hypervisor_show, document, (Form){}, (Arguments){ OPERANDS("qemu") });

        g_assert_cmpint(shown.status, ==, STATUS_READY);
        g_assert_cmpstr(shown.text, ==,
                        "qemu - qemu:///system\n"
                        "          State: running\n"
                        "        Version: QEMU 7.2.22, libvirt 8.0.0\n"
                        "        Library: 9.0.0\n"
                        "      CPU model: x86_64\n"
                        "           CPUs: 4\n"
                        "\n"
                        "x86_64 guests with kvm, machine q35 (pc-q35-7.2)\n"
                        "                 blocked on this machine, see kvm.usable\n"
                        "       Emulator: /usr/bin/qemu-system-x86_64\n"
                        "  Maximum vCPUs: 288, of the kernel 1024\n"
                        "       Firmware: efi\n"
                        "         Loader: type: rom, pflash\n"
                        "        Loaders: /usr/share/OVMF.fd\n"
                        "      CPU modes: host-model, custom\n"
                        "     Host model: EPYC of AMD\n"
                        "                 with: x2apic\n"
                        "                 without: monitor\n"
                        "     CPU models: qemu64\n"
                        " Memory backing: sourceType: file, memfd\n"
                        "           disk: diskDevice: disk, cdrom\n"
                        "                 bus: ide, scsi\n"
                        "        hostdev: subsysType: usb, pci\n"
                        "                 blocked on this machine, see iommu.enabled, vfio.pci\n"
                        "          genid: yes\n"
                        "            sev: cbitpos: 47\n"
                        "                 blocked on this machine, see confidential.sev\n"
                        "      iothreads: yes\n"
                        "\n"
                        "x86_64 guests with qemu, machine microvm\n"
                        "  Maximum vCPUs: 8\n");
}

/* Machines that can do the same are not printed twice; of others only what is different is. */
static void test_hypervisor_machines(void) {
        static const char machines[] =
                "{'hypervisors': {'qemu': {'state': 'running', 'domains': ["
                " {'arch': 'x86_64', 'virt_type': 'kvm', 'machine': 'pc-i440fx-7.2', 'alias': 'pc',"
                "  'emulator': '/usr/bin/qemu', 'max_vcpus': 255, 'firmware': ['efi'], 'cpu_modes': "
                "['custom'],"
                "  'loader': {'type': ['rom']}, 'memory_backing': {'sourceType': ['file']}, 'devices': "
                "{'disk': {'bus': ['ide']}, 'rng': {},"
                "  'hostdev': {'subsysType': ['pci']}}, 'blocked_by': {'virt_type': ['kvm.usable'],"
                "  'devices.hostdev': ['vfio.pci']}},"
                " {'arch': 'x86_64', 'virt_type': 'kvm', 'machine': 'pc-q35-7.2', 'alias': 'q35',"
                "  'emulator': '/usr/bin/qemu', 'max_vcpus': 288, 'firmware': [], 'cpu_modes': ['custom'],"
                "  'loader': {}, 'memory_backing': {}, 'devices': {'disk': {'bus': ['sata']}, 'hostdev': "
                "{'subsysType': ['pci']},"
                "  'tpm': {}}, 'blocked_by': {'virt_type': ['kvm.usable']}},"
                " {'arch': 'x86_64', 'virt_type': 'kvm', 'machine': 'pc-i440fx-7.1', 'alias': null,"
                "  'emulator': '/usr/bin/qemu', 'max_vcpus': 255, 'firmware': ['efi'], 'cpu_modes': "
                "['custom'],"
                "  'loader': {'type': ['rom']}, 'memory_backing': {'sourceType': ['file']}, 'devices': "
                "{'disk': {'bus': ['ide']}, 'rng': {},"
                "  'hostdev': {'subsysType': ['pci']}}, 'blocked_by': {'virt_type': ['kvm.usable'],"
                "  'devices.hostdev': ['vfio.pci']}},"
                " {'arch': 'x86_64', 'virt_type': 'qemu', 'machine': 'pc-i440fx-7.2', 'alias': 'pc',"
                "  'emulator': '/usr/bin/qemu', 'max_vcpus': 255}]}}}";
        g_auto(Shown) shown = show(hypervisor_show, machines, (Form){}, (Arguments){ OPERANDS("qemu") });

        g_assert_cmpstr(shown.text, ==,
                        "qemu - \n"
                        "          State: running\n"
                        "\n"
                        "x86_64 guests with kvm, machine pc (pc-i440fx-7.2)\n"
                        "                 blocked on this machine, see kvm.usable\n"
                        "       Emulator: /usr/bin/qemu\n"
                        "  Maximum vCPUs: 255\n"
                        "       Firmware: efi\n"
                        "         Loader: type: rom\n"
                        "      CPU modes: custom\n"
                        " Memory backing: sourceType: file\n"
                        "           disk: bus: ide\n"
                        "            rng: yes\n"
                        "        hostdev: subsysType: pci\n"
                        "                 blocked on this machine, see vfio.pci\n"
                        "\n"
                        "x86_64 guests with kvm, machine q35 (pc-q35-7.2)\n"
                        "  Maximum vCPUs: 288\n"
                        "       Firmware: none\n"
                        "         Loader: none\n"
                        " Memory backing: none\n"
                        "           disk: bus: sata\n"
                        "        hostdev: subsysType: pci\n"
                        "            tpm: yes\n"
                        "            rng: no\n"
                        "                 the rest as for pc (pc-i440fx-7.2)\n"
                        "\n"
                        "x86_64 guests with kvm, machine pc-i440fx-7.1\n"
                        "                 as for pc (pc-i440fx-7.2)\n"
                        "\n"
                        "x86_64 guests with qemu, machine pc (pc-i440fx-7.2)\n"
                        "       Emulator: /usr/bin/qemu\n"
                        "  Maximum vCPUs: 255\n");
}

/* What libvirt says goes to a terminal. */
static void test_hypervisor_unreachable(void) {
        g_auto(Shown) shown = show(hypervisor_show, document, (Form){}, (Arguments){ OPERANDS("lxc") });

        g_assert_cmpint(shown.status, ==, STATUS_NOT_READY);
        g_assert_cmpstr(shown.text, ==,
                        "lxc - lxc:///system\n"
                        "          State: unreachable\n"
                        "         Detail: It?s dead.\n"
                        "      Next step: virtreadyctl hypervisor --refresh lxc (asks it again)\n");
}

static void test_hypervisor_json(void) {
        Arguments all = { .json = true }, one = { .json = true, OPERANDS("qemu") };
        g_auto(Shown) of_all = show(hypervisor_show, document, (Form){}, all);
        g_auto(Shown) of_one = show(hypervisor_show, document, (Form){}, one);
        _cleanup_(json_object_putp) Json *a = NULL, *o = NULL;

        g_assert_cmpint(document_parse(of_all.text, &a), ==, 0);
        g_assert_cmpstr(doc_text(doc_get(a, "lxc"), "state"), ==, "unreachable");
        g_assert_cmpint(document_parse(of_one.text, &o), ==, 0);
        g_assert_cmpstr(doc_text(o, "id"), ==, "qemu");
        g_assert_cmpuint(doc_size(doc_get(o, "domains")), ==, 2);
}

static void test_hypervisor_not_there(void) {
        g_auto(Shown) shown = show(hypervisor_show, document, (Form){}, (Arguments){ OPERANDS("qem") });

        g_assert_cmpint(shown.status, ==, STATUS_USAGE);
        g_assert_cmpstr(shown.text, ==, "");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/show/sizes", test_sizes);
        g_test_add_func("/show/host", test_host);
        g_test_add_func("/show/host/little", test_host_of_little);
        g_test_add_func("/show/host/huge-pages", test_host_huge_pages);
        g_test_add_func("/show/host/json", test_host_json);
        g_test_add_func("/show/hypervisors", test_hypervisors);
        g_test_add_func("/show/hypervisors/trouble", test_hypervisors_in_trouble);
        g_test_add_func("/show/hypervisors/none", test_no_hypervisors);
        g_test_add_func("/show/hypervisor", test_hypervisor_whole);
        g_test_add_func("/show/hypervisor/machines", test_hypervisor_machines);
        g_test_add_func("/show/hypervisor/unreachable", test_hypervisor_unreachable);
        g_test_add_func("/show/hypervisor/json", test_hypervisor_json);
        g_test_add_func("/show/hypervisor/not-there", test_hypervisor_not_there);
        return g_test_run();
}
