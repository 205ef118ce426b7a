/* Amounts for the weights as they are.
 *
 * A reference takes part in products (is a member) once it is present; of all others the gradient
 * alone is asked, so that a large library costs little more than a small one. */
#include <math.h>
#include <string.h>

#include "products.h"
#include "state.h"

void no_members(state *s) {
    memset(s->member, 0, sizeof(int) * s->fit->count);
    memset(s->complete, 0, sizeof(int) * s->fit->count);
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
void weighted_amounts(state *s, double *amounts) {
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
        feasible(&s->active, s->projection, amounts);
        model_of(s, amounts);
        gradients(s, amounts);
        double scale = 0.0;
        for (int i = 0; i < count; i++)
            if (s->member[i]) scale = fmax(scale, s->gram[(size_t)i * count + i]);
        const double rounding = TOLERANCE * sqrt(scale * energy);
        int entering[AT_ONCE], new[AT_ONCE], joining = 0;
        const int many = steepest_of(count, s->gradient, rounding, entering);
        if (many == 0) return;
        for (int k = 0; k < many; k++)
            if (!s->member[entering[k]]) new[joining++] = entering[k];
        join(s, new, joining);
        int in = 0;
        for (int k = 0; k < many; k++) in += let_in(&s->active, s->gram, entering[k]);
        if (in == 0) return;
    }
}
