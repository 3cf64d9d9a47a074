/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands that show a document. They work on any that looks like the daemon's, wherever it
 * comes from. */
#pragma once

#include "arguments.h"
#include "document.h"
#include "output.h"

/* They return an ExitStatus, or -ENOMEM. */
int status_show(const Arguments *arguments, const Output *output, Json *document);
int why_show(const Arguments *arguments, const Output *output, Json *document);
int check_show(const Arguments *arguments, const Output *output, Json *document);
int device_show(const Arguments *arguments, const Output *output, Json *document);
int host_show(const Arguments *arguments, const Output *output, Json *document);
