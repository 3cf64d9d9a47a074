/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory of files, and a watch that tells of them. */
#pragma once

#include "daemon/watch/path-watch.h"
#include "tree.h"

typedef struct PathFixture {
        char *tree;
        Root *root;
        sd_event *event;
        PathWatch *watch;
        DevicesFacts known; /* what was last read of the nodes */
        SourceMask dirty;
        unsigned calls;
} PathFixture;

void path_fixture_up(PathFixture *fixture, const void *data);
void path_fixture_down(PathFixture *fixture, const void *data);

/* The callback of the watch. */
void path_fixture_on_changed(SourceMask dirty, void *userdata);

/* Begins to watch; nothing has happened yet. */
void start_watching(PathFixture *fixture);

/* Reads the nodes, as a pass does. */
void read_nodes(PathFixture *fixture);

/* Yields what was told of what has happened so far, and reads the nodes when it is about them. */
SourceMask take_dirty(PathFixture *fixture);

/* The full path of a file of the tree. */
char *path_in(PathFixture *fixture, const char *path);
void delete_file(PathFixture *fixture, const char *path);
void move_file(PathFixture *fixture, const char *from, const char *to);
