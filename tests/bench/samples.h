/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measured values of one quantity, and what they come down to. */
#pragma once

#include <stddef.h>

typedef struct Samples {
        double *values;
        size_t n, allocated;
} Samples;

void samples_done(Samples *samples);

/* Adds one value. Errors: -ENOMEM. */
int samples_add(Samples *samples, double value);

/* The value that FRACTION (0 to 1) of all do not exceed: 0.5 is the median. NAN when there are none. */
double samples_quantile(Samples *samples, double fraction);

/* The arithmetic mean; NAN when there are none. */
double samples_mean(const Samples *samples);
