/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explains to who asked for a module why it was not loaded, or will not be at the next start. */
#pragma once

#include "../facts/facts.h"
#include "../modprobe/protocol.h"

/* Yields sentences that name the module, the error and what it means on this machine: FACTS are those of the
 * last pass, MODULE the kernel's name of one that may be loaded, ANSWER what virtready-modprobe says of it:
 * that it was not found, is overridden or blacklisted, or that the kernel or something else refuses it.
 * Returns -ENOMEM or 0.
 *
 * Errors of the kernel: kernel/module/main.c and signing.c for what any module may meet, arch/x86/kvm/ for
 * EOPNOTSUPP, virt/kvm/kvm_main.c for EBUSY. */
int module_refusal_explain(const Facts *facts, const char *module, const ModprobeAnswer *answer, char **ret);
