/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of devices, made of what the database has. */

#include <errno.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "device-name.h"

int device_name(Json *device, char **ret) {
        const char *vendor = doc_text(device, "vendor_name"), *name = doc_text(device, "device_name"),
                   *class = doc_text(device, "class_name");
        int r;

        if (!isempty(name))
                r = asprintf(ret, "%s%s%s", vendor, isempty(vendor) ? "" : " ", name);
        else if (!isempty(class) || !isempty(vendor))
                r = asprintf(ret, "%s%s%s", vendor, isempty(vendor) || isempty(class) ? "" : " ", class);
        else if (doc_get(device, "vendor_id") && doc_get(device, "device_id"))
                r = asprintf(ret, "%04x:%04x", (unsigned) doc_number(device, "vendor_id") & 0xffffU,
                             (unsigned) doc_number(device, "device_id") & 0xffffU);
        else
                r = asprintf(ret, "unknown device");

        return r < 0 ? -ENOMEM : 0;
}

Style device_style(Json *device) {
        switch (doc_device_state(device)) {
        case CHECK_PASS:
                return STYLE_GOOD;
        case CHECK_FAIL:
                return STYLE_MINOR;
        default:
                return STYLE_WARNING;
        }
}
