/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtreadyctl tells the shell. */
#pragma once

typedef enum ExitStatus {
        STATUS_READY = 0,     /* also: every check that was asked for passes; what was asked for is done */
        STATUS_NOT_READY = 1, /* also: the time is over; the machine or polkit refuses */
        STATUS_USAGE = 2,
        STATUS_UNREACHABLE = 3,
        STATUS_UNKNOWN = 4, /* also: the answer could not be shown */
} ExitStatus;
