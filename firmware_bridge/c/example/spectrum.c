#include "spectrum.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "factory_page.h"
#include "limits.h"
#include "noise.h"

/* The camera's figures, all of them assumed: those of a small cooled CCD. */
#define GAIN_E_PER_COUNT 4.0
#define READ_NOISE_E 12.0
#define FULL_WELL_E 240000.0
#define OFFSET_COUNTS 300.0
#define DARK_E_PER_S 20.0
#define CONVERTER_BITS 16
#define LAST_COUNT 65535.0

/* Lines of a spectrum that looks like cyclohexane: wavenumber, half width, electrons per second at
 * full laser power; and the broad light behind them. */
static const struct {
    double cm1, half_width_cm1, e_per_s;
} lines[] = {
    {384.0, 6.0, 40000.0},   {801.0, 5.0, 400000.0},  {1028.0, 6.0, 150000.0},
    {1157.0, 7.0, 35000.0},  {1266.0, 6.0, 130000.0}, {1444.0, 8.0, 110000.0},
};
#define BACKGROUND_E_PER_S 8000.0

static double lit_per_us[MAX_PIXELS];  /* electrons; counts of a recording */
static double dark_per_us[MAX_PIXELS];
static uint16_t pixel_count = DEFAULT_PIXELS;
static uint32_t usual_exposure_us = DEFAULT_INTEGRATION_TIME_US;
static bool is_recording;
static bool is_average;
static double recording_noise_counts;

bool spectrum_replay(const char *path, uint32_t recorded_us)
{
    FILE *file = fopen(path, "r");
    double raw, dark;
    uint32_t n = 0;

    if (file == NULL)
        return false;
    while (fscanf(file, "%lf %lf", &raw, &dark) == 2) {
        if (n < MAX_PIXELS) {
            lit_per_us[n] = (raw - dark) / recorded_us;
            dark_per_us[n] = dark / recorded_us;
        }
        n++;
    }
    fclose(file);
    pixel_count = (uint16_t)n;
    usual_exposure_us = recorded_us;
    is_recording = true;
    return n >= 3 && n <= MAX_PIXELS;
}

void spectrum_set_noise(double counts)
{
    recording_noise_counts = counts;
}

void spectrum_set_average(void)
{
    is_average = true;
}

bool spectrum_is_average(void)
{
    return is_average;
}

void spectrum_prepare(void)
{
    for (uint16_t pixel = 0; pixel < pixel_count; pixel++) {
        double cm1 = factory_page_cm1(pixel);
        double e_per_s = BACKGROUND_E_PER_S;
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            double away = (cm1 - lines[i].cm1) / lines[i].half_width_cm1;
            e_per_s += lines[i].e_per_s / (1.0 + away * away);
        }
        lit_per_us[pixel] = e_per_s / 1e6;
        dark_per_us[pixel] = DARK_E_PER_S / 1e6;
    }
}

uint16_t spectrum_pixel_count(void)
{
    return pixel_count;
}

uint32_t spectrum_usual_exposure_us(void)
{
    return usual_exposure_us;
}

void spectrum_tell_camera(struct ramix_camera *camera)
{
    memset(camera, 0, sizeof *camera);
    camera->known = RAMIX_CAMERA_KNOWN_CONVERTER_BITS;
    camera->converter_bits = CONVERTER_BITS;
    if (is_recording)
        return;
    camera->known |= RAMIX_CAMERA_KNOWN_GAIN | RAMIX_CAMERA_KNOWN_READ_NOISE |
                     RAMIX_CAMERA_KNOWN_FULL_WELL | RAMIX_CAMERA_KNOWN_OFFSET |
                     RAMIX_CAMERA_KNOWN_DARK_CURRENT | RAMIX_CAMERA_KNOWN_USEFUL_RANGE;
    camera->gain_e_per_count = (float)GAIN_E_PER_COUNT;
    camera->read_noise_e = (float)READ_NOISE_E;
    camera->full_well_e = (float)FULL_WELL_E;
    camera->offset_counts = (float)OFFSET_COUNTS;
    camera->dark_current_e_per_s = (float)DARK_E_PER_S;
    camera->first_useful_pixel = 0;
    camera->last_useful_pixel = (uint16_t)(pixel_count - 1);
}

static double recorded(const struct exposure *exposure, uint16_t pixel)
{
    return dark_per_us[pixel] * exposure->duration_us +
           lit_per_us[pixel] * (double)exposure->lit_us +
           recording_noise_counts * noise_normal();
}

/* Electrons with the noise of their number, then the readout's own, then counts. */
static double synthetic(const struct exposure *exposure, uint16_t pixel, bool *is_full)
{
    double power = (double)exposure->laser_power_mw / MAX_LASER_POWER_MW;
    double mean_e = dark_per_us[pixel] * exposure->duration_us +
                    lit_per_us[pixel] * power * (double)exposure->lit_us;
    double electrons = mean_e + sqrt(mean_e) * noise_normal();

    if (electrons >= FULL_WELL_E) {
        electrons = FULL_WELL_E;
        *is_full = true;
    }
    return OFFSET_COUNTS + (electrons + READ_NOISE_E * noise_normal()) / GAIN_E_PER_COUNT;
}

bool spectrum_expose(const struct exposure *exposure, void *counts)
{
    bool is_full = false;

    for (uint16_t pixel = 0; pixel < pixel_count; pixel++) {
        double exact = is_recording ? recorded(exposure, pixel)
                                    : synthetic(exposure, pixel, &is_full);
        double bounded = rint(fmin(fmax(exact, 0.0), LAST_COUNT));
        uint16_t count = (uint16_t)bounded;
        memcpy((uint8_t *)counts + 2u * pixel, &count, sizeof count);
        is_full |= bounded >= LAST_COUNT;
    }
    return is_full;
}
