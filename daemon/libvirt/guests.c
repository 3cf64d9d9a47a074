/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds up what running guests have. */

#include <errno.h>
#include <libvirt/virterror.h>
#include <unistd.h>

#include "../basic/macro.h"
#include "../basic/saturated.h"
#include "connection.h"
#include "guest-memory.h"
#include "guests.h"

#define KIB UINT64_C(1024)

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

/* Returns whether libvirt tells, and what it tells makes sense. */
static int get_huge_pages(virDomain *domain, uint64_t *ret) {
        _cleanup_free_ char *xml = virDomainGetXMLDesc(domain, 0);
        int r;

        if (!xml)
                return false;

        r = guest_memory_parse(xml, (uint64_t) sysconf(_SC_PAGESIZE), ret);
        return r == -ENOMEM ? r : r >= 0;
}

static int add_guest(Guests *guests, virDomain *domain) {
        virDomainInfo info = {};
        uint64_t resident = 0, huge_pages = 0;
        bool known;
        int r;

        if (virDomainGetInfo(domain, &info) < 0)
                return is_gone() ? 0 : -EIO;

        r = get_huge_pages(domain, &huge_pages);
        if (r < 0 || (r == 0 && is_gone()))
                return r;

        known = get_resident(domain, &resident);
        if (!known && is_gone())
                return 0;

        guests->count++;
        guests->vcpus = add_saturated(guests->vcpus, info.nrVirtCpu);
        guests->memory_bytes = add_saturated(guests->memory_bytes, multiply_saturated(info.maxMem, KIB));
        guests->huge_page_bytes = add_saturated(guests->huge_page_bytes, huge_pages);
        guests->huge_pages_known = guests->huge_pages_known && r > 0;
        guests->resident_bytes = add_saturated(guests->resident_bytes, resident);
        guests->resident_known = guests->resident_known && known;
        return 0;
}

int guests_count(const char *uri, Guests *ret) {
        _cleanup_(virConnectClosep) virConnect *connection = NULL;
        _cleanup_(domains_done) Domains domains = {};
        Guests guests = { .huge_pages_known = true, .resident_known = true };
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
