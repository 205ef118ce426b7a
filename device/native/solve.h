/* Cholesky's factor of small symmetric systems, row by row, in double; rows stand `stride` apart
 * and end in the reciprocal of the diagonal. */
#ifndef RAMIX_SOLVE_H
#define RAMIX_SOLVE_H

/* Row `size` of the matrix -> row `size` of the factor, the rows before it being done; 0 where
 * they make it up but for the part `rounding` of it. */
int factor_row(double *factor, int stride, int size, double rounding);

/* The factor of so many rows -> that of one less, without row and column `place`. */
void factor_without(double *factor, int stride, int size, int place);

/* Solve with the factor; `vector` [size] is the right-hand side, then the solution. */
void substitute(const double *factor, int stride, int size, double *vector);

#endif
