/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of users and groups, and who belongs to which, as the machine that is looked at knows them. */
#pragma once

#include <sys/types.h>

#include "root.h"

/* One account file. */
typedef struct AccountFile {
        bool is_read;
        char *text; /* NULL: it is not there, or cannot be read */
} AccountFile;

/* Where accounts can be. */
typedef enum AccountPlace {
        ACCOUNT_PLACE_ETC,    /* etc: here usermod(8) and the like change them */
        ACCOUNT_PLACE_VENDOR, /* usr/lib: those that come with the image of an ostree system (nss-altfiles)
                               */
        _ACCOUNT_PLACE_MAX,
} AccountPlace;

/* The account files under ROOT, passwd and group in either place. Each is read when it is needed first, and
 * then kept until accounts_done(). Begins as { .root = … }. Only these files are asked: a directory service
 * could keep us waiting, and knows nothing of snapshots. */
typedef struct Accounts {
        const Root *root;
        AccountFile users[_ACCOUNT_PLACE_MAX];
        AccountFile groups[_ACCOUNT_PLACE_MAX];
} Accounts;

void accounts_done(Accounts *accounts);

/* A number that is another one when any of these files is written or replaced; it comes from where they are,
 * their sizes and times, so that they need not be read. */
uint64_t accounts_stamp(const Root *root);

/* Finds the name of a user or a group, and yields the number in decimal where the files have none. IN_ETC
 * tells whether it is in etc; it may be NULL. Returns -ENOMEM or 0. */
int accounts_user_name(Accounts *accounts, uid_t uid, char **ret, bool *ret_in_etc);
int accounts_group_name(Accounts *accounts, gid_t gid, char **ret, bool *ret_in_etc);

/* What these files say of one user. */
typedef struct Account {
        char *name;    /* NULL where they do not have the user */
        bool in_etc;   /* etc/passwd has the user */
        gid_t *groups; /* what a session that begins now would have: the user's own group, and those that
                          list the user as a member */
        size_t n_groups;
} Account;

/* Looks a user up. Returns -ENOMEM or 0: who is not in the files, or cannot be looked up, has neither name
 * nor groups. */
int account_read(Accounts *accounts, uid_t uid, Account *ret);
void account_done(Account *account);

bool account_has_group(const Account *account, gid_t gid);
