/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount namespace of a test's own, in which it may mount what it wants. */
#pragma once

#include <stdbool.h>

/* Has this process, which must have one thread, leave the machine's mounts behind: what it and its children
 * mount from then on nobody else sees. An ordinary user keeps its numbers. Tells whether that could be done.
 */
bool namespaces_enter(void);
