/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who asks for a module that is not loaded is told why. */

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "daemon/basic/macro.h"
#include "daemon/checks/module-refusal.h"

static char *explain(const Facts *facts, const char *module, ModprobeOutcome outcome, int error) {
        const ModprobeAnswer answer = { .outcome = outcome, .error = error };
        char *text = NULL;

        g_assert_cmpint(module_refusal_explain(facts, module, &answer, &text), ==, 0);
        g_assert_nonnull(text);
        g_assert_null(strchr(text, '{'));
        return text;
}

#define assert_explained(facts, module, outcome, error, expected)             \
        do {                                                                  \
                char *_text = explain((facts), (module), (outcome), (error)); \
                g_assert_cmpstr(_text, ==, (expected));                       \
                free(_text);                                                  \
        } while (0)

static void test_errors(void) {
        static const struct {
                const char *module;
                int error;
                const char *expected;
        } cases[] = {
                { "kvm_amd", EOPNOTSUPP,
                  "The kernel refuses kvm_amd: Operation not supported (EOPNOTSUPP). This CPU has no AMD-V, "
                  "or the "
                  "firmware or an outer hypervisor keeps it back." },
                { "kvm_intel", EOPNOTSUPP,
                  "The kernel refuses kvm_intel: Operation not supported (EOPNOTSUPP). This CPU has no "
                  "VT-x, or the "
                  "firmware or an outer hypervisor keeps it back." },
                { "kvm_hv", ENODEV,
                  "The kernel refuses kvm_hv: No such device (ENODEV). This machine does not have the "
                  "hardware that it "
                  "is for." },
                { "tun", EKEYREJECTED,
                  "The kernel refuses tun: Key was rejected by service (EKEYREJECTED). It is not signed "
                  "with a key that "
                  "this kernel trusts, and this kernel takes no other: sign it and enroll the key, or "
                  "install the "
                  "kernel's own modules." },
                { "vfio_pci", EBUSY,
                  "The kernel refuses vfio_pci: Device or resource busy (EBUSY). What it needs of the "
                  "hardware is in "
                  "use." },
                { "fuse", 4095,
                  "The kernel refuses fuse: error 4095. The kernel's log may say more: dmesg." },
        };
        const Facts facts = {};

        FOREACH_ELEMENT(c, cases)
                assert_explained(&facts, c->module, MODPROBE_REFUSED, c->error, c->expected);
}

static bool has_own_sentence(int error) {
        static const int errors[] = { EPERM,  ENOENT, EIO,    ENOEXEC,    ENOMEM, EBUSY,       EEXIST,
                                      ENODEV, EINVAL, ENOSYS, EOPNOTSUPP, ENOKEY, EKEYREJECTED };

        FOREACH_ELEMENT(e, errors)
                if (*e == error)
                        return true;

        return false;
}

/* Every error that loading a module can have has a sentence of its own, or leads to the log. */
static void test_every_error(void) {
        static const char *const modules[] = { "kvm", "kvm_amd", "kvm_intel", "tun" };
        const Facts facts = {};

        FOREACH_ELEMENT(module, modules)
                for (int error = 1; error < 4096; error++) {
                        char *text = explain(&facts, *module, MODPROBE_REFUSED, error);
                        g_autofree char *prefix = g_strdup_printf("The kernel refuses %s: ", *module);

                        g_assert_true(g_str_has_prefix(text, prefix));
                        g_assert_true(g_str_has_suffix(text, "."));
                        if (g_str_has_suffix(text, "dmesg.") == has_own_sentence(error))
                                g_error("error %i: %s", error, text);
                        free(text);
                }
}

static void test_other_hypervisor(void) {
        Facts facts = {};

        facts.modules.presence[MODULE_VBOXDRV] = MODULE_PRESENCE_LIVE;
        assert_explained(
                &facts, "kvm_amd", MODPROBE_REFUSED, EBUSY,
                "The kernel refuses kvm_amd: Device or resource busy (EBUSY). VirtualBox may own the CPU's "
                "virtualization: end its machines, and unload vboxdrv.");
        facts.modules.presence[MODULE_VBOXDRV] = MODULE_PRESENCE_NONE;
        assert_explained(&facts, "kvm", MODPROBE_REFUSED, EBUSY,
                         "The kernel refuses kvm: Device or resource busy (EBUSY). Another hypervisor may "
                         "own the CPU's "
                         "virtualization.");
}

