/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has a module loaded at each start, with a file of its own as modules-load.d(5) has them. */
#pragma once

#include "protocol.h"

/* Writes the file "virtready-MODULE.conf" to DIRECTORY, or writes it anew. It is there with all of its
 * content or not at all, whatever happens meanwhile. One that has that content is left as it is. "failed"
 * has an error of openat(2), read(2), write(2), fsync(2) or renameat(2): ENOENT is a directory that is not
 * there, EROFS one that cannot be written to; or EEXIST when what has this name is no file that virtready
 * has written. Then nothing is changed. */
ModprobeAnswer module_persist(const char *directory, const char *module);

/* Removes that file, with the same errors. One that is not there is "done", too. */
ModprobeAnswer module_forget(const char *directory, const char *module);
