/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The objects of one kind, of which a command shows those in full that it is asked for. */
#pragma once

#include "arguments.h"
#include "document.h"
#include "exit-status.h"
#include "output.h"

typedef struct ObjectKind {
        const char *name;    /* "check" */
        const char *members; /* the member of a document that has them: "checks" */
        const char *hint;    /* how they are listed */
        /* Yields the id of the one that is meant, or NULL; without, each is called by its id alone. */
        const char *(*find)(Json *objects, const char *operand);
        ExitStatus (*status)(Json *object);
        int (*show)(const Output *output, Json *document, const char *id);
} ObjectKind;

/* Yields the id of the object that each of the operands means; they belong to the document or the arguments,
 * and the array is for free(). Returns STATUS_USAGE after complaining about one that is none, -ENOMEM, or
 * 0. */
int objects_choose(const ObjectKind *kind, const Arguments *arguments, Json *document,
                   const char *const **ret_ids);

/* Shows those, of which there is at least one. A program finds an object for each of its operands; a reader
 * is told of each object once. Returns an ExitStatus, or -ENOMEM. */
int objects_show(const ObjectKind *kind, const Arguments *arguments, const Output *output, Json *document);
