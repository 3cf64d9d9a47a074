/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of users and groups, and who belongs to which, as the machine that is looked at knows them. */
#pragma once

#include <sys/types.h>

#include "root.h"

/* Finds the name in etc/passwd or etc/group under ROOT, and yields the number in decimal where it is not
 * there. Only these files are asked: a directory service could keep us waiting, and knows nothing of
 * snapshots. Returns -ENOMEM or 0. */
int root_user_name(const Root *root, uid_t uid, char **ret);
int root_group_name(const Root *root, gid_t gid, char **ret);

/* What these files say of one user. */
typedef struct Account {
        char *name;    /* NULL where they do not have the user */
        gid_t *groups; /* what a session that begins now would have: the user's own group, and those that
                          list the user as a member */
        size_t n_groups;
} Account;

/* Looks a user up. Returns -ENOMEM or 0: who is not in the files, or cannot be looked up, has neither name
 * nor groups. */
int account_read(const Root *root, uid_t uid, Account *ret);
void account_done(Account *account);

bool account_has_group(const Account *account, gid_t gid);