/* For the kernel it is one error. */
static void test_unsupported(void) {
        Facts facts = { .cpu = { .architecture = ARCHITECTURE_X86, .raw_known = true } };

        facts.hypervisor.guest = TRISTATE_YES;
        facts.cpu.vendor = (char *) "AuthenticAMD";
        assert_explained(&facts, "kvm_amd", MODPROBE_REFUSED, EOPNOTSUPP,
                         "The kernel refuses kvm_amd: Operation not supported (EOPNOTSUPP). This is a "
                         "virtual machine, and its host does not give it svm.");
        assert_explained(&facts, "kvm_intel", MODPROBE_REFUSED, EOPNOTSUPP,
                         "The kernel refuses kvm_intel: Operation not supported (EOPNOTSUPP). The module "
                         "for this CPU is kvm_amd.");

        facts.hypervisor.guest = TRISTATE_NO;
        facts.cpu.raw = CPU_EXTENSION_SVM;
        assert_explained(&facts, "kvm_amd", MODPROBE_REFUSED, EOPNOTSUPP,
                         "The kernel refuses kvm_amd: Operation not supported (EOPNOTSUPP). The CPU has "
                         "svm, but the firmware has disabled it.");

        /* The flag that is there explains nothing. */
        facts.cpu.extension = CPU_EXTENSION_SVM;
        assert_explained(&facts, "kvm_amd", MODPROBE_REFUSED, EOPNOTSUPP,
                         "The kernel refuses kvm_amd: Operation not supported (EOPNOTSUPP). This CPU has no "
                         "AMD-V, or the firmware or an outer hypervisor keeps it back.");
}

#define NOT_PERMITTED "The kernel refuses tun: Operation not permitted (EPERM). "

static void test_principles(void) {
        Facts disabled = {}, banned = {}, locked = {}, none = {};

        disabled.modules.disabled = TRISTATE_YES;
        assert_explained(&disabled, "tun", MODPROBE_REFUSED, EPERM,
                         NOT_PERMITTED "This kernel takes no more modules until the next start "
                                       "(kernel.modules_disabled).");
        banned.module_tree.ban[MODULE_TUN] = MODULE_BAN_ALL;
        assert_explained(&banned, "tun", MODPROBE_REFUSED, EPERM,
                         NOT_PERMITTED "The kernel's parameter module_blacklist= forbids it.");
        locked.modules.lockdown = LOCKDOWN_INTEGRITY;
        assert_explained(&locked, "tun", MODPROBE_REFUSED, EPERM,
                         NOT_PERMITTED
                         "The kernel is locked down, as with Secure Boot, and takes signed modules "
                         "alone.");
        none.modules.lockdown = LOCKDOWN_NONE;
        assert_explained(&none, "tun", MODPROBE_REFUSED, EPERM,
                         NOT_PERMITTED
                         "A security module forbids it, or virtready-modprobe runs in a container, which "
                         "may not load modules.");
}

static void test_not_found(void) {
        Facts facts = { .live = true, .kernel.release = (char *) "6.1.0-9-amd64" };

        facts.modules.supported = TRISTATE_YES;
        assert_explained(&facts, "kvm_amd", MODPROBE_NOT_FOUND, 0,
                         "kvm_amd: the running kernel has no such module installed.");

        facts.modules.presence[MODULE_KVM_AMD] = MODULE_PRESENCE_NONE;
        facts.module_tree.is_gone = true;
        assert_explained(
                &facts, "kvm_amd", MODPROBE_NOT_FOUND, 0,
                "The kernel module kvm_amd is not loaded, and cannot be: the modules of the running kernel "
                "6.1.0-9-amd64 are not installed.");

        facts.module_tree.is_gone = false;
        facts.module_tree.has_index = true;
        assert_explained(&facts, "kvm_amd", MODPROBE_NOT_FOUND, 0,
                         "The kernel 6.1.0-9-amd64 comes without the module kvm_amd.");

        facts.modules.supported = TRISTATE_NO;
        assert_explained(&facts, "kvm_amd", MODPROBE_NOT_FOUND, 0,
                         "kvm_amd is not built into this kernel, and this kernel loads no modules.");
}

