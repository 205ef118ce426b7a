/* The reweighted fit: `device/fit/flexible.py` in C, step by step; read that first.
 *
 * A reference takes part in products (is a member) once it is present; of all others the gradient
 * alone is asked, so that a large library costs little more than a small one. */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nonnegative.h"
#include "products.h"

enum { WIDEST = 64, BENT = COSINES + 1 };
#define TOLERANCE 1e-7 /* gradients below are rounding of single precision */

typedef struct {
    ramix_fit *fit;
    const ramix_settings *set;
    float *columns, *weighted;  /* [K, stride], bent; and times the weight: of the members */
    float *rows;                /* [BENT, stride], of the bending */
    float *response, *aside, *residual, *doubt, *variance, *one, *other; /* [stride] */
    double *cumulative;         /* [points + 2 WIDEST + 1] */
    double *gram, *projection;  /* [K, K], [K]: of the members */
    double *gradient, *amounts, *sums; /* [K + 1], [K], [HIGH, 2 K + BENT + 2] */
    double *normal, *bend, *prior, *factor;
    active_set active;
    const float **list, **ones;
    int *member, *complete, *chosen, *joined; /* [K] */
    float largest; /* magnitude of the data */
} state;

static float *row_of(float *rows, const state *s, int k) { return rows + (size_t)k * s->fit->stride; }

/* What reference i looks like now. */
ON_EVERY_CPU
static void bent(const state *s, int i, float *column) {
    const ramix_fit *f = s->fit;
    const size_t row = (size_t)f->rows[i] * f->stride;
    const float *pure = f->pure + row, *slope = f->slope + row, *curve = f->curve + row;
    const float own = (float)f->own_shift_cm1[i], wider = (float)(0.5 * f->own_width_cm2[i]);
    for (int n = 0; n < f->stride; n++) {
        const float moved = pure[n] - (s->aside[n] + own) * slope[n] + wider * curve[n];
        column[n] = moved * s->response[n];
    }
}

static void no_members(state *s) {
    memset(s->member, 0, sizeof(int) * s->fit->count);
    memset(s->complete, 0, sizeof(int) * s->fit->count);
}

ON_EVERY_CPU
static void weighted_column(state *s, int i) {
    float *column = row_of(s->columns, s, i), *weighted = row_of(s->weighted, s, i);
    bent(s, i, column);
    for (int n = 0; n < s->fit->stride; n++) weighted[n] = column[n] * s->fit->weight[n];
}

/* References `who` become members: their products with each other, the others and the data. */
static void join(state *s, const int *who, int new) {
    const int count = s->fit->count;
    int size = 0;
    for (int j = 0; j < count; j++)
        if (s->member[j]) {
            s->joined[size] = j;
            s->list[size++] = row_of(s->columns, s, j);
        }
    for (int first = 0; first < new; first += HIGH) {
        const int high = new - first < HIGH ? new - first : HIGH;
        for (int k = 0; k < high; k++) {
            const int i = who[first + k];
            s->member[i] = 1;
            weighted_column(s, i);
            s->ones[k] = row_of(s->weighted, s, i);
            s->joined[size] = i;
            s->list[size++] = row_of(s->columns, s, i);
        }
        s->list[size] = s->fit->data;
        products(s->ones, high, s->list, size + 1, s->fit->stride, s->sums, size + 1);
        for (int k = 0; k < high; k++) {
            const double *sums = s->sums + (size_t)k * (size + 1);
            const int i = who[first + k];
            for (int m = 0; m < size; m++) {
                const int j = s->joined[m];
                s->gram[(size_t)i * count + j] = s->gram[(size_t)j * count + i] = sums[m];
            }
            s->projection[i] = sums[size];
        }
    }
}

/* The model of such amounts of the members, and what it leaves of the data. */
ON_EVERY_CPU
static void model_of(state *s, const double *amounts) {
    ramix_fit *f = s->fit;
    memset(f->model, 0, sizeof(float) * f->stride);
    for (int i = 0; i < f->count; i++) {
        if (!(amounts[i] > 0.0)) continue;
        const float amount = (float)amounts[i], *column = row_of(s->columns, s, i);
        for (int n = 0; n < f->stride; n++) f->model[n] += amount * column[n];
    }
    for (int n = 0; n < f->stride; n++) s->residual[n] = f->data[n] - f->model[n];
}

