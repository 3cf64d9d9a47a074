/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remedies: a line to type, or a phrase where there is none. */
#pragma once

#include "document.h"
#include "output.h"

/* Prints one remedy at INDENT, with a line break after it. */
int remedy_show(const Output *output, unsigned indent, Json *remedy);

/* Yields the line to type for a command that, when PRIVILEGED, needs root, and an empty one for none.
 * Returns -ENOMEM or 0. */
int remedy_command(const char *command, bool privileged, bool is_root, char **ret);

/* Yields what to do where there is no command, for any kind of remedy and any action (an empty one for
 * none). Returns -ENOMEM or 0. */
int remedy_phrase(const char *kind, const char *action, const char *argument, char **ret);
