/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes trees, with the means that the client unpacks archives with: they never follow a link. */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tree.h"

#define TREE "root"
#define HEADING "=== "

/* A tree is to be made and read in a millisecond or two. */
#define ENTRIES_MAX 1024U
#define BYTES_MAX (256U * 1024U)
#define PATH_LENGTH_MAX 256U

/* What an input may still make. */
typedef struct Filling {
        FuzzTree *tree;
        unsigned entries;
        size_t bytes;
} Filling;

typedef struct Section {
        const char *kind, *path, *arguments[2]; /* "" if missing */
        const char *content;
        size_t size;
} Section;

static void write_file(FuzzTree *tree, const char *path, const void *content, size_t size, size_t times) {
        _cleanup_(fclosep) FILE *file = NULL;
        int fd;

        fd = scratch_make_file(tree->scratch, path);
        if (fd < 0)
                return;

        file = fdopen(fd, "w");
        fuzz_assert(file);
        for (size_t i = 0; i < times; i++)
                (void) fwrite(content, 1, size, file);
}

FuzzTree *fuzz_tree_new(void) {
        _cleanup_free_ char *path = NULL;
        FuzzTree *tree;

        tree = calloc(1, sizeof(FuzzTree));
        fuzz_assert(tree);
        fuzz_assert(scratch_new(&tree->scratch) >= 0);
        fuzz_assert(scratch_make_directory(tree->scratch, TREE) >= 0);
        write_file(tree, "secret", FUZZ_SECRET "\n", strlen(FUZZ_SECRET "\n"), 1);

        fuzz_assert(asprintf(&path, "%s/" TREE, tree->scratch->path) >= 0);
        fuzz_assert(root_new(path, &tree->root) >= 0);
        return tree;
}

FuzzTree *fuzz_tree_free(FuzzTree *tree) {
        if (!tree)
                return NULL;

        root_free(tree->root);
        scratch_free(tree->scratch);
        free(tree);
        return NULL;
}

void fuzz_tree_file(FuzzTree *tree, const char *path, const void *content, size_t size) {
        _cleanup_free_ char *below = NULL;

        fuzz_assert(asprintf(&below, TREE "/%s", path) >= 0);
        write_file(tree, below, content, size, 1);
}

/* scratch.h asks for paths without empty components, "." and "..". */
static bool path_is_plain(const char *path) {
        for (const char *p = path;; p++) {
                size_t length = strcspn(p, "/");

                if (length == 0 || (length == 1 && p[0] == '.') ||
                    (length == 2 && p[0] == '.' && p[1] == '.'))
                        return false;

                p += length;
                if (*p == '\0')
                        return strlen(path) <= PATH_LENGTH_MAX;
        }
}

/* That the directory could be made shows that no link is on the way. */
static void make_fifo(const FuzzTree *tree, const char *path) {
        _cleanup_free_ char *directory = NULL;

        directory = strdup(path);
        fuzz_assert(directory);
        *strrchr(directory, '/') = '\0';

        if (scratch_make_directory(tree->scratch, directory) >= 0)
                (void) mkfifoat(tree->scratch->fd, path, 0600);
}

static void make_links(Filling *filling, const char *path, const Section *section) {
        unsigned long n = strtoul(section->arguments[0], NULL, 10);

        for (unsigned long i = 0; i < n && filling->entries > 0; i++, filling->entries--) {
                _cleanup_free_ char *numbered = NULL;

                fuzz_assert(asprintf(&numbered, "%s%lu", path, i) >= 0);
                (void) scratch_make_link(filling->tree->scratch, numbered, section->arguments[1]);
        }
}

static void make_file(Filling *filling, const char *path, const Section *section) {
        size_t times = streq(section->kind, "repeat") ? strtoul(section->arguments[0], NULL, 10) : 1;

        if (section->size == 0)
                times = 0;
        else if (times > filling->bytes / section->size)
                times = filling->bytes / section->size;

        write_file(filling->tree, path, section->content, section->size, times);
        filling->bytes -= times * section->size;
}

