/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads where unit files are and what they are linked to, but not what is in them. */

#include <errno.h>
#include <stdio.h>

#include "units.h"

static const char *const unit_table[_UNIT_MAX] = {
        [UNIT_VIRTQEMUD_SERVICE] = "virtqemud.service", [UNIT_VIRTQEMUD_SOCKET] = "virtqemud.socket",
        [UNIT_LIBVIRTD_SERVICE] = "libvirtd.service",   [UNIT_LIBVIRTD_SOCKET] = "libvirtd.socket",
        [UNIT_VIRTLXCD_SERVICE] = "virtlxcd.service",   [UNIT_VIRTLXCD_SOCKET] = "virtlxcd.socket",
};
DEFINE_STRING_TABLE(unit, UnitId);

const char *unit_read_only_socket(UnitId id) {
        static const char *const names[_UNIT_MAX] = {
                [UNIT_VIRTQEMUD_SOCKET] = "virtqemud-ro.socket",
                [UNIT_LIBVIRTD_SOCKET] = "libvirtd-ro.socket",
                [UNIT_VIRTLXCD_SOCKET] = "virtlxcd-ro.socket",
        };

        return names[id];
}

static const char *const unit_activity_table[_UNIT_ACTIVITY_MAX] = {
        [UNIT_ACTIVITY_UNKNOWN] = "unknown",         [UNIT_ACTIVITY_ACTIVATING] = "activating",
        [UNIT_ACTIVITY_ACTIVE] = "active",           [UNIT_ACTIVITY_DEACTIVATING] = "deactivating",
        [UNIT_ACTIVITY_FAILED] = "failed",           [UNIT_ACTIVITY_INACTIVE] = "inactive",
        [UNIT_ACTIVITY_MAINTENANCE] = "maintenance", [UNIT_ACTIVITY_REFRESHING] = "refreshing",
        [UNIT_ACTIVITY_RELOADING] = "reloading",
};
DEFINE_STRING_TABLE(unit_activity, UnitActivity);

#define CONFIGURATION "etc/systemd/system"

/* In the order in which systemd prefers them. */
static const struct {
        const char *path;
        UnitMask mask; /* what a mask in it is */
} directories[] = {
        { CONFIGURATION, UNIT_MASK_ADMINISTRATOR },           { "run/systemd/system", UNIT_MASK_RUNTIME },
        { "usr/local/lib/systemd/system", UNIT_MASK_VENDOR }, { "usr/lib/systemd/system", UNIT_MASK_VENDOR },
        { "lib/systemd/system", UNIT_MASK_VENDOR },
};

/* Long enough for any of these, a file name, and the name of a unit. */
#define UNIT_PATH_MAX 512U

typedef enum FileKind {
        FILE_KIND_NONE,
        FILE_KIND_UNIT,
        FILE_KIND_MASK,
        FILE_KIND_UNKNOWN,
} FileKind;

/* What a link leads to may be missing from a snapshot, but not that it leads to nothing. */
static FileKind classify_dangling(const Root *root, const char *path) {
        _cleanup_free_ char *target = NULL;
        size_t length, suffix = strlen("/dev/null");
        int r;

        r = root_readlink(root, path, &target);
        if (r == -ENOENT || r == -ENOTDIR)
                return FILE_KIND_NONE;
        if (r < 0)
                return FILE_KIND_UNKNOWN;

        length = strlen(target);
        if (length >= suffix && streq(target + length - suffix, "/dev/null"))
                return FILE_KIND_MASK;

        return root->live ? FILE_KIND_NONE : FILE_KIND_UNIT;
}

static FileKind classify_file(const Root *root, const char *directory, const char *name) {
        _cleanup_close_ int fd = -EBADF;
        char path[UNIT_PATH_MAX];
        struct stat st;

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        fd = root_open_path(root, path, &st);
        if (fd == -ENOENT || fd == -ENOTDIR)
                return classify_dangling(root, path);
        if (fd < 0)
                return FILE_KIND_UNKNOWN;

        if (S_ISREG(st.st_mode))
                return st.st_size > 0 ? FILE_KIND_UNIT : FILE_KIND_MASK;

        return S_ISCHR(st.st_mode) ? FILE_KIND_MASK : FILE_KIND_UNKNOWN;
}

