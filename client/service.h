/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon as its client sees it: connect, ask, and explain to a person why that did not work. */
#pragma once

#include <systemd/sd-bus.h>

#include "../daemon/basic/clock.h"
#include "document.h"

/* How long anything on the bus may take. */
#define SERVICE_TIMEOUT_USEC (10 * USEC_PER_SEC)

/* And how long libvirt: more than the daemon waits for it. */
#define SERVICE_REFRESH_TIMEOUT_USEC (60 * USEC_PER_SEC)

/* Connects to the bus at ADDRESS, or to the system bus if that is NULL, and waits until the bus has said
 * hello. Returns 0 or, after saying why not, an ExitStatus. */
int service_connect(const char *address, sd_bus **ret);

/* Asks the daemon for its document. Returns 0 or, after saying why not, an ExitStatus. */
int service_describe(sd_bus *bus, Json **ret);

/* Asks what this process may do with the devices: an array with an object for each. Returns 0 or, after
 * saying why not, an ExitStatus. */
int service_check_access(sd_bus *bus, Json **ret);

/* Has the daemon ask libvirt about the hypervisor ID, which wakes it if it sleeps, and waits for the end of
 * that. Returns 0, whatever came of it, -ENOMEM or, after saying why libvirt is not asked, an ExitStatus. */
int service_refresh_hypervisor(sd_bus *bus, const char *id);

/* Takes the document out of an answer to Describe. Returns 0, an error of sd_bus_message_read(3), or one of
 * document_parse(), without a word. */
int service_read_document(sd_bus_message *reply, Json **ret);

/* Says why a call did not succeed, and what to do about it; an answer that makes no sense has the error
 * SD_BUS_ERROR_INCONSISTENT_MESSAGE. Returns the ExitStatus. */
int service_complain(const sd_bus_error *error);

/* Says why the bus at ADDRESS, or the system bus for NULL, could not be reached; ERROR is a negative errno.
 * Returns the ExitStatus. */
int service_complain_about_bus(const char *address, int error);
