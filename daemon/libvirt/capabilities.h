/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guests that a host can have, from the XML of its capabilities (https://libvirt.org/formatcaps.html).
 */
#pragma once

#include "../basic/json.h"

/* How many kinds of guests are worth an answer each. */
#define CAPABILITIES_DOMAINS_MAX 256U

/* Yields an array with an object for each kind of guest of the host's own architecture: each of its types
 * ("kvm", "qemu"), and for each the machines that are the newest of their kind, which have an alias. Where
 * none has, the machine is null, which stands for the default. The members are "arch", "virt_type",
 * "machine" and "alias", "emulator" and "max_vcpus", each null where the XML does not tell. Errors: those of
 * xml_read(), -E2BIG also for too many guests, and -EBADMSG when the host's architecture is missing. */
int capabilities_parse(const char *text, Json **ret);
