/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which modules could be loaded: the text indexes that depmod writes, and what modprobe is told
 * to refuse. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../basic/macro.h"
#include "module.h"

#define WHITESPACE " \t"

/* A file of modprobe.d is short, and so is the list of them. */
#define MODPROBE_FILE_MAX (64U * 1024U)
#define MODPROBE_FILES_MAX 256U

/* The kernel's limit for a name (include/linux/module.h: MODULE_NAME_LEN). */
#define MODULE_NAME_LENGTH 64U

/* Index lines begin with a module's path: "kernel/arch/x86/kvm/kvm-amd.ko.xz", in modules.dep with a colon
 * and the paths of its dependencies behind it. */
static int module_from_index_line(const char *line) {
        size_t length = strcspn(line, ":");
        const char *slash = memrchr(line, '/', length);
        const char *name = slash ? slash + 1 : line;
        const char *dot = memchr(name, '.', length - (size_t) (name - line));

        return dot && startswith(dot, ".ko") ? module_from_name(name, (size_t) (dot - name)) : -EINVAL;
}

/* Where the trees of all releases are. NixOS has no other place than the last, which leads to those of the
 * kernel that was started (nixpkgs, pkgs/os-specific/linux/kmod/default.nix: modulesDirs). */
static const char *const tree_places[] = { "lib/modules", "usr/lib/modules",
                                           "run/booted-system/kernel-modules/lib/modules" };

static bool is_missing(int error) {
        return error == -ENOENT || error == -ENOTDIR;
}

int module_tree_read(const Root *root, const char *release, const char *file, char **ret) {
        int first = -ENOENT;

        FOREACH_ELEMENT(place, tree_places) {
                _cleanup_free_ char *path = NULL;
                int r;

                if (asprintf(&path, "%s/%s/%s", *place, release, file) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }

                r = root_read(root, path, ROOT_INDEX_MAX, ret);
                if (r >= 0 || r == -ENOMEM)
                        return r;
                if (is_missing(first))
                        first = r;
        }

        return is_missing(first) ? -ENOENT : first;
}

static int read_index(const Root *root, const char *release, const char *file, bool *found) {
        _cleanup_free_ char *text = NULL;
        char *cursor, *line;
        int r;

        r = module_tree_read(root, release, file, &text);
        if (r < 0)
                return r;

        for (cursor = text; (line = strsep(&cursor, "\n"));) {
                int id = module_from_index_line(line);

                if (id >= 0)
                        found[id] = true;
        }

        return 0;
}

/* Whether there are trees, of whatever release. */
static int find_trees(const Root *root) {
        FOREACH_ELEMENT(place, tree_places) {
                _cleanup_(closedirp) DIR *d = NULL;
                struct dirent *entry;
                int r;

                r = root_opendir(root, *place, &d);
                if (r == -ENOMEM)
                        return r;

                while (r >= 0 && (entry = root_readdir(root, d))) {
                        _cleanup_free_ char *path = NULL;

                        if (entry->d_name[0] == '.')
                                continue;
                        if (asprintf(&path, "%s/%s/modules.dep", *place, entry->d_name) < 0) {
                                path = NULL;
                                return -ENOMEM;
                        }
                        if (root_exists(root, path) > 0)
                                return 1;
                }
        }

        return 0;
}

/* An update of the kernel may take the modules of the running one away. A snapshot without any may just not
 * have taken them along. */
static int read_modules_dep(const Root *root, const char *release, ModuleTreeFacts *tree) {
        int r;

        r = read_index(root, release, "modules.dep", tree->available);
        tree->has_index = r >= 0;
        if (r != -ENOENT)
                return r == -ENOMEM ? r : 0;

        r = root->live ? 1 : find_trees(root);
        if (r < 0)
                return r;

        tree->is_gone = r > 0;
        return 0;
}

static int set_ban(ModuleTreeFacts *tree, int id, ModuleBan ban, const char *source) {
        char *copy;

        if (id < 0 || tree->ban[id] >= ban)
                return 0;

        copy = strdup(source);
        if (!copy)
                return -ENOMEM;

        free(tree->ban_source[id]);
        tree->ban_source[id] = copy;
        tree->ban[id] = ban;
        return 0;
}

