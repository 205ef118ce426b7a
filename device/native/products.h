/* Sums of products over points of rows in single precision. */
#ifndef RAMIX_PRODUCTS_H
#define RAMIX_PRODUCTS_H

#include "kernel.h"

enum { HIGH = 2 }; /* so many rows at once cost little more than one */

/* sums[i, j] = sum ones[i] others[j]; rows of `sums` stand `stride` apart. `points` is a multiple
 * of LANES. */
void products(const float *const *ones, int one_count, const float *const *others,
              int other_count, int points, double *sums, int stride);

/* sum a b - c d */
double difference(const float *a, const float *b, const float *c, const float *d, int points);

#endif
