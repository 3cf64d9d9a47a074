/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks names up in the account files of the machine that is looked at. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/hash.h"
#include "../basic/macro.h"
#include "owner.h"
#include "values.h"

/* Both files begin an entry with a name, a password and a number; what follows is a user's group, or a
 * group's members (passwd(5), group(5)). They are read by hand, because fgetgrent_r(3) gives up at a group
 * with more members than its buffer holds, and so hides the groups behind it. */
typedef struct Entry {
        const char *name;
        size_t name_length;
        id_t id;
        const char *rest; /* up to the end of the line */
        size_t rest_length;
} Entry;

static const char *const user_paths[_ACCOUNT_PLACE_MAX] = { "etc/passwd", "usr/lib/passwd" };
static const char *const group_paths[_ACCOUNT_PLACE_MAX] = { "etc/group", "usr/lib/group" };

/* The last number is no user's and no group's (chown(2)). A field ends with a colon, or with the line. */
static bool parse_id(const char *text, id_t *ret, const char **ret_rest) {
        const char *rest;
        uint64_t number;

        if (parse_unsigned(text, &number, &rest) < 0 || number >= UINT32_MAX || !strchr(":\n", *rest))
                return false;

        *ret = (id_t) number;
        *ret_rest = rest;
        return true;
}

/* An entry that begins with "+" or "-" is about others' accounts (nsswitch.conf(5), compat); one without a
 * name is a mistake. */
static bool parse_entry(const char *line, size_t length, Entry *ret) {
        const char *end = line + length, *password = memchr(line, ':', length), *number, *rest;
        id_t id;

        if (!password || strchr("+-#:", line[0]))
                return false;

        number = memchr(password + 1, ':', (size_t) (end - password - 1));
        if (!number || !parse_id(number + 1, &id, &rest))
                return false;

        if (rest < end)
                rest++;
        *ret = (Entry){
                .name = line,
                .name_length = (size_t) (password - line),
                .id = id,
                .rest = rest,
                .rest_length = (size_t) (end - rest),
        };
        return true;
}

/* Moves CURSOR, which may be NULL, behind the next entry, of which it yields the fields. Lines that are none
 * are passed over. */
static bool next_entry(const char **cursor, Entry *ret) {
        while (!isempty(*cursor)) {
                const char *line = *cursor;
                size_t length = strcspn(line, "\n");

                *cursor = line + length + (line[length] == '\n');
                if (parse_entry(line, length, ret))
                        return true;
        }

        return false;
}

static int read_file(const Root *root, const char *path, AccountFile *file, const char **ret) {
        int r;

        if (!file->is_read) {
                r = root_read(root, path, ROOT_FILE_MAX, &file->text);
                if (r == -ENOMEM)
                        return r;
                file->is_read = true;
        }

        *ret = file->text;
        return 0;
}

static int read_users(Accounts *accounts, AccountPlace place, const char **ret) {
        return read_file(accounts->root, user_paths[place], &accounts->users[place], ret);
}

static int read_groups(Accounts *accounts, AccountPlace place, const char **ret) {
        return read_file(accounts->root, group_paths[place], &accounts->groups[place], ret);
}

void accounts_done(Accounts *accounts) {
        for (AccountPlace place = 0; place < _ACCOUNT_PLACE_MAX; place++) {
                free(accounts->users[place].text);
                free(accounts->groups[place].text);
        }

        *accounts = (Accounts){};
}

/* Yields the first entry with that number, and where it is. Returns 1, 0 where there is none, or -ENOMEM. */
static int find_entry(Accounts *accounts, id_t id,
                      int (*read_place)(Accounts *accounts, AccountPlace place, const char **ret),
                      Entry *ret, AccountPlace *ret_place) {
        for (AccountPlace place = 0; place < _ACCOUNT_PLACE_MAX; place++) {
                const char *cursor;
                Entry entry;
                int r;

                r = read_place(accounts, place, &cursor);
                if (r < 0)
                        return r;

                while (next_entry(&cursor, &entry))
                        if (entry.id == id) {
                                *ret = entry;
                                *ret_place = place;
                                return 1;
                        }
        }

        return 0;
}

