/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Object paths of ids: the dots of "kvm.usable" become slashes below a prefix. */
#pragma once

#include <stddef.h>

/* Yields the path of an id. Returns -ENOMEM or 0. */
int bus_path_encode(const char *prefix, const char *id, char **ret);

/* Yields the id of a path below PREFIX. Returns -ENOENT for a path that is not below it, -ENOMEM or 0. */
int bus_path_decode(const char *prefix, const char *path, char **ret);

/* Yields the paths of N ids, NULL-terminated, as a node enumerator returns them. Returns -ENOMEM or 0. */
int bus_path_encode_all(const char *prefix, size_t n, const char *(*id_at)(size_t index), char ***ret);

/* The same for the address of a PCI device, in which an underscore stands for each colon and for the dot:
 * "0000:01:00.0" is "0000_01_00_0". What is decoded need not be an address. */
int bus_path_encode_address(const char *prefix, const char *address, char **ret);
int bus_path_decode_address(const char *prefix, const char *path, char **ret);
