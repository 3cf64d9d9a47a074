/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libkmod loads; what it would do beyond that is ruled out beforehand. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../basic/cleanup.h"
#include "../basic/log.h"
#include "load.h"
#include "needed.h"

DEFINE_POINTER_CLEANUP(struct kmod_ctx *, kmod_unref);
DEFINE_POINTER_CLEANUP(struct kmod_list *, kmod_module_unref_list);
DEFINE_POINTER_CLEANUP(struct kmod_module *, kmod_module_unref);

static ModprobeAnswer outcome(ModprobeOutcome outcome) {
        return (ModprobeAnswer){ .outcome = outcome };
}

static ModprobeAnswer failure(int r) {
        return (ModprobeAnswer){ .outcome = MODPROBE_FAILED, .error = -r };
}

_printf_(6, 0) static void log_libkmod(void *data, int priority, const char *file, int line,
                                       const char *function, const char *format, va_list arguments) {
        _cleanup_free_ char *message = NULL;

        (void) data, (void) priority, (void) file, (void) line;

        if (vasprintf(&message, format, arguments) < 0)
                return;

        message[strcspn(message, "\n")] = '\0';
        log_debug("libkmod: %s: %s", function, message);
}

/* Tells whether there is any list of modules. */
static int has_tree(const struct kmod_ctx *kmod) {
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/modules.dep.bin", kmod_get_dirname(kmod)) < 0)
                return -ENOMEM;

        return access(path, F_OK) >= 0 || errno != ENOENT;
}

/* Opens the tree. Without one there still are modules that are loaded or built in.
 *
 * The indexes are loaded so that what is wrong with one is an error: a search in one that is not loaded
 * takes it for empty, or ends the program (libkmod/libkmod-index.c: read_error()). */
static int open_tree(const ModuleTree *tree, struct kmod_ctx **ret) {
        _cleanup_(kmod_unrefp) struct kmod_ctx *kmod = NULL;
        int r;

        kmod = kmod_new(tree->directory, tree->configuration);
        if (!kmod)
                return -ENOMEM;

        kmod_set_log_fn(kmod, log_libkmod, NULL);
        kmod_set_log_priority(kmod, LOG_INFO);

        /* When one is missing all are closed again. */
        r = kmod_load_resources(kmod);
        if (r == -ENOENT) {
                r = has_tree(kmod);
                if (r > 0)
                        return -ENOENT;
        }
        if (r < 0)
                return r;

        *ret = TAKE_PTR(kmod);
        return 0;
}

/* Where the tree with its list of what is built in is not there, a directory in sysfs tells: that of a
 * module which was loaded has "initstate" in it (kernel/params.c: param_sysfs_builtin()), which libkmod
 * takes the lack of for the moment before. */
static ModprobeAnswer not_in_tree(const struct kmod_module *module) {
        return outcome(kmod_module_get_initstate(module) == KMOD_MODULE_COMING ? MODPROBE_DONE
                                                                               : MODPROBE_NOT_FOUND);
}

/* Returns the error of the first file that cannot be read, of those that have to be loaded. */
static int check_files(const struct kmod_module *module, NeededWhen when) {
        _cleanup_(kmod_module_unref_listp) struct kmod_list *depended = NULL;
        const struct kmod_list *entry;

        depended = kmod_module_get_dependencies(module);
        kmod_list_foreach(entry, depended) {
                _cleanup_(kmod_module_unrefp) struct kmod_module *other = kmod_module_get_module(entry);

                const char *path = kmod_module_get_path(other);

                if (!module_is_there(other, when) && (!path || access(path, R_OK) < 0))
                        return path ? -errno : -ENOENT;
        }

        return access(kmod_module_get_path(module), R_OK) < 0 ? -errno : 0;
}

/* Stands in for the shell. needed_is_overridden() has found all commands already; should one be left, the
 * module is not loaded, and nothing is run for it. */
static int refuse_command(struct kmod_module *module, const char *command, void *data) {
        bool *refused = data;

        (void) module, (void) command;

        *refused = true;
        return -ECANCELED;
}

static ModprobeAnswer insert(struct kmod_module *module) {
        bool refused = false;
        int r;

        r = kmod_module_probe_insert_module(module, 0, NULL, refuse_command, &refused, NULL);
        if (refused)
                return outcome(MODPROBE_OVERRIDDEN);
        if (r < 0)
                return (ModprobeAnswer){ .outcome = MODPROBE_REFUSED, .error = -r };

        /* To libkmod this error means that the module is there already. KVM has it for the second of two
         * that exclude each other, too (arch/x86/kvm/x86.c: "already loaded vendor module"). */
        if (!module_is_in_kernel(module))
                return (ModprobeAnswer){ .outcome = MODPROBE_REFUSED, .error = EEXIST };

        return outcome(MODPROBE_DONE);
}