static int name_or_number(Accounts *accounts, id_t id,
                          int (*read_place)(Accounts *accounts, AccountPlace place, const char **ret),
                          char **ret, bool *ret_in_etc) {
        AccountPlace place;
        char *name = NULL;
        Entry entry;
        int r;

        r = find_entry(accounts, id, read_place, &entry, &place);
        if (r < 0)
                return r;

        if (r > 0)
                name = strndup(entry.name, entry.name_length);
        else if (asprintf(&name, "%u", id) < 0)
                name = NULL;
        if (!name)
                return -ENOMEM;

        *ret = name;
        if (ret_in_etc)
                *ret_in_etc = r > 0 && place == ACCOUNT_PLACE_ETC;
        return 0;
}

int accounts_user_name(Accounts *accounts, uid_t uid, char **ret, bool *ret_in_etc) {
        return name_or_number(accounts, uid, read_users, ret, ret_in_etc);
}

int accounts_group_name(Accounts *accounts, gid_t gid, char **ret, bool *ret_in_etc) {
        return name_or_number(accounts, gid, read_groups, ret, ret_in_etc);
}

static int add_group(Account *account, gid_t gid) {
        gid_t *groups = reallocarray(account->groups, account->n_groups + 1, sizeof(gid_t));

        if (!groups)
                return -ENOMEM;

        account->groups = groups;
        account->groups[account->n_groups++] = gid;
        return 0;
}

static int read_user(Accounts *accounts, uid_t uid, Account *account) {
        AccountPlace place;
        const char *rest;
        Entry entry;
        gid_t gid;
        int r;

        r = find_entry(accounts, uid, read_users, &entry, &place);
        if (r <= 0)
                return r;

        account->in_etc = place == ACCOUNT_PLACE_ETC;
        account->name = strndup(entry.name, entry.name_length);
        if (!account->name)
                return -ENOMEM;

        return parse_id(entry.rest, &gid, &rest) ? add_group(account, gid) : 0;
}

static bool lists_name(const Entry *group, const char *name) {
        const char *end = group->rest + group->rest_length;
        size_t n = strlen(name), length;

        for (const char *member = group->rest; member < end; member += length + 1) {
                length = strcspn(member, ",\n");
                if (length == n && memcmp(member, name, n) == 0)
                        return true;
        }

        return false;
}

static int add_groups_of(Accounts *accounts, AccountPlace place, Account *account) {
        const char *cursor;
        Entry entry;
        int r;

        r = read_groups(accounts, place, &cursor);
        if (r < 0)
                return r;

        while (next_entry(&cursor, &entry)) {
                if (!lists_name(&entry, account->name))
                        continue;

                r = add_group(account, entry.id);
                if (r < 0)
                        return r;
        }

        return 0;
}

int account_read(Accounts *accounts, uid_t uid, Account *ret) {
        _cleanup_(account_done) Account account = {};
        int r;

        r = read_user(accounts, uid, &account);
        for (AccountPlace place = 0; r >= 0 && account.name && place < _ACCOUNT_PLACE_MAX; place++)
                r = add_groups_of(accounts, place, &account);
        if (r < 0)
                return r;

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

static uint64_t add_file(uint64_t hash, const Root *root, const char *path) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st = {};

        fd = root_open_path(root, path, &st);
        hash = hash_number(hash, fd >= 0 ? st.st_ino : 0);
        hash = hash_number(hash, (uint64_t) st.st_size);
        hash = hash_number(hash, (uint64_t) st.st_mtim.tv_sec);
        return hash_number(hash, (uint64_t) st.st_mtim.tv_nsec);
}

uint64_t accounts_stamp(const Root *root) {
        uint64_t hash = HASH_BEGIN;

        FOREACH_ELEMENT(path, user_paths)
                hash = add_file(hash, root, *path);
        FOREACH_ELEMENT(path, group_paths)
                hash = add_file(hash, root, *path);

        return hash;
}