/* Packages install to usr/lib, which lib is a link to on most systems. */
static bool knows_packages(const Root *root) {
        return root_knows_directory(root, "usr/lib/systemd/system") ||
               root_knows_directory(root, "lib/systemd/system");
}

static void read_files(const Root *root, UnitId id, UnitFacts *facts) {
        bool decided = false;

        facts->present[id] = knows_packages(root) ? TRISTATE_NO : TRISTATE_UNKNOWN;
        facts->masked[id] = root_knows_directory(root, CONFIGURATION) ? TRISTATE_NO : TRISTATE_UNKNOWN;
        facts->mask[id] = UNIT_MASK_NONE;

        FOREACH_ELEMENT(directory, directories) {
                FileKind kind = classify_file(root, directory->path, unit_to_string(id));

                if (kind == FILE_KIND_NONE)
                        continue;
                if (!decided && kind != FILE_KIND_UNIT)
                        facts->masked[id] = kind == FILE_KIND_MASK ? TRISTATE_YES : TRISTATE_UNKNOWN;
                if (!decided && kind == FILE_KIND_MASK)
                        facts->mask[id] = directory->mask;
                decided = true;

                if (kind == FILE_KIND_UNIT)
                        facts->present[id] = TRISTATE_YES;
                else if (kind == FILE_KIND_UNKNOWN && facts->present[id] == TRISTATE_NO)
                        facts->present[id] = TRISTATE_UNKNOWN;
        }
}

/* The first file counts. */
static bool has_read_only(const Root *root, UnitId id) {
        const char *name = unit_read_only_socket(id);

        FOREACH_ELEMENT(directory, directories) {
                FileKind kind = name ? classify_file(root, directory->path, name) : FILE_KIND_NONE;

                if (kind != FILE_KIND_NONE)
                        return kind == FILE_KIND_UNIT;
        }

        return false;
}

static bool holds_links(const char *name) {
        const char *suffix = strrchr(name, '.');

        return suffix && (streq(suffix, ".wants") || streq(suffix, ".requires"));
}

static void read_links_in(const Root *root, const char *name, UnitFacts *facts) {
        char path[UNIT_PATH_MAX];

        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                int r;

                if (facts->enabled[id] == TRISTATE_YES)
                        continue;

                snprintf(path, sizeof(path), CONFIGURATION "/%s/%s", name, unit_to_string(id));
                r = root_exists(root, path);
                if (r != 0)
                        facts->enabled[id] = tristate_from_result(r);
        }
}

static void read_links(const Root *root, UnitFacts *facts) {
        Tristate none = root_knows_directory(root, CONFIGURATION) ? TRISTATE_NO : TRISTATE_UNKNOWN;
        _cleanup_(closedirp) DIR *directory = NULL;
        struct dirent *entry;
        int r;

        r = root_opendir(root, CONFIGURATION, &directory);
        if (r < 0 && r != -ENOENT)
                none = TRISTATE_UNKNOWN;

        FOREACH_ELEMENT(enabled, facts->enabled)
                *enabled = none;

        while (r >= 0 && (entry = root_readdir(root, directory)))
                if (holds_links(entry->d_name))
                        read_links_in(root, entry->d_name, facts);

        if (root_is_exhausted(root))
                FOREACH_ELEMENT(enabled, facts->enabled)
                        if (*enabled == TRISTATE_NO)
                                *enabled = TRISTATE_UNKNOWN;
}

void unit_facts_read(const Root *root, UnitFacts *facts) {
        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                read_files(root, id, facts);
                facts->has_read_only[id] = has_read_only(root, id);
        }
        read_links(root, facts);
}

bool unit_states_equal(const UnitStates *a, const UnitStates *b) {
        if (a->known != b->known || a->file_changes != b->file_changes)
                return false;

        for (UnitId id = 0; id < _UNIT_MAX; id++)
                if (a->activity[id] != b->activity[id] || a->load[id] != b->load[id])
                        return false;

        return true;
}

UnitActivity unit_activity_from_string(const char *word) {
        for (UnitActivity activity = 0; activity < _UNIT_ACTIVITY_MAX; activity++)
                if (streq(unit_activity_table[activity], word))
                        return activity;

        return UNIT_ACTIVITY_UNKNOWN;
}

UnitLoad unit_load_from_string(const char *word) {
        if (streq(word, "loaded"))
                return UNIT_LOAD_LOADED;

        return streq(word, "masked") ? UNIT_LOAD_MASKED : UNIT_LOAD_BAD;
}
