/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which kinds of confidential guests the CPU could have, and which the host does. */

#include "daemon/facts/facts.h"
#include "tree.h"

#define NO TRISTATE_NO
#define YES TRISTATE_YES
#define MAYBE TRISTATE_UNKNOWN

/* KVM_CAP_VM_TYPES was not asked for, or is not known to the kernel. */
#define NO_TYPES 0U

#define KINDS_MAX _CONFIDENTIAL_KIND_MAX

typedef struct Case {
        const char *name;
        CpuFacts cpu;
        Tristate guest;
        unsigned version[3];
        const char *parameters[KINDS_MAX]; /* by kind; NULL without the file */
        bool module_absent;                /* no other parameters either */
        unsigned vm_types;
        Tristate possible[KINDS_MAX], enabled[KINDS_MAX];
        bool missing[KINDS_MAX];
} Case;

#define EPYC(flags_text)                                                                \
        {                                                                               \
                .architecture = ARCHITECTURE_X86, .extension = CPU_EXTENSION_SVM,       \
                .vendor = (char *) "AuthenticAMD", .flags = (char *) "svm " flags_text, \
                .model = (char *) "AMD EPYC 9354 32-Core Processor",                    \
        }
#define EPYC_LIVE(flags_text, encryption)                                               \
        {                                                                               \
                .architecture = ARCHITECTURE_X86, .extension = CPU_EXTENSION_SVM,       \
                .vendor = (char *) "AuthenticAMD", .flags = (char *) "svm " flags_text, \
                .model = (char *) "AMD EPYC 9354 32-Core Processor", .raw_known = true, \
                .raw_encryption = (encryption),                                         \
        }
#define XEON(flags_text)                                                                \
        {                                                                               \
                .architecture = ARCHITECTURE_X86, .extension = CPU_EXTENSION_VMX,       \
                .vendor = (char *) "GenuineIntel", .flags = (char *) "vmx " flags_text, \
        }

#define ALL_OF_SEV (CPU_ENCRYPTION_SEV | CPU_ENCRYPTION_SEV_ES | CPU_ENCRYPTION_SEV_SNP)

