/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the daemon, which asks polkit, which may ask the user. */

#include <errno.h>
#include <unistd.h>

#include "../daemon/basic/log.h"
#include "../daemon/modprobe/protocol.h"
#include "../dbus/names.h"
#include "exit-status.h"
#include "json-output.h"
#include "module.h"
#include "polkit-agent.h"
#include "service.h"

/* How long it may take, with a person who types a password or without one. Loading a module can take as long
 * as its hardware does. */
#define INTERACTIVE_LIMIT_USEC (600 * USEC_PER_SEC)
#define LIMIT_USEC (60 * USEC_PER_SEC)

typedef struct Request {
        ModprobeAct act;
        const char *module; /* as the kernel has it, or as it was given where that is no module of ours */
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

/* Calls, with an agent beside where the user may need one: root is never asked. */
static int call_daemon(sd_bus *bus, const Request *request, sd_bus_message *call, sd_bus_error *error) {
        _cleanup_(polkit_agent_stopp) PolkitAgent agent = {};
        int r;

        if (request->interactive && geteuid() != 0) {
                r = polkit_agent_start(&agent);
                if (r < 0)
                        (void) log_warning_errno(
                                r, "Failed to start an agent that asks for a password, ignoring: %m");
        }

        r = sd_bus_call(bus, call, request->interactive ? INTERACTIVE_LIMIT_USEC : LIMIT_USEC, error, NULL);
        if (r < 0 && sd_bus_is_open(bus) <= 0) {
                sd_bus_error_free(error);
                return sd_bus_error_set(error, SD_BUS_ERROR_NO_REPLY,
                                        "The message bus has closed the connection.");
        }

        return r < 0 && !sd_bus_error_is_set(error) ? sd_bus_error_set_errno(error, r) : r;
}

/* What the daemon does not do for this user, root can do without it. */
static void advise_root(const Request *request) {
        const char *module = request->module;

        if (!modprobe_allowed(module))
                return;

        switch (request->act) {
        case MODPROBE_LOAD:
                log_error("Root can do the same with: modprobe %s", module);
                break;
        case MODPROBE_PERSIST:
                log_error("Root can do the same with: echo %s > /etc/modules-load.d/virtready-%s.conf",
                          module, module);
                break;
        default:
                log_error("Root can do the same with: rm /etc/modules-load.d/virtready-%s.conf", module);
        }
}

static void list_modules(void) {
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return;

        for (const char *const *module = modprobe_allow_list(); *module; module++)
                fprintf(f, "%s%s", module == modprobe_allow_list() ? "" : ", ", *module);
        if (fclose(f) == 0)
                log_error("virtreadyd loads these modules: %s.", text);
}

/* The daemon's own words are made for people; what to do next depends on who asked, and how. */
static int complain(const Request *request, const sd_bus_error *error) {
        const char *message = error->message ? error->message : error->name;

        if (sd_bus_error_has_names(error, SD_BUS_ERROR_INVALID_ARGS, BUS_ERROR_MODULE_NOT_ALLOWED)) {
                log_error("%s", message);
                list_modules();
                return STATUS_USAGE;
        }

        if (sd_bus_error_has_name(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED)) {
                log_error("%s\nTry again on a terminal, without --no-ask-password.", message);
                return STATUS_NOT_READY;
        }

        if (sd_bus_error_has_names(error, SD_BUS_ERROR_ACCESS_DENIED, BUS_ERROR_LOADER_UNAVAILABLE)) {
                log_error("%s", message);
                advise_root(request);
                return STATUS_NOT_READY;
        }

        if (sd_bus_error_has_names(error, BUS_ERROR_MODULE_NOT_FOUND, BUS_ERROR_MODULE_REFUSED,
                                   BUS_ERROR_RATE_LIMITED) ||
            startswith(error->name, "System.Error.")) {
                log_error("%s", message);
                return STATUS_NOT_READY;
        }

        /* It may have happened all the same. */
        if (sd_bus_error_has_names(error, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT)) {
                (void) service_complain(error);
                return STATUS_UNKNOWN;
        }

        return service_complain(error);
}

static int print_text(const Output *output, const Request *request) {
        static const char *const sentences[_MODPROBE_ACT_MAX] = {
                [MODPROBE_LOAD] = " is loaded.\n",
                [MODPROBE_PERSIST] = " will be loaded at each start.\n",
                [MODPROBE_FORGET] = " will no longer be loaded at each start by virtready.\n",
        };

        (void) output_text(output, STYLE_PLAIN, request->module);
        fputs(sentences[request->act], output->file);
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
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const char *given = arguments->operands[0], *module = modprobe_allowed(given);
        const Request request = {
                .act = act,
                .module = module ? module : given,
                .interactive = !arguments->no_ask_password && isatty(STDIN_FILENO),
        };
        int r;

        if (!modprobe_name_is_valid(given)) {
                log_error("'%s' cannot be the name of a kernel module. Try --help.", given);
                return STATUS_USAGE;
        }

        r = new_call(bus, &request, &call);
        if (r < 0)
                return r;

        r = call_daemon(bus, &request, call, &error);
        if (r < 0)
                return complain(&request, &error);

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
