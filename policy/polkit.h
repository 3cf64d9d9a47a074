/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks polkit whether a caller may have something done, without waiting for the answer. */
#pragma once

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "../daemon/basic/cleanup.h"
#include "../daemon/basic/clock.h"

#define POLKIT_ACTION_LOAD_MODULE "org.virtready1.load-module"
#define POLKIT_ACTION_PERSIST_MODULE "org.virtready1.persist-module"

/* So many questions may wait at a time: of one caller, and in all. */
#define POLKIT_QUESTIONS_PER_CALLER_MAX 4U
#define POLKIT_QUESTIONS_MAX 32U

/* Of all, so many for which polkit may ask a person, who may take long: there is room left for the others.
 */
#define POLKIT_DIALOGS_MAX 16U

/* A user may take this long over a password. Where nobody is asked the bus's own limit holds. */
#define POLKIT_INTERACTIVE_TIMEOUT_USEC (10 * 60 * USEC_PER_SEC)

/* The questions that wait. */
typedef struct Polkit Polkit;

int polkit_new(Polkit **ret);
Polkit *polkit_free(Polkit *polkit);
DEFINE_POINTER_CLEANUP(Polkit *, polkit_free);

/* Forgets all questions and their calls, without an answer to them: for a bus that is lost or left. */
void polkit_drop(Polkit *polkit);

/* Asks whether the sender of CALL, a method call that is being dispatched, may do ACTION with DETAILS: names
 * and values in turn, NULL-terminated, which polkit's rules see and its dialog can show. The user may be
 * asked for a password if the message allows that.
 *
 * Returns 0 when polkit has been asked. Then CALL is dispatched again as soon as the answer is there, and
 * its handler, which has to return 1 meanwhile, has to ask here a second time, for the same: 1 says that the
 * sender may. All else is an error of the call, which ERROR describes to the caller: AccessDenied, also when
 * polkit does not run, does not answer or fails; InteractiveAuthorizationRequired; or
 * org.virtready1.Error.RateLimited. Other errors are a negative errno, as that of a lack of memory. When the
 * caller leaves the bus its question is withdrawn, and its call not dispatched again.
 *
 * Root and the daemon's own user are asked about like everybody. */
int polkit_check(Polkit *polkit, sd_bus_message *call, const char *action, const char *const *details,
                 sd_bus_error *error);

/* Tells whether CALL is dispatched for the second time, with polkit's answer waiting for it. */
bool polkit_is_asked(const Polkit *polkit, const sd_bus_message *call);