static void make_entry(Filling *filling, const Section *section) {
        Scratch *scratch = filling->tree->scratch;
        _cleanup_free_ char *path = NULL;

        if (!path_is_plain(section->path) || filling->entries == 0)
                return;
        filling->entries--;
        fuzz_assert(asprintf(&path, TREE "/%s", section->path) >= 0);

        if (streq(section->kind, "file") || streq(section->kind, "bytes") || streq(section->kind, "repeat"))
                make_file(filling, path, section);
        else if (streq(section->kind, "directory"))
                (void) scratch_make_directory(scratch, path);
        else if (streq(section->kind, "link"))
                (void) scratch_make_link(scratch, path, section->arguments[0]);
        else if (streq(section->kind, "links"))
                make_links(filling, path, section);
        else if (streq(section->kind, "fifo"))
                make_fifo(filling->tree, path);
}

/* A line each. */
static void make_values(Filling *filling, const Section *section) {
        const char *end = section->content + section->size, *next;

        for (const char *line = section->content; line < end; line = next) {
                const char *newline = memchr(line, '\n', (size_t) (end - line));
                const char *blank;

                next = newline ? newline + 1 : end;
                blank = memchr(line, ' ', (size_t) (next - line));
                if (blank) {
                        _cleanup_free_ char *name = fuzz_copy(line, (size_t) (blank - line)), *path = NULL;
                        Section file = { .kind = "file", .content = blank + 1 };

                        fuzz_assert(asprintf(&path, "%s/%s", section->path, name) >= 0);
                        file.path = path;
                        file.size = (size_t) (next - file.content);
                        make_entry(filling, &file);
                }
        }
}

static const char *next_word(char **cursor) {
        const char *word = *cursor ? strsep(cursor, " ") : NULL;

        return word ? word : "";
}

static const char *find_heading(const char *text, const char *end) {
        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));

                if ((size_t) (end - text) >= strlen(HEADING) && memcmp(text, HEADING, strlen(HEADING)) == 0)
                        return text;
                text = newline ? newline + 1 : end;
        }

        return end;
}

/* Reads the section whose heading is at TEXT. Returns where the next one begins. */
static const char *make_section(Filling *filling, const char *text, const char *end) {
        const char *heading = text + strlen(HEADING);
        const char *newline = memchr(heading, '\n', (size_t) (end - heading));
        _cleanup_free_ char *words = NULL;
        const char *next;
        Section section;
        char *cursor;

        words = fuzz_copy(heading, (size_t) ((newline ? newline : end) - heading));
        cursor = words;
        section.kind = next_word(&cursor);
        section.path = next_word(&cursor);
        section.arguments[0] = next_word(&cursor);
        section.arguments[1] = next_word(&cursor);

        section.content = newline ? newline + 1 : end;
        next = find_heading(section.content, end);
        section.size = (size_t) (next - section.content);

        /* Blank lines at the end are there for the reader. */
        while (section.size > 0 && section.content[section.size - 1] == '\n' &&
               (section.size == 1 || section.content[section.size - 2] == '\n'))
                section.size--;

        if (streq(section.kind, "values"))
                make_values(filling, &section);
        else
                make_entry(filling, &section);
        return next;
}

void fuzz_tree_fill(FuzzTree *tree, const uint8_t *data, size_t size) {
        const char *text = (const char *) data, *end = text + size;
        Filling filling = { .tree = tree, .entries = ENTRIES_MAX, .bytes = BYTES_MAX };

        if (size > 0)
                for (const char *p = find_heading(text, end); p < end;)
                        p = make_section(&filling, p, end);
}

FuzzTree *fuzz_tree_new_from(const uint8_t *data, size_t size) {
        FuzzTree *tree = fuzz_tree_new();

        fuzz_tree_fill(tree, data, size);
        return tree;
}
