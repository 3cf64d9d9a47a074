/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the parameter "nested" in each module's spelling. */

#include <errno.h>

#include "nested.h"
#include "values.h"

/* A kernel can have the modules of both vendors built in, and the one that does nothing on this CPU shows
 * its default all the same. So the CPU tells which parameter counts. On arm64 there is none. Sources:
 * arch/x86/kvm/vmx/vmx.c, arch/x86/kvm/svm/svm.c, arch/powerpc/kvm/book3s_hv.c, arch/s390/kvm/kvm-s390.c. */
static int module_with_parameter(const CpuFacts *cpu) {
        switch (cpu->architecture) {
        case ARCHITECTURE_X86:
                return cpu->extension == CPU_EXTENSION_NONE ? -EINVAL : module_of_kvm(cpu);
        case ARCHITECTURE_PPC64:
        case ARCHITECTURE_S390X:
                return module_of_kvm(cpu);
        default:
                return -EINVAL;
        }
}

int nested_facts_read(const Root *root, const CpuFacts *cpu, NestedFacts *facts) {
        NestedFacts nested = { .enabled = TRISTATE_UNKNOWN };
        int module = module_with_parameter(cpu), r;

        nested.has_module = module >= 0;
        if (nested.has_module) {
                nested.module = (ModuleId) module;
                r = read_switch_at(root, "sys/module/%s/parameters/nested", module_to_string(nested.module));
                if (r == -ENOMEM)
                        return r;
                nested.enabled = tristate_from_result(r);
        }

        *facts = nested;
        return 0;
}
