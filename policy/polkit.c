/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The questions that polkit has been asked, and the calls that wait for its answers. */

#include "polkit.h"

#include <errno.h>

#include "../daemon/basic/clock.h"
#include "../daemon/basic/log.h"
#include "../dbus/names.h"
#include "polkit-answer.h"
#include "polkit-question.h"

typedef struct Question {
        Polkit *polkit;
        sd_bus_message *call;
        char *action;
        char **details;
        uint64_t id; /* polkit's cancellation id */
        bool interactive;

        sd_bus_slot *answer;  /* of the question to polkit, until it is answered */
        sd_bus_slot *leaving; /* of the signal that the caller has left the bus */
        bool answered;        /* the call waits to be dispatched again */
        bool left;            /* so has the caller meanwhile */
        bool authorized;
        sd_bus_error error; /* why not */

        struct Question *next;
} Question;

struct Polkit {
        Question *questions;
        uint64_t last_id;
        bool warned; /* of a polkit that fails; it has not worked since */
};

static Question *question_free(Question *question) {
        for (Question **p = &question->polkit->questions; *p; p = &(*p)->next)
                if (*p == question) {
                        *p = question->next;
                        break;
                }

        sd_bus_slot_unref(question->answer);
        sd_bus_slot_unref(question->leaving);
        sd_bus_message_unref(question->call);
        sd_bus_error_free(&question->error);
        for (char **s = question->details; s && *s; s++)
                free(*s);
        free(question->details);
        free(question->action);
        free(question);
        return NULL;
}
DEFINE_POINTER_CLEANUP(Question *, question_free);

int polkit_new(Polkit **ret) {
        Polkit *polkit = calloc(1, sizeof(Polkit));

        if (!polkit)
                return -ENOMEM;

        *ret = polkit;
        return 0;
}

static sd_bus *question_bus(const Question *question) {
        return sd_bus_message_get_bus(question->call);
}

/* Nobody waits for the answer any more. */
static void withdraw(const Question *question) {
        int r;

        r = polkit_question_withdraw(question_bus(question), question->id);
        if (r < 0)
                (void) log_debug_errno(r, "Failed to withdraw a question to polkit, ignoring: %m");
}

/* Nothing is withdrawn: polkit takes the dialogs of who leaves the bus away by itself. */
void polkit_drop(Polkit *polkit) {
        while (polkit && polkit->questions)
                (void) question_free(polkit->questions);
}

Polkit *polkit_free(Polkit *polkit) {
        if (!polkit)
                return NULL;

        polkit_drop(polkit);
        free(polkit);
        return NULL;
}

static int copy_details(Question *question, const char *const *details) {
        size_t n = 0;

        while (details[n])
                n++;

        question->details = calloc(n + 1, sizeof(char *));
        if (!question->details)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++) {
                question->details[i] = strdup(details[i]);
                if (!question->details[i])
                        return -ENOMEM;
        }

        return 0;
}

static bool same_details(char *const *a, const char *const *b) {
        while (*a && *b && streq(*a, *b)) {
                a++;
                b++;
        }

        return !*a && !*b;
}

/* Once is enough: who keeps asking must not fill the journal. */
static void warn_once(const Question *question, PolkitAnswer answer) {
        Polkit *polkit = question->polkit;

        if (answer == POLKIT_YES || answer == POLKIT_NO) {
                polkit->warned = false;
                return;
        }

        if (!polkit->warned)
                log_warning("Polkit could not be asked about the action %s: %s", question->action,
                            question->error.message);
        polkit->warned = true;
}

/* What cannot be dispatched again is answered here. */
static void dispatch_again(Question *question) {
        int r;

        question->answered = true;
        r = sd_bus_message_rewind(question->call, 1);
        if (r >= 0)
                r = sd_bus_enqueue_for_read(question_bus(question), question->call);
        if (r < 0) {
                (void) sd_bus_reply_method_errno(question->call, r, NULL);
                (void) question_free(question);
        }
}

static int on_answer(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Question *question = userdata;
        PolkitAnswer answer;

        (void) error;

        question->answer = sd_bus_slot_unref(question->answer);

        /* A lost bus ends its questions with errors of its own, and nobody waits any more. */
        if (sd_bus_is_open(question_bus(question)) <= 0) {
                (void) question_free(question);
                return 0;
        }

        answer = polkit_answer_read(reply, question->action, question->interactive, &question->error);
        if (answer == POLKIT_SILENT)
                withdraw(question);
        warn_once(question, answer);
        question->authorized = answer == POLKIT_YES;
        dispatch_again(question);
        return 0;
}

/* Anybody can send a signal to us alone, but only the bus has its name. A call that is about to be
 * dispatched again cannot be taken back, so its question stays until then, and the answer is no. */
static int on_name_owner_changed(sd_bus_message *signal, void *userdata, sd_bus_error *error) {
        const char *sender = sd_bus_message_get_sender(signal), *name, *owner;
        Question *question = userdata;

        (void) error;

        if (!sender || !streq(sender, "org.freedesktop.DBus") ||
            sd_bus_message_read(signal, "sss", &name, NULL, &owner) < 0 ||
            !streq(name, sd_bus_message_get_sender(question->call)) || !isempty(owner))
                return 0;

        if (question->answered) {
                question->left = true;
                return 0;
        }

        withdraw(question);
        (void) question_free(question);
        return 0;
}

