/* The active-set method of Lawson & Hanson on a Gram matrix: `device/fit/nonnegative.py` in C. */
#ifndef RAMIX_NONNEGATIVE_H
#define RAMIX_NONNEGATIVE_H

#include "solve.h"

/* The columns that are let in, in the order of `factor`'s rows, which stand `count` apart. */
typedef struct {
    int count, size;
    double rounding;    /* a column of which the others leave less is not let in */
    int *chosen;        /* [count] */
    double *factor;     /* [count, count], of the Gram matrix of the chosen ones */
    double *candidate;  /* [count] */
} active_set;

/* Let column i in; 0 where the others make it up to rounding, and it stays out. */
int let_in(active_set *set, const double *gram, int i);

/* The column at such a place of the set leaves it. */
void let_out(active_set *set, int place);

enum { AT_ONCE = 8 };

/* Up to AT_ONCE columns to let in, of gradients above `least` and above half the steepest: those
 * that turn out negative leave again. Returns how many. */
int steepest_of(int count, const double *gradient, double least, int *entering);

/* Solve for the active set; step back and drop columns until none of them is negative. */
void feasible(active_set *set, const double *projection, double *solution);

/* Minimise x' gram x - 2 projection' x over x >= 0, from `solution` and the active set of the same
 * matrix on; `barred` (or -1) stays out. `row_needed` (or NULL) is called before a row of `gram` is
 * read, and the diagonal has to be there. */
void solve(active_set *set, const double *gram, const double *projection, double rounding,
           int barred, double *solution, double *gradient, void (*row_needed)(void *, int),
           void *whose);

#endif
