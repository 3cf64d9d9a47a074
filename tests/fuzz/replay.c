/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for libFuzzer: runs the target on every file of the given directories, to see that inputs which
 * once were found to be a problem still are none. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fuzz.h"

static void die(const char *what) {
        perror(what);
        exit(EXIT_FAILURE);
}

static void replay(const char *directory, const char *name) {
        _cleanup_(fclosep) FILE *file = NULL;
        _cleanup_free_ char *path = NULL;
        _cleanup_free_ uint8_t *data = NULL;
        struct stat st;
        size_t size;

        if (asprintf(&path, "%s/%s", directory, name) < 0)
                die(name);
        file = fopen(path, "re");
        if (!file || fstat(fileno(file), &st) < 0)
                die(path);

        /* No byte too many, so that sanitizers see what is read beyond. */
        size = (size_t) st.st_size;
        data = malloc(size);
        if ((size > 0 && !data) || fread(data, 1, size, file) != size)
                die(path);

        /* Said beforehand: it is what one wants to know when it is the last thing said. */
        printf("# %s\n", path);
        (void) fflush(stdout);
        (void) LLVMFuzzerTestOneInput(data, size);
}

static unsigned replay_all(const char *directory) {
        _cleanup_(closedirp) DIR *d = NULL;
        const struct dirent *entry;
        unsigned n = 0;

        d = opendir(directory);
        if (!d)
                die(directory);

        while ((entry = readdir(d)))
                if (entry->d_name[0] != '.') {
                        replay(directory, entry->d_name);
                        n++;
                }

        return n;
}

int main(int argc, char *argv[]) {
        unsigned n = 0;

        /* The empty input is part of every corpus. */
        (void) LLVMFuzzerTestOneInput((const uint8_t *) "", 0);

        for (int i = 1; i < argc; i++)
                n += replay_all(argv[i]);
        if (n == 0) {
                fprintf(stderr, "There was no input to run.\n");
                return EXIT_FAILURE;
        }

        printf("%u inputs\n", n);
        return EXIT_SUCCESS;
}
