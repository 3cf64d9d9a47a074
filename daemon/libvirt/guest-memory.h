/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of a guest's memory is in huge pages. */
#pragma once

#include <stdint.h>

/* Adds up what is in huge pages of the memory of the guest that libvirt describes by TEXT, in bytes, on a
 * host whose ordinary pages have PAGE_BYTES. It follows libvirt (docs/formatdomain.rst, "Memory Backing",
 * "NUMA Node Tuning" and "Memory devices"; src/qemu/qemu_command.c: qemuBuildMemoryBackendProps()). What it
 * does not know of is not counted: memory devices other than a dimm. Errors: those of xml_read(), and
 * -EBADMSG for numbers and units that libvirt does not write. */
int guest_memory_parse(const char *text, uint64_t page_bytes, uint64_t *ret_huge_bytes);
