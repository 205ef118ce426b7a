/* What the detector sees: a solvent-like spectrum with noise, or a recorded frame. */
#ifndef SPECTRUM_H
#define SPECTRUM_H

#include "requests.h"

struct exposure {
    uint32_t duration_us;
    uint64_t lit_us; /* the part of it with the laser on */
    uint16_t laser_power_mw;
};

/* Expose a recording instead: lit frames give its first column, dark ones its second, in
 * proportion to the time. False when the file cannot be read or has too many lines. */
bool spectrum_replay(const char *path, uint32_t recorded_us);

/* With noise of this standard deviation on each count of a recording; and whether the recording
 * is itself an average of frames, which its frames then say. */
void spectrum_set_noise(double counts);
void spectrum_set_average(void);
bool spectrum_is_average(void);

/* Compute the synthetic spectrum; not needed for a recording. */
void spectrum_prepare(void);

uint16_t spectrum_pixel_count(void);
uint32_t spectrum_usual_exposure_us(void);

/* The camera's figures, as far as they are true of what `spectrum_expose` gives. */
void spectrum_tell_camera(struct ramix_camera *camera);

/* The counts of one exposure into an array of `spectrum_pixel_count()`, which need not be
 * aligned; whether a pixel is full. */
bool spectrum_expose(const struct exposure *exposure, void *counts);

#endif
