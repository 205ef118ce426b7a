/* Cholesky's factor; `solve.h` says how it lies. */
#include "solve.h"

#include <math.h>
#include <stddef.h>

#include "kernel.h"

/* Four doubles side by side, at any address. */
typedef double quad __attribute__((vector_size(32), aligned(8), may_alias));

static inline double dot_of(const double *one, const double *other, int count) {
    quad sum = {0};
    int k = 0;
    for (; k + 4 <= count; k += 4) sum += *(const quad *)(one + k) * *(const quad *)(other + k);
    double total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    for (; k < count; k++) total += one[k] * other[k];
    return total;
}

ON_EVERY_CPU
int factor_row(double *factor, int stride, int size, double rounding) {
    double *row = factor + (size_t)size * stride;
    for (int j = 0; j < size; j++) {
        const double *other = factor + (size_t)j * stride;
        row[j] = (row[j] - dot_of(row, other, j)) * other[j];
    }
    const double pivot = row[size] - dot_of(row, row, size);
    if (!(pivot > rounding * row[size])) return 0;
    row[size] = 1.0 / sqrt(pivot);
    return 1;
}

ON_EVERY_CPU
void substitute(const double *factor, int stride, int size, double *vector) {
    for (int i = 0; i < size; i++) {
        const double *row = factor + (size_t)i * stride;
        vector[i] = (vector[i] - dot_of(row, vector, i)) * row[i];
    }
    for (int i = size - 1; i >= 0; i--) {
        const double *row = factor + (size_t)i * stride, value = vector[i] * row[i];
        vector[i] = value;
        for (int k = 0; k < i; k++) vector[k] -= row[k] * value;
    }
}