/* gradient[i] of all that are absent from `amounts`, from the residual. */
ON_EVERY_CPU
static void gradients(state *s, const double *amounts) {
    ramix_fit *f = s->fit;
    const int stride = f->stride;
    float *u = s->one, *v = s->other;
    for (int n = 0; n < stride; n++) {
        u[n] = s->residual[n] * f->weight[n] * s->response[n];
        v[n] = s->aside[n] * u[n];
    }
    for (int i = 0; i < f->count; i++) {
        const size_t row = (size_t)f->rows[i] * stride;
        const float *pure = f->pure + row, *slope = f->slope + row;
        s->gradient[i] = amounts[i] > 0.0 ? 0.0 : difference(pure, u, slope, v, stride);
    }
}

/* Non-negative amounts from `amounts` on; model and residual are theirs afterwards. */
static void weighted_amounts(state *s, double *amounts) {
    ramix_fit *f = s->fit;
    const int count = f->count;
    const float *data = f->data;
    double energy = 0.0;
    for (int n = 0; n < f->points; n++) energy += (double)data[n] * data[n] * f->weight[n];
    s->active.size = 0;
    int present = 0;
    for (int i = 0; i < count; i++)
        if (amounts[i] > 0.0) s->chosen[present++] = i;
    join(s, s->chosen, present);
    for (int k = 0; k < present; k++)
        if (!let_in(&s->active, s->gram, s->chosen[k])) amounts[s->chosen[k]] = 0.0;
    for (int turn = 0; turn <= 3 * count; turn++) {
        feasible(&s->active, s->gram, s->projection, amounts);
        model_of(s, amounts);
        gradients(s, amounts);
        double scale = 0.0, steepest = 0.0;
        int entering = -1;
        for (int i = 0; i < count; i++)
            if (s->member[i]) scale = fmax(scale, s->gram[(size_t)i * count + i]);
        const double rounding = TOLERANCE * sqrt(scale * energy);
        for (int i = 0; i < count; i++)
            if (s->gradient[i] - rounding > steepest) {
                steepest = s->gradient[i] - rounding;
                entering = i;
            }
        if (entering < 0) return;
        if (!s->member[entering]) join(s, &entering, 1);
        if (!let_in(&s->active, s->gram, entering)) return;
    }
}

/* So that the sum of squares over n - half .. n + half is cumulative[n + half + 1] -
 * cumulative[n - half]; beyond the ends there is nothing. Returns the place of 0. */
static const double *squares_summed(state *s, const float *values) {
    double *place = s->cumulative + WIDEST, sum = 0.0;
    const int points = s->fit->points;
    for (int n = -WIDEST; n <= 0; n++) place[n] = 0.0;
    for (int n = 0; n < points; n++) {
        sum += (double)values[n] * values[n];
        place[n + 1] = sum;
    }
    for (int n = points + 1; n <= points + WIDEST; n++) place[n] = sum;
    return place;
}

static double dot(const float *one, const float *other, int points) {
    double sum;
    products(&one, 1, &other, 1, points, &sum, 1);
    return sum;
}

/* What each point weighs, from what the model leaves there and nearby. */
ON_EVERY_CPU
static void weigh(state *s) {
    ramix_fit *f = s->fit;
    const ramix_settings *set = s->set;
    const int points = f->points, stride = f->stride;
    const float *noise = f->noise, *left = s->residual;
    const double *summed = squares_summed(s, f->model);
    const int half = set->foreign_points / 2, wide = set->nearby_points / 2;
    const double foreign_each = set->foreign_nearby * set->foreign_nearby / set->foreign_points;
    const float floor = (float)(set->foreign_floor * s->largest);
    const float sigmas = (float)(set->foreign_sigmas * set->foreign_sigmas);
    for (int n = 0; n < points; n++) {
        const float nearby = (float)((summed[n + half + 1] - summed[n - half]) * foreign_each);
        const float amplitude = sqrtf(nearby) + floor;
        const float tolerated = amplitude * amplitude + sigmas * noise[n];
        const float square = left[n] * left[n];
        s->doubt[n] = square > tolerated ? tolerated / square : 1.0f;
        s->one[n] = f->known[n] * f->model[n];
        s->other[n] = f->known[n] * (square - noise[n]);
    }
    for (int n = points; n < stride; n++) s->doubt[n] = s->one[n] = s->other[n] = 0.0f;
    const double energy = dot(s->one, f->model, stride);
    const double trusted = fmax(dot(s->other, s->doubt, stride), 0.0);
    const double error = energy > 0.0 ? sqrt(trusted / energy) : INFINITY;
    f->model_error = fmin(fmax(error, set->model_error_limits[0]), set->model_error_limits[1]);
    const double everywhere = set->nearby_floor * s->largest;
    const double scale = set->correlated_error * f->model_error * f->model_error;
    const float least = (float)(scale * everywhere * everywhere);
    const double each = scale / set->nearby_points;
    const float noisy = (float)f->correlated_noise;
    for (int n = 0; n < points; n++) {
        const float nearby = (float)((summed[n + wide + 1] - summed[n - wide]) * each);
        const float variance = noisy * noise[n] + (least + nearby);
        s->variance[n] = variance > 1e-30f ? variance : 1e-30f;
        f->weight[n] = s->doubt[n] / s->variance[n];
    }
    for (int n = points; n < stride; n++) f->weight[n] = 0.0f;
}

