/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hashes what libvirt looks at when it finds out what guests can be had: KVM, and the programs. */

#include "hypervisor-stamp.h"
#include "basic/hash.h"
#include "checks/access.h"

uint64_t hypervisor_stamp(const Facts *facts, const Verdict *verdict) {
        static const Program programs[] = { PROGRAM_QEMU, PROGRAM_LIBVIRTD, PROGRAM_VIRTLXCD,
                                            PROGRAM_VIRTQEMUD };
        ssize_t usable = catalogue_find("kvm.usable");
        int module = module_of_kvm(&facts->cpu);
        uint64_t hash = access_device_stamp(facts, DEVICE_KVM);

        if (usable >= 0) {
                hash = hash_number(hash, verdict->checks[usable].state);
                hash = hash_number(hash, (uintptr_t) verdict->checks[usable].finding.reason);
        }
        if (module >= 0)
                hash = hash_number(hash, facts_module_state(facts, (ModuleId) module));
        FOREACH_ELEMENT(program, programs) {
                const ProgramIdentity *identity = &facts->programs.identity[*program];

                hash = hash_number(hash, (uint64_t) facts->programs.installed[*program]);
                hash = hash_number(hash, identity->device);
                hash = hash_number(hash, identity->inode);
                hash = hash_number(hash, identity->modified_nsec);
        }

        return hash;
}
