/* COBS, the byte stuffing of serial lines (PROTOCOL.md, section 3). */
#ifndef RAMIX_COBS_H
#define RAMIX_COBS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What both functions return when they fail. */
#define RAMIX_COBS_FAILED SIZE_MAX

/* The most bytes that `size` bytes become: one more for each group begun. */
#define RAMIX_COBS_MAX_STUFFED(size) ((size) + (size) / 254 + 1)

/* Stuff `size` bytes; the zeros around them are the caller's. The bytes written, or
 * RAMIX_COBS_FAILED when they do not fit `capacity`. */
size_t ramix_cobs_encode(const uint8_t *data, size_t size, uint8_t *stuffed, size_t capacity);

/* Undo it. The bytes written, or RAMIX_COBS_FAILED when `stuffed` is malformed or the result does
 * not fit `capacity`. `data` may be `stuffed`: writing never overtakes reading. */
size_t ramix_cobs_decode(const uint8_t *stuffed, size_t size, uint8_t *data, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
