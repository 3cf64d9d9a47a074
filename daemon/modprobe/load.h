/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads a kernel module and what it needs, as modprobe(8) does, but never runs a command. */
#pragma once

#include "protocol.h"

/* Where modules and their configuration are. What is NULL is that of the running system. */
typedef struct ModuleTree {
        const char *directory;            /* "/lib/modules/6.1.0" */
        const char *const *configuration; /* files and directories as in modprobe.d(5), NULL-terminated */
} ModuleTree;

/* Loads NAME, the kernel's name of a module and never an alias, with the options that modprobe.d(5) has
 * for it. A "blacklist" line keeps nothing from being loaded by its name; an "install" line does, also one
 * for a module that is loaded along with it. Then nothing at all is loaded.
 *
 * "done" is a module that the kernel has now, or had. "not-found": the tree has no such module, or there is
 * no tree. "refused" has the error of finit_module(2) or init_module(2), for it or for a module that it
 * depends on; ENOENT is a symbol that is not there. "failed" has an error of reading the tree; ENOENT is an
 * index that is not there beside modules.dep.bin. */
ModprobeAnswer module_load(const ModuleTree *tree, const char *name);

/* Tells whether NAME would be loaded if a file of modules-load.d(5) had it, as the configuration and the
 * tree are now: "done" if so, or if the kernel needs no file to load it from. systemd-modules-load(8) does
 * apply the blacklists of modprobe.d(5) and of the kernel's command line: "blacklisted". It would run the
 * commands of "install" lines, and follow an "alias" line for the name: "overridden". What is loaded now
 * does not count as there, for it will have to be loaded again, unless the tree does not have it. The rest
 * is as above. */
ModprobeAnswer module_check_start(const ModuleTree *tree, const char *name);
