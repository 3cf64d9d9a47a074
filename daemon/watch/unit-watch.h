/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learns from systemd, over the bus, whether units run. It starts nothing and has nothing loaded. */
#pragma once

#include <systemd/sd-bus.h>

#include "../basic/cleanup.h"
#include "../facts/units.h"

/* Called when what is known of the units has changed. It must not free the watch. */
typedef void (*UnitWatchHandler)(const UnitStates *states, void *userdata);

/* What is told beside that: which units have had properties changed since it was last told, one bit for each
 * UnitId, after the handler above has been told what came of it; and whether nobody has systemd's name on
 * the bus. A service that restarts between two questions is in the same state at both. */
typedef struct UnitNews {
        uint32_t announced;
        bool systemd_is_absent;
} UnitNews;

typedef void (*UnitNewsHandler)(const UnitNews *news, void *userdata);

typedef struct UnitWatch UnitWatch;

/* Begins to listen on BUS, whose event loop calls the handler; the watch holds a reference to it. Whatever
 * it asks is asked asynchronously, so that nothing is known on return, and an answer that fails, or does not
 * come within the time limit of the connection, leaves the states unknown. Announcements only make it ask:
 * what they say could come from anybody on the bus. One question is on its way at a time; however much is
 * announced meanwhile, one more follows when it is answered. While systemd is not on the bus it waits.
 * Errors: those of sd_bus_add_match_async(3) and sd_bus_call_async(3). */
int unit_watch_new(sd_bus *bus, UnitWatchHandler handler, void *userdata, UnitWatch **ret);
UnitWatch *unit_watch_free(UnitWatch *watch);

/* Has NEWS called as well, with the same userdata. */
void unit_watch_set_news_handler(UnitWatch *watch, UnitNewsHandler news);

/* Asks once more, though nothing was announced: the last question may have failed. */
void unit_watch_refresh(UnitWatch *watch);
DEFINE_POINTER_CLEANUP(UnitWatch *, unit_watch_free);
