/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds up what running guests have. */

#include <errno.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <unistd.h>

#include "../basic/clock.h"
#include "../basic/macro.h"
#include "../basic/saturated.h"
#include "connection.h"
#include "guest-memory.h"
#include "guests.h"

#define KIB UINT64_C(1024)

/* Libvirt asks QEMU itself for how much memory a guest uses, and waits for it (src/qemu/qemu_driver.c:
 * qemuDomainMemoryStatsInternal()). Everything else libvirtd knows. */
#define RESIDENT_USEC (3 * USEC_PER_SEC)

/* The guests that libvirt has listed, and the memory that they use. */
typedef struct Domains {
        virConnect *connection;
        virDomain **list;
        int n;
        bool resident_known;
        uint64_t resident_bytes;
} Domains;

static Domains *domains_free(Domains *domains) {
        if (!domains)
                return NULL;

        for (int i = 0; i < domains->n; i++)
                (void) virDomainFree(domains->list[i]);
        free(domains->list);
        if (domains->connection)
                (void) virConnectClose(domains->connection);
        free(domains);
        return NULL;
}
DEFINE_POINTER_CLEANUP(Domains *, domains_free);

static int domains_new(const char *uri, Domains **ret) {
        _cleanup_(domains_freep) Domains *domains = calloc(1, sizeof(Domains));
        int r;

        if (!domains)
                return -ENOMEM;

        r = connection_open(uri, CONNECTION_READ_ONLY, &domains->connection);
        if (r < 0)
                return r;

        domains->n = virConnectListAllDomains(domains->connection, &domains->list,
                                              VIR_CONNECT_LIST_DOMAINS_ACTIVE);
        if (domains->n < 0)
                return -EIO;

        *ret = TAKE_PTR(domains);
        return 0;
}

/* A guest may end at any time, and then takes nothing. */
static bool is_gone(void) {
        const virError *error = virGetLastError();

        return error && (error->code == VIR_ERR_NO_DOMAIN || error->code == VIR_ERR_OPERATION_INVALID);
}

/* Returns whether libvirt tells. */
static bool get_resident(virDomain *domain, uint64_t *ret) {
        virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
        int n;

        n = virDomainMemoryStats(domain, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);
        if (n < 0 && is_gone()) {
                *ret = 0;
                return true;
        }

        for (int i = 0; i < n; i++)
                if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_RSS) {
                        *ret = multiply_saturated(stats[i].val, KIB);
                        return true;
                }

        return false;
}

static void *add_up_resident(void *data) {
        Domains *domains = data;
        uint64_t resident;

        domains->resident_known = true;
        for (int i = 0; domains->resident_known && i < domains->n; i++) {
                domains->resident_known = get_resident(domains->list[i], &resident);
                if (domains->resident_known)
                        domains->resident_bytes = add_saturated(domains->resident_bytes, resident);
        }

        return NULL;
}

/* Returns 1 where it takes longer than until END_USEC: then DOMAINS are another thread's, for good. */
static int learn_resident(Domains *domains, uint64_t end_usec) {
        const struct timespec end = { .tv_sec = (time_t) (end_usec / USEC_PER_SEC),
                                      .tv_nsec = (long) (end_usec % USEC_PER_SEC * NSEC_PER_USEC) };
        pthread_t thread;

        /* The rest is known without. */
        if (pthread_create(&thread, NULL, add_up_resident, domains) != 0)
                return 0;

        return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &end) == ETIMEDOUT;
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
        uint64_t huge_pages = 0;
        int r;

        if (virDomainGetInfo(domain, &info) < 0)
                return is_gone() ? 0 : -EIO;

        r = get_huge_pages(domain, &huge_pages);
        if (r < 0 || (r == 0 && is_gone()))
                return r;

        guests->count++;
        guests->vcpus = add_saturated(guests->vcpus, info.nrVirtCpu);
        guests->memory_bytes = add_saturated(guests->memory_bytes, multiply_saturated(info.maxMem, KIB));
        guests->huge_page_bytes = add_saturated(guests->huge_page_bytes, huge_pages);
        guests->huge_pages_known = guests->huge_pages_known && r > 0;
        return 0;
}

int guests_count(const char *uri, Guests *ret) {
        _cleanup_(domains_freep) Domains *domains = NULL;
        const uint64_t end_usec = now_usec(CLOCK_MONOTONIC) + RESIDENT_USEC;
        Guests guests = { .huge_pages_known = true };
        int r;

        r = domains_new(uri, &domains);
        if (r < 0)
                return r;

        for (int i = 0; i < domains->n; i++) {
                r = add_guest(&guests, domains->list[i]);
                if (r < 0)
                        return r;
        }

        r = learn_resident(domains, end_usec);
        if (r > 0)
                (void) TAKE_PTR(domains);
        else {
                guests.resident_known = domains->resident_known;
                guests.resident_bytes = domains->resident_bytes;
        }

        *ret = guests;
        return r;
}
