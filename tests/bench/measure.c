/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the measurements share. */

#include <time.h>

#include "../../daemon/basic/clock.h"
#include "measure.h"

void measure_pause(uint64_t usec) {
        const struct timespec t = { .tv_sec = (time_t) (usec / USEC_PER_SEC),
                                    .tv_nsec = (long) (usec % USEC_PER_SEC * NSEC_PER_USEC) };

        (void) clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

Service *bench_next_service(Bench *bench, Subject *position) {
        for (; *position < SERVICES_MAX; (*position)++)
                if (bench->services[*position].program)
                        return &bench->services[*position];

        return NULL;
}