/* Yields the module that has this name: no alias is looked at, so it cannot be another one. Returns -ESRCH
 * for what no module can be called. */
static int find(const ModuleTree *tree, const char *name, struct kmod_ctx **ret_kmod,
                struct kmod_module **ret) {
        _cleanup_(kmod_unrefp) struct kmod_ctx *kmod = NULL;
        _cleanup_(kmod_module_unrefp) struct kmod_module *module = NULL;
        int r;

        r = open_tree(tree, &kmod);
        if (r < 0)
                return r;

        r = kmod_module_new_from_name(kmod, name, &module);
        if (r < 0)
                return r;
        if (!streq(kmod_module_get_name(module), name))
                return -ESRCH;

        *ret_kmod = TAKE_PTR(kmod);
        *ret = TAKE_PTR(module);
        return 0;
}

/* Tells whether there is a file for it and for all that it depends on, and no command in any of their
 * places: "done" if all is well. */
static ModprobeAnswer check(struct kmod_module *module, NeededWhen when) {
        _cleanup_(needed_done) Needed needed = {};
        int r;

        r = needed_find(module, &needed);
        if (r < 0)
                return failure(r);
        if (needed_is_overridden(&needed, when))
                return outcome(MODPROBE_OVERRIDDEN);

        r = check_files(module, when);
        if (r < 0)
                return r == -ENOENT ? outcome(MODPROBE_NOT_FOUND) : failure(r);

        return outcome(MODPROBE_DONE);
}

ModprobeAnswer module_load(const ModuleTree *tree, const char *name) {
        _cleanup_(kmod_unrefp) struct kmod_ctx *kmod = NULL;
        _cleanup_(kmod_module_unrefp) struct kmod_module *module = NULL;
        ModprobeAnswer answer;
        int r;

        r = find(tree, name, &kmod, &module);
        if (r < 0)
                return r == -ESRCH ? outcome(MODPROBE_NOT_FOUND) : failure(r);

        if (module_is_in_kernel(module))
                return outcome(MODPROBE_DONE);
        if (!kmod_module_get_path(module))
                return not_in_tree(module);

        answer = check(module, NEEDED_NOW);
        return answer.outcome == MODPROBE_DONE ? insert(module) : answer;
}

static bool list_has(const struct kmod_list *list, const char *name) {
        const struct kmod_list *entry;

        kmod_list_foreach(entry, list) {
                _cleanup_(kmod_module_unrefp) struct kmod_module *module = kmod_module_get_module(entry);

                if (streq(kmod_module_get_name(module), name))
                        return true;
        }

        return false;
}

/* Looks NAME up as systemd does, for which it may be an alias of something else, and applies the blacklist
 * (src/shared/module-util.c: module_load_and_warn()). "done" if the module is what comes of it. */
static ModprobeAnswer look_up(struct kmod_ctx *kmod, const char *name) {
        _cleanup_(kmod_module_unref_listp) struct kmod_list *found = NULL, *left = NULL;
        int r;

        r = kmod_module_new_from_lookup(kmod, name, &found);
        if (r < 0)
                return failure(r);
        if (!list_has(found, name))
                return outcome(MODPROBE_OVERRIDDEN);

        r = kmod_module_apply_filter(kmod, KMOD_FILTER_BLACKLIST, found, &left);
        if (r < 0)
                return failure(r);

        return outcome(list_has(left, name) ? MODPROBE_DONE : MODPROBE_BLACKLISTED);
}

ModprobeAnswer module_check_start(const ModuleTree *tree, const char *name) {
        _cleanup_(kmod_unrefp) struct kmod_ctx *kmod = NULL;
        _cleanup_(kmod_module_unrefp) struct kmod_module *module = NULL;
        ModprobeAnswer answer;
        int r;

        r = find(tree, name, &kmod, &module);
        if (r < 0)
                return r == -ESRCH ? outcome(MODPROBE_NOT_FOUND) : failure(r);

        if (kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN)
                return outcome(MODPROBE_DONE);
        if (!kmod_module_get_path(module))
                return module_is_in_kernel(module) ? outcome(MODPROBE_DONE) : not_in_tree(module);

        answer = look_up(kmod, name);
        return answer.outcome == MODPROBE_DONE ? check(module, NEEDED_AT_START) : answer;
}
