/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks programs for their versions: runs each once, beside the daemon, and again only when it is another
 * one.
 */
#pragma once

#include <systemd/sd-event.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "facts/programs.h"

/* What a program may print, and how long it may take: QEMU, the largest, takes a few seconds to load where
 * the CPU is emulated. */
#define PROGRAM_VERSIONS_OUTPUT_MAX (64U * 1024U)
#define PROGRAM_VERSIONS_TIMEOUT_USEC (10 * USEC_PER_SEC)

typedef struct ProgramVersions ProgramVersions;

/* Called from the event loop when programs have told something new: TOLD has what each has, with
 * _PROGRAM_MAX entries. MORE: others are still being asked. It must not free the object. */
typedef void (*ProgramVersionsHandler)(const ProgramVersion *told, bool more, void *userdata);

/* TIMEOUT_USEC is the time that each program has. Returns -ENOMEM or 0. */
int program_versions_new(sd_event *event, uint64_t timeout_usec, ProgramVersionsHandler handler,
                         void *userdata, ProgramVersions **ret);

/* Kills the program that is running. */
ProgramVersions *program_versions_free(ProgramVersions *versions);
DEFINE_POINTER_CLEANUP(ProgramVersions *, program_versions_free);

/* Asks those of the installed programs that have not been asked yet, one after the other. Only programs are
 * run that nobody but root can change (program_file_trust()). One that does not answer, whatever the cause,
 * is not asked again: its version stays unknown. */
void program_versions_ask(ProgramVersions *versions, const ProgramFacts *facts);
