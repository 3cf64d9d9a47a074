/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks names up in the account files of the machine that is looked at. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "owner.h"

#define ENTRY_MAX 4096U

static int open_database(const Root *root, const char *path, char **ret_text, FILE **ret) {
        int r;

        r = root_read(root, path, ROOT_FILE_MAX, ret_text);
        return r < 0 ? r : open_text(*ret_text, ret);
}

static int name_or_number(const char *name, id_t id, char **ret) {
        if (name)
                *ret = strdup(name);
        else if (asprintf(ret, "%u", id) < 0)
                *ret = NULL;

        return *ret ? 0 : -ENOMEM;
}

/* An entry that begins with "+" or "-" is about others' accounts (nsswitch.conf(5), compat); one without a
 * name is a mistake. */
static bool is_name(const char *name) {
        return !isempty(name) && name[0] != '+' && name[0] != '-';
}

int root_user_name(const Root *root, uid_t uid, char **ret) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *f = NULL;
        struct passwd storage, *entry = NULL;
        char buffer[ENTRY_MAX];
        int r;

        r = open_database(root, "etc/passwd", &text, &f);
        if (r == -ENOMEM)
                return r;

        while (f && fgetpwent_r(f, &storage, buffer, sizeof(buffer), &entry) == 0)
                if (entry->pw_uid == uid && is_name(entry->pw_name))
                        return name_or_number(entry->pw_name, uid, ret);

        return name_or_number(NULL, uid, ret);
}

int root_group_name(const Root *root, gid_t gid, char **ret) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *f = NULL;
        struct group storage, *entry = NULL;
        char buffer[ENTRY_MAX];
        int r;

        r = open_database(root, "etc/group", &text, &f);
        if (r == -ENOMEM)
                return r;

        while (f && fgetgrent_r(f, &storage, buffer, sizeof(buffer), &entry) == 0)
                if (entry->gr_gid == gid && is_name(entry->gr_name))
                        return name_or_number(entry->gr_name, gid, ret);

        return name_or_number(NULL, gid, ret);
}
