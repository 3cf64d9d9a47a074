/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks a reply without knowing its type beforehand. */

#include <errno.h>
#include <stdlib.h>

#include "../../daemon/basic/cleanup.h"
#include "../../daemon/basic/macro.h"
#include "shape.h"

#define PROPERTIES_MAX 64U

/* Deeper than this is no interface of ours. */
#define DEPTH_MAX 8U

static int count_values(sd_bus_message *message, unsigned depth, unsigned *n) {
        const char *contents;
        char type;
        int r;

        if (depth > DEPTH_MAX)
                return -EBADMSG;

        while ((r = sd_bus_message_peek_type(message, &type, &contents)) > 0) {
                if (!strchr("avre", type)) {
                        r = sd_bus_message_skip(message, (const char[]){ type, '\0' });
                        if (r < 0)
                                return r;
                        (*n)++;
                        continue;
                }

                r = sd_bus_message_enter_container(message, type, contents);
                if (r < 0)
                        return r;
                r = count_values(message, depth + 1, n);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(message);
                if (r < 0)
                        return r;
        }

        return r;
}

/* One entry of the a{sv}: its name and type go to TEXT. */
static int read_property(sd_bus_message *reply, char **text, unsigned *n) {
        const char *name, *signature;
        int r;

        r = sd_bus_message_enter_container(reply, 'e', "sv");
        if (r <= 0)
                return r;

        r = sd_bus_message_read(reply, "s", &name);
        if (r < 0)
                return r;

        r = sd_bus_message_peek_type(reply, NULL, &signature);
        if (r < 0)
                return r;
        if (asprintf(text, "%s:%s", name, signature) < 0)
                return -ENOMEM;

        r = count_values(reply, 0, n);
        if (r < 0)
                return r;

        r = sd_bus_message_exit_container(reply);
        return r < 0 ? r : 1;
}

typedef struct Properties {
        char *texts[PROPERTIES_MAX];
        size_t n;
} Properties;

static void properties_done(Properties *properties) {
        for (size_t i = 0; i < properties->n; i++)
                free(properties->texts[i]);
}

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

static int join(Properties *properties, char **ret) {
        char *text = NULL;
        size_t size = 0;
        FILE *f;

        qsort(properties->texts, properties->n, sizeof(char *), compare_texts);

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;

        for (size_t i = 0; i < properties->n; i++)
                fprintf(f, "%s%s", i > 0 ? " " : "", properties->texts[i]);

        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }

        *ret = text;
        return 0;
}

int shape_read(sd_bus_message *reply, Shape *ret) {
        _cleanup_(properties_done) Properties properties = {};
        Shape shape = {};
        int r;

        r = sd_bus_message_enter_container(reply, 'a', "{sv}");
        if (r < 0)
                return r;

        while (properties.n < PROPERTIES_MAX) {
                r = read_property(reply, &properties.texts[properties.n], &shape.n_values);
                /* A text that was made before the failure is there to be freed. */
                if (properties.texts[properties.n])
                        properties.n++;
                if (r < 0)
                        return r;
                if (r == 0)
                        break;
        }

        r = join(&properties, &shape.properties);
        if (r < 0)
                return r;

        *ret = shape;
        return 0;
}

void shape_done(Shape *shape) {
        free(shape->properties);
        *shape = (Shape){};
}
