/* Sums of products over points: LANES side by side in single precision, BLOCK points at a time, on
 * in double. */
#include "products.h"

#include <stddef.h>

enum { BLOCK = 1024, WIDE = 4 };

/* LANES floats side by side, at any address; the compiler takes as many registers as it needs. */
typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#define AT(place) (*(const lanes *)(place))

static inline double over_lanes(const lanes *sum) {
    double total = 0.0;
    for (int lane = 0; lane < LANES; lane++) total += (*sum)[lane];
    return total;
}

ON_EVERY_CPU
void products(const float *const *ones, int one_count, const float *const *others,
              int other_count, int points, double *sums, int stride) {
    for (int i = 0; i < one_count; i++)
        for (int j = 0; j < other_count; j++) sums[(size_t)i * stride + j] = 0.0;
    for (int start = 0; start < points; start += BLOCK) {
        const int end = points - start < BLOCK ? points : start + BLOCK;
        for (int i = 0; i < one_count; i += HIGH)
            for (int j = 0; j < other_count; j += WIDE) {
                /* beyond the last row the first is taken again, and not counted */
                const int high = one_count - i < HIGH ? one_count - i : HIGH;
                const int wide = other_count - j < WIDE ? other_count - j : WIDE;
                const float *one = ones[i], *two = ones[high > 1 ? i + 1 : i], *other[WIDE];
                for (int k = 0; k < WIDE; k++) other[k] = others[k < wide ? j + k : j];
                lanes sum[HIGH][WIDE] = {{{0}}};
                if (high > 1)
                    for (int n = start; n < end; n += LANES)
                        for (int k = 0; k < WIDE; k++) {
                            sum[0][k] += AT(one + n) * AT(other[k] + n);
                            sum[1][k] += AT(two + n) * AT(other[k] + n);
                        }
                else
                    for (int n = start; n < end; n += LANES)
                        for (int k = 0; k < WIDE; k++) sum[0][k] += AT(one + n) * AT(other[k] + n);
                for (int h = 0; h < high; h++)
                    for (int k = 0; k < wide; k++)
                        sums[(size_t)(i + h) * stride + j + k] += over_lanes(&sum[h][k]);
            }
    }
}

ON_EVERY_CPU
double difference(const float *a, const float *b, const float *c, const float *d, int points) {
    double total = 0.0;
    for (int start = 0; start < points; start += BLOCK) {
        const int end = points - start < BLOCK ? points : start + BLOCK;
        lanes sum = {0}, other = {0};
        for (int n = start; n < end; n += LANES) {
            sum += AT(a + n) * AT(b + n);
            other += AT(c + n) * AT(d + n);
        }
        total += over_lanes(&sum) - over_lanes(&other);
    }
    return total;
}
