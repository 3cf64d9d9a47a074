/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds up what running guests have, and asks a file system what is free. */

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "../basic/macro.h"
#include "../basic/saturated.h"
#include "connection.h"
#include "text.h"
#include "trouble.h"
#include "usage.h"

#define KIB UINT64_C(1024)

typedef struct Guests {
        uint64_t count;
        uint64_t vcpus;
        uint64_t memory_bytes; /* the most that they may have */
        bool resident_known;
        uint64_t resident_bytes;
} Guests;

/* The domains that libvirt has listed. */
typedef struct Domains {
        virDomain **list;
        int n;
} Domains;

static void domains_done(Domains *domains) {
        for (int i = 0; i < domains->n; i++)
                (void) virDomainFree(domains->list[i]);
        free(domains->list);
}

/* Returns whether libvirt tells. */
static bool get_resident(virDomain *domain, uint64_t *ret) {
        virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
        int n;

        n = virDomainMemoryStats(domain, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);
        for (int i = 0; i < n; i++)
                if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_RSS) {
                        *ret = multiply_saturated(stats[i].val, KIB);
                        return true;
                }

        return false;
}

/* A guest may end at any time, and then takes nothing. */
static bool is_gone(void) {
        const virError *error = virGetLastError();

        return error && (error->code == VIR_ERR_NO_DOMAIN || error->code == VIR_ERR_OPERATION_INVALID);
}

static int add_guest(Guests *guests, virDomain *domain) {
        virDomainInfo info = {};
        uint64_t resident = 0;
        bool known;

        if (virDomainGetInfo(domain, &info) < 0)
                return is_gone() ? 0 : -EIO;

        known = get_resident(domain, &resident);
        if (!known && is_gone())
                return 0;

        guests->count++;
        guests->vcpus = add_saturated(guests->vcpus, info.nrVirtCpu);
        guests->memory_bytes = add_saturated(guests->memory_bytes, multiply_saturated(info.maxMem, KIB));
        guests->resident_bytes = add_saturated(guests->resident_bytes, resident);
        guests->resident_known = guests->resident_known && known;
        return 0;
}

static int count_guests(const char *uri, Guests *ret) {
        _cleanup_(virConnectClosep) virConnect *connection = NULL;
        _cleanup_(domains_done) Domains domains = {};
        Guests guests = { .resident_known = true };
        int r;

        r = connection_open(uri, CONNECTION_READ_ONLY, &connection);
        if (r < 0)
                return r;

        domains.n = virConnectListAllDomains(connection, &domains.list, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
        if (domains.n < 0)
                return -EIO;

        for (int i = 0; i < domains.n; i++) {
                r = add_guest(&guests, domains.list[i]);
                if (r < 0)
                        return r;
        }

        *ret = guests;
        return 0;
}

static int add_numbers_of_guests(Json *answer, const Guests *guests) {
        Json *object;
        int r;

        r = json_add_container(answer, "guests", json_object_new_object(), &object);
        if (r >= 0)
                r = json_add_number(object, "count", true, guests->count);
        if (r >= 0)
                r = json_add_number(object, "vcpus", true, guests->vcpus);
        if (r >= 0)
                r = json_add_number(object, "memory_bytes", true, guests->memory_bytes);
        if (r >= 0)
                r = json_add_number(object, "resident_bytes", guests->resident_known,
                                    guests->resident_bytes);

        return r;
}

/* What is missing is said in TROUBLE. */
static int add_guests(Json *answer, const char *uri, Trouble *trouble) {
        Guests guests = {};
        int r;

        r = json_add_string(answer, "guests", NULL);
        if (r < 0 || !uri)
                return r;

        r = count_guests(uri, &guests);
        if (r == -EIO) {
                r = trouble_from_libvirt(trouble);
                return r == -EIO ? 0 : r;
        }

        return r < 0 ? r : add_numbers_of_guests(answer, &guests);
}

/* Sizes are in units of f_frsize (statvfs(3)). A file system that has more bytes than there are numbers for
 * has no end. */
static uint64_t in_bytes(const struct statvfs *file_system, fsblkcnt_t blocks) {
        return multiply_saturated(blocks, file_system->f_frsize);
}

/* A path is missing if nothing has this name, not even a symbolic link to what is not there. */
static int add_missing(Json *answer, const char *path, int error, char **problem) {
        _cleanup_free_ char *line = text_line(path, TROUBLE_DETAIL_MAX);
        struct stat st;

        if (!line || asprintf(problem, "%s: %s", line, strerror(error)) < 0)
                return -ENOMEM;

        return error == ENOENT && lstat(path, &st) < 0 && errno == ENOENT
                       ? json_add_bool(answer, "storage_missing", true, true)
                       : 0;
}

/* Yields why there is none in PROBLEM, to be freed with free(). */
static int add_storage(Json *answer, const char *path, char **problem) {
        struct statvfs file_system;
        Json *object;
        int r;

        r = json_add_string(answer, "storage", NULL);
        if (r < 0 || !path)
                return r;

        if (statvfs(path, &file_system) < 0)
                return add_missing(answer, path, errno, problem);

        r = json_add_container(answer, "storage", json_object_new_object(), &object);
        if (r >= 0)
                r = text_add(object, "path", path);
        if (r >= 0)
                r = json_add_number(object, "total_bytes", true,
                                    in_bytes(&file_system, file_system.f_blocks));
        if (r >= 0)
                r = json_add_number(object, "available_bytes", true,
                                    in_bytes(&file_system, file_system.f_bavail));

        return r;
}

static int add_detail(Json *answer, const char *one, const char *other) {
        _cleanup_free_ char *both = NULL;

        if (!one || !other)
                return json_add_string(answer, "detail", one ? one : other);
        if (asprintf(&both, "%s; %s", one, other) < 0)
                return -ENOMEM;

        return json_add_string(answer, "detail", both);
}

int usage(const char *uri, const char *path, Json **ret) {
        _cleanup_(json_object_putp) Json *answer = json_object_new_object();
        _cleanup_free_ char *problem = NULL;
        _cleanup_trouble_ Trouble trouble = {};
        int r;

        if (!answer)
                return -ENOMEM;

        r = add_guests(answer, uri, &trouble);
        if (r >= 0)
                r = add_storage(answer, path, &problem);
        if (r >= 0)
                r = add_detail(answer, trouble.detail, problem);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(answer);
        return 0;
}
