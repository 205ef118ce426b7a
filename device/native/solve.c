/* Cholesky's factor; `solve.h` says how it lies. */
#include "solve.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernel.h"

/* Four doubles side by side, at any address. */
typedef double quad __attribute__((vector_size(32), aligned(8), may_alias));

static inline double dot_of(const double *one, const double *other, int count) {
    quad sum = {0}, more = {0}, third = {0}, fourth = {0}; /* one sum would wait for itself */
    int k = 0;
    for (; k + 16 <= count; k += 16) {
        sum += *(const quad *)(one + k) * *(const quad *)(other + k);
        more += *(const quad *)(one + k + 4) * *(const quad *)(other + k + 4);
        third += *(const quad *)(one + k + 8) * *(const quad *)(other + k + 8);
        fourth += *(const quad *)(one + k + 12) * *(const quad *)(other + k + 12);
    }
    sum += (more + third) + fourth;
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

void factor_without(double *factor, int stride, int size, int place) {
    for (int i = place; i < size - 1; i++)
        memcpy(factor + (size_t)i * stride, factor + (size_t)(i + 1) * stride,
               sizeof(double) * (i + 2));
    /* every row after `place` is one too long: rotate the columns until it is not */
    for (int k = place; k < size - 1; k++) {
        double *row = factor + (size_t)k * stride;
        const double one = row[k], other = 1.0 / row[k + 1], length = hypot(one, other);
        const double cosine = one / length, sine = other / length;
        row[k] = 1.0 / length;
        for (int i = k + 1; i < size - 1; i++) {
            double *pair = factor + (size_t)i * stride + k;
            const double left = pair[0], right = pair[1];
            pair[0] = cosine * left + sine * right;
            pair[1] = cosine * right - sine * left;
        }
    }
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