static void test_overridden(void) {
        Facts facts = { .live = true };

        facts.modules.supported = TRISTATE_YES;
        facts.modules.presence[MODULE_TUN] = MODULE_PRESENCE_NONE;
        facts.module_tree.has_index = true;
        facts.module_tree.available[MODULE_TUN] = true;
        assert_explained(&facts, "tun", MODPROBE_OVERRIDDEN, 0,
                         "tun: a file of modprobe.d has a command or an alias in place of this module, or a "
                         "command in place of one that it needs.");

        /* This is not what keeps it away. */
        facts.module_tree.ban[MODULE_TUN] = MODULE_BAN_ALIAS;
        facts.module_tree.ban_source[MODULE_TUN] = (char *) "/etc/modprobe.d/list.conf";
        assert_explained(&facts, "tun", MODPROBE_OVERRIDDEN, 0,
                         "tun: a file of modprobe.d has a command or an alias in place of this module, or a "
                         "command in place of one that it needs.");

        facts.module_tree.ban[MODULE_TUN] = MODULE_BAN_ALL;
        facts.module_tree.ban_source[MODULE_TUN] = (char *) "/etc/modprobe.d/no.conf";
        assert_explained(&facts, "tun", MODPROBE_OVERRIDDEN, 0,
                         "The kernel module tun is not loaded: /etc/modprobe.d/no.conf forbids it.");
}

static void test_blacklisted(void) {
        static const char unknown[] =
                "tun is blacklisted by a file of modprobe.d or the kernel command line, and then "
                "systemd does not load it at the start: take that out first.";
        Facts facts = { .live = true };

        assert_explained(&facts, "tun", MODPROBE_BLACKLISTED, 0, unknown);

        /* Whether it is loaded now does not matter. */
        facts.modules.presence[MODULE_TUN] = MODULE_PRESENCE_LIVE;
        facts.module_tree.ban[MODULE_TUN] = MODULE_BAN_ALIAS;
        facts.module_tree.ban_source[MODULE_TUN] = (char *) "/etc/modprobe.d/list.conf";
        assert_explained(
                &facts, "tun", MODPROBE_BLACKLISTED, 0,
                "tun is blacklisted by /etc/modprobe.d/list.conf, and then systemd does not load it at "
                "the start: take that out first.");

        /* A command is the stronger ban, and from elsewhere. */
        facts.module_tree.ban[MODULE_TUN] = MODULE_BAN_ALL;
        assert_explained(&facts, "tun", MODPROBE_BLACKLISTED, 0, unknown);
}

static void test_failure(void) {
        const Facts facts = {};

        assert_explained(&facts, "tun", MODPROBE_FAILED, ENOMEM,
                         "Failed to load tun: Cannot allocate memory (ENOMEM). The machine has no memory "
                         "left for it.");
        assert_explained(&facts, "tun", MODPROBE_FAILED, ENOENT,
                         "Failed to load tun: No such file or directory (ENOENT). An index of the module "
                         "tree is missing: make it anew with depmod.");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/module-refusal/errors", test_errors);
        g_test_add_func("/module-refusal/every-error", test_every_error);
        g_test_add_func("/module-refusal/other-hypervisor", test_other_hypervisor);
        g_test_add_func("/module-refusal/unsupported", test_unsupported);
        g_test_add_func("/module-refusal/principles", test_principles);
        g_test_add_func("/module-refusal/not-found", test_not_found);
        g_test_add_func("/module-refusal/overridden", test_overridden);
        g_test_add_func("/module-refusal/blacklisted", test_blacklisted);
        g_test_add_func("/module-refusal/failure", test_failure);

        return g_test_run();
}
