/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the watchers have in common: each tells which sources are outdated, and does nothing else. */
#pragma once

#include <systemd/sd-event.h>

#include "../facts/facts.h"

/* Called from the event loop; DIRTY is not empty. */
typedef void (*WatchHandler)(SourceMask dirty, void *userdata);
