/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells whether interrupts are remapped, by the names of what they come from. */

#include <errno.h>
#include <string.h>

#include "../basic/macro.h"
#include "iommu.h"
#include "values.h"

/* Legacy interrupts come first, and one of them comes from the first I/O APIC wherever there is one. */
#define INTERRUPTS_MAX 24U

/* The lines of /proc/interrupts have a column of eleven bytes for each CPU: with 2048 CPUs these are eleven
 * lines. The kernel makes no more of the file than is read. */
#define INTERRUPTS_HEAD_MAX (256U * 1024U)

#define CHIP "IO-APIC"
#define CHIP_REMAPPED "IR-IO-APIC"

static Tristate is_remapped(const char *chips) {
        if (strstr(chips, CHIP_REMAPPED))
                return TRISTATE_YES;

        return strstr(chips, CHIP) ? TRISTATE_NO : TRISTATE_UNKNOWN;
}

static int read_chip_names(const Root *root, Tristate *ret) {
        Tristate found = TRISTATE_UNKNOWN;

        for (unsigned i = 0; i < INTERRUPTS_MAX && found == TRISTATE_UNKNOWN; i++) {
                _cleanup_free_ char *chip = NULL;
                int r;

                r = read_line_at(root, &chip, "sys/kernel/irq/%u/chip_name", i);
                if (r == -ENOMEM)
                        return r;
                if (r >= 0)
                        found = is_remapped(chip);
        }

        *ret = found;
        return 0;
}

int interrupt_remapping_read(const Root *root, Tristate *ret) {
        _cleanup_free_ char *interrupts = NULL;
        Tristate found;
        int r;

        r = read_chip_names(root, &found);
        if (r < 0)
                return r;

        if (found == TRISTATE_UNKNOWN) {
                r = root_read_head(root, "proc/interrupts", INTERRUPTS_HEAD_MAX, &interrupts);
                if (r == -ENOMEM)
                        return r;
                if (r >= 0)
                        found = is_remapped(interrupts);
        }

        *ret = found;
        return 0;
}