/* Without this sd-bus would leave a bus that refuses the match. */
static int on_match_added(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Question *question = userdata;

        (void) error;

        if (!sd_bus_message_is_method_error(reply, NULL) || question->answered)
                return 0;

        withdraw(question);
        question->answer = sd_bus_slot_unref(question->answer);
        (void) sd_bus_error_set(&question->error, SD_BUS_ERROR_ACCESS_DENIED,
                                "The bus does not tell when callers leave, so polkit is not asked about "
                                "any; try again later.");
        dispatch_again(question);
        return 0;
}

/* A unique name is never given to another connection (D-Bus Specification, "Unique Connection Name"). The
 * match is in effect before polkit hears of the question, for the bus handles our messages in order. So
 * whoever leaves before makes polkit's answer an error, and who leaves later is noticed. */
static int watch_caller(Question *question, const char *sender) {
        char match[512];
        int n;

        n = snprintf(match, sizeof(match),
                     "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                     "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s'",
                     sender);
        if (n < 0 || (size_t) n >= sizeof(match))
                return -EINVAL;

        return sd_bus_add_match_async(question_bus(question), &question->leaving, match,
                                      on_name_owner_changed, on_match_added, question);
}

static int ask(Polkit *polkit, sd_bus_message *call, const char *action, const char *const *details) {
        const char *sender = sd_bus_message_get_sender(call);
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        _cleanup_(question_freep) Question *question = NULL;
        int r;

        question = calloc(1, sizeof(Question));
        if (!question)
                return -ENOMEM;

        *question = (Question){
                .polkit = polkit,
                .call = sd_bus_message_ref(call),
                .id = ++polkit->last_id,
                .interactive = sd_bus_message_get_allow_interactive_authorization(call) > 0,
                .next = polkit->questions,
        };
        polkit->questions = question;

        question->action = strdup(action);
        if (!question->action)
                return -ENOMEM;

        r = copy_details(question, details);
        if (r < 0)
                return r;

        r = watch_caller(question, sender);
        if (r < 0)
                return r;

        r = polkit_question_new(question_bus(question), sender, action, details, question->interactive,
                                question->id, &message);
        if (r < 0)
                return r;

        r = sd_bus_call_async(question_bus(question), &question->answer, message, on_answer, question,
                              question->interactive ? POLKIT_INTERACTIVE_TIMEOUT_USEC : 0);
        if (r < 0)
                return r;

        TAKE_PTR(question);
        return 0;
}

/* The answer holds for the very call that it was asked about, and for nothing else. */
static int conclude(const Question *question, const char *action, const char *const *details,
                    sd_bus_error *error) {
        int r;

        if (!question->answered || question->left || !streq(question->action, action) ||
            !same_details(question->details, details))
                return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
                                        "Polkit has not been asked about this; try again.");

        if (question->authorized)
                return 1;

        r = sd_bus_error_copy(error, &question->error);
        return r < 0 ? r : -EACCES;
}

static Question *find(const Polkit *polkit, const sd_bus_message *call) {
        for (Question *question = polkit->questions; question; question = question->next)
                if (question->call == call)
                        return question;

        return NULL;
}

bool polkit_is_asked(const Polkit *polkit, const sd_bus_message *call) {
        return find(polkit, call);
}

static int check_limits(const Polkit *polkit, sd_bus_message *call, sd_bus_error *error) {
        bool interactive = sd_bus_message_get_allow_interactive_authorization(call) > 0;
        unsigned n = 0, n_of_sender = 0, n_interactive = 0;

        for (const Question *p = polkit->questions; p; p = p->next) {
                n++;
                n_of_sender += streq(sd_bus_message_get_sender(p->call), sd_bus_message_get_sender(call));
                n_interactive += p->interactive;
        }

        if (n_of_sender >= POLKIT_QUESTIONS_PER_CALLER_MAX)
                return sd_bus_error_set(
                        error, BUS_ERROR_RATE_LIMITED,
                        "Too many of your calls wait for polkit already; try again when they "
                        "are answered.");
        if (n >= POLKIT_QUESTIONS_MAX)
                return sd_bus_error_set(error, BUS_ERROR_RATE_LIMITED,
                                        "Too many calls wait for polkit already; try again later.");
        if (interactive && n_interactive >= POLKIT_DIALOGS_MAX)
                return sd_bus_error_set(error, BUS_ERROR_RATE_LIMITED,
                                        "Too many calls wait for somebody to type a password already; try "
                                        "again later, or without allowing interactive authorization.");

        return 0;
}

int polkit_check(Polkit *polkit, sd_bus_message *call, const char *action, const char *const *details,
                 sd_bus_error *error) {
        _cleanup_(question_freep) Question *question = find(polkit, call);
        int r;

        if (question)
                return conclude(question, action, details, error);
        if (!sd_bus_message_get_sender(call))
                return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
                                        "Polkit can only be asked about callers on a message bus, and this "
                                        "connection is none.");

        r = check_limits(polkit, call, error);
        return r < 0 ? r : ask(polkit, call, action, details);
}
