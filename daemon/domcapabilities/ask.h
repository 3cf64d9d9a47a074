/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other end of a connection to virtready-domcapabilities. */
#pragma once

#include <stdint.h>

#include "protocol.h"

/* Connects to the program that listens at PATH; the descriptor is the caller's. Errors: those of connect(2),
 * such as -ENOENT, -ECONNREFUSED and -EACCES; -EAGAIN when TIMEOUT_USEC are over; and -ENAMETOOLONG. */
int domcapabilities_connect(const char *path, uint64_t timeout_usec, int *ret);

/* Waits until the program that listens there has been started. Errors: -EAGAIN once nothing has come for
 * TIMEOUT_USEC, -EBADMSG when something else has, -ECONNRESET, and those of recv(2). */
int domcapabilities_wait(int connection, uint64_t timeout_usec);

/* Asks, and waits for the answer, -EAGAIN once nothing has come for TIMEOUT_USEC. Its text, which has no
 * null byte in it, is malloc()ed, "" where there is none. Errors: -EINVAL when that cannot be asked,
 * -EBADMSG for an answer that makes no sense, -ECONNRESET when there was none, -ENOMEM, and those of send(2)
 * and recv(2). */
int domcapabilities_ask(int connection, uint64_t timeout_usec, const DomcapabilitiesRequest *request,
                        DomcapabilitiesOutcome *ret_outcome, char **ret_text);
