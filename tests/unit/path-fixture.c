/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records what a watch tells. */

#include <stdio.h>

#include "path-fixture.h"

void path_fixture_on_changed(SourceMask dirty, void *userdata) {
        PathFixture *fixture = userdata;

        g_assert_cmpuint(dirty, !=, 0);
        fixture->dirty |= dirty;
        fixture->calls++;
}

void path_fixture_up(PathFixture *fixture, const void *data) {
        (void) data;

        fixture->tree = tree_new();
        fixture->root = tree_root(fixture->tree);
        g_assert_cmpint(sd_event_new(&fixture->event), >=, 0);
}

void path_fixture_down(PathFixture *fixture, const void *data) {
        (void) data;

        path_watch_free(fixture->watch);
        devices_facts_done(&fixture->known);
        sd_event_unref(fixture->event);
        root_free(fixture->root);
        tree_free(fixture->tree);
}

void read_nodes(PathFixture *fixture) {
        g_assert_cmpint(devices_facts_read(fixture->root, &(KernelFacts){}, &fixture->known), ==, 0);
}

SourceMask take_dirty(PathFixture *fixture) {
        SourceMask dirty;
        int r;

        while ((r = sd_event_run(fixture->event, 0)) > 0)
                ;
        g_assert_cmpint(r, ==, 0);

        dirty = fixture->dirty;
        fixture->dirty = 0;
        if (dirty & SOURCE_MASK(SOURCE_DEVICES))
                read_nodes(fixture);
        return dirty;
}

void start_watching(PathFixture *fixture) {
        read_nodes(fixture);
        g_assert_cmpint(path_watch_new(fixture->event, fixture->root, &fixture->known,
                                       path_fixture_on_changed, fixture, &fixture->watch),
                        ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
}

char *path_in(PathFixture *fixture, const char *path) {
        return g_build_filename(fixture->tree, path, NULL);
}

void delete_file(PathFixture *fixture, const char *path) {
        g_autofree char *full = path_in(fixture, path);

        g_assert_cmpint(remove(full), ==, 0);
}

void move_file(PathFixture *fixture, const char *from, const char *to) {
        g_autofree char *old = path_in(fixture, from), *fresh = path_in(fixture, to);

        g_assert_cmpint(rename(old, fresh), ==, 0);
}
