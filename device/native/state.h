/* What a reweighted fit keeps between its steps; `fit.c` lists the steps. */
#ifndef RAMIX_STATE_H
#define RAMIX_STATE_H

#include <float.h>

#include "kernel.h"
#include "nonnegative.h"

enum { WIDEST = 64, BENT = COSINES + 1 };
#define TOLERANCE 1e-7 /* gradients and pivots below are rounding of single precision */
#define ROUNDING (FLT_EPSILON * FLT_EPSILON) /* its variance, of data scaled to about 1 */

typedef struct {
    ramix_fit *fit;
    const ramix_settings *set;
    float *columns, *weighted;  /* [K, stride], bent; and times the weight: of the members */
    float *rows;                /* [BENT, stride], of the bending */
    float *response, *aside, *residual, *doubt, *variance, *one, *other; /* [stride] */
    float *beside;              /* [N, stride], nuisances times the weight */
    double *beside_factor, *beside_part; /* [N, N], [N] */
    double *cumulative;         /* [points + 2 WIDEST + 1] */
    double *gram, *projection;  /* [K, K], [K]: of the members */
    double *gradient, *amounts, *sums; /* [K + 1], [K], [HIGH, 2 K + BENT + 2] */
    double *normal, *bend, *prior, *factor;
    active_set active;
    const float **list, **ones;
    int *member, *complete, *chosen, *joined; /* [K] */
    float largest; /* magnitude of the data, without nuisances */
} state;

static inline float *row_of(float *rows, const state *s, int k) {
    return rows + (size_t)k * s->fit->stride;
}

/* nuisances.c: nothing happens in any of these where there are none. The nuisances for the weights
 * as they are, their precision times `scale`; a weighted row less what nuisances could be of it; the
 * residual less the nuisances; the first amounts' equations less the nuisances. */
void weighted_nuisances(state *s, double scale);
void without_nuisances(state *s, float *weighted);
void less_nuisances(state *s);
void first_nuisances(state *s);

/* columns.c: what reference i looks like now, and times the weight; the model of such amounts and
 * what it leaves of the data; sums of squares over points beside each (place 0 is returned); what
 * each point weighs, from what the model leaves there and nearby. */
void bent(const state *s, int i, float *column);
void weighted_column(state *s, int i);
void model_of(state *s, const double *amounts);
const double *squares_summed(state *s, const float *values);
double dot(const float *one, const float *other, int points);
void weigh(state *s);

/* amounts.c: forget all products; non-negative amounts from `amounts` on. */
void no_members(state *s);
void weighted_amounts(state *s, double *amounts);

/* bend.c: axis, response, own shifts and widths; 0 where nothing is present. */
int bend(state *s);

/* conclude.c: what the end of the reweighting shows. */
void conclude(state *s);

#endif