static const Case cases[] = {
        {
                .name = "types-are-listed",
                .cpu = EPYC("sev sev_es sev_snp"),
                .version = { 6, 12, 0 },
                .parameters = { "Y", "Y", "Y" },
                .vm_types = 0x1d,
                .possible = { YES, YES, YES, NO, NO },
                .enabled = { YES, YES, YES, NO, NO },
        },
        {
                /* All numbers of guests are for SEV-ES, so that SEV is unusable. */
                .name = "type-is-not-listed-though-parameter-is-on",
                .cpu = EPYC("sev sev_es sev_snp"),
                .version = { 7, 1, 0 },
                .parameters = { "Y", "Y", "Y" },
                .vm_types = 0x19,
                .possible = { YES, YES, YES, NO, NO },
                .enabled = { NO, YES, YES, NO, NO },
        },
        {
                .name = "types-without-sev",
                .cpu = EPYC("sev sev_es"),
                .version = { 6, 9, 3 },
                .parameters = { "Y", "Y" },
                .vm_types = 0x1,
                .possible = { YES, YES, MAYBE, NO, NO },
                .enabled = { YES, YES, NO, NO, NO },
                .missing = { [CONFIDENTIAL_SEV_SNP] = true },
        },
        {
                /* A distribution's kernel with what came to Linux later. */
                .name = "backported",
                .cpu = EPYC("sev sev_es sev_snp"),
                .version = { 5, 14, 0 },
                .parameters = { "Y", "Y", "N" },
                .vm_types = 0xd,
                .possible = { YES, YES, YES, NO, NO },
                .enabled = { YES, YES, NO, NO, NO },
        },
        {
                .name = "types-without-parameters",
                .cpu = EPYC("sev sev_es"),
                .version = { 6, 12, 0 },
                .module_absent = true,
                .vm_types = 0x5,
                .possible = { YES, YES, MAYBE, NO, NO },
                .enabled = { YES, NO, NO, NO, NO },
        },
        {
                .name = "parameters-alone",
                .cpu = EPYC("sev sev_es"),
                .version = { 6, 1, 0 },
                .parameters = { "1", "0" },
                .vm_types = NO_TYPES,
                .possible = { YES, YES, MAYBE, NO, NO },
                .enabled = { YES, NO, NO, NO, NO },
                .missing = { [CONFIDENTIAL_SEV_SNP] = true },
        },
        {
                .name = "module-is-not-loaded",
                .cpu = EPYC("sev sev_es sev_snp"),
                .version = { 6, 12, 0 },
                .module_absent = true,
                .vm_types = NO_TYPES,
                .possible = { YES, YES, YES, NO, NO },
                .enabled = { MAYBE, MAYBE, MAYBE, NO, NO },
        },
        {
                .name = "firmware-hides-all",
                .cpu = EPYC(""),
                .version = { 6, 12, 0 },
                .parameters = { "N", "N", "N" },
                .vm_types = NO_TYPES,
                .possible = { YES, MAYBE, MAYBE, NO, NO },
                .enabled = { NO, NO, NO, NO, NO },
        },
        {
                .name = "firmware-hides-all-live",
                .cpu = EPYC_LIVE("", CPU_ENCRYPTION_SEV | CPU_ENCRYPTION_SEV_ES),
                .version = { 6, 12, 0 },
                .parameters = { "N", "N", "N" },
                .vm_types = 0x1,
                .possible = { YES, YES, NO, NO, NO },
                .enabled = { NO, NO, NO, NO, NO },
        },
        {
                .name = "firmware-hides-snp-live",
                .cpu = EPYC_LIVE("sev sev_es", ALL_OF_SEV),
                .version = { 6, 12, 0 },
                .parameters = { "Y", "Y", "N" },
                .vm_types = 0xd,
                .possible = { YES, YES, YES, NO, NO },
                .enabled = { YES, YES, NO, NO, NO },
        },
        {
                /* What CPUID says in a virtual machine is not about having such guests. */
                .name = "virtual-machine",
                .cpu = EPYC_LIVE("", ALL_OF_SEV),
                .guest = TRISTATE_YES,
                .version = { 6, 12, 0 },
                .parameters = { "N", "N", "N" },
                .vm_types = 0x1,
                .possible = { NO, NO, NO, NO, NO },
                .enabled = { NO, NO, NO, NO, NO },
        },
        {
                /* Both vendors' modules are built in; the other one shows its defaults. */
                .name = "other-vendors-parameters",
                .cpu = XEON(""),
                .version = { 6, 16, 0 },
                .parameters = { "Y", "Y", "Y", "N" },
                .vm_types = 0x1,
                .possible = { NO, NO, NO, NO, NO },
                .enabled = { NO, NO, NO, NO, NO },
        },
        {
                /* kvm_amd is built in, and the firmware keeps SVM off. */
                .name = "module-without-extension",
                .cpu = { .architecture = ARCHITECTURE_X86,
                         .vendor = (char *) "AuthenticAMD",
                         .model = (char *) "AMD EPYC 7763 64-Core Processor",
                         .flags = (char *) "lm sev sev_es" },
                .version = { 6, 1, 0 },
                .parameters = { "Y", "Y" },
                .vm_types = NO_TYPES,
                .possible = { YES, YES, MAYBE, NO, NO },
                .enabled = { NO, NO, NO, NO, NO },
        },
        {
                .name = "tdx",
                .cpu = XEON("tme tdx_host_platform"),
                .version = { 6, 16, 0 },
                .parameters = { [CONFIDENTIAL_TDX] = "Y" },
                .vm_types = 0x21,
                .possible = { NO, NO, NO, YES, NO },
                .enabled = { NO, NO, NO, YES, NO },
        },
        {
                .name = "tdx-not-shown",
                .cpu = XEON("tme"),
                .version = { 6, 16, 0 },
                .parameters = { [CONFIDENTIAL_TDX] = "N" },
                .vm_types = NO_TYPES,
                .possible = { NO, NO, NO, MAYBE, NO },
                .enabled = { NO, NO, NO, NO, NO },
        },
        {
                .name = "tdx-not-in-module",
                .cpu = XEON("tme tdx_host_platform"),
                .version = { 6, 12, 0 },
                .vm_types = 0x1,
                .possible = { NO, NO, NO, YES, NO },
                .enabled = { NO, NO, NO, NO, NO },
                .missing = { [CONFIDENTIAL_TDX] = true },
        },
        {
                .name = "unknown-flags",
                .cpu = { .architecture = ARCHITECTURE_X86 },
                .vm_types = NO_TYPES,
                .possible = { MAYBE, MAYBE, MAYBE, MAYBE, NO },
                .enabled = { MAYBE, MAYBE, MAYBE, MAYBE, NO },
        },
        {
                .name = "unknown-architecture",
                .vm_types = NO_TYPES,
                .possible = { MAYBE, MAYBE, MAYBE, MAYBE, MAYBE },
                .enabled = { MAYBE, MAYBE, MAYBE, MAYBE, MAYBE },
        },
        {
                .name = "other-architecture",
                .cpu = { .architecture = ARCHITECTURE_ARM64 },
                .parameters = { "Y", "Y", "Y", "Y" },
                .vm_types = NO_TYPES,
                .possible = { NO, NO, NO, NO, NO },
                .enabled = { NO, NO, NO, NO, NO },
        },
        {
                .name = "hostile-parameters",
                .cpu = EPYC("sev sev_es sev_snp"),
                .version = { 6, 12, 0 },
                .parameters = { "", "maybe", "YY" },
                .vm_types = NO_TYPES,
                .possible = { YES, YES, YES, NO, NO },
                .enabled = { MAYBE, MAYBE, MAYBE, NO, NO },
        },
};