/* The usual ways to disable a module with an install line are the programs that do nothing; with more behind
 * them, but for a comment, the shell does something after all. */
static bool command_does_nothing(const char *command, const char *next) {
        static const char *const programs[] = {
                "/bin/false", "/bin/true", "/usr/bin/false", "/usr/bin/true", "false", "true", ":"
        };

        if (!command || (next && next[0] != '#'))
                return false;

        FOREACH_ELEMENT(program, programs)
                if (streq(command, *program))
                        return true;

        return false;
}

static const char *name_of_file(const char *path) {
        return strrchr(path, '/') + 1;
}

/* Files count in the order of their names, in whatever directory (kmod, libkmod-config.c:
 * conf_files_list()), and of their words the last. Returns 1 when it is this FILE that tells. */
static int note_switch(const char *options, const char *key, const char *file, bool *value, char **source) {
        char word[64], *copy;
        Tristate told;

        told = command_line_bool(options, key, sizeof(word), word);
        if (told == TRISTATE_UNKNOWN || (*source && strcmp(name_of_file(*source), name_of_file(file)) > 0))
                return 0;

        copy = strdup(file);
        if (!copy)
                return -ENOMEM;

        free(*source);
        *source = copy;
        *value = told == TRISTATE_YES;
        return 1;
}

static int note_options(ModuleTreeFacts *tree, int id, const char *options, const char *file) {
        bool nested;
        int r;

        if (id < 0 || !options)
                return 0;

        r = note_switch(options, "nested", file, &nested, &tree->nested_source[id]);
        if (r > 0)
                tree->nested_off[id] = !nested;

        for (VfioSwitch vfio = 0; r >= 0 && vfio < _VFIO_SWITCH_MAX; vfio++)
                if (vfio_switch_module(vfio) == (ModuleId) id)
                        r = note_switch(options, vfio_switch_parameter(vfio), file, &tree->vfio_on[vfio],
                                        &tree->vfio_source[vfio]);

        return r < 0 ? r : 0;
}

/* modprobe.d(5): "blacklist NAME", "options NAME OPTION..." and "install NAME COMMAND". */
static int parse_modprobe_line(ModuleTreeFacts *tree, char *line, const char *file) {
        char *saved = NULL, *keyword, *name, *command, *next;
        int id;

        keyword = strtok_r(line, WHITESPACE, &saved);
        name = keyword ? strtok_r(NULL, WHITESPACE, &saved) : NULL;
        if (!name)
                return 0;

        id = module_from_name(name, strlen(name));
        if (streq(keyword, "blacklist"))
                return set_ban(tree, id, MODULE_BAN_ALIAS, file);
        if (streq(keyword, "options"))
                return note_options(tree, id, saved, file);

        command = strtok_r(NULL, WHITESPACE, &saved);
        next = command ? strtok_r(NULL, WHITESPACE, &saved) : NULL;
        if (streq(keyword, "install") && command_does_nothing(command, next))
                return set_ban(tree, id, MODULE_BAN_ALL, file);

        return 0;
}

/* A backslash at the end of a line continues it on the next one (modprobe.d(5)). */
static void join_continued_lines(char *text) {
        for (char *p = strstr(text, "\\\n"); p; p = strstr(p, "\\\n"))
                p[0] = p[1] = ' ';
}

static int parse_modprobe_file(const Root *root, ModuleTreeFacts *tree, const char *path) {
        _cleanup_free_ char *text = NULL, *shown = NULL;
        char *cursor, *line;
        int r;

        r = root_read(root, path, MODPROBE_FILE_MAX, &text);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        if (asprintf(&shown, "/%s", path) < 0)
                return -ENOMEM;
        make_printable(shown);

        join_continued_lines(text);
        for (cursor = text; (line = strsep(&cursor, "\n"));) {
                r = parse_modprobe_line(tree, line, shown);
                if (r < 0)
                        return r;
        }

        return 0;
}

typedef struct NameList {
        char *names[MODPROBE_FILES_MAX];
        size_t n;
} NameList;

static bool name_list_contains(const NameList *list, const char *name) {
        for (size_t i = 0; i < list->n; i++)
                if (streq(list->names[i], name))
                        return true;

        return false;
}

