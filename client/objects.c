/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks all of them up before anything is printed. */

#include <errno.h>
#include <stdio.h>

#include "../daemon/basic/cleanup.h"
#include "choose.h"
#include "json-output.h"
#include "objects.h"

static const char *find(const ObjectKind *kind, Json *objects, const char *operand) {
        if (kind->find)
                return kind->find(objects, operand);

        return doc_get(objects, operand) ? operand : NULL;
}

int objects_choose(const ObjectKind *kind, const Arguments *arguments, Json *document,
                   const char *const **ret_ids) {
        Json *objects = doc_get(document, kind->members);
        _cleanup_free_ const char **ids = NULL;

        ids = calloc(arguments->n_operands, sizeof(char *));
        if (!ids)
                return -ENOMEM;

        for (size_t i = 0; i < arguments->n_operands; i++) {
                ids[i] = find(kind, objects, arguments->operands[i]);
                if (!ids[i]) {
                        complain_about_id(kind->name, arguments->operands[i], objects, kind->hint);
                        return STATUS_USAGE;
                }
        }

        *ret_ids = TAKE_PTR(ids);
        return 0;
}

/* Whether it is one of the first N. */
static bool is_among(const char *const *ids, size_t n, const char *id) {
        FOREACH_ARRAY(other, ids, n)
                if (streq(*other, id))
                        return true;

        return false;
}

static int show_each(const ObjectKind *kind, const Output *output, Json *document, const char *const *ids,
                     size_t n) {
        for (size_t i = 0; i < n; i++) {
                int r;

                if (is_among(ids, i, ids[i]))
                        continue;
                if (i > 0)
                        fputc('\n', output->file);
                r = kind->show(output, document, ids[i]);
                if (r < 0)
                        return r;
        }

        return 0;
}

int objects_show(const ObjectKind *kind, const Arguments *arguments, const Output *output, Json *document) {
        Json *objects = doc_get(document, kind->members);
        _cleanup_free_ const char *const *ids = NULL;
        const size_t n = arguments->n_operands;
        ExitStatus status = STATUS_READY;
        int r;

        r = objects_choose(kind, arguments, document, &ids);
        if (r != 0)
                return r;

        r = arguments->json ? json_print_chosen(output->file, objects, ids, n)
                            : show_each(kind, output, document, ids, n);
        if (r < 0)
                return r;

        FOREACH_ARRAY(id, ids, n)
                status = worse_exit_status(status, kind->status(doc_get(objects, *id)));

        return (int) status;
}
