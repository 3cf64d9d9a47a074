/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection to libvirt that asks nobody for anything, and starts nothing. */
#pragma once

#include <libvirt/libvirt.h>

#include "../basic/cleanup.h"

DEFINE_POINTER_CLEANUP(virConnect *, virConnectClose);

/* Has libvirt's library say nothing by itself, and forget what the environment has for it. Comes first,
 * once. Errors: -ENOMEM, -EIO: trouble_from_libvirt(). */
int connection_prepare(void);

typedef enum ConnectionAccess {
        CONNECTION_READ_ONLY,
        CONNECTION_MANAGE, /* for what libvirt tells nobody else: nothing is changed through it either */
} ConnectionAccess;

/* Connects. There are no callbacks that ask for passwords: who would have to be asked is denied. -EIO means
 * that libvirt has an error to tell, see trouble_from_libvirt(). */
int connection_open(const char *uri, ConnectionAccess access, virConnect **ret);
