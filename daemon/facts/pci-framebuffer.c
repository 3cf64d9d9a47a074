/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the displays that the console is drawn on without a driver of their own. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "pci-parts.h"
#include "values.h"

#define PLATFORM_DRIVERS "sys/bus/platform/drivers"

/* A driver has one device or two, and a few files. */
#define ENTRIES_MAX 64U

/* What draws where the firmware has set a mode, and is no driver of the display
 * (drivers/video/fbdev/efifb.c, vesafb.c, simplefb.c; drivers/gpu/drm/sysfb/). Their devices are called by
 * their names and a number. */
static const char *const drivers[] = { "efi-framebuffer", "simple-framebuffer", "vesa-framebuffer" };

static bool needs_framebuffer(const PciDevice *device) {
        return device->modalias && device->class >> 16 == PCI_CLASS_DISPLAY &&
               device->has_driver == TRISTATE_NO;
}

/* Whether there is a step ADDRESS on the way that a link goes. */
static bool leads_through(const char *target, const char *address) {
        size_t length = strlen(address);

        for (const char *p = strstr(target, address); p; p = strstr(p + 1, address))
                if (p > target && p[-1] == '/' && p[length] == '/')
                        return true;

        return false;
}

static int mark(const Root *root, PciFacts *facts, const char *driver, const char *target) {
        bool has_parent = strstr(target, "/pci");

        FOREACH_ARRAY(device, facts->devices, facts->n_devices) {
                int r;

                if (!needs_framebuffer(device))
                        continue;

                if (has_parent)
                        r = leads_through(target, device->address);
                else
                        r = read_switch_at(root, "sys/bus/pci/devices/%s/boot_vga", device->address);
                if (r == -ENOMEM)
                        return r;
                if (r > 0)
                        device->framebuffer = driver;
        }

        return 0;
}

static int read_driver(const Root *root, PciFacts *facts, const char *driver) {
        _cleanup_(closedirp) DIR *directory = NULL;
        _cleanup_free_ char *path = NULL;
        unsigned budget = ENTRIES_MAX;
        struct dirent *entry;
        int r;

        if (asprintf(&path, PLATFORM_DRIVERS "/%s", driver) < 0) {
                path = NULL;
                return -ENOMEM;
        }

        r = root_opendir(root, path, &directory);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        while (budget-- > 0 && (entry = root_readdir(root, directory))) {
                _cleanup_free_ char *link = NULL, *target = NULL;
                const char *rest = startswith(entry->d_name, driver);

                if (!rest || *rest != '.')
                        continue;
                if (asprintf(&link, "%s/%s", path, entry->d_name) < 0) {
                        link = NULL;
                        return -ENOMEM;
                }

                r = root_readlink(root, link, &target);
                if (r >= 0)
                        r = mark(root, facts, driver, target);
                if (r == -ENOMEM)
                        return r;
        }

        return 0;
}

int pci_framebuffers_read(const Root *root, PciFacts *facts) {
        bool needed = false;

        FOREACH_ARRAY(device, facts->devices, facts->n_devices)
                needed = needed || needs_framebuffer(device);
        if (!needed)
                return 0;

        FOREACH_ELEMENT(driver, drivers) {
                int r;

                r = read_driver(root, facts, *driver);
                if (r < 0)
                        return r;
        }

        return 0;
}
