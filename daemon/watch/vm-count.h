/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many virtual machines run, from the events that the kernel sends when one is created or destroyed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A "change" event of misc/kvm with EVENT=create or EVENT=destroy (virt/kvm/kvm_main.c:
 * kvm_uevent_notify_change()). */
typedef struct VmEvent {
        bool created;           /* else destroyed */
        pid_t pid;              /* PID: the process that created the virtual machine */
        uint64_t created_total; /* CREATED: the virtual machines that were created before the event, or by it
                                 */
        uint32_t count; /* COUNT: the virtual machines that exist after the event, in the whole system */
} VmEvent;

typedef struct VmCount {
        pid_t own_pid;          /* whose virtual machines do not count: our probe's */
        bool own_lives;         /* one of them exists */
        bool known;             /* an event has told */
        uint64_t created_total; /* of the event that told */
        uint32_t total;         /* what it told, with our probe's */
        bool total_is_old;      /* whatever comes next is newer */
        bool own_seen;          /* an event of our own has come */
        uint64_t own_created;   /* what it told of all that were created */
        uint32_t active;
} VmCount;

/* Accounts for an event, unless it is one that was accounted for or an older one. Events of virtual machines
 * that come and go at the same moment can overtake each other, for the kernel counts under a lock and sends
 * without it; and udevd's copy of an event comes after the kernel's. Returns whether the number of active
 * virtual machines, or that it is known, is new. */
bool vm_count_update(VmCount *count, const VmEvent *event);

/* Accounts for there being none: KVM is not in the kernel. */
bool vm_count_reset(VmCount *count);

/* Events were lost: whatever comes next is news. */
void vm_count_lose_order(VmCount *count);
