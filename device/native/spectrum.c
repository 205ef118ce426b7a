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

/* The height of what stands out most over such a chord. */
EXACT
static double highest(const ramix_range *range) {
    const int points = range->points, middle = range->chord + range->longest * range->each / 2;
    const double *at = range->intensity;
    double found = -INFINITY;
    for (int n = 0; n < points; n++) {
        const int inside = n >= middle && n < points - middle;
        const double sides = inside ? at[n - middle] + at[n + middle]
                                    : continued(range, n - middle) + continued(range, n + middle);
        const double height = at[n] - 0.5 * sides;
        found = height > found ? height : found;
    }
    return found;
}

static int within(const ramix_range *range, int n) {
    return n < 0 ? 0 : n < range->points ? n : range->points - 1;
}

static int has_hole(const ramix_range *range, int first, int last) {
    for (int n = first; n < last; n++)
        if (range->holes[n]) return 1;
    return 0;
}

/* Whether `length` points from `start` on are a ray at least so high. */
EXACT
static int is_ray(const ramix_range *range, int start, int length, double smallest) {
    const int chord = range->chord, each = range->each, last = start + length - 1;
    const double left = continued(range, start - chord), right = continued(range, last + chord);
    const double slope = (right - left) / (2 * chord + length - 1);
    double height = -INFINITY, noise = 0.0;
    for (int k = 0; k < length; k++) {
        const double rise = slope * (chord + k), above = range->intensity[start + k] - (left + rise);
        height = above > height ? above : height;
    }
    if (!(height > smallest)) return 0;
    for (int k = 0; k < length; k++) {
        const double one = range->variance[start + k];
        noise = one > noise ? one : noise;
    }
    if (!(height > range->sigmas * sqrt(1.5 * noise))) return 0;
    const int feet[4] = {-2 * each, -each, length - 1 + each, length - 1 + 2 * each};
    for (int k = 0; k < 4; k++) {
        const double rise = slope * (chord + feet[k]);
        const double left_over = range->intensity[within(range, start + feet[k])] - (left + rise);
        if (!(fabs(left_over) < range->left_at_foot * height)) return 0;
    }
    const double first_foot = range->axis[within(range, start - each)];
    if (!(range->axis[within(range, last + each)] - first_foot <= range->between_feet)) return 0;
    return !has_hole(range, within(range, start - chord), within(range, last + chord));
}

EXACT
int32_t ramix_cosmic_rays(const ramix_range *range, uint8_t *struck) {
    const double smallest = range->smallest_part * highest(range);
    int32_t count = 0;
    for (int pixels = 1; pixels <= range->longest; pixels++) {
        const int length = pixels * range->each;
        for (int start = 0; start + length <= range->points; start++) {
            if (!is_ray(range, start, length, smallest)) continue;
            memset(struck + start, 1, length);
            count++;
        }
    }
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
