/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt is and what it can do: the answer to "virtready-libvirt describe". */
#pragma once

#include "../basic/json.h"

/* Asks the libvirt at URI, and what it does not tell everybody the virtready-domcapabilities that listens at
 * SOCKET, which may take any time, and yields the document that virtready-libvirt(8) has.
 * That libvirt does not answer is an answer. Errors: -ENOMEM. */
int describe(const char *uri, const char *socket, Json **ret);
