/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names on the bus, for the daemon and its clients. */
#pragma once

#define BUS_NAME "org.virtready1"

#define BUS_PATH_MANAGER "/org/virtready1"
#define BUS_PATH_CHECK "/org/virtready1/check"
#define BUS_PATH_DEVICE "/org/virtready1/device"
#define BUS_PATH_HOST "/org/virtready1/host"
#define BUS_PATH_HYPERVISOR "/org/virtready1/hypervisor"
#define BUS_PATH_PROFILE "/org/virtready1/profile"

#define BUS_INTERFACE_MANAGER "org.virtready1.Manager"
#define BUS_INTERFACE_CHECK "org.virtready1.Check"
#define BUS_INTERFACE_DEVICE "org.virtready1.Device"
#define BUS_INTERFACE_HOST "org.virtready1.Host"
#define BUS_INTERFACE_HYPERVISOR "org.virtready1.Hypervisor"
#define BUS_INTERFACE_PROFILE "org.virtready1.Profile"

#define BUS_ERROR_FILE_NOT_WRITTEN "org.virtready1.Error.FileNotWritten"
#define BUS_ERROR_LOADER_UNAVAILABLE "org.virtready1.Error.LoaderUnavailable"
#define BUS_ERROR_MODULE_NOT_ALLOWED "org.virtready1.Error.ModuleNotAllowed"
#define BUS_ERROR_MODULE_NOT_FOUND "org.virtready1.Error.ModuleNotFound"
#define BUS_ERROR_MODULE_REFUSED "org.virtready1.Error.ModuleRefused"
#define BUS_ERROR_RATE_LIMITED "org.virtready1.Error.RateLimited"
