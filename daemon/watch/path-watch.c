/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watches directories, by inotify(7), and the directories above them: what is made, replaced or opened up
 * there leads to other directories. */

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/utsname.h>

#include "../basic/log.h"
#include "../basic/macro.h"
#include "path-rules.h"
#include "path-watch.h"
#include "uevent.h"

#define PLACES_MAX 64U
#define ENTRIES_MAX 64U

#define MASK_OF_ANCESTORS                                                                                   \
        (IN_ONLYDIR | IN_DELETE_SELF | IN_MOVE_SELF | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | \
         IN_ATTRIB)
/* Not IN_CLOSE_WRITE: whoever uses a device closes it. */
#define MASK_OF_NODES MASK_OF_ANCESTORS
#define MASK_OF_FILES (MASK_OF_NODES | IN_CLOSE_WRITE)

#define EVENTS_OF_LOSS (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)

/* A directory that is watched while it is there. Its parent is one, too, and comes before it. */
typedef struct Place {
        PathWatch *watch;
        char *path; /* "" is the root */
        uint32_t mask;
        sd_event_source *source; /* NULL: it is not there, or cannot be read */
        dev_t device;            /* where it is */
        ino_t inode;
} Place;

#define NO_DEVICE (-1)

/* Files in a place, or one node. */
typedef struct Entry {
        Place *place;
        char *pattern;
        SourceMask sources;
        int device; /* DeviceId of the node, or NO_DEVICE */
} Entry;

struct PathWatch {
        sd_event *event;
        const Root *root;
        const DevicesFacts *known;
        WatchHandler handler;
        void *userdata;
        Place places[PLACES_MAX];
        size_t n_places;
        Entry entries[ENTRIES_MAX];
        size_t n_entries;
};

/* What the last pass has seen is what counts, and not what was there at the last event: a node that was
 * changed and changed back may have been read in between. */
static bool has_changed(const PathWatch *watch, const Entry *entry) {
        _cleanup_close_ int fd = -EBADF;
        NodeState state;
        struct stat st;

        if (entry->device == NO_DEVICE)
                return true;

        fd = node_state_read(watch->root, device_path(entry->device) + strlen("/"), &st, &state);
        return !node_state_equal(&watch->known->devices[entry->device].node, &state);
}

/* NAME is the file that something happened to, NULL any. */
static SourceMask outdated_sources(const PathWatch *watch, const Place *place, const char *name) {
        SourceMask sources = 0;

        FOREACH_ARRAY(entry, watch->entries, watch->n_entries)
                if (entry->place == place && (!name || fnmatch(entry->pattern, name, FNM_EXTMATCH) == 0) &&
                    has_changed(watch, entry))
                        sources |= entry->sources;

        return sources;
}

static int on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata);

static int open_place(const Place *place, struct stat *ret) {
        int fd;

        fd = root_open_path(place->watch->root, isempty(place->path) ? "." : place->path, ret);
        if (fd >= 0 && !S_ISDIR(ret->st_mode)) {
                (void) safe_close(fd);
                return -ENOTDIR;
        }

        return fd;
}

static bool is_out_of_reach(int error) {
        return error == -ENOENT || error == -ENOTDIR || error == -EACCES || error == -ELOOP;
}

static int place_attach(Place *place) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        fd = open_place(place, &st);
        if (fd < 0)
                return fd;

        if (place->source && place->device == st.st_dev && place->inode == st.st_ino)
                return 0;

        place->source = sd_event_source_disable_unref(place->source);
        r = sd_event_add_inotify_fd(place->watch->event, &place->source, fd, place->mask, on_inotify, place);
        if (r < 0)
                return r;

        place->device = st.st_dev;
        place->inode = st.st_ino;
        return 1;
}

/* Returns 1 when another directory than before is watched now, or none any more, else 0. */
static int place_follow(Place *place) {
        bool was_attached = place->source;
        int r;

        /* Nothing above the root would tell that it can be read again. */
        r = place_attach(place);
        if (r < 0 && !isempty(place->path))
                place->source = sd_event_source_disable_unref(place->source);

        return !is_out_of_reach(r) ? r : was_attached;
}

static bool is_at_or_below(const char *path, const char *directory) {
        const char *rest = startswith(path, directory);

        return isempty(directory) || (rest && (rest[0] == '\0' || rest[0] == '/'));
}

static SourceMask place_refresh(Place *place) {
        int r;

        r = place_follow(place);
        if (r < 0)
                (void) log_warning_errno(r, "Failed to go on watching /%s, ignoring: %m", place->path);

        return r != 0 ? outdated_sources(place->watch, place, NULL) : 0;
}

/* DIRECTORY may be another one now, and so may be all below it. */
static SourceMask refresh(PathWatch *watch, const char *directory) {
        SourceMask dirty = 0;

        FOREACH_ARRAY(place, watch->places, watch->n_places)
                if (is_at_or_below(place->path, directory))
                        dirty |= place_refresh(place);

        return dirty;
}

static SourceMask refresh_entry(PathWatch *watch, const Place *place, const char *name) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s%s%s", place->path, isempty(place->path) ? "" : "/", name);
        return refresh(watch, path);
}

