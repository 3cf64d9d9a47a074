/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Archives that sos(1) has written, of which nothing is taken on trust. */
#pragma once

#include <stdint.h>

#include "scratch.h"

/* More than this is not unpacked; who has a larger report can unpack it and give the directory. */
#define SOSREPORT_BYTES_MAX (UINT64_C(512) << 20)
#define SOSREPORT_MEMBERS_MAX (1U << 18)
#define SOSREPORT_PATH_MAX 1024U

/* Unpacks what facts are read from out of the archive FILE into SCRATCH, without the one directory that all
 * members of a report are in. Makes regular files, directories and symbolic links, and nothing else. Returns
 * 0 or, after saying why not, an ExitStatus. */
int sosreport_unpack(const char *file, Scratch *scratch);
