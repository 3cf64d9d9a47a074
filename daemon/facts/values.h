/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of /proc and /sys that hold one value, by a formatted path, and directories of numbered entries. */
#pragma once

#include <stdint.h>

#include "../basic/cpu-set.h"
#include "../basic/macro.h"
#include "root.h"

/* Reads a line. Errors as root_read_line(). */
int read_line_at(const Root *root, char **ret, const char *format, ...) _printf_(3, 4);

/* Reads a decimal number, which may be negative, from a file that has little else. Errors: -EINVAL when the
 * first line is none, -ERANGE when it does not fit, and those of root_read(). */
int read_number_at(const Root *root, int64_t *ret, const char *format, ...) _printf_(3, 4);

/* Reads a switch as the kernel shows it, Y or N, 1 or 0 (kernel/params.c: param_get_bool(),
 * param_get_int()). Returns 1 or 0. Errors: -EINVAL when the line is neither, and those of root_read_line().
 */
int read_switch_at(const Root *root, const char *format, ...) _printf_(2, 3);

/* Reads a set of CPUs, from a list or from a mask. Errors: those of cpu_set_parse_list() and
 * root_read_line(). */
int read_cpu_list_at(const Root *root, CpuSet *ret, const char *format, ...) _printf_(3, 4);
int read_cpu_mask_at(const Root *root, CpuSet *ret, const char *format, ...) _printf_(3, 4);

/* Lists the entries PREFIX0, PREFIX1, … of a directory by their numbers. Errors: those of root_opendir(). */
int list_numbered(const Root *root, const char *directory, const char *prefix, CpuSet *ret);

/* Parses a number that a string begins with, in decimal, and yields what follows. Errors: -EINVAL, -ERANGE.
 */
int parse_unsigned(const char *text, uint64_t *ret, const char **ret_rest);
