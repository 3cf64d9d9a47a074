/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who tells what guests may have. Asking has libvirtd run emulators, so it answers those alone who may
 * manage guests (CVE-2019-10167), over a connection that is not read-only. That is
 * virtready-domcapabilities, or else a second connection of our own, if libvirt lets us have one. */
#pragma once

#include "query.h"

typedef struct Teller {
        int helper;             /* a connection to virtready-domcapabilities; negative: none */
        uint64_t helper_until;  /* so long its answers are waited for (CLOCK_MONOTONIC) */
        virConnect *connection; /* NULL: none */
} Teller;

#define TELLER_NOBODY ((Teller){ .helper = -EBADF })

/* Finds somebody. That there is nobody is told in the query's trouble, and is no error. Errors: -EIO where
 * libvirt has gone meanwhile, -ENOMEM. */
int teller_open(Query *query, Teller *teller);
void teller_done(Teller *teller);

/* Asks about guests like DOMAIN. Returns 1 with libvirt's XML; 0 when that is not to be had, having told
 * in the query's trouble what is missing, if something is; -EIO where libvirt has gone, -ENOMEM. Of what the
 * helper has not answered after a few seconds nothing is known. */
int teller_ask(Query *query, Teller *teller, const Json *domain, char **ret_xml);
