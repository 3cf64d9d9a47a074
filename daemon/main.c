/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyd: says on D-Bus whether this machine can run virtual machines, and keeps it true. */

#include <malloc.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "basic/log.h"
#include "manager.h"
#include "options.h"

/* A client may send a message of tens of megabytes. malloc() would raise its threshold with it, and keep as
 * much of the next ones for later (mallopt(3)). */
static void limit_kept_memory(void) {
        (void) mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

static int run(int argc, char *argv[]) {
        _cleanup_(manager_freep) Manager *manager = NULL;
        Options options;
        int r;

        r = options_parse(argc, argv, &options);
        if (r <= 0)
                return r;

        umask(0077);
        limit_kept_memory();

        r = manager_new(&options, &manager);
        if (r < 0)
                return r;

        r = manager_connect_bus(manager);
        if (r < 0)
                return r;

        manager_start_watching(manager);

        r = manager_first_pass(manager);
        if (r < 0)
                return r;

        /* Ends with 0 on SIGTERM and SIGINT. */
        r = sd_event_loop(manager->event);
        if (r < 0)
                return log_error_errno(r, "Failed to run the event loop: %m");

        return r;
}

int main(int argc, char *argv[]) {
        int r = run(argc, argv);

        return r < 0 ? EXIT_FAILURE : r;
}
