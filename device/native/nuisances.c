/* Rows fitted beside the references that are no sample: `device/fit/nuisances.py` says which.
 *
 * Each product of two references is taken of what the nuisances cannot be of them: with the weights
 * W, the nuisances N and the precision P, W - W N' (N W N' + P)^-1 N W stands where W would. */
#include <math.h>
#include <stddef.h>

#include "products.h"
#include "solve.h"
#include "state.h"

static const float *nuisance(const state *s, int k) {
    return s->fit->nuisance + (size_t)k * s->fit->stride;
}

ON_EVERY_CPU
void weighted_nuisances(state *s, double scale) {
    const ramix_fit *f = s->fit;
    const int count = f->nuisances;
    for (int k = 0; k < count; k++) {
        const float *row = nuisance(s, k);
        float *weighted = row_of(s->beside, s, k);
        for (int n = 0; n < f->stride; n++) weighted[n] = row[n] * f->weight[n];
        for (int j = 0; j <= k; j++)
            s->beside_factor[k * count + j] = dot(weighted, nuisance(s, j), f->stride);
        s->beside_factor[k * count + k] += f->nuisance_precision[k] * scale;
        if (!factor_row(s->beside_factor, count, k, 0.0)) /* all of it is rounding: out of the fit */
            s->beside_factor[k * count + k] = 0.0;
    }
}

/* part[k] = how much of each nuisance the row has, given so much of each: row . N W. */
static double *parts_of(state *s, const float *row, int weighted) {
    const int count = s->fit->nuisances;
    for (int k = 0; k < count; k++)
        s->beside_part[k] =
            dot(row, weighted ? nuisance(s, k) : row_of(s->beside, s, k), s->fit->stride);
    substitute(s->beside_factor, count, count, s->beside_part);
    return s->beside_part;
}

ON_EVERY_CPU
void without_nuisances(state *s, float *weighted) {
    if (s->fit->nuisances == 0) return;
    const double *parts = parts_of(s, weighted, 1);
    for (int k = 0; k < s->fit->nuisances; k++) {
        const float part = (float)parts[k], *row = row_of(s->beside, s, k);
        for (int n = 0; n < s->fit->stride; n++) weighted[n] -= part * row[n];
    }
}

ON_EVERY_CPU
void less_nuisances(state *s) {
    ramix_fit *f = s->fit;
    if (f->nuisances == 0) return;
    const double *parts = parts_of(s, s->residual, 0);
    for (int k = 0; k < f->nuisances; k++) {
        const float part = (float)parts[k], *row = nuisance(s, k);
        f->nuisance_part[k] = parts[k];
        for (int n = 0; n < f->stride; n++) s->residual[n] -= part * row[n];
    }
    s->largest = 0.0f;
    for (int n = 0; n < f->stride; n++)
        s->largest = fmaxf(s->largest, fabsf(s->residual[n] + f->model[n]));
}

/* The weights are the same everywhere then: one over the mean variance of the noise. */
void first_nuisances(state *s) {
    ramix_fit *f = s->fit;
    const int count = f->count;
    if (f->nuisances == 0) return;
    double noise = 0.0;
    for (int n = 0; n < f->points; n++) noise += f->noise[n];
    for (int n = 0; n < f->stride; n++) f->weight[n] = n < f->points ? 1.0f : 0.0f;
    weighted_nuisances(s, fmax(noise / f->points, ROUNDING));
    for (int i = 0; i < count; i++) {
        float *rest = s->other;
        const float *row = s->list[i];
        for (int n = 0; n < f->stride; n++) rest[n] = row[n];
        without_nuisances(s, rest);
        const float *one = rest;
        products(&one, 1, s->list, count, f->stride, s->gram + (size_t)i * count, count);
        s->projection[i] = dot(rest, f->data, f->stride);
    }
}
