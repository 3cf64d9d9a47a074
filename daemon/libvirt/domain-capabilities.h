/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a kind of guest may have, from the XML of its capabilities
 * (https://libvirt.org/formatdomaincaps.html).
 */
#pragma once

#include "../basic/json.h"

/* No enumeration has more values, and no element more members. */
#define DOMAIN_CAPABILITIES_VALUES_MAX 4096U

/* Adds what the XML tells to DOMAIN, an object of capabilities_parse(), and replaces what that has had of
 * it: "arch", "virt_type", "machine", "emulator", "max_vcpus"; then "firmware", "loader", "loader_paths",
 * "cpu_modes", "host_model", "host_model_vendor", "host_model_features", "cpu_models", "memory_backing",
 * "devices" and "features". What the XML does not mention is null. "devices" and "features", with which is
 * the element "iothreads", have the elements that are supported, by their names, with enumerations and other
 * members as arrays of texts: a member in another one has both names ("defaults.spinlocks"), and a unit
 * follows its number ("64 KiB"). "loader" and "memory_backing" have enumerations alone. Errors: those of
 * xml_read(), and -E2BIG also for too many or too long values; then DOMAIN is of no use any more. */
int domain_capabilities_parse(const char *text, Json *domain);

/* Adds null in their place, to a domain that has no such XML. */
int domain_capabilities_add_unknown(Json *domain);