/* [size, size] in s->normal and [size] in s->bend: own shifts and widths of the `chosen`, stretch
 * and cosines, whose rows are in s->list, times s->factor; last the shift of all. */
ON_EVERY_CPU
static void bending_equations(state *s, int present, const float *rest) {
    const int count = 2 * present + BENT, size = count + 1;
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
static int bend(state *s) {
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
            precision_of(k == 0 ? set->axis_sigma_cm1[1] : set->response_sigma);
    }
    const int last = 2 * present + BENT;
    s->prior[last] = precision_of(set->axis_sigma_cm1[0]);
    bending_equations(s, present, rest);
    for (int i = 0; i <= last; i++)
        if (!factor_row(s->normal, last + 1, i)) return 0; /* not finite */
    substitute(s->normal, last + 1, last + 1, s->bend);
    const double *bend = s->bend, own = set->own_shift_limit_cm1, limit = set->axis_limit_cm1;
    f->axis_error_cm1[0] = clipped(bend[last], -limit, limit);
    f->axis_error_cm1[1] = clipped(bend[2 * present], -limit, limit);
    memcpy(f->response, bend + 2 * present + 1, sizeof(double) * COSINES);
    for (int k = 0; k < present; k++) {
        f->own_shift_cm1[s->chosen[k]] = clipped(bend[k], -own, own);
        f->own_width_cm2[s->chosen[k]] = clipped(
            bend[present + k], set->own_width_limits_cm2[0], set->own_width_limits_cm2[1]);
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

/* Products of reference i with all others, for `solve`. */
static void complete_row(void *whose, int i) {
    state *s = whose;
    const int count = s->fit->count;
    if (s->complete[i]) return;
    s->complete[i] = 1;
    const float *weighted = row_of(s->weighted, s, i);
    products(&weighted, 1, s->list, count, s->fit->stride, s->gram + (size_t)i * count, count);
}

/* The same for all present ones at once. */
static void complete_present(state *s) {
    const int count = s->fit->count;
    int size = 0;
    for (int i = 0; i < count; i++)
        if (s->fit->coefficients[i] > 0.0) {
            s->complete[i] = 1;
            s->chosen[size] = i;
            s->ones[size++] = row_of(s->weighted, s, i);
        }
    double *sums = s->active.factor; /* free here */
    products(s->ones, size, s->list, count, s->fit->stride, sums, count);
    for (int k = 0; k < size; k++)
        memcpy(s->gram + (size_t)s->chosen[k] * count, sums + (size_t)k * count,
               sizeof(double) * count);
}

/* The amounts that all weights lead to, from the coefficients on, without `barred`. */
static void amounts_without(state *s, double rounding, int barred) {
    const ramix_fit *f = s->fit;
    s->active.size = 0;
    for (int i = 0; i < f->count; i++) {
        s->amounts[i] = i == barred ? 0.0 : f->coefficients[i];
        if (s->amounts[i] > 0.0 && !let_in(&s->active, s->gram, i)) s->amounts[i] = 0.0;
    }
    solve(&s->active, s->gram, s->projection, rounding, barred, s->amounts, s->gradient,
          complete_row, s);
}

static double chi_squared(const state *s, const double *amounts) {
    const int count = s->fit->count;
    double total = 0.0;
    for (int i = 0; i < count; i++) {
        if (amounts[i] == 0.0) continue;
        double row = 0.0;
        for (int j = 0; j < count; j++) row += s->gram[(size_t)i * count + j] * amounts[j];
        total += amounts[i] * (row - 2.0 * s->projection[i]);
    }
    return total;
}

/* Standard deviations of the present ones, from the inverse of their precision. */
static void deviations(state *s, double misfit) {
    ramix_fit *f = s->fit;
    active_set *set = &s->active;
    double *column = set->candidate;
    set->size = 0;
    for (int i = 0; i < f->count; i++)
        if (f->coefficients[i] > 0.0 && !let_in(set, s->gram, i)) f->deviation[i] = INFINITY;
    for (int k = 0; k < set->size; k++) {
        memset(column, 0, sizeof(double) * set->size);
        column[k] = 1.0;
        substitute(set->factor, set->count, set->size, column);
        f->deviation[set->chosen[k]] = sqrt(fmax(column[k] * misfit, 0.0));
    }
}

/* What the end of the reweighting shows; all of it from the weights as they are then. */
ON_EVERY_CPU
static void conclude(state *s) {
    ramix_fit *f = s->fit;
    const ramix_settings *set = s->set;
    const int count = f->count, points = f->points, stride = f->stride;
    double energy = 0.0, noisy = 0.0;
    for (int n = 0; n < points; n++) {
        const double square = (double)f->model[n] * f->model[n];
        energy += square;
        noisy += square * (f->correlated_noise * f->noise[n] / s->variance[n]);
    }
    f->noise_part = noisy / fmax(energy, 1e-300);
    const double off = fabs(f->axis_error_cm1[0]) + fabs(f->axis_error_cm1[1]);
    const int noise_rules = f->noise_part > f->noise_rules && f->model_error < f->matched_model_error;
    if (off > f->aligned_cm1 || noise_rules) return;
    for (int n = 0; n < stride; n++) s->one[n] = s->residual[n] * s->residual[n];
    const double each = set->correlated_error / points;
    const double misfit = fmax(1.0, dot(s->one, f->weight, stride) * each);
    const int half = set->support_points / 2;
    const double *summed = squares_summed(s, s->residual);
    for (int n = 0; n < points; n++) s->one[n] = (float)(summed[n + half + 1] - summed[n - half]);
    summed = squares_summed(s, f->model);
    const double part = set->support_residual * set->support_residual;
    const double noise = set->support_points * set->support_noise;
    for (int n = 0; n < points; n++) {
        const double signal = part * (summed[n + half + 1] - summed[n - half]);
        s->one[n] = s->one[n] < signal + noise * f->noise[n] ? 1.0f : 0.0f;
    }
    no_members(s);
    double largest = 0.0, scale = 0.0, total = 0.0;
    for (int i = 0; i < count; i++) {
        weighted_column(s, i);
        const float *column = row_of(s->columns, s, i), *weighted = row_of(s->weighted, s, i);
        const float *with[] = {column, f->data};
        products(&weighted, 1, with, 2, stride, s->sums, 2);
        s->gram[(size_t)i * count + i] = s->sums[0];
        s->projection[i] = s->sums[1];
        s->list[i] = column;
        for (int n = 0; n < stride; n++) s->other[n] = column[n] * column[n];
        const double all = dot(column, column, stride);
        f->support[i] = all > 0.0 ? dot(s->other, s->one, stride) / all : 0.0;
        largest = fmax(largest, fabs(s->projection[i]));
        scale = fmax(scale, s->gram[(size_t)i * count + i]);
        total += f->coefficients[i];
    }
    complete_present(s);
    const double rounding = scale > 0.0 ? TOLERANCE * largest / sqrt(scale) : 0.0;
    amounts_without(s, rounding, -1);
    const double best = chi_squared(s, s->amounts);
    for (int i = 0; i < count; i++) f->pull[i] = s->gradient[i] / misfit;
    for (int i = 0; i < count; i++) {
        if (!(f->coefficients[i] > 0.0) || f->coefficients[i] < set->evidence_from_share * total)
            continue;
        amounts_without(s, rounding, i);
        f->evidence[i] = (chi_squared(s, s->amounts) - best) / misfit;
    }
    deviations(s, misfit);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            const int row = s->complete[i] ? i : j, column = s->complete[i] ? j : i;
            const int known = s->complete[row] || i == j;
            f->precision[(size_t)i * count + j] =
                known ? s->gram[(size_t)row * count + column] / misfit : 0.0;
        }
    const float inverse = (float)(1.0 / misfit);
    for (int n = 0; n < stride; n++) f->weight[n] *= inverse;
}

static void first_amounts(state *s) {
    ramix_fit *f = s->fit;
    const int count = f->count, stride = f->stride;
    double largest = 0.0, scale = 0.0;
    for (int n = 0; n < stride; n++) {
        s->response[n] = 1.0f;
        s->aside[n] = 0.0f;
    }
    for (int i = 0; i < count; i++) {
        const int32_t row = f->rows[i];
        s->list[i] = f->pure + (size_t)row * stride;
        for (int j = 0; j < count; j++)
            s->gram[(size_t)i * count + j] = f->gram[(size_t)row * f->gram_stride + f->rows[j]];
        scale = fmax(scale, s->gram[(size_t)i * count + i]);
        f->coefficients[i] = f->own_shift_cm1[i] = f->own_width_cm2[i] = 0.0;
    }
    products(&f->data, 1, s->list, count, stride, s->projection, count);
    for (int i = 0; i < count; i++) largest = fmax(largest, fabs(s->projection[i]));
    const double rounding = scale > 0.0 ? TOLERANCE * largest / sqrt(scale) : 0.0;
    s->active.size = 0;
    solve(&s->active, s->gram, s->projection, rounding, -1, f->coefficients, s->gradient, NULL,
          NULL);
    for (int i = 0; i < count; i++)
        if (f->coefficients[i] > 0.0) bent(s, i, row_of(s->columns, s, i));
    model_of(s, f->coefficients);
}

int32_t ramix_reweighted_fit(const ramix_settings *settings, ramix_fit *fit) {
    const size_t count = (size_t)fit->count, stride = (size_t)fit->stride;
    const size_t bent = 2 * count + BENT + 1;
    const size_t doubles = (fit->points + 2 * WIDEST + 1) + count * count + 3 * count + 1 +
                           bent * bent + 3 * bent + HIGH * (bent + 1) + count * count + count;
    const size_t floats = stride * (2 * count + BENT + 7);
    char *memory = malloc(sizeof(double) * doubles + sizeof(float *) * (bent + 1 + count + HIGH) +
                          sizeof(float) * floats + sizeof(int) * 5 * count);
    if (memory == NULL) return -1;
    state s = {.fit = fit, .set = settings};
    fit->axis_error_cm1[0] = fit->axis_error_cm1[1] = 0.0;
    memset(fit->response, 0, sizeof fit->response);
    s.cumulative = (double *)memory;
    s.gram = s.cumulative + fit->points + 2 * WIDEST + 1;
    s.projection = s.gram + count * count;
    s.gradient = s.projection + count;
    s.amounts = s.gradient + count + 1;
    s.normal = s.amounts + count;
    s.bend = s.normal + bent * bent;
    s.prior = s.bend + bent;
    s.factor = s.prior + bent;
    s.sums = s.factor + bent;
    s.active.factor = s.sums + HIGH * (bent + 1);
    s.active.candidate = s.active.factor + count * count;
    s.list = (const float **)(s.active.candidate + count);
    s.ones = s.list + bent + 1;
    s.columns = (float *)(s.ones + count + HIGH);
    s.weighted = s.columns + stride * count;
    s.rows = s.weighted + stride * count;
    s.response = s.rows + stride * BENT;
    s.aside = s.response + stride;
    s.residual = s.aside + stride;
    s.doubt = s.residual + stride;
    s.variance = s.doubt + stride;
    s.one = s.variance + stride;
    s.other = s.one + stride;
    s.member = (int *)(s.other + stride);
    s.complete = s.member + count;
    s.chosen = s.complete + count;
    s.joined = s.chosen + count;
    s.active.chosen = s.joined + count;
    s.active.count = fit->count;
    for (size_t n = 0; n < stride; n++) {
        const float magnitude = fabsf(fit->data[n]);
        if (magnitude > s.largest) s.largest = magnitude;
    }
    first_amounts(&s);
    weigh(&s);
    for (int turn = 0; turn < settings->reweightings && bend(&s); turn++) {
        no_members(&s);
        weighted_amounts(&s, fit->coefficients);
        weigh(&s);
    }
    conclude(&s);
    free(memory);
    return 0;
}

int32_t ramix_kernel_version(void) { return RAMIX_KERNEL_VERSION; }

int32_t ramix_structure_bytes(int32_t which) {
    return which == 0 ? sizeof(ramix_settings) : sizeof(ramix_fit);
}
