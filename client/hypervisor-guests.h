/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows what guests may have, as libvirt declares it: the domains of a hypervisor. */
#pragma once

#include "document.h"
#include "output.h"

/* Prints each kind of guest below a heading. Of those that differ from an earlier kind in little but their
 * machine, only that is printed. Returns -ENOMEM or 0. */
int hypervisor_guests_show(const Output *output, Json *hypervisor);
