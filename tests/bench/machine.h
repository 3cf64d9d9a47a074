/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facts about the machine that one needs to read a measurement. */
#pragma once

#include <stddef.h>

/* Writes one line: CPU, kernel, load and so on. KVM_STATE is virtreadyd's verdict on kvm.usable. */
int machine_describe(const char *kvm_state, char *ret, size_t size);

/* Counts the device events of the kernel. What listens to them wakes up for each. */
int machine_open_uevents(void);

/* The number that arrived since the last call. */
unsigned machine_count_uevents(int fd);
