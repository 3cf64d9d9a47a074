/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon may take for virtready-libvirt: two threads that do nothing, of which a test can hold one.
 */

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static _Noreturn void wait_for_ever(void) {
        for (;;)
                (void) pause();
}

static void *run(void *data) {
        (void) data;

        wait_for_ever();
}

int main(void) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, run, NULL) != 0)
                return EXIT_FAILURE;

        wait_for_ever();
}
