/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* KVM, by using it: the probe whose outcome decides, whatever CPU flags and modules suggest. */
#pragma once

#include "device.h"

/* The stages of the probe, in order. */
typedef enum KvmStage {
        KVM_STAGE_NONE, /* not probed: no driver is registered, or this is a snapshot */
        KVM_STAGE_OPEN,
        KVM_STAGE_API_VERSION,
        KVM_STAGE_CREATE_VM,
        KVM_STAGE_CREATE_VCPU,
        KVM_STAGE_RUN,  /* x86: one guest instruction */
        KVM_STAGE_DONE, /* everything before worked */
} KvmStage;

/* The kernel's own limits, 0 where it does not tell (Documentation/virt/kvm/api.rst, 4.4
 * KVM_CHECK_EXTENSION). */
typedef struct KvmLimits {
        unsigned recommended_vcpus; /* KVM_CAP_NR_VCPUS */
        unsigned max_vcpus;         /* KVM_CAP_MAX_VCPUS */
        unsigned max_vcpu_id;       /* KVM_CAP_MAX_VCPU_ID */
        unsigned memory_slots;      /* KVM_CAP_NR_MEMSLOTS */
} KvmLimits;

typedef struct KvmFacts {
        KvmStage stage;       /* the stage that failed, or DONE, or NONE */
        int error;            /* the failed stage's negative errno, or 0 when it failed in another way */
        int api_version;      /* what KVM_GET_API_VERSION returned, 0 before that */
        unsigned exit_reason; /* KVM_EXIT_* after the guest instruction */
        char *user;           /* name of the user who probed, or its number; NULL without a probe */
        bool user_in_etc;     /* etc/passwd has that user */
        KvmLimits limits;
        Tristate nested;   /* KVM can nest, see kvm.c; unknown where it does not tell */
        unsigned vm_types; /* x86: KVM_CAP_VM_TYPES, one bit for each type; 0 where it does not tell (before
                              Linux 6.8) */
        unsigned subcore_threads; /* ppc64: KVM_CAP_PPC_SMT, the threads of a subcore; 0 elsewhere. Inferred
                                     in a snapshot (subcore.h) */
} KvmFacts;

#define KVM_API_VERSION_EXPECTED 12

/* Probes the live host's /dev/kvm: opens it, creates a virtual machine with one vCPU and, on x86, runs one
 * instruction in it; then everything is closed again. It does not open a node without a driver, for that
 * would load one. Takes a few milliseconds, at most KVM_PROBE_TIME_LIMIT_USEC in the guest. Returns -ENOMEM,
 * or 0 whatever the outcome. */
int kvm_facts_read(const Root *root, const DeviceFacts *device, KvmFacts *facts);

/* Whether the live host's /dev/kvm can be opened, or not be opened for the same error, as when FACTS were
 * read. This creates no virtual machine: at the event of one udevd gives the node to whoever sits at the
 * machine and to nobody else, and so takes back an access control list that somebody has just set (systemd,
 * src/udev/udev-builtin-uaccess.c, rules.d/70-uaccess.rules.in). */
bool kvm_opens_as_before(const Root *root, const DeviceFacts *device, const KvmFacts *facts);

void kvm_facts_done(KvmFacts *kvm);

#define KVM_PROBE_TIME_LIMIT_USEC 2000000ULL
