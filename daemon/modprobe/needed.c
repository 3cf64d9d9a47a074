/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows dependencies of both kinds. What is found is looked at in turn, until nothing new is found. */

#include <errno.h>
#include <stdlib.h>

#include "../basic/cleanup.h"
#include "../basic/macro.h"
#include "needed.h"

DEFINE_POINTER_CLEANUP(struct kmod_list *, kmod_module_unref_list);

static bool has(const Needed *needed, const struct kmod_module *module) {
        FOREACH_ARRAY(other, needed->modules, needed->n)
                if (streq(kmod_module_get_name(*other), kmod_module_get_name(module)))
                        return true;

        return false;
}

static int add(Needed *needed, struct kmod_module *module) {
        struct kmod_module **modules;

        if (has(needed, module))
                return 0;
        if (needed->n >= NEEDED_MAX)
                return -E2BIG;

        modules = reallocarray(needed->modules, needed->n + 1, sizeof(struct kmod_module *));
        if (!modules)
                return -ENOMEM;

        modules[needed->n++] = kmod_module_ref(module);
        needed->modules = modules;
        return 0;
}

static int add_list(Needed *needed, const struct kmod_list *list) {
        const struct kmod_list *entry;
        int r = 0;

        kmod_list_foreach(entry, list) {
                struct kmod_module *module = kmod_module_get_module(entry);

                r = add(needed, module);
                (void) kmod_module_unref(module);
                if (r < 0)
                        break;
        }

        return r;
}

static int add_needed_by(Needed *needed, const struct kmod_module *module) {
        _cleanup_(kmod_module_unref_listp) struct kmod_list *depended = NULL, *before = NULL, *after = NULL;
        int r;

        depended = kmod_module_get_dependencies(module);
        r = kmod_module_get_softdeps(module, &before, &after);
        if (r < 0)
                return r;

        r = add_list(needed, depended);
        if (r < 0)
                return r;

        r = add_list(needed, before);
        if (r < 0)
                return r;

        return add_list(needed, after);
}

int needed_find(struct kmod_module *module, Needed *ret) {
        _cleanup_(needed_done) Needed needed = {};
        int r;

        r = add(&needed, module);
        if (r < 0)
                return r;

        for (size_t i = 0; i < needed.n; i++) {
                r = add_needed_by(&needed, needed.modules[i]);
                if (r < 0)
                        return r;
        }

        *ret = needed;
        needed = (Needed){};
        return 0;
}

void needed_done(Needed *needed) {
        FOREACH_ARRAY(module, needed->modules, needed->n)
                (void) kmod_module_unref(*module);

        free(needed->modules);
        *needed = (Needed){};
}

bool module_is_there(const struct kmod_module *module, NeededWhen when) {
        return when == NEEDED_NOW ? module_is_in_kernel(module)
                                  : kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN;
}

bool needed_is_overridden(const Needed *needed, NeededWhen when) {
        FOREACH_ARRAY(module, needed->modules, needed->n)
                if (!module_is_there(*module, when) && kmod_module_get_install_commands(*module))
                        return true;

        return false;
}

bool module_is_in_kernel(const struct kmod_module *module) {
        int state = kmod_module_get_initstate(module);

        return state == KMOD_MODULE_LIVE || state == KMOD_MODULE_BUILTIN;
}
