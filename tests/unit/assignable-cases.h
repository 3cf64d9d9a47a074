/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices, and whether a guest could be given them. */
#pragma once

#include "daemon/checks/assignable.h"

/* The device that a case is about, and another one in its group. */
#define CARD "0000:01:00.0"
#define SOUND "0000:01:00.1"

/* A device in group 1 of a machine on which everything is there, and what is different from that. */
typedef struct AssignableCase {
        const char *name;
        const char *modalias; /* NULL: that of a network card */
        const char *driver;
        const char *other_modalias; /* of another member of the group; NULL: there is none */
        const char *other_driver;
        const char *platform_driver; /* of a member on another bus; NULL: there is none */
        const char *tables;          /* of ACPI; NULL: they are not known */
        const char *kernel;          /* NULL: a recent one */
        const char *group_name;
        CheckState iommu, vfio; /* CHECK_UNKNOWN stands for a pass here */
        bool no_group, group_not_copied, virtual_functions;
        const char *regions; /* that the firmware has reserved */
        struct {
                const char *path, *content;
        } files[3];
        const char *console; /* where the device is that draws the console */

        const char *reason;
        bool assignable;
        const char *detail; /* a part of it, or NULL */
        const char *blocked_by;
} AssignableCase;

/* Yields all cases and their number. */
const AssignableCase *assignable_cases(size_t *ret_n);
