/* What the compiled part of ramix-edge offers to Python; `library.py` calls it through ctypes.
 *
 * Every function has a counterpart in numpy that stands in where no compiler was at hand, and that
 * the tests compare with. Sums over points run in LANES fixed lanes. */
#ifndef RAMIX_KERNEL_H
#define RAMIX_KERNEL_H

#include <stdint.h>

#define RAMIX_KERNEL_VERSION 4

/* Longer vectors and fused products where the processor has them. clang's choice between them is
 * made by a function of its run-time library, and in that of zig 0.17, which makes the wheels, it
 * always answers "default". */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ON_EVERY_CPU __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define ON_EVERY_CPU
#endif

enum { LANES = 8, COSINES = 4 };

/* Constants of `device/fit/flexible.py`, `residual.py` and `derivative.py`, which say what they are
 * for. */
typedef struct {
    double axis_sigma_cm1, own_shift_sigma_cm1, shift_limit_cm1, own_width_sigma_cm2;
    double response_sigma, evidence_from_share;
    double model_error_limits[2];
    double nearby_floor, height_doubt, noise_sigmas, support_noise;
    int32_t most_bent, nearby_points, line_points, reweightings;
} ramix_settings;

/* One spectrum and the references fitted to it. Rows have `stride` floats, a multiple of LANES,
 * zero from `points` on. */
typedef struct {
    int32_t count, points, stride;     /* K references */
    const int32_t *rows;               /* [K], which rows of the next three */
    const float *pure, *slope, *curve; /* smoothed derivative, its first and second derivative */
    const double *gram;                /* of `pure`, all rows */
    int32_t gram_stride;
    const float *data, *noise, *known, *ramp; /* [stride] */
    const float *cosines;              /* [COSINES, stride] */
    int32_t nuisances;                 /* N, 0 for none */
    const float *nuisance;             /* [N, stride], fitted beside the references */
    const double *nuisance_precision;  /* [N], of what each one's part is known before */
    double correlated_noise; /* points of noise that weigh as much as an independent one */
    /* A fit whose axis is off by more, or where noise rules, is made again by the caller: then
     * nothing is concluded, and all from `deviation` on is zero. */
    double aligned_cm1, noise_rules;
    /* answers */
    double *coefficients, *own_shift_cm1, *own_width_cm2; /* [K] */
    double *deviation, *evidence, *support, *pull;        /* [K] */
    double *precision; /* [K, K]: rows and columns of the present ones, and the diagonal */
    double axis_error_cm1[2], response[COSINES];
    double model_error, noise_part;
    double *nuisance_part; /* [N], of any sign */
    float *model, *weight; /* [stride]; the model is of the references alone */
} ramix_fit;

/* From the points of one axis to those of a grid (`resampling.py`). */
typedef struct {
    int32_t points;
    const int64_t *left;
    const double *weight_left, *weight_right, *sharing;
} ramix_grid;

/* What was measured of a spectrum, and how a ray in it looks (`cosmic_rays.py`). */
typedef struct {
    int32_t points;
    const double *axis, *intensity, *variance;
    const uint8_t *holes; /* pixels are missing between this point and the next */
    double before, after; /* the level beyond the ends */
    int32_t each, longest, chord; /* points of a pixel, pixels of a ray, points beside it */
    double between_feet, left_at_foot, sigmas, smallest_part;
} ramix_range;

#pragma GCC visibility push(default)

int32_t ramix_kernel_version(void);
int32_t ramix_structure_bytes(int32_t which); /* settings, fit, grid, range */

/* 0, or -1 where there was no memory. */
int32_t ramix_reweighted_fit(const ramix_settings *settings, ramix_fit *fit);

/* Minimise x' gram x - 2 p' x over x >= 0 for `fits` projections p [fits, count] in turn, each from
 * the one before, the first from `solution`; fitted[k] = 2 p_k' x_k - x_k' gram x_k. */
int32_t ramix_nonnegative(int32_t count, const double *gram, int32_t fits,
                          const double *projections, double tolerance, double *solution,
                          double *fitted);

/* out[n] = sum over t of taps[t] values[n + count / 2 - t], ends held; `count` is odd. */
int32_t ramix_convolved(int32_t points, const double *values, int32_t count, const double *taps,
                        double *out);

/* out[n] = values at n + shift + stretch * (2 n / (points - 1) - 1), linearly, ends held. */
int32_t ramix_shifted(int32_t points, const double *values, double shift, double stretch,
                      double *out);

/* [3, points]: intensity, its variance, and the variance of as many independent points, at
 * left * weight_left + (left + 1) * weight_right. */
int32_t ramix_gridded(const ramix_grid *grid, const double *intensity, const double *variance,
                      double *out);

/* Marks what rays struck; for how many runs of pixels that holds. */
int32_t ramix_cosmic_rays(const ramix_range *range, uint8_t *struck);

/* High-pass over n - half .. n + half, scaled to the largest magnitude, times `full_scale`. */
int32_t ramix_model_input(int32_t points, const double *intensity, int32_t half,
                          const double *inverse_counts, double rounding, float full_scale,
                          int8_t *out);

#pragma GCC visibility pop

#endif
