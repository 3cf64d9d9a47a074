/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl hypervisor: what libvirt says of each hypervisor, in a line or in full. */
#pragma once

#include <systemd/sd-bus.h>

#include "arguments.h"
#include "document.h"
#include "output.h"

/* Asks the daemon on BUS, which asks libvirt first if that was wanted, and shows its answer. Returns an
 * ExitStatus, or -ENOMEM. */
int hypervisor_run(const Arguments *arguments, const Output *output, sd_bus *bus);

/* Shows what a document says of hypervisors. Returns an ExitStatus, or -ENOMEM. */
int hypervisor_show(const Arguments *arguments, const Output *output, Json *document);
