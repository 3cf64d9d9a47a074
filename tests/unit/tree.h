/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A temporary directory that stands for another machine's files. A step that fails ends the test. */
#pragma once

#include <glib.h>

#include "daemon/basic/macro.h"
#include "daemon/facts/root.h"

/* Makes an empty one and yields its path; it is removed with all that is in it. */
char *tree_new(void);
char *tree_free(char *tree);
DEFINE_POINTER_CLEANUP(char *, tree_free);

#define _cleanup_tree_ _cleanup_(tree_freep)

/* Each makes the directories above PATH, which is relative to the tree. */
void tree_file(const char *tree, const char *path, const char *content);
void tree_bytes(const char *tree, const char *path, const void *content, size_t size);
/* One that everybody may execute. */
void tree_program(const char *tree, const char *path);
void tree_directory(const char *tree, const char *path);
void tree_link(const char *tree, const char *path, const char *target);
void tree_fifo(const char *tree, const char *path);

/* Opens the tree as a root. */
Root *tree_root(const char *tree);
