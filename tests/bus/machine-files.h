/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a machine that the daemon looks at, below a directory. */
#pragma once

/* Writes a file under a directory, whose missing parents it creates. */
void file_write(const char *root, const char *path, const char *content);
void file_remove(const char *root, const char *path);

/* The same of a program. One that still runs is replaced, and not written to. */
void program_write(const char *root, const char *path, const char *text);

/* Removes a directory with everything in it. */
void directory_remove(const char *root);

/* Writes what every x86 machine with AMD CPUs and an empty kernel has, with modules for KVM in its module
 * tree. */
void machine_write_amd(const char *root);

/* The same in a new directory, whose path is for g_free(), and which directory_remove() removes. */
char *machine_new_amd(void);

/* Writes what the kernel of such a machine shows when kvm_amd has been loaded. */
void machine_load_kvm_amd(const char *root);
