/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon may take for virtready-libvirt: does what a file in the directory FAKE_LIBVIRT says. */

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLOOD_SIZE (100U * 1024U * 1024U)

static void path_in(const char *name, char path[PATH_MAX]) {
        snprintf(path, PATH_MAX, "%s/%s", getenv("FAKE_LIBVIRT"), name);
}

/* A line for each question, whole also when two are asked at a time. */
static void note(const char *file, const char *line) {
        char path[PATH_MAX];
        int fd;

        path_in(file, path);
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0 || write(fd, line, strlen(line)) < 0)
                exit(EXIT_FAILURE);
        close(fd);
}

static void read_file(const char *name, char *text, size_t size) {
        char path[PATH_MAX];
        FILE *file;
        size_t n;

        path_in(name, path);
        file = fopen(path, "re");
        if (!file)
                exit(EXIT_FAILURE);
        n = fread(text, 1, size - 1, file);
        text[n] = '\0';
        fclose(file);
}

static bool exists(const char *name) {
        char path[PATH_MAX];

        path_in(name, path);
        return access(path, F_OK) == 0;
}

static int flood(void) {
        static char block[65536];

        memset(block, '{', sizeof(block));
        for (size_t n = 0; n < FLOOD_SIZE; n += sizeof(block))
                if (fwrite(block, 1, sizeof(block), stdout) != sizeof(block))
                        return EXIT_FAILURE;

        return EXIT_SUCCESS;
}

int main(int argc, char *argv[]) {
        static char answer[2 * 1024 * 1024];
        char manner[64], line[256];

        if (argc != 3 || strcmp(argv[1], "describe") != 0)
                return EXIT_FAILURE;

        read_file("manner", manner, sizeof(manner));
        snprintf(line, sizeof(line), "%s\n", argv[2]);
        note("asked", line);

        if (strcmp(manner, "hang") == 0)
                for (;;)
                        pause();
        if (strcmp(manner, "die") == 0)
                (void) raise(SIGKILL);
        if (strcmp(manner, "fail") == 0)
                return EXIT_FAILURE;
        if (strcmp(manner, "flood") == 0)
                return flood();
        while (strcmp(manner, "wait") == 0 && !exists("go"))
                usleep(2000);

        read_file(strncmp(argv[2], "lxc:", 4) == 0 ? "answer-lxc" : "answer", answer, sizeof(answer));
        fputs(answer, stdout);
        return EXIT_SUCCESS;
}
