/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the daemon, which asks polkit, which may ask the user. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../daemon/basic/log.h"
#include "../daemon/modprobe/protocol.h"
#include "../dbus/names.h"
#include "../policy/polkit.h"
#include "exit-status.h"
#include "json-output.h"
#include "module.h"
#include "polkit-agent.h"
#include "service.h"

/* How long it may take, without a person who types a password or with one, to whom polkit's limit applies.
 * Loading a module can take as long as its hardware does. */
#define LIMIT_USEC (60 * USEC_PER_SEC)
#define INTERACTIVE_LIMIT_USEC (POLKIT_INTERACTIVE_TIMEOUT_USEC + LIMIT_USEC)

typedef struct Request {
        ModprobeAct act;
        const char *module;   /* as the kernel has it, or as it was given where that is no module of ours */
        bool no_ask_password; /* that option was given */
        bool interactive;
} Request;

static void polkit_agent_stopp(PolkitAgent *agent) {
        polkit_agent_stop(agent);
}

static int new_call(sd_bus *bus, const Request *request, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        bool load = request->act == MODPROBE_LOAD;
        int r;

        r = sd_bus_message_new_method_call(bus, &call, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                                           load ? "LoadModule" : "PersistModule");
        if (r < 0)
                return r;

        r = sd_bus_message_append(call, "s", request->module);
        if (r < 0)
                return r;

        if (!load) {
                r = sd_bus_message_append(call, "b", (int) (request->act == MODPROBE_PERSIST));
                if (r < 0)
                        return r;
        }

        r = sd_bus_message_set_allow_interactive_authorization(call, request->interactive);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(call);
        return 0;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        sd_bus_message **ret = userdata;

        (void) ret_error;
        *ret = sd_bus_message_ref(reply);
        return 0;
}

/* As sd_bus_call(3), but for an error it yields the whole message, which says who has sent it. */
static int call_and_wait(sd_bus *bus, sd_bus_message *call, uint64_t limit_usec, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
        int r;

        r = sd_bus_call_async(bus, &slot, call, on_reply, &reply, limit_usec);
        if (r < 0)
                return r;

        while (!reply) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
                if (r < 0 && r != -EINTR)
                        return r;
        }

        *ret = TAKE_PTR(reply);
        return 0;
}

/* Calls, with an agent beside where the user may need one. One of the session asks without a terminal. */
static int call_daemon(sd_bus *bus, const Request *request, sd_bus_message *call, sd_bus_message **ret) {
        _cleanup_(polkit_agent_stopp) PolkitAgent agent = {};
        int r;

        if (request->interactive && isatty(STDIN_FILENO)) {
                r = polkit_agent_start(&agent);
                if (r < 0)
                        (void) log_warning_errno(
                                r, "Failed to start an agent that asks for a password, ignoring: %m");
        }

        return call_and_wait(bus, call, request->interactive ? INTERACTIVE_LIMIT_USEC : LIMIT_USEC, ret);
}

/* Without polkit the daemon does it for nobody, also not for root. */
static bool helps_to_be_root(sd_bus *bus) {
        return geteuid() != 0 && sd_bus_get_name_creds(bus, "org.freedesktop.PolicyKit1", 0, NULL) >= 0;
}

static void advise_root(const Request *request) {
        static const char *const verbs[_MODPROBE_ACT_MAX] = {
                [MODPROBE_LOAD] = "load",
                [MODPROBE_PERSIST] = "persist",
                [MODPROBE_FORGET] = "unpersist",
        };

        log_error("As root: sudo virtreadyctl %s %s", verbs[request->act], request->module);
}

/* The daemon's own words are made for people; what to do next depends on who asked, and how. */
static int complain_about_answer(const Request *request, sd_bus *bus, const sd_bus_error *error) {
        bool may_ask = sd_bus_error_has_name(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED);

        log_error("%s", error->message ? error->message : error->name);

        if (may_ask && request->no_ask_password)
                log_error("Try again without --no-ask-password.");
        else if ((may_ask || sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED)) &&
                 helps_to_be_root(bus))
                advise_root(request);

        return sd_bus_error_has_names(error, SD_BUS_ERROR_INVALID_ARGS, BUS_ERROR_MODULE_NOT_ALLOWED)
                       ? STATUS_USAGE
                       : STATUS_NOT_READY;
}

