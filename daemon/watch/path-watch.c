/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watches directories, by inotify(7). Of one that is not there, the nearest that is above it is watched
 * instead, until it is made. */

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/utsname.h>

#include "../basic/log.h"
#include "../basic/macro.h"
#include "node-state.h"
#include "path-rules.h"
#include "path-watch.h"
#include "uevent.h"

#define PLACES_MAX 48U
#define ENTRIES_MAX 64U

/* A directory can come and go while we look for it, which is tried again so many times. */
#define ATTEMPTS_MAX 8U

#define MASK_OF_DIRECTORY (IN_ONLYDIR | IN_DELETE_SELF | IN_MOVE_SELF)
#define MASK_OF_ENTRIES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
/* Not IN_CLOSE_WRITE: whoever uses a device closes it. */
#define MASK_OF_NODES (MASK_OF_DIRECTORY | MASK_OF_ENTRIES | IN_ATTRIB)
#define MASK_OF_FILES (MASK_OF_NODES | IN_CLOSE_WRITE)
#define MASK_OF_ANCESTORS (MASK_OF_DIRECTORY | IN_CREATE | IN_MOVED_TO)

#define EVENTS_OF_LOSS (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW)

/* A directory that is watched, or is to be when it is there. */
typedef struct Place {
        PathWatch *watch;
        char *path;
        uint32_t mask;
        sd_event_source *source;
        size_t length; /* so much of PATH is there, and that directory is watched */
        dev_t device;  /* where it is */
        ino_t inode;
} Place;

/* Files in a place, or one node. */
typedef struct Entry {
        Place *place;
        char *pattern;
        SourceMask sources;
        char *node_path; /* NULL: it is no node */
        NodeState *node;
} Entry;

struct PathWatch {
        sd_event *event;
        const Root *root;
        WatchHandler handler;
        void *userdata;
        Place places[PLACES_MAX];
        size_t n_places;
        Entry entries[ENTRIES_MAX];
        size_t n_entries;
};

static bool is_complete(const Place *place) {
        return place->path[place->length] == '\0';
}

static bool has_changed(const PathWatch *watch, Entry *entry) {
        NodeState state;

        if (!entry->node)
                return true;

        node_state_read(watch->root, entry->node_path, &state);
        if (node_state_equal(entry->node, &state))
                return false;

        *entry->node = state;
        return true;
}

/* NAME is the file that something happened to, NULL any. */
static SourceMask outdated_sources(PathWatch *watch, const Place *place, const char *name) {
        SourceMask sources = 0;

        FOREACH_ARRAY(entry, watch->entries, watch->n_entries)
                if (entry->place == place && (!name || fnmatch(entry->pattern, name, FNM_EXTMATCH) == 0) &&
                    has_changed(watch, entry))
                        sources |= entry->sources;

        return sources;
}

static int on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata);

static int open_prefix(const Root *root, const Place *place, size_t length, struct stat *ret) {
        _cleanup_free_ char *prefix = NULL;
        int fd;

        prefix = strndup(length > 0 ? place->path : ".", length > 0 ? length : 1);
        if (!prefix)
                return -ENOMEM;

        fd = root_open_path(root, prefix, ret);
        if (fd >= 0 && !S_ISDIR(ret->st_mode)) {
                (void) safe_close(fd);
                return -ENOTDIR;
        }

        return fd;
}

/* "a/b" is above "a/b/c", and nothing is above "a". */
static size_t length_of_parent(const char *path, size_t length) {
        while (length > 0 && path[length - 1] != '/')
                length--;

        return length > 0 ? length - 1 : 0;
}

/* Yields the directory that is to be watched: the place itself, or the nearest one above it. */
static int find_directory(const Root *root, const Place *place, size_t *ret_length, struct stat *ret) {
        size_t length = strlen(place->path);
        int fd;

        while ((fd = open_prefix(root, place, length, ret)) < 0 && fd != -ENOMEM && length > 0)
                length = length_of_parent(place->path, length);
        if (fd >= 0)
                *ret_length = length;

        return fd;
}

/* Returns 1 when another directory than before is watched now, else 0. */
static int place_follow(Place *place) {
        PathWatch *watch = place->watch;
        bool moved = false;
        int r;

        for (unsigned attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
                _cleanup_(sd_event_source_disable_unrefp) sd_event_source *source = NULL;
                _cleanup_close_ int fd = -EBADF;
                struct stat st;
                size_t length;

                fd = find_directory(watch->root, place, &length, &st);
                if (fd < 0)
                        return fd;

                if (place->source && place->length == length && place->device == st.st_dev &&
                    place->inode == st.st_ino)
                        return moved;

                r = sd_event_add_inotify_fd(watch->event, &source, fd,
                                            place->path[length] == '\0' ? place->mask : MASK_OF_ANCESTORS,
                                            on_inotify, place);
                if (r < 0)
                        return r;

                (void) sd_event_source_disable_unref(place->source);
                place->source = TAKE_PTR(source);
                place->length = length;
                place->device = st.st_dev;
                place->inode = st.st_ino;
                moved = true;
                /* What was made before the watch began is found in the next attempt. */
        }

        return moved;
}

static SourceMask place_refresh(Place *place) {
        bool was_complete = place->source && is_complete(place);
        int r;

        r = place_follow(place);
        if (r < 0)
                (void) log_warning_errno(r, "Failed to go on watching /%s, ignoring: %m", place->path);

        return r != 0 && (was_complete || is_complete(place)) ? outdated_sources(place->watch, place, NULL)
                                                              : 0;
}

