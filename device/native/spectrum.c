/* From a spectrum to the network's input: `device/spectra/resampling.py`, `cosmic_rays.py` and
 * `preprocessing.py` in C. Nothing is contracted: the bits are those of numpy. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#define EXACT
#else
#define EXACT __attribute__((optimize("fp-contract=off")))
#endif

EXACT
int32_t ramix_gridded(const ramix_grid *grid, const double *intensity, const double *variance,
                      double *out) {
    double *noise = out + grid->points, *white = noise + grid->points;
    for (int n = 0; n < grid->points; n++) {
        const double *value = intensity + grid->left[n], *spread = variance + grid->left[n];
        const double one = grid->weight_left[n], other = grid->weight_right[n];
        const double left = value[0] * one, right = value[1] * other;
        const double left_noise = spread[0] * (one * one);
        const double right_noise = spread[1] * (other * other);
        const double left_white = spread[0] * one, right_white = spread[1] * other;
        out[n] = left + right;
        noise[n] = left_noise + right_noise;
        white[n] = (left_white + right_white) * grid->sharing[n];
    }
    return 0;
}

/* A point of what was measured, or of the level that continues it beyond an end. */
static double continued(const ramix_range *range, int n) {
    if (n < 0) return range->before;
    return n < range->points ? range->intensity[n] : range->after;
}

static int measured(const ramix_range *range, int n) {
    return n < 0 || n >= range->points || range->valid[n];
}

EXACT
int32_t ramix_cosmic_rays(const ramix_range *range, uint8_t *struck) {
    const int points = range->points, chord = range->chord;
    double *height = malloc(sizeof(double) * points), highest = -INFINITY;
    int32_t count = 0;
    if (height == NULL) return -1;
    const double *at_top = range->intensity;
    for (int n = chord; n < points - chord; n++)
        height[n] = at_top[n] - 0.5 * (at_top[n - chord] + at_top[n + chord]);
    for (int n = 0; n < points; n++) {
        if (n < chord || n >= points - chord) {
            const double sides = continued(range, n - chord) + continued(range, n + chord);
            height[n] = at_top[n] - 0.5 * sides;
        }
        highest = height[n] > highest ? height[n] : highest;
    }
    const double smallest = range->smallest_part * highest;
    for (int n = 0; n < points; n++) {
        if (!(height[n] > smallest)) continue;
        if (!(height[n] > range->sigmas * sqrt(1.5 * range->variance[n]))) continue;
        if (!measured(range, n - chord) || !measured(range, n + chord)) continue;
        const double left = continued(range, n - chord), right = continued(range, n + chord);
        const double middle = 0.5 * (left + right), slope = (right - left) / (2 * chord);
        int stands = 1;
        for (int k = 0; k < 4 && stands; k++) {
            const int foot = k < 2 ? range->feet[k] : -range->feet[k - 2];
            int at = n + foot;
            if (at < 0) at = 0;
            if (at > points - 1) at = points - 1;
            const double moved = foot * slope, left_over = range->intensity[at] - (middle + moved);
            stands = fabs(left_over) < range->left_at_foot * height[n];
        }
        if (!stands) continue;
        const int first = n - range->feet[0] + 1, last = n + range->feet[0];
        for (int at = first < 0 ? 0 : first; at < last && at < points; at++) struck[at] = 1;
        count++;
    }
    free(height);
    return count;
}

EXACT
int32_t ramix_model_input(int32_t points, const double *intensity, int32_t half,
                          const double *inverse_counts, double rounding, float full_scale,
                          int8_t *out) {
    double *cumulative = malloc(sizeof(double) * ((size_t)points + 1) + sizeof(float) * points);
    if (cumulative == NULL) return -1;
    float *filtered = (float *)(cumulative + points + 1), peak = 0.0f;
    double sum = 0.0;
    cumulative[0] = 0.0;
    for (int n = 0; n < points; n++) cumulative[n + 1] = sum += intensity[n];
    for (int n = 0; n < points; n++) {
        const int first = n - half < 0 ? 0 : n - half;
        const int last = n + half + 1 > points ? points : n + half + 1;
        const double mean = (cumulative[last] - cumulative[first]) * inverse_counts[n];
        filtered[n] = (float)(intensity[n] - mean);
        const float size = fabsf(filtered[n]);
        if (size > peak) peak = size;
    }
    if (peak <= fabs(cumulative[points] * rounding)) peak = INFINITY; /* x / inf = 0 */
    for (int n = 0; n < points; n++) out[n] = (int8_t)lrintf(filtered[n] / peak * full_scale);
    free(cumulative);
    return 0;
}
