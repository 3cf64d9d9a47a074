/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes polkit's answers apart, and words what they mean: whatever is not a plain yes is a no. */

#include "polkit-answer.h"

#include "../daemon/basic/macro.h"

/* The result of CheckAuthorization (polkit's reference manual, "org.freedesktop.PolicyKit1.Authority"). */
#define RESULT "bba{ss}"

/* The detail of the result that says that the user has closed the dialog. */
#define DETAIL_DISMISSED "polkit.dismissed"

typedef struct Result {
        int authorized; /* booleans, as sd-bus has them */
        int challenge;  /* the user would have to authenticate first */
        bool dismissed;
} Result;

static int read_details(sd_bus_message *reply, Result *result) {
        const char *name;
        int r;

        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "{ss}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(reply, "{ss}", &name, NULL)) > 0)
                result->dismissed |= streq(name, DETAIL_DISMISSED);

        return r;
}

static int read_result(sd_bus_message *reply, Result *ret) {
        Result result = {};
        int r;

        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_STRUCT, RESULT);
        if (r < 0)
                return r;

        r = sd_bus_message_read(reply, "bb", &result.authorized, &result.challenge);
        if (r < 0)
                return r;

        r = read_details(reply, &result);
        if (r < 0)
                return r;

        *ret = result;
        return 0;
}

static PolkitAnswer decide(const Result *result, const char *action, bool interactive, sd_bus_error *error) {
        if (result->authorized)
                return POLKIT_YES;

        if (result->dismissed)
                (void) sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED,
                                         "The action %s needs a password, and the dialog that asked for it "
                                         "was dismissed.",
                                         action);
        else if (!result->challenge)
                (void) sd_bus_error_setf(
                        error, SD_BUS_ERROR_ACCESS_DENIED, "Polkit denies you the action %s. %s", action,
                        interactive ? "If a password was asked for, the right one was not given; "
                                      "if not, this is for root, for administrators who sit at the "
                                      "machine, and for whom a rule in /etc/polkit-1/rules.d "
                                      "allows it."
                                    : "It is for root, for administrators who sit at the "
                                      "machine, and for whom a rule in /etc/polkit-1/rules.d "
                                      "allows it.");
        else if (interactive)
                (void) sd_bus_error_setf(
                        error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                        "The action %s needs a password, and your session has no agent that asks for "
                        "one, such as pkttyagent.",
                        action);
        else
                (void) sd_bus_error_setf(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                                         "The action %s needs a password, and the call does not allow to "
                                         "ask for one (interactive authorization).",
                                         action);

        return POLKIT_NO;
}

/* That there was no answer in time sd-bus says with an error of its own, whose name depends on its version;
 * one of these names is what the bus says when polkit has left. */
static bool is_no_answer(const sd_bus_error *reason) {
        return sd_bus_error_has_names(reason, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT,
                                      "org.freedesktop.DBus.Error.TimedOut");
}

static PolkitAnswer read_error(const sd_bus_error *reason, sd_bus_error *error) {
        const char *message = isempty(reason->message) ? "it does not say why" : reason->message;

        if (sd_bus_error_has_names(reason, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER)) {
                (void) sd_bus_error_set(
                        error, SD_BUS_ERROR_ACCESS_DENIED,
                        "Polkit does not run, and without it virtreadyd does this for nobody, "
                        "not even for root. Install it (package polkitd or polkit), and start "
                        "it with \"systemctl start polkit\".");
                return POLKIT_ABSENT;
        }

        if (is_no_answer(reason)) {
                (void) sd_bus_error_setf(
                        error, SD_BUS_ERROR_ACCESS_DENIED,
                        "Polkit did not answer, so this is not allowed: %s (%s). Try again; "
                        "\"systemctl status polkit\" may tell what keeps it.",
                        message, reason->name);
                return POLKIT_SILENT;
        }

        (void) sd_bus_error_setf(
                error, SD_BUS_ERROR_ACCESS_DENIED,
                "Polkit failed, so this is not allowed: %s (%s). \"journalctl --unit=polkit\" "
                "may tell why.",
                message, reason->name);
        return POLKIT_FAILED;
}

PolkitAnswer polkit_answer_read(sd_bus_message *reply, const char *action, bool interactive,
                                sd_bus_error *error) {
        Result result;

        if (sd_bus_message_is_method_error(reply, NULL))
                return read_error(sd_bus_message_get_error(reply), error);

        if (sd_bus_message_has_signature(reply, "(" RESULT ")") <= 0 || read_result(reply, &result) < 0) {
                (void) sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
                                        "Polkit failed, so this is not allowed: its answer makes no sense. "
                                        "\"journalctl --unit=polkit\" may tell why.");
                return POLKIT_FAILED;
        }

        return decide(&result, action, interactive, error);
}
