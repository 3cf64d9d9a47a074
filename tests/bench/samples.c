/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collects values in an array that grows, and sorts it when asked for a quantile. */

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "samples.h"

void samples_done(Samples *samples) {
        free(samples->values);
        *samples = (Samples){};
}

int samples_add(Samples *samples, double value) {
        if (samples->n == samples->allocated) {
                size_t larger = samples->allocated == 0 ? 64 : samples->allocated * 2;
                double *values = reallocarray(samples->values, larger, sizeof(double));

                if (!values)
                        return -ENOMEM;
                samples->values = values;
                samples->allocated = larger;
        }

        samples->values[samples->n++] = value;
        return 0;
}

static int compare_values(const void *a, const void *b) {
        double x = *(const double *) a, y = *(const double *) b;

        return (x > y) - (x < y);
}

double samples_quantile(Samples *samples, double fraction) {
        size_t rank;

        if (samples->n == 0)
                return NAN;

        qsort(samples->values, samples->n, sizeof(double), compare_values);
        rank = (size_t) ceil(fraction * (double) samples->n);
        return samples->values[rank > 0 ? rank - 1 : 0];
}

double samples_mean(const Samples *samples) {
        double sum = 0;

        for (size_t i = 0; i < samples->n; i++)
                sum += samples->values[i];

        return samples->n > 0 ? sum / (double) samples->n : NAN;
}
