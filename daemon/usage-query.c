/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the helper, and once more for each directory above a storage that is not there. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "basic/macro.h"
#include "child.h"
#include "usage-query.h"

/* It prints a few numbers, a path and a sentence. */
#define OUTPUT_MAX (64U * 1024U)

struct UsageQuery {
        sd_event *event;
        char *helper;
        bool is_storage;
        bool or_above;
        char *asked; /* the URI, or the path */
        uint64_t end_usec;
        UsageHandler handler;
        void *userdata;
        Child *child;
};

static int ask(UsageQuery *query);

char *usage_explain(const char *helper, int error) {
        char *sentence;
        int r;

        if (error == -EBADMSG || error == -EFBIG)
                r = asprintf(&sentence, "%s gave an answer that makes no sense.", helper);
        else if (error == -ECONNRESET)
                r = asprintf(&sentence, "%s was ended by a signal.", helper);
        else if (error < 0)
                r = asprintf(&sentence, "%s could not be started: %s.", helper, strerrordesc_np(-error));
        else
                r = asprintf(&sentence, "%s ended with status %i.", helper, error);

        return r < 0 ? NULL : sentence;
}

/* It is not the helper's fault. */
static char *explain_timeout(const UsageQuery *query) {
        return strdup(query->is_storage ? "The file system did not answer in time."
                                        : "libvirt did not answer in time; its service may hang.");
}

static void fail(UsageQuery *query, int error) {
        Usage usage = { .detail = error == -ETIMEDOUT ? explain_timeout(query)
                                                      : usage_explain(query->helper, error) };

        query->handler(&usage, query->userdata);
        usage_done(&usage);
}

/* Cuts the last component off. Returns whether there was one. */
static bool go_up(char *path) {
        char *slash;

        for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
                path[n - 1] = '\0';

        slash = strrchr(path, '/');
        if (!slash || slash[1] == '\0')
                return false;

        slash[slash == path ? 1 : 0] = '\0';
        return true;
}

/* A directory that is not there yet will be in the file system of the one above. One that is there and
 * cannot be asked, and a link that leads nowhere, may belong to another. */
static bool has_more_to_ask(UsageQuery *query, const Usage *usage) {
        return query->is_storage && query->or_above && !usage->storage.known && usage->storage_missing &&
               go_up(query->asked);
}

static void on_done(int result, const char *output, size_t size, void *userdata) {
        UsageQuery *query = userdata;
        Usage usage = {};
        int r = result;

        if (r == 0)
                r = usage_parse(output, size, &usage);
        if (!child_is_running(query->child))
                query->child = child_free(query->child);
        if (r != 0) {
                fail(query, r);
                return;
        }

        if (has_more_to_ask(query, &usage)) {
                usage_done(&usage);
                r = ask(query);
                if (r < 0)
                        fail(query, r);
                return;
        }

        query->handler(&usage, query->userdata);
        usage_done(&usage);
}

static int ask(UsageQuery *query) {
        _cleanup_free_ char *option = NULL;
        uint64_t now = now_usec(CLOCK_MONOTONIC);
        const char *arguments[] = { query->helper, "usage", NULL, NULL };
        ChildOptions options = { .arguments = arguments, .output_max = OUTPUT_MAX };

        if (now >= query->end_usec)
                return -ETIMEDOUT;
        if (asprintf(&option, query->is_storage ? "--storage=%s" : "--uri=%s", query->asked) < 0) {
                option = NULL;
                return -ENOMEM;
        }

        arguments[2] = option;
        options.timeout_usec = query->end_usec - now;
        return child_new(query->event, &options, on_done, query, &query->child);
}

int usage_query_new(sd_event *event, const char *helper, const UsageQuestion *question, UsageHandler handler,
                    void *userdata, UsageQuery **ret) {
        _cleanup_(usage_query_freep) UsageQuery *query = NULL;
        int r;

        query = malloc(sizeof(UsageQuery));
        if (!query)
                return -ENOMEM;
        *query = (UsageQuery){
                .event = sd_event_ref(event),
                .helper = strdup(helper),
                .is_storage = question->storage,
                .or_above = question->or_above,
                .asked = strdup(question->storage ? question->storage : question->uri),
                .end_usec = now_usec(CLOCK_MONOTONIC) + USAGE_TIMEOUT_USEC,
                .handler = handler,
                .userdata = userdata,
        };
        if (!query->helper || !query->asked)
                return -ENOMEM;

        r = ask(query);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(query);
        return 0;
}

bool usage_query_is_running(const UsageQuery *query) {
        return query->child && child_is_running(query->child);
}

void usage_query_stop(UsageQuery *query, UsageEndHandler handler, void *userdata) {
        child_stop(query->child, handler, userdata);
}

UsageQuery *usage_query_free(UsageQuery *query) {
        if (!query)
                return NULL;

        child_free(query->child);
        free(query->asked);
        free(query->helper);
        sd_event_unref(query->event);
        free(query);
        return NULL;
}
