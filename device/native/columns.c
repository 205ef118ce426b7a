/* References as the fit bends them, the model they make, and what each point weighs. */
#include <math.h>
#include <string.h>

#include "products.h"
#include "state.h"

/* What reference i looks like now. */
ON_EVERY_CPU
void bent(const state *s, int i, float *column) {
    const ramix_fit *f = s->fit;
    const size_t row = (size_t)f->rows[i] * f->stride;
    const float *pure = f->pure + row, *slope = f->slope + row, *curve = f->curve + row;
    const float own = (float)f->own_shift_cm1[i], wider = (float)(0.5 * f->own_width_cm2[i]);
    for (int n = 0; n < f->stride; n++) {
        const float moved = pure[n] - (s->aside[n] + own) * slope[n] + wider * curve[n];
        column[n] = moved * s->response[n];
    }
}

ON_EVERY_CPU
void weighted_column(state *s, int i) {
    float *column = row_of(s->columns, s, i), *weighted = row_of(s->weighted, s, i);
    bent(s, i, column);
    for (int n = 0; n < s->fit->stride; n++) weighted[n] = column[n] * s->fit->weight[n];
    without_nuisances(s, weighted);
}

/* The model of such amounts of the members, and what it leaves of the data. */
ON_EVERY_CPU
void model_of(state *s, const double *amounts) {
    ramix_fit *f = s->fit;
    memset(f->model, 0, sizeof(float) * f->stride);
    for (int i = 0; i < f->count; i++) {
        if (!(amounts[i] > 0.0)) continue;
        const float amount = (float)amounts[i], *column = row_of(s->columns, s, i);
        for (int n = 0; n < f->stride; n++) f->model[n] += amount * column[n];
    }
    for (int n = 0; n < f->stride; n++) s->residual[n] = f->data[n] - f->model[n];
    less_nuisances(s);
}

/* So that the sum of squares over n - half .. n + half is cumulative[n + half + 1] -
 * cumulative[n - half]; beyond the ends there is nothing. Returns the place of 0. */
const double *squares_summed(state *s, const float *values) {
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

double dot(const float *one, const float *other, int points) {
    double sum;
    products(&one, 1, &other, 1, points, &sum, 1);
    return sum;
}

/* What each point weighs, from what the model leaves there and nearby. */
ON_EVERY_CPU
void weigh(state *s) {
    ramix_fit *f = s->fit;
    const ramix_settings *set = s->set;
    const int points = f->points, stride = f->stride;
    const float *noise = f->noise, *left = s->residual;
    const double *summed = squares_summed(s, f->model);
    const int half = set->nearby_points / 2;
    const double foreign_each = set->height_doubt * set->height_doubt / set->nearby_points;
    const float floor = (float)(set->height_doubt * set->nearby_floor * s->largest);
    const float sigmas = (float)(set->noise_sigmas * set->noise_sigmas);
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
    const double scale = set->line_points * f->model_error * f->model_error;
    const float least = (float)(scale * everywhere * everywhere);
    const double each = scale / set->nearby_points;
    const float noisy = (float)f->correlated_noise;
    for (int n = 0; n < points; n++) {
        const float nearby = (float)((summed[n + half + 1] - summed[n - half]) * each);
        const float variance = noisy * noise[n] + (least + nearby);
        s->variance[n] = variance > ROUNDING ? variance : ROUNDING;
        f->weight[n] = s->doubt[n] / s->variance[n];
    }
    for (int n = points; n < stride; n++) f->weight[n] = 0.0f;
    weighted_nuisances(s, 1.0);
}
