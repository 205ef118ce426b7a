/* How the references are bent: axis, response, own shifts and widths, by ridge regression. */
#include <math.h>
#include <string.h>

#include "products.h"
#include "state.h"

/* [size, size] in s->normal and [size] in s->bend: own shifts and widths of the `chosen`, stretch,
 * cosines and nuisances, whose rows are in s->list, times s->factor; last the shift of all. */
ON_EVERY_CPU
static void bending_equations(state *s, int present, const float *rest) {
    const int count = 2 * present + BENT + s->fit->nuisances, size = count + 1;
    double *last = s->normal + (size_t)count * size;
    for (int first = 0; first < count; first += HIGH) {
        const int high = count - first < HIGH ? count - first : HIGH, wide = first + high + 1;
        float *rows[HIGH] = {s->one, s->variance};
        for (int h = 0; h < high; h++) {
            for (int n = 0; n < s->fit->stride; n++)
                rows[h][n] = s->list[first + h][n] * s->fit->weight[n];
            s->ones[h] = rows[h];
        }
        const float *next = s->list[wide - 1];
        s->list[wide - 1] = rest;
        products(s->ones, high, s->list, wide, s->fit->stride, s->sums, wide);
        s->list[wide - 1] = next;
        for (int h = 0; h < high; h++) {
            const int i = first + h;
            const double *sums = s->sums + (size_t)h * wide;
            for (int j = 0; j <= i; j++)
                s->normal[i * size + j] = s->factor[i] * s->factor[j] * sums[j];
            s->bend[i] = s->factor[i] * sums[wide - 1];
        }
    }
    /* Summed from the very products above: rounding must not tell the shift of all from the own
     * shifts, whose priors alone share it out. */
    memset(last, 0, sizeof(double) * size);
    s->bend[count] = 0.0;
    for (int i = 0; i < present; i++) {
        s->bend[count] += s->bend[i];
        for (int j = 0; j < count; j++)
            last[j] += j <= i ? s->normal[i * size + j] : s->normal[j * size + i];
    }
    for (int i = 0; i < present; i++) last[count] += last[i];
    for (int i = 0; i < size; i++) s->normal[i * size + i] += s->prior[i];
}

static double clipped(double value, double lowest, double highest) {
    return fmin(fmax(value, lowest), highest);
}

static double precision_of(double sigma) { return 1.0 / (sigma * sigma); }

/* Axis, response, own shifts and widths by ridge regression; 0 where nothing is present. */
ON_EVERY_CPU
int bend(state *s) {
    ramix_fit *f = s->fit;
    const ramix_settings *set = s->set;
    const int count = f->count, stride = f->stride;
    float *pure = s->other, *rest = s->doubt, *stretched = s->rows;
    memset(pure, 0, sizeof(float) * stride);
    memset(stretched, 0, sizeof(float) * stride);
    memset(f->own_shift_cm1, 0, sizeof(double) * count);
    memset(f->own_width_cm2, 0, sizeof(double) * count);
    int present = 0;
    for (int i = 0; i < count; i++) {
        if (!(f->coefficients[i] > 0.0)) continue;
        const size_t row = (size_t)f->rows[i] * stride;
        const float amount = (float)f->coefficients[i];
        for (int n = 0; n < stride; n++) pure[n] += amount * f->pure[row + n];
        for (int n = 0; n < stride; n++) stretched[n] += amount * f->slope[row + n];
        s->chosen[present++] = i;
    }
    if (present == 0) return 0;
    while (present > set->most_bent) { /* without the smallest */
        int smallest = 0;
        for (int k = 1; k < present; k++)
            if (f->coefficients[s->chosen[k]] <= f->coefficients[s->chosen[smallest]]) smallest = k;
        present--;
        memmove(s->chosen + smallest, s->chosen + smallest + 1, sizeof(int) * (present - smallest));
    }
    for (int n = 0; n < stride; n++) {
        rest[n] = f->data[n] - pure[n];
        stretched[n] *= f->ramp[n];
    }
    for (int k = 0; k < COSINES; k++) {
        float *row = row_of(s->rows, s, k + 1);
        const float *cosine = f->cosines + (size_t)k * stride;
        for (int n = 0; n < stride; n++) row[n] = pure[n] * cosine[n];
    }
    for (int k = 0; k < present; k++) {
        const int i = s->chosen[k];
        s->list[k] = f->slope + (size_t)f->rows[i] * stride;
        s->list[present + k] = f->curve + (size_t)f->rows[i] * stride;
        s->factor[k] = -f->coefficients[i];
        s->factor[present + k] = 0.5 * f->coefficients[i];
        s->prior[k] = precision_of(set->own_shift_sigma_cm1);
        s->prior[present + k] = precision_of(set->own_width_sigma_cm2);
    }
    for (int k = 0; k < BENT; k++) {
        s->list[2 * present + k] = row_of(s->rows, s, k);
        s->factor[2 * present + k] = k == 0 ? -1.0 : 1.0;
        s->prior[2 * present + k] =
            precision_of(k == 0 ? set->axis_sigma_cm1 : set->response_sigma);
    }
    for (int k = 0; k < f->nuisances; k++) {
        s->list[2 * present + BENT + k] = f->nuisance + (size_t)k * stride;
        s->factor[2 * present + BENT + k] = 1.0;
        s->prior[2 * present + BENT + k] = f->nuisance_precision[k];
    }
    const int last = 2 * present + BENT + f->nuisances;
    s->prior[last] = precision_of(set->axis_sigma_cm1);
    bending_equations(s, present, rest);
    for (int i = 0; i <= last; i++)
        if (!factor_row(s->normal, last + 1, i, TOLERANCE * TOLERANCE)) return 0; /* not finite */
    substitute(s->normal, last + 1, last + 1, s->bend);
    const double *bend = s->bend, limit = set->shift_limit_cm1;
    f->axis_error_cm1[0] = clipped(bend[last], -limit, limit);
    f->axis_error_cm1[1] = clipped(bend[2 * present], -limit, limit);
    memcpy(f->response, bend + 2 * present + 1, sizeof(double) * COSINES);
    for (int k = 0; k < present; k++) {
        f->own_shift_cm1[s->chosen[k]] = clipped(bend[k], -limit, limit);
        f->own_width_cm2[s->chosen[k]] = bend[present + k];
    }
    for (int n = 0; n < stride; n++) {
        s->aside[n] = (float)f->axis_error_cm1[0] + (float)f->axis_error_cm1[1] * f->ramp[n];
        s->response[n] = 1.0f;
    }
    for (int k = 0; k < COSINES; k++) {
        const float part = (float)f->response[k], *cosine = f->cosines + (size_t)k * stride;
        for (int n = 0; n < stride; n++) s->response[n] += part * cosine[n];
    }
    return 1;
}