/* Events were dropped: any directory may be another one now, also with the number of the old one. */
static SourceMask begin_anew(PathWatch *watch) {
        SourceMask dirty = 0;

        FOREACH_ARRAY(place, watch->places, watch->n_places)
                place->source = sd_event_source_disable_unref(place->source);
        FOREACH_ARRAY(place, watch->places, watch->n_places)
                dirty |= place_refresh(place) | outdated_sources(watch, place, NULL);

        return dirty;
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

        /* An inode that is gone may have the number of the next one. */
        if (event->mask & EVENTS_OF_LOSS)
                place->inode = 0;

        if (event->mask & IN_Q_OVERFLOW)
                dirty = begin_anew(watch);
        else if (event->mask & EVENTS_OF_LOSS)
                dirty = outdated_sources(watch, place, NULL) | refresh(watch, place->path);
        else if (event->len > 0)
                dirty = outdated_sources(watch, place, event->name) |
                        refresh_entry(watch, place, event->name);
        else
                dirty = outdated_sources(watch, place, NULL) |
                        (isempty(place->path) ? refresh(watch, place->path) : 0);

        tell(watch, dirty);
        return 0;
}

/* Something may also be mounted over a node. */
void path_watch_follow_mounts(PathWatch *watch) {
        SourceMask dirty = 0;

        root_begin_pass(watch->root);
        FOREACH_ARRAY(place, watch->places, watch->n_places)
                dirty |= place_refresh(place);
        FOREACH_ARRAY(entry, watch->entries, watch->n_entries)
                if (entry->device != NO_DEVICE && has_changed(watch, entry))
                        dirty |= entry->sources;

        tell(watch, dirty);
}

/* "a/b" is above "a/b/c", and the root above "a". */
static size_t length_of_parent(const char *path, size_t length) {
        while (length > 0 && path[length - 1] != '/')
                length--;

        return length > 0 ? length - 1 : 0;
}

static int add_place(PathWatch *watch, const char *path, size_t length, Place **ret) {
        Place *place;

        if (watch->n_places == PLACES_MAX)
                return -ENOBUFS;

        place = &watch->places[watch->n_places];
        *place = (Place){ .watch = watch, .path = strndup(path, length) };
        if (!place->path)
                return -ENOMEM;

        watch->n_places++;
        *ret = place;
        return 0;
}

/* Yields the place of a directory, whose path has LENGTH characters, after those of the ones above it. */
static int get_place(PathWatch *watch, const char *path, size_t length, uint32_t mask, Place **ret) {
        size_t end = 0;
        Place *place;
        int r;

        for (;;) {
                place = NULL;
                FOREACH_ARRAY(known, watch->places, watch->n_places)
                        if (strlen(known->path) == end && strncmp(known->path, path, end) == 0)
                                place = known;

                r = place ? 0 : add_place(watch, path, end, &place);
                if (r < 0)
                        return r;
                place->mask |= end == length ? mask : MASK_OF_ANCESTORS;
                if (end == length)
                        break;

                end += end > 0;
                end += strcspn(path + end, "/");
        }

        *ret = place;
        return 0;
}

static int add_entry(PathWatch *watch, Place *place, const char *pattern, SourceMask sources, int device) {
        Entry *entry;

        if (watch->n_entries == ENTRIES_MAX)
                return -ENOBUFS;

        entry = &watch->entries[watch->n_entries];
        *entry = (Entry){ .place = place, .pattern = strdup(pattern), .sources = sources, .device = device };
        if (!entry->pattern)
                return -ENOMEM;

        watch->n_entries++;
        return 0;
}

static int add_rule(PathWatch *watch, const PathRule *rule, const char *release) {
        _cleanup_free_ char *path = NULL;
        Place *place;
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

        return add_entry(watch, place, rule->pattern, rule->sources, NO_DEVICE);
}

static int add_node(PathWatch *watch, DeviceId id) {
        const char *path = device_path(id) + strlen("/"), *name = strrchr(path, '/') + strlen("/");
        Place *place;
        int r;

        r = get_place(watch, path, length_of_parent(path, strlen(path)), MASK_OF_NODES, &place);
        if (r < 0)
                return r;

        return add_entry(watch, place, name, uevent_sources_of_node(id), id);
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

int path_watch_new(sd_event *event, const Root *root, const DevicesFacts *known, WatchHandler handler,
                   void *userdata, PathWatch **ret) {
        _cleanup_(path_watch_freep) PathWatch *watch = NULL;
        int r;

        watch = calloc(1, sizeof(PathWatch));
        if (!watch)
                return -ENOMEM;
        *watch = (PathWatch){
                .event = event, .root = root, .known = known, .handler = handler, .userdata = userdata
        };

        r = add_all(watch);
        if (r < 0)
                return r;

        FOREACH_ARRAY(place, watch->places, watch->n_places) {
                r = place_follow(place);
                if (r < 0)
                        return r;
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
        FOREACH_ARRAY(entry, watch->entries, watch->n_entries)
                free(entry->pattern);
        free(watch);
        return NULL;
}
