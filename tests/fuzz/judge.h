/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges a snapshot as "virtreadyctl analyze" does, and holds the outcome against what must always hold. */
#pragma once

#include "../../daemon/facts/root.h"

/* Yields the document's text. */
void judge(const Root *root, char **ret);

/* Shows a document with every command that shows one, and looks at what is printed. */
void show_document(const char *text);