static ConfidentialFacts read_with(const char *tree, const KernelFacts *kernel, const CpuFacts *cpu,
                                   Tristate guest, const KvmFacts *kvm) {
        const HypervisorFacts hypervisor = { .guest = guest };
        _cleanup_(root_freep) Root *root = tree_root(tree);
        ConfidentialFacts facts = {};

        g_assert_cmpint(confidential_facts_read(root, kernel, cpu, &hypervisor, kvm, &facts), ==, 0);
        return facts;
}

static void put_parameter(const char *tree, const char *module, const char *parameter, const char *value) {
        g_autofree char *path = g_strdup_printf("sys/module/%s/parameters/%s", module, parameter);

        tree_file(tree, path, value);
}

static void test_case(const void *p) {
        const Case *c = p;
        const KernelFacts kernel = { .version = { c->version[0], c->version[1], c->version[2] } };
        const KvmFacts kvm = { .vm_types = c->vm_types };
        _cleanup_tree_ char *tree = tree_new();
        ConfidentialFacts facts;

        for (ConfidentialKind kind = 0; kind < KINDS_MAX; kind++) {
                const char *module = module_to_string(confidential_module(kind));

                if (!c->module_absent) {
                        put_parameter(tree, module, "nested", "1\n");
                        put_parameter(tree, module,
                                      confidential_module(kind) == MODULE_KVM_AMD ? "npt" : "ept", "Y\n");
                }
                if (c->parameters[kind])
                        put_parameter(tree, module, confidential_parameter(kind), c->parameters[kind]);
        }

        facts = read_with(tree, &kernel, &c->cpu, c->guest, &kvm);
        for (ConfidentialKind kind = 0; kind < KINDS_MAX; kind++) {
                g_test_message("%s", confidential_kind_to_string(kind));
                g_assert_cmpint(facts.possible[kind], ==, c->possible[kind]);
                g_assert_cmpint(facts.enabled[kind], ==, c->enabled[kind]);
                g_assert_cmpint(facts.missing[kind], ==, c->missing[kind]);
        }
}

/* A copy of the best known parameters alone does not tell that the others are not there. */
static void test_few_parameters(void) {
        static const CpuFacts cpu = EPYC("");
        _cleanup_tree_ char *tree = tree_new();
        ConfidentialFacts facts;

        put_parameter(tree, "kvm_amd", "nested", "1\n");
        facts = read_with(tree, &(KernelFacts){}, &cpu, NO, &(KvmFacts){});
        for (ConfidentialKind kind = CONFIDENTIAL_SEV; kind <= CONFIDENTIAL_SEV_SNP; kind++) {
                g_assert_cmpint(facts.enabled[kind], ==, MAYBE);
                g_assert_false(facts.missing[kind]);
        }
}

static void test_hostile_files(void) {
        static const CpuFacts cpu = EPYC("sev sev_es sev_snp");
        const char *directory = "sys/module/kvm_amd/parameters";
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *huge = g_strnfill(ROOT_FILE_MAX + 1, 'Y'),
                        *sev = g_strconcat(directory, "/sev", NULL),
                        *sev_es = g_strconcat(directory, "/sev_es", NULL),
                        *sev_snp = g_strconcat(directory, "/sev_snp", NULL);
        ConfidentialFacts facts;

        tree_fifo(tree, sev);
        tree_link(tree, sev_es, "sev_es");
        tree_file(tree, sev_snp, huge);
        put_parameter(tree, "kvm_amd", "npt", "Y\n");

        facts = read_with(tree, &(KernelFacts){}, &cpu, NO, &(KvmFacts){});
        for (ConfidentialKind kind = CONFIDENTIAL_SEV; kind <= CONFIDENTIAL_SEV_SNP; kind++) {
                g_assert_cmpint(facts.enabled[kind], ==, MAYBE);
                g_assert_false(facts.missing[kind]);
        }
}

