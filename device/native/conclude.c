/* What the end of the reweighting shows: evidence, precision, support. */
#include <math.h>
#include <string.h>

#include "products.h"
#include "state.h"

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

/* Those that may be named: nothing is asked of smaller ones. */
static int large(const state *s, int i, double total) {
    const double amount = s->fit->coefficients[i];
    return amount > 0.0 && amount >= s->set->evidence_from_share * total;
}

/* The amounts that the last weights lead to. The large ones stand last in the active set, so that
 * each may leave it at little cost. */
static void last_amounts(state *s, double rounding, double total) {
    const ramix_fit *f = s->fit;
    s->active.size = 0;
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < f->count; i++) {
            if (large(s, i, total) != turn) continue;
            s->amounts[i] = f->coefficients[i];
            if (s->amounts[i] > 0.0 && !let_in(&s->active, s->gram, i)) s->amounts[i] = 0.0;
        }
    solve(&s->active, s->gram, s->projection, rounding, -1, s->amounts, s->gradient, complete_row,
          s);
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

/* Rise of chi squared without each large one, and its standard deviation. */
static void leave_out_each(state *s, double rounding, double misfit, double total) {
    ramix_fit *f = s->fit;
    active_set *set = &s->active;
    const int size = set->size;
    const size_t bytes = sizeof(double) * (size_t)size * set->count;
    double *factor = s->normal, *amounts = s->prior; /* free here */
    const double best = chi_squared(s, s->amounts);
    memcpy(factor, set->factor, bytes);
    memcpy(s->joined, set->chosen, sizeof(int) * size);
    memcpy(amounts, s->amounts, sizeof(double) * f->count);
    for (int place = 0; place < size; place++) {
        const int i = s->joined[place];
        if (!large(s, i, total)) continue;
        set->size = size;
        memcpy(set->factor, factor, bytes);
        memcpy(set->chosen, s->joined, sizeof(int) * size);
        memset(set->candidate, 0, sizeof(double) * size);
        set->candidate[place] = 1.0;
        substitute(set->factor, set->count, size, set->candidate);
        f->deviation[i] = sqrt(fmax(set->candidate[place] * misfit, 0.0));
        memcpy(s->amounts, amounts, sizeof(double) * f->count);
        s->amounts[i] = 0.0;
        let_out(set, place);
        solve(set, s->gram, s->projection, rounding, i, s->amounts, s->gradient, complete_row, s);
        f->evidence[i] = (chi_squared(s, s->amounts) - best) / misfit;
    }
}

/* What the end of the reweighting shows; all of it from the weights as they are then. */
ON_EVERY_CPU
void conclude(state *s) {
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
    if (off > f->aligned_cm1 || f->noise_part > f->noise_rules) return;
    for (int n = 0; n < stride; n++) s->one[n] = s->residual[n] * s->residual[n];
    const double each = (double)set->line_points / points;
    const double misfit = fmax(1.0, dot(s->one, f->weight, stride) * each);
    const int half = set->line_points / 2;
    const double *summed = squares_summed(s, s->residual);
    for (int n = 0; n < points; n++) s->one[n] = (float)(summed[n + half + 1] - summed[n - half]);
    summed = squares_summed(s, f->model);
    const double part = set->height_doubt * set->height_doubt;
    const double noise = set->line_points * set->support_noise;
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
    last_amounts(s, rounding, total);
    for (int i = 0; i < count; i++) f->pull[i] = s->gradient[i] / misfit;
    leave_out_each(s, rounding, misfit, total);
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
