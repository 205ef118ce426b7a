/* The reweighted fit: `device/fit/flexible.py` in C, step by step; read that first.
 *
 * first_amounts -> weigh -> (bend -> weighted_amounts -> weigh) a few times -> conclude
 * Next: `state.h`, what is kept between them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "products.h"
#include "state.h"

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
    first_nuisances(s);
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
    const size_t beside = (size_t)fit->nuisances;
    const size_t bent = 2 * count + BENT + beside + 1;
    const size_t doubles = (fit->points + 2 * WIDEST + 1) + count * count + 3 * count + 1 +
                           bent * bent + 3 * bent + HIGH * (bent + 1) + count * count + count +
                           beside * beside + beside;
    const size_t floats = stride * (2 * count + BENT + 7 + beside);
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
    s.beside_factor = s.active.candidate + count;
    s.beside_part = s.beside_factor + beside * beside;
    s.list = (const float **)(s.beside_part + beside);
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
    s.beside = s.other + stride;
    s.member = (int *)(s.beside + stride * beside);
    s.complete = s.member + count;
    s.chosen = s.complete + count;
    s.joined = s.chosen + count;
    s.active.chosen = s.joined + count;
    s.active.count = fit->count;
    s.active.rounding = TOLERANCE;
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
    const size_t bytes[] = {sizeof(ramix_settings), sizeof(ramix_fit), sizeof(ramix_grid),
                            sizeof(ramix_range)};
    return which >= 0 && which < 4 ? (int32_t)bytes[which] : 0;
}