static void test_s390x(void) {
        static const struct {
                const char *host, *guest;
                bool directory;
                const char *facilities;
                Tristate possible, enabled;
        } host_cases[] = {
                { "1\n", "0\n", true, "0 1 158", YES, YES },
                { "0\n", "0\n", true, NULL, YES, NO },
                { "0\n", "1\n", true, "0 1 158", NO, NO },
                { NULL, NULL, true, NULL, YES, MAYBE },
                { NULL, NULL, false, "0 1 158 161", YES, MAYBE },
                { NULL, NULL, false, "0 1 15 1580", NO, MAYBE },
                { NULL, NULL, false, NULL, MAYBE, MAYBE },
                { "on\n", "off\n", true, NULL, YES, MAYBE },
        };

        FOREACH_ELEMENT(c, host_cases) {
                const CpuFacts cpu = { .architecture = ARCHITECTURE_S390X,
                                       .facilities = (char *) c->facilities };
                _cleanup_tree_ char *tree = tree_new();
                ConfidentialFacts facts;

                tree_directory(tree, c->directory ? "sys/firmware/uv" : "sys/firmware");
                if (c->host)
                        tree_file(tree, "sys/firmware/uv/prot_virt_host", c->host);
                if (c->guest)
                        tree_file(tree, "sys/firmware/uv/prot_virt_guest", c->guest);

                facts = read_with(tree, &(KernelFacts){}, &cpu, NO, &(KvmFacts){});
                g_assert_cmpint(facts.possible[CONFIDENTIAL_S390_PV], ==, c->possible);
                g_assert_cmpint(facts.enabled[CONFIDENTIAL_S390_PV], ==, c->enabled);
                g_assert_cmpint(facts.possible[CONFIDENTIAL_SEV], ==, NO);
        }
}

static void test_ppc64(void) {
        CpuFacts cpu = { .architecture = ARCHITECTURE_PPC64 };
        _cleanup_tree_ char *tree = tree_new();

        g_assert_cmpint(read_with(tree, &(KernelFacts){}, &cpu, NO, &(KvmFacts){}).ultravisor, ==, MAYBE);

        tree_file(tree, "proc/device-tree/compatible", "ibm,powernv");
        g_assert_cmpint(read_with(tree, &(KernelFacts){}, &cpu, NO, &(KvmFacts){}).ultravisor, ==, NO);

        cpu.model = (char *) "POWER8E (raw), altivec supported";
        g_assert_cmpint(read_with(tree, &(KernelFacts){}, &cpu, NO, &(KvmFacts){}).ultravisor, ==, NO);
        cpu.model = (char *) "POWER9, altivec supported";

        tree_directory(tree, "proc/device-tree/ibm,ultravisor");
        g_assert_cmpint(read_with(tree, &(KernelFacts){}, &cpu, NO, &(KvmFacts){}).ultravisor, ==, YES);
}

/* KVM lists the default type wherever it lists any, and none is enabled that is not possible. */
static void test_live(void) {
        _cleanup_(root_freep) Root *root = tree_root("/");
        Facts facts = {};

        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK_ALL), ==, 0);
        if (facts.kvm.vm_types != 0)
                g_assert_cmpuint(facts.kvm.vm_types & 1U, ==, 1);
        for (ConfidentialKind kind = 0; kind < KINDS_MAX; kind++)
                if (facts.confidential.possible[kind] == NO)
                        g_assert_cmpint(facts.confidential.enabled[kind], !=, YES);
        facts_done(&facts);
}

static void test_to_string(void) {
        for (ConfidentialKind kind = 0; kind < KINDS_MAX; kind++)
                g_assert_nonnull(confidential_kind_to_string(kind));
        g_assert_null(confidential_kind_to_string(KINDS_MAX));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        FOREACH_ELEMENT(c, cases) {
                g_autofree char *path = g_strconcat("/confidential/x86/", c->name, NULL);

                g_test_add_data_func(path, c, test_case);
        }
        g_test_add_func("/confidential/few-parameters", test_few_parameters);
        g_test_add_func("/confidential/hostile-files", test_hostile_files);
        g_test_add_func("/confidential/s390x", test_s390x);
        g_test_add_func("/confidential/ppc64", test_ppc64);
        g_test_add_func("/confidential/live", test_live);
        g_test_add_func("/confidential/to-string", test_to_string);

        return g_test_run();
}