/* Whether the daemon has answered, and not the bus in its place. */
static bool is_of_daemon(sd_bus_message *reply, const sd_bus_error *error) {
        const char *sender = sd_bus_message_get_sender(reply);

        return (!sender || !streq(sender, "org.freedesktop.DBus")) &&
               (startswith(error->name, "org.virtready1.Error.") ||
                startswith(error->name, "System.Error.") ||
                sd_bus_error_has_names(error, SD_BUS_ERROR_ACCESS_DENIED, SD_BUS_ERROR_INVALID_ARGS,
                                       SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                                       SD_BUS_ERROR_NOT_SUPPORTED));
}

static int complain(const Request *request, sd_bus *bus, sd_bus_message *reply) {
        const sd_bus_error *error = sd_bus_message_get_error(reply);

        if (is_of_daemon(reply, error))
                return complain_about_answer(request, bus, error);

        /* Where there is no answer it may have happened all the same. */
        if (sd_bus_is_open(bus) <= 0)
                (void) service_complain(&SD_BUS_ERROR_MAKE_CONST(
                        SD_BUS_ERROR_NO_REPLY, "The message bus has closed the connection."));
        else if (sd_bus_error_has_names(error, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT))
                (void) service_complain(error);
        else
                return service_complain(error);

        return STATUS_UNKNOWN;
}

static int print_text(const Output *output, const Request *request) {
        static const char *const sentences[_MODPROBE_ACT_MAX] = {
                [MODPROBE_LOAD] = " is loaded.\n",
                [MODPROBE_PERSIST] = " will be loaded at each start.\n",
                [MODPROBE_FORGET] = " will no longer be loaded at each start by virtready.\n",
        };

        (void) output_text(output, STYLE_PLAIN, request->module);
        fputs(sentences[request->act], output->file);

        if (output->terminal && request->act == MODPROBE_LOAD) {
                fputs("To have it loaded at each start: ", output->file);
                (void) output_text(output, STYLE_COMMAND, "virtreadyctl persist ");
                (void) output_text(output, STYLE_COMMAND, request->module);
                fputc('\n', output->file);
        }

        return 0;
}

static int print_json(const Output *output, const Request *request) {
        _cleanup_(json_object_putp) Json *object = json_object_new_object();
        bool load = request->act == MODPROBE_LOAD;
        int r;

        if (!object)
                return -ENOMEM;

        r = json_add_string(object, "module", request->module);
        if (r < 0)
                return r;

        r = json_add_bool(object, load ? "loaded" : "persistent", /* known= */ true,
                          request->act != MODPROBE_FORGET);
        return r < 0 ? r : json_print(output->file, object);
}

static int run(const Arguments *arguments, const Output *output, sd_bus *bus, ModprobeAct act) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
        const char *given = arguments->operands[0], *module = modprobe_allowed(given);
        const Request request = {
                .act = act,
                .module = module ? module : given,
                .no_ask_password = arguments->no_ask_password,
                /* Root is not asked for a password, and takes nobody's place in polkit's queue. */
                .interactive = !arguments->no_ask_password && geteuid() != 0,
        };
        int r;

        if (!modprobe_name_is_valid(given)) {
                log_error("'%s' cannot be the name of a kernel module. Try --help.", given);
                return STATUS_USAGE;
        }

        r = new_call(bus, &request, &call);
        if (r < 0)
                return r;

        r = call_daemon(bus, &request, call, &reply);
        if (r < 0)
                return service_complain(&SD_BUS_ERROR_MAKE_CONST(SD_BUS_ERROR_FAILED, strerrordesc_np(-r)));
        if (sd_bus_message_is_method_error(reply, NULL))
                return complain(&request, bus, reply);

        r = arguments->json ? print_json(output, &request) : print_text(output, &request);
        return r < 0 ? r : (int) STATUS_READY;
}

int module_load_run(const Arguments *arguments, const Output *output, sd_bus *bus) {
        return run(arguments, output, bus, MODPROBE_LOAD);
}

int module_persist_run(const Arguments *arguments, const Output *output, sd_bus *bus) {
        return run(arguments, output, bus, MODPROBE_PERSIST);
}

int module_unpersist_run(const Arguments *arguments, const Output *output, sd_bus *bus) {
        return run(arguments, output, bus, MODPROBE_FORGET);
}
