/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts a program, collects what it prints, and has no more patience than there is time. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "child.h"

#define READ_SIZE 4096U

struct Child {
        ChildHandler handler;
        void *userdata; /* of either */
        ChildEndHandler end_handler;
        size_t output_max;
        int fd;          /* what it prints; negative once that has ended */
        char *output;    /* so far */
        size_t size;     /* of it */
        size_t capacity; /* the room for it */
        bool exited;
        int result; /* and then with what */
        sd_event_source *output_source;
        sd_event_source *exit_source;
        sd_event_source *timeout_source;
};

static void finish(Child *child, int result) {
        child->output_source = sd_event_source_disable_unref(child->output_source);
        child->timeout_source = sd_event_source_disable_unref(child->timeout_source);
        if (result < 0 && !child->exited)
                (void) sd_event_source_send_child_signal(child->exit_source, SIGKILL, NULL, 0);

        child->handler(result, child->output, child->size, child->userdata);
}

/* What it prints may outlive it, and it what it prints. */
static void finish_if_complete(Child *child) {
        if (child->exited && child->fd < 0)
                finish(child, child->result);
}

static int make_room(Child *child) {
        size_t capacity = child->capacity * 2;
        char *output;

        if (child->capacity - child->size > READ_SIZE)
                return 0;

        output = realloc(child->output, capacity);
        if (!output)
                return -ENOMEM;

        child->output = output;
        child->capacity = capacity;
        return 0;
}

/* Returns whether there may be more. */
static int read_output(Child *child) {
        ssize_t n;
        int r;

        r = make_room(child);
        if (r < 0)
                return r;

        n = read(child->fd, child->output + child->size, READ_SIZE);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? true : -errno;

        child->size += (size_t) n;
        child->output[child->size] = '\0';
        if (child->size > child->output_max)
                return -EFBIG;

        return n > 0;
}

static int on_output(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Child *child = userdata;
        int r;

        (void) source, (void) fd, (void) events;

        r = read_output(child);
        if (r < 0)
                finish(child, r);
        else if (r == 0) {
                child->output_source = sd_event_source_disable_unref(child->output_source);
                child->fd = safe_close(child->fd);
                finish_if_complete(child);
        }

        return 0;
}

static int on_exited(sd_event_source *source, const siginfo_t *info, void *userdata) {
        Child *child = userdata;

        /* Nobody waits for this one any more; with that the last reference goes. */
        if (!child) {
                (void) sd_event_source_set_floating(source, false);
                return 0;
        }

        child->exited = true;
        child->result = info->si_code == CLD_EXITED ? info->si_status : -ECONNRESET;
        if (child->end_handler)
                child->end_handler(child->userdata);
        else if (child->timeout_source)
                finish_if_complete(child);

        return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        (void) source, (void) usec;

        finish(userdata, -ETIMEDOUT);
        return 0;
}

static int prepare_files(posix_spawn_file_actions_t *actions, int output, bool log) {
        int r;

        r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
        if (r == 0 && !log)
                r = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);

        return -r;
}

/* The event loop has signals blocked that it takes in another way, which the program knows nothing of. */
static int prepare_signals(posix_spawnattr_t *attributes) {
        sigset_t none;
        int r;

        sigemptyset(&none);
        r = posix_spawnattr_setsigmask(attributes, &none);
        if (r == 0)
                r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK);

        return -r;
}

static int start(const ChildOptions *options, int output, pid_t *ret) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        int r;

        r = -posix_spawn_file_actions_init(&actions);
        if (r < 0)
                return r;

        r = -posix_spawnattr_init(&attributes);
        if (r < 0) {
                posix_spawn_file_actions_destroy(&actions);
                return r;
        }

        r = prepare_files(&actions, output, options->log);
        if (r >= 0)
                r = prepare_signals(&attributes);
        if (r >= 0)
                r = -posix_spawn(ret, options->path ? options->path : options->arguments[0], &actions,
                                 &attributes, (char *const *) options->arguments,
                                 options->environment ? (char *const *) options->environment : environ);

        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        return r;
}

/* From here on somebody has to wait for the process. */
static int watch_process(sd_event *event, Child *child, pid_t pid) {
        int r;

        r = sd_event_add_child(event, &child->exit_source, pid, WEXITED, on_exited, child);
        if (r < 0) {
                (void) kill(pid, SIGKILL);
                (void) waitpid(pid, NULL, 0);
        }

        return r;
}

static int start_with_pipe(sd_event *event, const ChildOptions *options, Child *child) {
        _cleanup_close_ int output = -EBADF;
        int fds[2], r;
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        child->fd = fds[0];
        output = fds[1];

        r = fcntl(child->fd, F_SETFL, O_NONBLOCK);
        if (r < 0)
                return -errno;

        r = start(options, output, &pid);
        if (r < 0)
                return r;

        return watch_process(event, child, pid);
}

int child_new(sd_event *event, const ChildOptions *options, ChildHandler handler, void *userdata,
              Child **ret) {
        _cleanup_(child_freep) Child *child = NULL;
        int r;

        child = malloc(sizeof(Child));
        if (!child)
                return -ENOMEM;
        *child = (Child){ .handler = handler,
                          .userdata = userdata,
                          .output_max = options->output_max,
                          .fd = -EBADF,
                          .capacity = 2 * READ_SIZE };

        child->output = calloc(1, child->capacity);
        if (!child->output)
                return -ENOMEM;

        r = start_with_pipe(event, options, child);
        if (r < 0)
                return r;

        r = sd_event_add_io(event, &child->output_source, child->fd, EPOLLIN, on_output, child);
        if (r < 0)
                return r;

        r = sd_event_add_time_relative(event, &child->timeout_source, CLOCK_MONOTONIC, options->timeout_usec,
                                       0, on_timeout, child);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(child);
        return 0;
}

bool child_is_running(const Child *child) {
        return !child->exited;
}

void child_stop(Child *child, ChildEndHandler handler, void *userdata) {
        child->output_source = sd_event_source_disable_unref(child->output_source);
        child->timeout_source = sd_event_source_disable_unref(child->timeout_source);
        child->end_handler = handler;
        child->userdata = userdata;
        (void) sd_event_source_send_child_signal(child->exit_source, SIGKILL, NULL, 0);
}

/* The kernel ends a process that was killed when it likes, and the event loop takes note. */
static void leave_to_event_loop(sd_event_source *source) {
        (void) sd_event_source_send_child_signal(source, SIGKILL, NULL, 0);
        (void) sd_event_source_set_userdata(source, NULL);
        (void) sd_event_source_set_floating(source, true);
        (void) sd_event_source_unref(source);
}

Child *child_free(Child *child) {
        if (!child)
                return NULL;

        (void) sd_event_source_disable_unref(child->output_source);
        (void) sd_event_source_disable_unref(child->timeout_source);
        if (child->exited)
                (void) sd_event_source_disable_unref(child->exit_source);
        else if (child->exit_source)
                leave_to_event_loop(child->exit_source);
        (void) safe_close(child->fd);
        free(child->output);
        free(child);
        return NULL;
}
