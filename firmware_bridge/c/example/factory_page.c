#include "factory_page.h"

#include <stdio.h>
#include <string.h>

#include "../ramix_crc.h"
#include "limits.h"

#define EXCITATION_NM 785.0
#define FIRST_NM 795.0
#define NM_PER_PIXEL 0.075
#define RESOLUTION_CM1 9.0

static uint8_t page[MAX_PAGE_BYTES];
static uint32_t page_size;

bool factory_page_load(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size;

    if (file == NULL)
        return false;
    size = fread(page, 1, sizeof page, file);
    page_size = (uint32_t)size;
    fclose(file);
    return size > 0 && size < sizeof page;
}

void factory_page_make(const char *serial)
{
    struct ramix_calibration_page made;
    uint32_t crc;

    memset(&made, 0, sizeof made);
    memcpy(&made.magic, RAMIX_PAGE_MAGIC, sizeof made.magic);
    made.version = RAMIX_PAGE_VERSION;
    made.pixel_count = DEFAULT_PIXELS;
    made.last_valid_pixel = DEFAULT_PIXELS - 1;
    made.excitation_nm = EXCITATION_NM;
    made.resolution_cm1 = RESOLUTION_CM1;
    memcpy(made.serial, serial, strlen(serial));
    made.coefficient_count = 2;
    made.wavelength_coefficients_nm[0] = FIRST_NM;
    made.wavelength_coefficients_nm[1] = NM_PER_PIXEL;
    memcpy(page, &made, sizeof made);
    crc = ramix_crc32(0, page, sizeof made);
    memcpy(page + sizeof made, &crc, sizeof crc);
    page_size = sizeof made + sizeof crc;
}

const void *factory_page(uint32_t *size)
{
    *size = page_size;
    return page;
}

double factory_page_cm1(uint16_t pixel)
{
    return 1e7 / EXCITATION_NM - 1e7 / (FIRST_NM + NM_PER_PIXEL * pixel);
}
