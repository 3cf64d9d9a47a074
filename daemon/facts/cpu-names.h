/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of processors that print numbers only. */
#pragma once

/* The company behind an implementer code of MIDR_EL1 as cpuinfo prints it ("0x41"), and the processor that
 * goes with its part number ("0xd0c"); NULL if unknown. Sources: Arm Architecture Reference Manual,
 * MIDR_EL1; arch/arm64/include/asm/cputype.h. */
const char *arm_implementer_name(const char *implementer);
const char *arm_part_name(const char *implementer, const char *part);

/* The company behind mvendorid, its JEDEC code ("0x489"); NULL if unknown
 * (arch/riscv/include/asm/vendorid_list.h). */
const char *riscv_vendor_name(const char *mvendorid);

/* The generation of a machine type of s390x ("3931"); NULL if unknown (arch/s390/kernel/processor.c:
 * setup_elf_platform()). */
const char *s390_machine_name(const char *type);
