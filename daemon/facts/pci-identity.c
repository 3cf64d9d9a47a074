/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what kind of device it is. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "pci-parts.h"
#include "values.h"

#define HEX "0123456789abcdef"

#define MODALIAS_FORMAT "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X"
#define MODALIAS_MAX sizeof("pci:v00000000d00000000sv00000000sd00000000bc00sc00i00")

/* Takes LENGTH hexadecimal digits that follow PREFIX. */
static bool take_hex(const char **text, const char *prefix, unsigned length, unsigned *ret) {
        const char *digits = startswith(*text, prefix);
        char copy[9] = "";

        if (!digits || length >= sizeof(copy) || strspn(digits, "0123456789ABCDEF") < length)
                return false;

        memcpy(copy, digits, length);
        *ret = (unsigned) strtoul(copy, NULL, 16);
        *text = digits + length;
        return true;
}

/* The kernel puts all numbers into one word (drivers/pci/pci-sysfs.c: modalias_show()). */
static bool parse_modalias(const char *text, PciDevice *device) {
        unsigned vendor, id, subsystem_vendor, subsystem, base, sub, interface;

        if (!take_hex(&text, "pci:v", 8, &vendor) || !take_hex(&text, "d", 8, &id) ||
            !take_hex(&text, "sv", 8, &subsystem_vendor) || !take_hex(&text, "sd", 8, &subsystem) ||
            !take_hex(&text, "bc", 2, &base) || !take_hex(&text, "sc", 2, &sub) ||
            !take_hex(&text, "i", 2, &interface) || *text != '\0')
                return false;
        if (vendor > UINT16_MAX || id > UINT16_MAX || subsystem_vendor > UINT16_MAX ||
            subsystem > UINT16_MAX)
                return false;

        device->vendor = (uint16_t) vendor;
        device->device = (uint16_t) id;
        device->subsystem_vendor = (uint16_t) subsystem_vendor;
        device->subsystem = (uint16_t) subsystem;
        device->class = base << 16 | sub << 8 | interface;
        return true;
}

/* Reads a file that has one number, as the kernel prints it: "0x8086". */
static int read_hex(const Root *root, const char *path, const char *name, unsigned long max, unsigned *ret) {
        _cleanup_free_ char *line = NULL;
        unsigned long value;
        const char *digits;
        char *end;
        int r;

        r = read_line_at(root, &line, "%s/%s", path, name);
        if (r < 0)
                return r;

        digits = startswith(line, "0x");
        if (!digits || strspn(digits, HEX) == 0)
                return -EINVAL;

        errno = 0;
        value = strtoul(digits, &end, 16);
        if (errno != 0 || *end != '\0' || value > max)
                return -EINVAL;

        *ret = (unsigned) value;
        return 0;
}

/* For copies without the file that has it all. Makes the word of the numbers. */
static int read_numbers(const Root *root, const char *path, PciDevice *device) {
        unsigned class, vendor, id, subsystem_vendor = 0, subsystem = 0;
        char modalias[MODALIAS_MAX];
        int r;

        r = read_hex(root, path, "class", 0xffffff, &class);
        if (r >= 0)
                r = read_hex(root, path, "vendor", UINT16_MAX, &vendor);
        if (r >= 0)
                r = read_hex(root, path, "device", UINT16_MAX, &id);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        r = read_hex(root, path, "subsystem_vendor", UINT16_MAX, &subsystem_vendor);
        if (r != -ENOMEM)
                r = read_hex(root, path, "subsystem_device", UINT16_MAX, &subsystem);
        if (r == -ENOMEM)
                return r;

        (void) snprintf(modalias, sizeof(modalias), MODALIAS_FORMAT, vendor, id, subsystem_vendor, subsystem,
                        class >> 16 & 0xffU, class >> 8 & 0xffU, class & 0xffU);
        if (!parse_modalias(modalias, device))
                return 0;

        device->modalias = strdup(modalias);
        return device->modalias ? 0 : -ENOMEM;
}

bool pci_has_gone(const Root *root, const char *path, int error) {
        return (root->live && (error == -ENOENT || error == -ENODEV)) || root_exists(root, path) == 0;
}

int pci_read_identity(const Root *root, const char *path, const Root *directory, PciDevice *device) {
        _cleanup_free_ char *line = NULL;
        int r;

        /* What cannot be read of a snapshot is told by its path. */
        r = root->live ? root_read_line(directory, "modalias", &line)
                       : read_line_at(root, &line, "%s/modalias", path);
        if (r == -ENOMEM)
                return r;
        if (r < 0 && pci_has_gone(root, path, r))
                return 0;

        if (r >= 0 && parse_modalias(line, device))
                device->modalias = TAKE_PTR(line);
        else {
                r = read_numbers(root, path, device);
                if (r < 0)
                        return r;
        }

        return 1;
}
