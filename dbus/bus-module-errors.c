/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors with a cause and a next step. */

#include "bus-module-errors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../daemon/checks/module-refusal.h"
#include "../daemon/module-loader.h"
#include "names.h"

#define SEE_LOG "See: journalctl -u virtready-modprobe.socket -u 'virtready-modprobe@*'"

int module_error_not_allowed(const char *name, sd_bus_error *error) {
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;

        fprintf(f, "%s is not among the modules that virtready loads: ", name);
        for (const char *const *module = modprobe_allow_list(); *module; module++)
                fprintf(f, "%s%s", *module, module[1] ? ", " : ".");
        if (fclose(f) != 0)
                return -ENOMEM;

        return sd_bus_error_set(error, BUS_ERROR_MODULE_NOT_ALLOWED, text);
}

int module_error_unreachable(const char *path, int r, sd_bus_error *error) {
        switch (r) {
        case -ENOENT:
        case -ECONNREFUSED:
                return sd_bus_error_setf(
                        error, BUS_ERROR_LOADER_UNAVAILABLE,
                        "Nothing loads modules here: nobody listens at %s. In a container "
                        "that is as it should be, and an administrator may have forbidden it: "
                        "see \"systemctl status virtready-modprobe.socket\".",
                        path);
        case -EAGAIN:
                return sd_bus_error_set(
                        error, BUS_ERROR_RATE_LIMITED,
                        "virtready-modprobe has too many requests already; try again later.");
        default:
                return sd_bus_error_setf(error, BUS_ERROR_LOADER_UNAVAILABLE,
                                         "virtready-modprobe cannot be reached at %s: %s. " SEE_LOG, path,
                                         strerrordesc_np(-r));
        }
}

int module_error_silent(const ModprobeRequest *request, int r, sd_bus_error *error) {
        switch (r) {
        case -ETIMEDOUT:
                return sd_bus_error_setf(
                        error, BUS_ERROR_LOADER_UNAVAILABLE,
                        "virtready-modprobe has not answered for %llu seconds; it may still be "
                        "busy with %s. " SEE_LOG,
                        LOADER_TIMEOUT_USEC / USEC_PER_SEC, request->module);
        case -ECONNRESET:
                return sd_bus_error_set(error, BUS_ERROR_LOADER_UNAVAILABLE,
                                        "virtready-modprobe has ended without an answer. " SEE_LOG);
        default:
                return sd_bus_error_set(error, BUS_ERROR_LOADER_UNAVAILABLE,
                                        "virtready-modprobe gave an answer that makes no sense. " SEE_LOG);
        }
}

/* An honest helper that is of the same version says nothing of the kind. */
static int misunderstood(sd_bus_error *error) {
        return sd_bus_error_set(
                error, BUS_ERROR_LOADER_UNAVAILABLE,
                "virtready-modprobe does not understand this virtreadyd: they are of different "
                "versions. Restart it with: systemctl restart virtreadyd");
}

/* Now, or at each start. */
static int not_loaded(const Facts *facts, const ModprobeRequest *request, const ModprobeAnswer *answer,
                      sd_bus_error *error) {
        const char *name = answer->outcome == MODPROBE_NOT_FOUND ? BUS_ERROR_MODULE_NOT_FOUND
                                                                 : BUS_ERROR_MODULE_REFUSED;
        _cleanup_free_ char *text = NULL;
        int r;

        r = module_refusal_explain(facts, request->module, answer, &text);
        return r < 0 ? r : sd_bus_error_set(error, name, text);
}

static int not_written(const ModprobeRequest *request, int error_of_helper, sd_bus_error *error) {
        const char *name = strerrorname_np(error_of_helper);

        if (error_of_helper == EEXIST)
                return sd_bus_error_setf(error, BUS_ERROR_FILE_NOT_WRITTEN,
                                         "/etc/modules-load.d/virtready-%s.conf exists already, and "
                                         "virtready has not written it: move it away first.",
                                         request->module);

        if (error_of_helper == ENOENT)
                return sd_bus_error_setf(error, BUS_ERROR_FILE_NOT_WRITTEN,
                                         "/etc/modules-load.d is not there (make it with: systemd-tmpfiles "
                                         "--create virtready.conf), or an index of the module tree is not "
                                         "(with: depmod). " SEE_LOG);

        return sd_bus_error_setf(error, BUS_ERROR_FILE_NOT_WRITTEN,
                                 "Failed to %s /etc/modules-load.d/virtready-%s.conf: %s (%s). " SEE_LOG,
                                 request->act == MODPROBE_PERSIST ? "write" : "remove", request->module,
                                 name ? strerrordesc_np(error_of_helper) : "unknown error",
                                 name ? name : "no errno of this system");
}

int module_error_answered(const Facts *facts, const ModprobeRequest *request, const ModprobeAnswer *answer,
                          sd_bus_error *error) {
        bool is_load = request->act == MODPROBE_LOAD;

        switch (answer->outcome) {
        case MODPROBE_NOT_FOUND:
        case MODPROBE_OVERRIDDEN:
                return request->act == MODPROBE_FORGET ? misunderstood(error)
                                                       : not_loaded(facts, request, answer, error);
        case MODPROBE_BLACKLISTED:
                return request->act == MODPROBE_PERSIST ? not_loaded(facts, request, answer, error)
                                                        : misunderstood(error);
        case MODPROBE_REFUSED:
                return is_load ? not_loaded(facts, request, answer, error) : misunderstood(error);
        case MODPROBE_FAILED:
                return is_load ? not_loaded(facts, request, answer, error)
                               : not_written(request, answer->error, error);
        default:
                return misunderstood(error);
        }
}
