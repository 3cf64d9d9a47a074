/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connects to libvirt. */

#include <errno.h>
#include <libvirt/virterror.h>
#include <libxml/xmlerror.h>

#include "../basic/macro.h"
#include "connection.h"

/* The default of both libraries is to print what goes wrong, and libvirt's own readers use libxml2, too. */
static void ignore_message(void *userdata, const char *format, ...) {
        (void) userdata, (void) format;
}

static void ignore_error(void *userdata, virError *error) {
        (void) userdata, (void) error;
}

/* Keeps what log.c wants to know, and where a user's own libvirt is. What libvirt's library reads beside
 * that would have it load drivers, write logs, or connect to another machine. */
static int forget_environment(void) {
        static const char *const kept[] = { "JOURNAL_STREAM",  "SYSTEMD_LOG_LEVEL", "HOME",
                                            "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",   "XDG_CACHE_HOME" };
        const char *values[ELEMENTSOF(kept)];

        /* They stay where they are: clearenv(3) frees nothing that exec brought. */
        for (size_t i = 0; i < ELEMENTSOF(kept); i++)
                values[i] = secure_getenv(kept[i]);

        if (clearenv() != 0)
                return -ENOMEM;

        for (size_t i = 0; i < ELEMENTSOF(kept); i++)
                if (values[i] && setenv(kept[i], values[i], 1) < 0)
                        return -ENOMEM;

        /* Who asks for a user's own libvirt would start it otherwise. */
        return setenv("LIBVIRT_AUTOSTART", "0", 1) < 0 ? -ENOMEM : 0;
}

int connection_prepare(void) {
        int r;

        r = forget_environment();
        if (r < 0)
                return r;

        xmlSetGenericErrorFunc(NULL, ignore_message);
        virSetErrorFunc(NULL, ignore_error);
        return virInitialize() < 0 ? -EIO : 0;
}

int connection_open(const char *uri, ConnectionAccess access, virConnect **ret) {
        virConnect *connection;

        connection = access == CONNECTION_READ_ONLY ? virConnectOpenReadOnly(uri) : virConnectOpen(uri);
        if (!connection)
                return -EIO;

        *ret = connection;
        return 0;
}
