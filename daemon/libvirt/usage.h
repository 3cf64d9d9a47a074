/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What running guests take, and what is left where their disks are: the answer to "virtready-libvirt usage".
 */
#pragma once

#include "../basic/json.h"

/* Asks the libvirt at URI and the file system of PATH, either of which may be NULL and may take any time,
 * and yields the document that virtready-libvirt(8) has. Returns 0, or 1 where the process has to end with
 * _exit(2), see guests_count(). Errors: -ENOMEM. */
int usage(const char *uri, const char *path, Json **ret);
