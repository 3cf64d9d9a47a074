/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of entries in the documentation. */

#include <errno.h>
#include <stdio.h>

#include "config.h"
#include "documentation.h"

/* All characters of an id may stand in a fragment as they are (RFC 3986, 3.5). */
int check_documentation_uri(const Check *check, char **ret) {
        char *uri;

        if (asprintf(&uri, "%s#%s", DOCUMENTATION_PAGE_URI, check->id) < 0)
                return -ENOMEM;

        *ret = uri;
        return 0;
}