static void tell(PathWatch *watch, SourceMask dirty) {
        if (dirty != 0)
                watch->handler(dirty, watch->userdata);
}

static int on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        Place *place = userdata;
        PathWatch *watch = place->watch;
        SourceMask dirty = 0;

        (void) source;

        root_begin_pass(watch->root);

        if (event->mask & EVENTS_OF_LOSS)
                dirty = outdated_sources(watch, place, NULL);
        else if (is_complete(place))
                dirty = outdated_sources(watch, place, event->len > 0 ? event->name : NULL);

        /* An inode that is gone may have the number of the next one. */
        if (event->mask & (EVENTS_OF_LOSS & ~IN_Q_OVERFLOW))
                place->inode = 0;
        if ((event->mask & EVENTS_OF_LOSS) || !is_complete(place))
                dirty |= place_refresh(place);

        tell(watch, dirty);
        return 0;
}

void path_watch_follow_mounts(PathWatch *watch) {
        SourceMask dirty = 0;

        root_begin_pass(watch->root);
        FOREACH_ARRAY(place, watch->places, watch->n_places)
                dirty |= place_refresh(place);

        tell(watch, dirty);
}

/* Yields the place of a directory, whose path has LENGTH characters. */
static int get_place(PathWatch *watch, const char *path, size_t length, uint32_t mask, Place **ret) {
        Place *place;

        FOREACH_ARRAY(known, watch->places, watch->n_places)
                if (known->mask == mask && strlen(known->path) == length &&
                    strncmp(known->path, path, length) == 0) {
                        *ret = known;
                        return 0;
                }

        if (watch->n_places == PLACES_MAX)
                return -ENOBUFS;

        place = &watch->places[watch->n_places];
        *place = (Place){ .watch = watch, .path = strndup(path, length), .mask = mask };
        if (!place->path)
                return -ENOMEM;

        watch->n_places++;
        *ret = place;
        return 0;
}

static int add_entry(PathWatch *watch, Place *place, const char *pattern, SourceMask sources, Entry **ret) {
        Entry *entry;

        if (watch->n_entries == ENTRIES_MAX)
                return -ENOBUFS;

        entry = &watch->entries[watch->n_entries];
        *entry = (Entry){ .place = place, .pattern = strdup(pattern), .sources = sources };
        if (!entry->pattern)
                return -ENOMEM;

        watch->n_entries++;
        *ret = entry;
        return 0;
}

static int add_rule(PathWatch *watch, const PathRule *rule, const char *release) {
        _cleanup_free_ char *path = NULL;
        Place *place;
        Entry *entry;
        int r;

        r = rule->of_release ? asprintf(&path, "%s/%s", rule->directory, release)
                             : asprintf(&path, "%s", rule->directory);
        if (r < 0) {
                path = NULL;
                return -ENOMEM;
        }

        r = get_place(watch, path, strlen(path), MASK_OF_FILES, &place);
        if (r < 0)
                return r;

        return add_entry(watch, place, rule->pattern, rule->sources, &entry);
}

static int add_node(PathWatch *watch, DeviceId id) {
        const char *path = device_path(id) + strlen("/"), *name = strrchr(path, '/') + strlen("/");
        Place *place;
        Entry *entry;
        int r;

        r = get_place(watch, path, length_of_parent(path, strlen(path)), MASK_OF_NODES, &place);
        if (r < 0)
                return r;

        r = add_entry(watch, place, name, uevent_sources_of_module(device_module(id)), &entry);
        if (r < 0)
                return r;

        entry->node_path = strdup(path);
        entry->node = calloc(1, sizeof(NodeState));
        return entry->node_path && entry->node ? 0 : -ENOMEM;
}

static int add_all(PathWatch *watch) {
        const PathRule *rules;
        struct utsname uts;
        size_t n;
        int r;

        if (uname(&uts) < 0)
                return -errno;

        rules = path_rules(&n);
        FOREACH_ARRAY(rule, rules, n) {
                r = add_rule(watch, rule, uts.release);
                if (r < 0)
                        return r;
        }

        for (DeviceId id = 0; id < _DEVICE_MAX; id++) {
                r = add_node(watch, id);
                if (r < 0)
                        return r;
        }

        return 0;
}

int path_watch_new(sd_event *event, const Root *root, WatchHandler handler, void *userdata,
                   PathWatch **ret) {
        _cleanup_(path_watch_freep) PathWatch *watch = NULL;
        int r;

        watch = calloc(1, sizeof(PathWatch));
        if (!watch)
                return -ENOMEM;
        *watch = (PathWatch){ .event = event, .root = root, .handler = handler, .userdata = userdata };

        r = add_all(watch);
        if (r < 0)
                return r;

        FOREACH_ARRAY(place, watch->places, watch->n_places) {
                r = place_follow(place);
                if (r < 0)
                        return r;
                (void) outdated_sources(watch, place, NULL);
        }

        *ret = TAKE_PTR(watch);
        return 0;
}

PathWatch *path_watch_free(PathWatch *watch) {
        if (!watch)
                return NULL;

        FOREACH_ARRAY(place, watch->places, watch->n_places) {
                (void) sd_event_source_disable_unref(place->source);
                free(place->path);
        }
        FOREACH_ARRAY(entry, watch->entries, watch->n_entries) {
                free(entry->pattern);
                free(entry->node_path);
                free(entry->node);
        }
        free(watch);
        return NULL;
}
