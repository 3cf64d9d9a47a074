/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls the daemon, and turns errors of the bus into sentences. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "../dbus/bus-open.h"
#include "../dbus/bus-path.h"
#include "../dbus/names.h"
#include "bus-json.h"
#include "exit-status.h"
#include "service.h"

/* Something may listen at the address and never speak. */
static int wait_until_ready(sd_bus *bus) {
        uint64_t end = now_usec(CLOCK_MONOTONIC) + SERVICE_TIMEOUT_USEC;
        int r;

        while ((r = sd_bus_is_ready(bus)) == 0) {
                uint64_t now;

                r = sd_bus_process(bus, NULL);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;

                now = now_usec(CLOCK_MONOTONIC);
                if (now >= end)
                        return -ETIMEDOUT;
                r = sd_bus_wait(bus, end - now);
                if (r < 0 && r != -EINTR)
                        return r;
        }

        return r < 0 ? r : 0;
}

int service_complain_about_bus(const char *address, int error) {
        const char *place = address ? address : "the address of the system bus";

        switch (error) {
        case -ENOENT:
        case -ECONNREFUSED:
                log_error("There is no message bus at %s.\n%s", place,
                          address ? "Check the address that --bus gives."
                                  : "Start it with: systemctl start dbus");
                break;
        case -EACCES:
        case -EPERM:
                log_error("The message bus at %s does not let this user in.\nTry again as another user.",
                          place);
                break;
        case -ECONNRESET:
        case -EPIPE:
                log_error("The message bus at %s hung up.\nIt may not let this user in.", place);
                break;
        case -ETIMEDOUT:
                log_error("The message bus at %s does not answer.\nCheck that a message bus listens there.",
                          place);
                break;
        case -EINVAL:
                log_error("'%s' is no address of a message bus. Try --help.", place);
                return address ? STATUS_USAGE : STATUS_UNREACHABLE;
        default:
                (void) log_error_errno(error, "Failed to connect to the message bus at %s: %m", place);
        }

        return STATUS_UNREACHABLE;
}

int service_connect(const char *address, sd_bus **ret) {
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = bus_open(address, "virtreadyctl", &bus);
        if (r < 0)
                return service_complain_about_bus(address, r);

        r = sd_bus_set_method_call_timeout(bus, SERVICE_TIMEOUT_USEC);
        if (r >= 0)
                r = wait_until_ready(bus);
        if (r < 0)
                return service_complain_about_bus(address, r);

        *ret = TAKE_PTR(bus);
        return 0;
}

int service_complain(const sd_bus_error *error) {
        const char *message = error->message ? error->message : error->name;

        if (sd_bus_error_has_names(error, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                log_error("virtreadyd is not running on this bus.\n"
                          "On the system bus, start it with: systemctl start virtreadyd");
        else if (sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED))
                log_error("The message bus does not let this user ask virtreadyd: %s\n"
                          "Its policy is in " BUS_NAME ".conf.",
                          message);
        else if (sd_bus_error_has_names(error, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT))
                log_error("virtreadyd did not answer: %s\n"
                          "Look at it with: systemctl status virtreadyd",
                          message);
        else if (sd_bus_error_has_names(error, SD_BUS_ERROR_UNKNOWN_METHOD, SD_BUS_ERROR_UNKNOWN_OBJECT,
                                        SD_BUS_ERROR_UNKNOWN_INTERFACE))
                log_error("What runs as " BUS_NAME " is not the virtreadyd that this program knows: %s\n"
                          "Restart it with: systemctl restart virtreadyd",
                          message);
        else if (sd_bus_error_has_name(error, SD_BUS_ERROR_INCONSISTENT_MESSAGE))
                log_error("virtreadyd gave an answer that makes no sense: %s", message);
        else
                log_error("virtreadyd cannot be asked: %s\n"
                          "Look at it with: systemctl status virtreadyd",
                          message);

        return STATUS_UNREACHABLE;
}

static int complain_about_answer(int error) {
        return service_complain(
                &SD_BUS_ERROR_MAKE_CONST(SD_BUS_ERROR_INCONSISTENT_MESSAGE, strerrordesc_np(-error)));
}

int service_read_document(sd_bus_message *reply, Json **ret) {
        const char *text;
        int r;

        r = sd_bus_message_read(reply, "s", &text);
        return r < 0 ? r : document_parse(text, ret);
}

static int call_manager(sd_bus *bus, const char *method, sd_bus_message **ret) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_call_method(bus, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, method, &error, ret,
                               "");
        if (r >= 0)
                return 0;

        if (!sd_bus_error_is_set(&error))
                (void) sd_bus_error_set_errno(&error, r);
        return service_complain(&error);
}

int service_describe(sd_bus *bus, Json **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = call_manager(bus, "Describe", &reply);
        if (r != 0)
                return r;

        r = service_read_document(reply, ret);
        return r < 0 ? complain_about_answer(r) : 0;
}

int service_check_access(sd_bus *bus, Json **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = call_manager(bus, "CheckAccess", &reply);
        if (r != 0)
                return r;

        r = sd_bus_message_has_signature(reply, "aa{sv}") ? bus_json_read(reply, ret) : -EBADMSG;
        return r < 0 ? complain_about_answer(r) : 0;
}

static int complain_about_refresh(const char *id, const sd_bus_error *error) {
        if (sd_bus_error_has_name(error, BUS_ERROR_RATE_LIMITED)) {
                log_error("virtreadyd has too many requests to ask libvirt already.\nTry again later.");
                return STATUS_UNKNOWN;
        }

        if (sd_bus_error_has_name(error, SD_BUS_ERROR_NOT_SUPPORTED)) {
                log_error("This virtreadyd shows the files of another machine, whose libvirt cannot be "
                          "asked.\n"
                          "Leave --refresh out to see what they say.");
                return STATUS_UNKNOWN;
        }

        /* The daemon has told of it a moment ago. */
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_OBJECT)) {
                log_error("The hypervisor %s has gone, for its libvirt is no longer installed.\n"
                          "'virtreadyctl hypervisor' lists all hypervisors.",
                          id);
                return STATUS_UNKNOWN;
        }

        return service_complain(error);
}

int service_refresh_hypervisor(sd_bus *bus, const char *id) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *path = NULL;
        int r;

        r = bus_path_encode(BUS_PATH_HYPERVISOR, id, &path);
        if (r < 0)
                return r;

        /* What is no path is the id of nothing. */
        r = sd_bus_message_new_method_call(bus, &call, BUS_NAME, path, BUS_INTERFACE_HYPERVISOR, "Refresh");
        if (r == -EINVAL)
                return complain_about_answer(-EBADMSG);
        if (r < 0)
                return r;

        r = sd_bus_call(bus, call, SERVICE_REFRESH_TIMEOUT_USEC, &error, &reply);
        if (r >= 0)
                return 0;

        if (!sd_bus_error_is_set(&error))
                (void) sd_bus_error_set_errno(&error, r);
        return complain_about_refresh(id, &error);
}
