/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that nobody waits for one by one. */
#pragma once

#include <gio/gio.h>

typedef struct Answers {
        guint done;
        guint limited; /* refused with RateLimited; any other error ends the test */
} Answers;

/* Calls a method of the Manager; the answer is counted by the main loop. Without ANSWERS there will be none.
 */
void call_without_waiting(GDBusConnection *connection, const char *method, Answers *answers);
