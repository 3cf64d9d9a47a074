/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of firmware settings. */

#include "remedies.h"

const char *virtualization_setting(CpuExtension extension) {
        return extension == CPU_EXTENSION_SVM ? "SVM Mode (also called AMD-V or Secure Virtual Machine)"
                                              : "Intel Virtualization Technology (also called VT-x or VMX)";
}
