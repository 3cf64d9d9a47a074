/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of remedies that many reasons have, and names of firmware settings. */

#include "remedies.h"

const Remedy remedies_for_node[] = {
        { .kind = REMEDY_CONTAINER_MANAGER, .argument = "{device}" },
        { .kind = REMEDY_MOUNT, .argument = "a devtmpfs at /dev", .privileged = true },
        {},
};

const Remedy remedies_to_install[] = {
        REMEDY_TO_INSTALL,
        { .kind = REMEDY_INSTALL_PROGRAM, .argument = "{missing_program}", .privileged = true },
        {},
};

const char *virtualization_setting(CpuExtension extension) {
        return extension == CPU_EXTENSION_SVM ? "SVM Mode (also called AMD-V or Secure Virtual Machine)"
                                              : "Intel Virtualization Technology (also called VT-x or VMX)";
}
