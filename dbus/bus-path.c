/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns ids into object paths and back; ids consist of [a-z0-9_.], so nothing needs escaping. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../daemon/basic/cleanup.h"
#include "../daemon/basic/macro.h"
#include "bus-path.h"

static void replace(char *s, char from, char to) {
        for (char *p = strchr(s, from); p; p = strchr(p, from))
                *p = to;
}

int bus_path_encode(const char *prefix, const char *id, char **ret) {
        char *path;

        if (asprintf(&path, "%s/%s", prefix, id) < 0)
                return -ENOMEM;

        replace(path + strlen(prefix), '.', '/');
        *ret = path;
        return 0;
}

int bus_path_encode_all(const char *prefix, size_t n, const char *(*id_at)(size_t index), char ***ret) {
        char **paths;

        paths = calloc(n + 1, sizeof(char *));
        if (!paths)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++)
                if (bus_path_encode(prefix, id_at(i), &paths[i]) < 0) {
                        while (i > 0)
                                free(paths[--i]);
                        free(paths);
                        return -ENOMEM;
                }

        *ret = paths;
        return 0;
}

int bus_path_decode(const char *prefix, const char *path, char **ret) {
        const char *rest = startswith(path, prefix);
        char *id;

        if (!rest || rest[0] != '/')
                return -ENOENT;

        id = strdup(rest + 1);
        if (!id)
                return -ENOMEM;

        replace(id, '/', '.');
        *ret = id;
        return 0;
}

int bus_path_encode_address(const char *prefix, const char *address, char **ret) {
        char *path;

        if (asprintf(&path, "%s/%s", prefix, address) < 0)
                return -ENOMEM;

        replace(path + strlen(prefix), ':', '_');
        replace(path + strlen(prefix), '.', '_');
        *ret = path;
        return 0;
}

int bus_path_decode_address(const char *prefix, const char *path, char **ret) {
        const char *rest = startswith(path, prefix);
        char *address, *last;

        if (!rest || rest[0] != '/')
                return -ENOENT;

        address = strdup(rest + 1);
        if (!address)
                return -ENOMEM;

        last = strrchr(address, '_');
        if (last)
                *last = '.';
        replace(address, '_', ':');
        *ret = address;
        return 0;
}