static void name_list_done(NameList *list) {
        for (size_t i = 0; i < list->n; i++)
                free(list->names[i]);
}

static int read_modprobe_directory(const Root *root, ModuleTreeFacts *tree, const char *directory,
                                   NameList *seen) {
        _cleanup_(closedirp) DIR *d = NULL;
        struct dirent *entry;
        int r;

        r = root_opendir(root, directory, &d);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        while ((entry = root_readdir(root, d)) && seen->n < MODPROBE_FILES_MAX) {
                const char *suffix = strrchr(entry->d_name, '.');
                _cleanup_free_ char *path = NULL;

                if (!suffix || !streq(suffix, ".conf") || name_list_contains(seen, entry->d_name))
                        continue;

                seen->names[seen->n] = strdup(entry->d_name);
                if (!seen->names[seen->n])
                        return -ENOMEM;
                seen->n++;

                if (asprintf(&path, "%s/%s", directory, entry->d_name) < 0)
                        return -ENOMEM;

                r = parse_modprobe_file(root, tree, path);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* A file hides those of the same name in the directories after it (modprobe.d(5)). */
static int read_modprobe_configuration(const Root *root, ModuleTreeFacts *tree) {
        static const char *const directories[] = { "etc/modprobe.d", "run/modprobe.d",
                                                   "usr/local/lib/modprobe.d", "usr/lib/modprobe.d",
                                                   "lib/modprobe.d" };
        _cleanup_(name_list_done) NameList seen = {};

        FOREACH_ELEMENT(directory, directories) {
                int r = read_modprobe_directory(root, tree, *directory, &seen);

                if (r < 0)
                        return r;
        }

        return 0;
}

/* modprobe reads its parameter with dashes as underscores; most names have one of the two throughout. */
static bool modprobe_blacklists(const KernelFacts *kernel, const char *name) {
        char dashed[MODULE_NAME_LENGTH] = {};

        for (size_t i = 0; name[i] != '\0' && i + 1 < sizeof(dashed); i++)
                dashed[i] = name[i] == '_' ? '-' : name[i];

        return command_line_lists(kernel->command_line, "modprobe.blacklist", name) ||
               command_line_lists(kernel->command_line, "modprobe.blacklist", dashed);
}

/* The kernel's own list has the names as they are, with underscores
 * (kernel/module/main.c: blacklisted()). */
static int read_command_line(const KernelFacts *kernel, ModuleTreeFacts *tree) {
        static const char source[] = "the kernel command line";

        for (int id = 0; id < _MODULE_MAX; id++) {
                const char *name = module_to_string((ModuleId) id);
                int r = 0;

                if (command_line_lists(kernel->command_line, "module_blacklist", name))
                        r = set_ban(tree, id, MODULE_BAN_ALL, source);
                else if (modprobe_blacklists(kernel, name))
                        r = set_ban(tree, id, MODULE_BAN_ALIAS, source);
                if (r < 0)
                        return r;
        }

        return 0;
}

int module_tree_facts_read(const Root *root, const KernelFacts *kernel, ModuleTreeFacts *facts) {
        ModuleTreeFacts tree = {};
        int r;

        if (kernel->release) {
                r = read_modules_dep(root, kernel->release, &tree);
                if (r < 0)
                        goto fail;

                r = read_index(root, kernel->release, "modules.builtin", tree.built_in);
                if (r == -ENOMEM)
                        goto fail;
        }

        r = read_command_line(kernel, &tree);
        if (r < 0)
                goto fail;

        r = read_modprobe_configuration(root, &tree);
        if (r < 0)
                goto fail;

        module_tree_facts_done(facts);
        *facts = tree;
        return 0;

fail:
        module_tree_facts_done(&tree);
        return r;
}

void module_tree_facts_done(ModuleTreeFacts *tree) {
        for (size_t id = 0; id < _MODULE_MAX; id++) {
                free(tree->ban_source[id]);
                free(tree->nested_source[id]);
        }
        FOREACH_ELEMENT(source, tree->vfio_source)
                free(*source);
        *tree = (ModuleTreeFacts){};
}
