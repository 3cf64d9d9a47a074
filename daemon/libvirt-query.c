/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the helper, and makes an answer of whatever it comes to. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "basic/clock.h"
#include "child.h"
#include "libvirt-answer.h"
#include "libvirt-query.h"

/* libvirt answers in no time, but for the first question after its start or a new QEMU: then it starts each
 * QEMU to learn what that can do, which on a slow and busy machine are many seconds. Who waits for the end
 * of a query, as Refresh does, waits 25 seconds and no more where it uses the default of D-Bus. */
#define QUERY_TIMEOUT_SECONDS 20U

struct LibvirtQuery {
        LibvirtQueryHandler handler;
        void *userdata;
        char *helper;
        Child *child;
        int error;                /* why there is none, a negative errno */
        sd_event_source *failure; /* then says so */
        Json *answer;
};

/* RESULT is what the program has come to (child.h). */
static int explain(const char *helper, int result, char **ret) {
        char *text = NULL;
        int n;

        if (result == -ENOENT)
                n = asprintf(&text, "%s is missing, and only it can ask libvirt. Install virtready again.",
                             helper);
        else if (result == -ETIMEDOUT)
                n = asprintf(&text,
                             "libvirt has not answered for %u seconds. Its service may hang, or still be "
                             "finding out what QEMU can do. If it stays so, look at what it has logged, and "
                             "restart it.",
                             QUERY_TIMEOUT_SECONDS);
        else if (result == -EFBIG)
                n = asprintf(&text, "The answer of %s made no sense: it was longer than %zu bytes.", helper,
                             LIBVIRT_ANSWER_SIZE_MAX);
        else if (result == -EBADMSG)
                n = asprintf(&text, "The answer of %s made no sense. Is it of another version?", helper);
        else if (result == -ECONNRESET)
                n = asprintf(&text, "%s was ended by a signal before it had answered.", helper);
        else if (result < 0)
                n = asprintf(&text, "%s could not be run: %s", helper, strerror(-result));
        else
                n = asprintf(&text, "%s failed with exit status %i; the journal of virtreadyd says why.",
                             helper, result);
        if (n < 0)
                return -ENOMEM;

        *ret = text;
        return 0;
}

static int answer_new(const LibvirtQuery *query, int result, const char *output, size_t size, Json **ret) {
        _cleanup_free_ char *detail = NULL;
        int r;

        if (result == 0) {
                r = libvirt_answer_parse(output, size, ret);
                if (r != -EBADMSG)
                        return r;
                result = r;
        }

        r = explain(query->helper, result, &detail);
        if (r < 0)
                return r;

        return libvirt_answer_new_unreachable(detail, ret);
}

static void finish(LibvirtQuery *query, int result, const char *output, size_t size) {
        (void) answer_new(query, result, output, size, &query->answer);
        query->handler(query->answer, query->userdata);
}

static void on_child(int result, const char *output, size_t size, void *userdata) {
        finish(userdata, result, output, size);
}

static int on_failure(sd_event_source *source, void *userdata) {
        LibvirtQuery *query = userdata;

        (void) source;

        finish(query, query->error, NULL, 0);
        return 0;
}

/* What it logs is few lines, and says more than its exit status. */
static int run(sd_event *event, LibvirtQuery *query, const char *uri) {
        const char *const arguments[] = { query->helper, "describe", uri, NULL };
        const ChildOptions options = {
                .arguments = arguments,
                .output_max = LIBVIRT_ANSWER_SIZE_MAX,
                .timeout_usec = QUERY_TIMEOUT_SECONDS * USEC_PER_SEC,
                .log = true,
        };

        query->error = child_new(event, &options, on_child, query, &query->child);
        return query->error < 0 ? sd_event_add_defer(event, &query->failure, on_failure, query) : 0;
}

int libvirt_query_new(sd_event *event, const char *helper, const char *uri, LibvirtQueryHandler handler,
                      void *userdata, LibvirtQuery **ret) {
        _cleanup_(libvirt_query_freep) LibvirtQuery *query = NULL;
        int r;

        query = malloc(sizeof(LibvirtQuery));
        if (!query)
                return -ENOMEM;
        *query = (LibvirtQuery){ .handler = handler, .userdata = userdata, .helper = strdup(helper) };
        if (!query->helper)
                return -ENOMEM;

        r = run(event, query, uri);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(query);
        return 0;
}

LibvirtQuery *libvirt_query_free(LibvirtQuery *query) {
        if (!query)
                return NULL;

        (void) sd_event_source_disable_unref(query->failure);
        (void) child_free(query->child);
        (void) json_object_put(query->answer);
        free(query->helper);
        free(query);
        return NULL;
}
