/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks, and says why there is no answer. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "../dbus/names.h"
#include "bus-json.h"
#include "exit-status.h"
#include "fit.h"
#include "service.h"

static int new_call(sd_bus *bus, const Arguments *arguments, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &call, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                                           "EstimateCapacity");
        if (r < 0)
                return r;

        r = sd_bus_message_open_container(call, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r >= 0)
                r = fit_options_append(call, &arguments->fit);
        if (r >= 0 && arguments->profile)
                r = sd_bus_message_append(call, "{sv}", "profile", "s", arguments->profile);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(call);
        return 0;
}

/* What the daemon refuses the user has asked for. */
static int complain(const sd_bus_error *error) {
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_INVALID_ARGS)) {
                log_error("%s Try --help.", error->message ? error->message : error->name);
                return STATUS_USAGE;
        }

        return service_complain(error);
}

int fit_run(const Arguments *arguments, const Output *output, sd_bus *bus) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(json_object_putp) Json *answer = NULL;
        int r;

        r = new_call(bus, arguments, &call);
        if (r == -EINVAL) {
                log_error("What was given is no UTF-8. Try --help.");
                return STATUS_USAGE;
        }
        if (r < 0)
                return r;

        r = sd_bus_call(bus, call, SERVICE_TIMEOUT_USEC, &error, &reply);
        if (r < 0) {
                if (!sd_bus_error_is_set(&error))
                        (void) sd_bus_error_set_errno(&error, r);
                return complain(&error);
        }

        r = sd_bus_message_has_signature(reply, "a{sv}") ? bus_json_read(reply, &answer) : -EBADMSG;
        if (r < 0)
                return service_complain(
                        &SD_BUS_ERROR_MAKE_CONST(SD_BUS_ERROR_INCONSISTENT_MESSAGE, strerrordesc_np(-r)));

        return fit_show(arguments, output, answer);
}
