/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks names up in the account files of the machine that is looked at. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "owner.h"
#include "values.h"

/* Both files begin an entry with a name, a password and a number; what follows is a user's group, or a
 * group's members (passwd(5), group(5)). They are read by hand, because fgetgrent_r(3) gives up at a group
 * with more members than its buffer holds, and so hides the groups behind it. */
typedef struct Entry {
        const char *name;
        id_t id;
        char *rest;
} Entry;

/* An entry that begins with "+" or "-" is about others' accounts (nsswitch.conf(5), compat); one without a
 * name is a mistake. */
static bool is_name(const char *name) {
        return !isempty(name) && !strchr("+-#", name[0]);
}

static bool parse_id(const char *text, id_t *ret) {
        const char *rest;
        uint64_t number;

        /* The last number is no user's and no group's (chown(2)). */
        if (!text || parse_unsigned(text, &number, &rest) < 0 || *rest != '\0' || number >= UINT32_MAX)
                return false;

        *ret = (id_t) number;
        return true;
}

/* Moves CURSOR behind the next entry, of which it yields the fields. Lines that are none are passed over. */
static bool next_entry(char **cursor, Entry *ret) {
        char *line;

        while ((line = strsep(cursor, "\n"))) {
                const char *name = strsep(&line, ":"), *number;
                id_t id;

                (void) strsep(&line, ":");
                number = strsep(&line, ":");
                if (!is_name(name) || !parse_id(number, &id))
                        continue;

                *ret = (Entry){ .name = name, .id = id, .rest = line };
                return true;
        }

        return false;
}

/* Yields NULL for a file that is not there or cannot be read. */
static int read_database(const Root *root, const char *path, char **ret) {
        char *text = NULL;
        int r;

        r = root_read(root, path, ROOT_FILE_MAX, &text);
        if (r == -ENOMEM)
                return r;

        *ret = r < 0 ? NULL : text;
        return 0;
}

static int name_or_number(const Root *root, const char *path, id_t id, char **ret) {
        _cleanup_free_ char *text = NULL;
        char *cursor;
        Entry entry;
        int r;

        r = read_database(root, path, &text);
        if (r < 0)
                return r;

        for (cursor = text; next_entry(&cursor, &entry);)
                if (entry.id == id) {
                        *ret = strdup(entry.name);
                        return *ret ? 0 : -ENOMEM;
                }

        return asprintf(ret, "%u", id) < 0 ? -ENOMEM : 0;
}

int root_user_name(const Root *root, uid_t uid, char **ret) {
        return name_or_number(root, "etc/passwd", uid, ret);
}

int root_group_name(const Root *root, gid_t gid, char **ret) {
        return name_or_number(root, "etc/group", gid, ret);
}

static int add_group(Account *account, gid_t gid) {
        gid_t *groups = reallocarray(account->groups, account->n_groups + 1, sizeof(gid_t));

        if (!groups)
                return -ENOMEM;

        account->groups = groups;
        account->groups[account->n_groups++] = gid;
        return 0;
}

static int read_user(const Root *root, uid_t uid, Account *account) {
        _cleanup_free_ char *text = NULL;
        char *cursor;
        Entry entry;
        gid_t gid;
        int r;

        r = read_database(root, "etc/passwd", &text);
        if (r < 0)
                return r;

        for (cursor = text; next_entry(&cursor, &entry);) {
                if (entry.id != uid)
                        continue;

                account->name = strdup(entry.name);
                if (!account->name)
                        return -ENOMEM;

                return parse_id(strsep(&entry.rest, ":"), &gid) ? add_group(account, gid) : 0;
        }

        return 0;
}

static bool lists_name(char *members, const char *name) {
        const char *member;

        while ((member = strsep(&members, ",")))
                if (streq(member, name))
                        return true;

        return false;
}

int account_read(const Root *root, uid_t uid, Account *ret) {
        _cleanup_(account_done) Account account = {};
        _cleanup_free_ char *text = NULL;
        char *cursor;
        Entry entry;
        int r;

        r = read_user(root, uid, &account);
        if (r < 0)
                return r;

        r = account.name ? read_database(root, "etc/group", &text) : 0;
        if (r < 0)
                return r;

        for (cursor = text; next_entry(&cursor, &entry);) {
                if (!lists_name(entry.rest, account.name))
                        continue;

                r = add_group(&account, entry.id);
                if (r < 0)
                        return r;
        }

        *ret = account;
        account = (Account){};
        return 0;
}

void account_done(Account *account) {
        free(account->name);
        free(account->groups);
        *account = (Account){};
}

bool account_has_group(const Account *account, gid_t gid) {
        FOREACH_ARRAY(group, account->groups, account->n_groups)
                if (*group == gid)
                        return true;

        return false;
}
