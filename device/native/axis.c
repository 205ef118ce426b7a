/* Smoothing and moving along the axis: `device/fit/derivative.py` in C. */
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

ON_EVERY_CPU
int32_t ramix_convolved(int32_t points, const double *values, int32_t count, const double *taps,
                        double *out) {
    const int reach = count / 2;
    double *held = malloc(sizeof(double) * ((size_t)points + 2 * reach));
    if (held == NULL) return -1;
    for (int n = 0; n < reach; n++) {
        held[n] = values[0];
        held[points + reach + n] = values[points - 1];
    }
    memcpy(held + reach, values, sizeof(double) * points);
    for (int n = 0; n < points; n++) out[n] = 0.0;
    for (int t = 0; t < count; t++) {
        const double tap = taps[t], *moved = held + (count - 1 - t);
        for (int n = 0; n < points; n++) out[n] += tap * moved[n];
    }
    free(held);
    return 0;
}

int32_t ramix_shifted(int32_t points, const double *values, double shift, double stretch,
                      double *out) {
    const double slope = 2.0 * stretch / (points - 1), first = shift - stretch;
    for (int n = 0; n < points; n++) {
        const double place = n + first + slope * n;
        if (place <= 0.0) out[n] = values[0];
        else if (place >= points - 1) out[n] = values[points - 1];
        else {
            const int left = (int)place;
            out[n] = values[left] + (place - left) * (values[left + 1] - values[left]);
        }
    }
    return 0;
}
