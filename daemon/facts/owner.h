/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of users and groups, as the machine that is looked at knows them. */
#pragma once

#include <sys/types.h>

#include "root.h"

/* Finds the name in etc/passwd or etc/group under ROOT, and yields the number in decimal where it is not
 * there. Only these files are asked: a directory service could keep us waiting, and knows nothing of
 * snapshots. Returns -ENOMEM or 0. */
int root_user_name(const Root *root, uid_t uid, char **ret);
int root_group_name(const Root *root, gid_t gid, char **ret);
