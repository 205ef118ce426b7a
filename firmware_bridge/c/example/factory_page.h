/* The calibration page that the factory wrote, and the axis that it tells. */
#ifndef FACTORY_PAGE_H
#define FACTORY_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Take the page from a file; false when it cannot be read or does not fit. */
bool factory_page_load(const char *path);

/* Or make that of the synthetic spectrum. */
void factory_page_make(const char *serial);

const void *factory_page(uint32_t *size);

/* Raman shift of a pixel on the axis of the synthetic spectrum. */
double factory_page_cm1(uint16_t pixel);

#endif
