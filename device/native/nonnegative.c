/* Non-negative least squares; `nonnegative.h` says what for. */
#include "nonnegative.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define ALIKE 1e-12 /* rounding of Gram matrices in double */

int let_in(active_set *set, const double *gram, int i) {
    double *row = set->factor + (size_t)set->size * set->count;
    for (int k = 0; k < set->size; k++) row[k] = gram[(size_t)set->chosen[k] * set->count + i];
    row[set->size] = gram[(size_t)i * set->count + i];
    if (!factor_row(set->factor, set->count, set->size, set->rounding)) return 0;
    set->chosen[set->size++] = i;
    return 1;
}

void let_out(active_set *set, int place) {
    factor_without(set->factor, set->count, set->size, place);
    set->size--;
    memmove(set->chosen + place, set->chosen + place + 1, sizeof(int) * (set->size - place));
}

int steepest_of(int count, const double *gradient, double least, int *entering) {
    double steepest = 0.0;
    int many = 0;
    for (int i = 0; i < count; i++) steepest = fmax(steepest, gradient[i] - least);
    for (int i = 0; i < count && many < AT_ONCE; i++)
        if (gradient[i] - least > 0.5 * steepest) entering[many++] = i;
    return many;
}

void feasible(active_set *set, const double *projection, double *solution) {
    double *candidate = set->candidate;
    while (set->size > 0) {
        for (int k = 0; k < set->size; k++) candidate[k] = projection[set->chosen[k]];
        substitute(set->factor, set->count, set->size, candidate);
        double step = INFINITY;
        int falling = -1;
        for (int k = 0; k < set->size; k++) {
            if (candidate[k] > 0.0) continue;
            const double current = solution[set->chosen[k]];
            const double part = current / (current - candidate[k] + 1e-300);
            if (part < step) {
                step = part;
                falling = k;
            }
        }
        if (falling < 0) {
            memset(solution, 0, sizeof(double) * set->count);
            for (int k = 0; k < set->size; k++) solution[set->chosen[k]] = candidate[k];
            return;
        }
        for (int k = 0; k < set->size; k++) {
            double *value = solution + set->chosen[k];
            *value = fmax(*value + step * (candidate[k] - *value), 0.0);
        }
        solution[set->chosen[falling]] = 0.0;
        let_out(set, falling);
    }
    memset(solution, 0, sizeof(double) * set->count);
}

void solve(active_set *set, const double *gram, const double *projection, double rounding,
           int barred, double *solution, double *gradient, void (*row_needed)(void *, int),
           void *whose) {
    const int count = set->count;
    for (int turn = 0; turn <= 3 * count; turn++) {
        feasible(set, projection, solution);
        memcpy(gradient, projection, sizeof(double) * count);
        for (int k = 0; k < set->size; k++) {
            const double *row = gram + (size_t)set->chosen[k] * count;
            const double amount = solution[set->chosen[k]];
            for (int i = 0; i < count; i++) gradient[i] -= row[i] * amount;
        }
        for (int i = 0; i < count; i++) {
            const double least = rounding * sqrt(fmax(gram[(size_t)i * count + i], 0.0));
            gradient[i] = solution[i] > 0.0 || i == barred ? 0.0 : gradient[i] - least;
        }
        int entering[AT_ONCE], in = 0;
        const int many = steepest_of(count, gradient, 0.0, entering);
        for (int k = 0; k < many; k++) {
            if (row_needed != NULL) row_needed(whose, entering[k]);
            in += let_in(set, gram, entering[k]);
        }
        if (in == 0) return;
    }
}

int32_t ramix_nonnegative(int32_t count, const double *gram, int32_t fits,
                          const double *projections, double tolerance, double *solution,
                          double *fitted) {
    const size_t size = (size_t)count;
    double *memory = malloc(sizeof(double) * (size * size + 2 * size) + sizeof(int) * size);
    if (memory == NULL) return -1;
    double *gradient = memory + size * size + size, scale = 0.0;
    active_set set = {count, 0, ALIKE, (int *)(gradient + size), memory, memory + size * size};
    for (int i = 0; i < count; i++) {
        scale = fmax(scale, gram[(size_t)i * count + i]);
        if (solution[i] > 0.0 && !let_in(&set, gram, i)) solution[i] = 0.0;
    }
    for (int k = 0; k < fits; k++) {
        const double *projection = projections + (size_t)k * count;
        double largest = 0.0, total = 0.0;
        for (int i = 0; i < count; i++) largest = fmax(largest, fabs(projection[i]));
        const double rounding = scale > 0.0 ? tolerance * largest / sqrt(scale) : 0.0;
        solve(&set, gram, projection, rounding, -1, solution, gradient, NULL, NULL);
        /* at the solution gram x = p where x > 0 */
        for (int i = 0; i < count; i++) total += projection[i] * solution[i];
        fitted[k] = total;
    }
    free(memory);
    return 0;
}
