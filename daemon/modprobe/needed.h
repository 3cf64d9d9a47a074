/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All modules that loading one of them may load: itself, what it depends on, and what modprobe.d(5) says to
 * load along with any of them. */
#pragma once

#include <libkmod.h>
#include <stdbool.h>
#include <stddef.h>

/* A module has a handful; more than this is a mistake in the configuration. */
#define NEEDED_MAX 1024U

typedef struct Needed {
        struct kmod_module **modules; /* a reference to each; the one that was asked for is the first */
        size_t n;
} Needed;

/* Finds them. Errors: -ENOMEM; -E2BIG when there are more than NEEDED_MAX. */
int needed_find(struct kmod_module *module, Needed *ret);
void needed_done(Needed *needed);

/* When they are to be loaded: at a start what is loaded now is not there yet. */
typedef enum NeededWhen {
        NEEDED_NOW,
        NEEDED_AT_START,
} NeededWhen;

/* Tells whether modprobe.d(5) has a command for one that would have to be loaded. libkmod itself passes over
 * the command for a module that also has a "softdep" line, and over a failure of what such a line names. */
bool needed_is_overridden(const Needed *needed, NeededWhen when);

/* Tells whether nothing has to be loaded for the module. */
bool module_is_there(const struct kmod_module *module, NeededWhen when);

/* Tells whether the kernel has the module, built in or loaded and initialised. */
bool module_is_in_kernel(const struct kmod_module *module);
