/* Pseudo-random numbers: for the detector's noise and the first settings epoch, not for secrets. */
#ifndef NOISE_H
#define NOISE_H

#include <stdint.h>

void noise_seed(uint64_t seed);
uint16_t noise_u16(void);
double noise_normal(void); /* mean 0, standard deviation 1 */

#endif
