/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The distribution, which decides what packages are called. */
#pragma once

#include "root.h"

typedef enum Distribution {
        DISTRIBUTION_UNKNOWN,
        DISTRIBUTION_ALPINE,
        DISTRIBUTION_ARCH,
        DISTRIBUTION_DEBIAN,
        DISTRIBUTION_FEDORA,
        DISTRIBUTION_RHEL, /* and rebuilds */
        DISTRIBUTION_SUSE,
        DISTRIBUTION_UBUNTU,
        _DISTRIBUTION_MAX,
} Distribution;

typedef struct DistributionFacts {
        Distribution id; /* of a derivative, the one that it is made from */
        bool derived;    /* it has an id of its own, and only says that it is like that one */
        bool ostree;     /* usr is an image of ostree, to which package managers cannot install */
        bool rpm_ostree; /* and there is rpm-ostree, which can put packages on top of it */
        char *name;      /* as it calls itself, NULL if unknown */
} DistributionFacts;

/* Reads etc/os-release or, without that, usr/lib/os-release (os-release(5)). That there is an image is said
 * by OSTREE_VERSION there, which rpm-ostree writes (its option mutate-os-release), or by run/ostree-booted,
 * which ostree makes when the machine starts. Returns -ENOMEM, or 0: what cannot be read is left unknown. */
int distribution_facts_read(const Root *root, DistributionFacts *facts);
void distribution_facts_done(DistributionFacts *distribution);

/* Fills the facts from the text of such a file, which is cut into pieces. Returns -ENOMEM or 0. */
int distribution_facts_parse(char *text, DistributionFacts *distribution);
