/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ppc64: the threads that KVM gives to a guest together, where KVM cannot be asked. */
#pragma once

#include "cpu.h"
#include "device.h"

/* Infers from a snapshot what KVM_CAP_PPC_SMT would have told: the threads of a subcore where KVM runs
 * guests on hardware up to POWER8, which wants the host to use but the first thread of each; 0 elsewhere
 * (arch/powerpc/kvm/powerpc.c, arch/powerpc/platforms/powernv/subcore.c). KVM is the device. Returns -ENOMEM
 * or 0. */
int subcore_threads_infer(const Root *root, const CpuFacts *cpu, const DeviceFacts *kvm, unsigned *ret);
