/* A group is a code, then code - 1 bytes without zero; a code of 255 has no zero behind it. */
#include "ramix_cobs.h"

size_t ramix_cobs_encode(const uint8_t *data, size_t size, uint8_t *stuffed, size_t capacity)
{
    size_t written = 1; /* the code of the first group */
    size_t code_at = 0; /* where the code of the open group belongs */
    uint8_t code = 1;

    if (capacity < 1)
        return RAMIX_COBS_FAILED;
    for (size_t i = 0; i < size; i++) {
        if (data[i] != 0) {
            if (written >= capacity)
                return RAMIX_COBS_FAILED;
            stuffed[written++] = data[i];
            code++;
        }
        if (data[i] == 0 || (code == 0xFF && i + 1 < size)) {
            if (written >= capacity)
                return RAMIX_COBS_FAILED;
            stuffed[code_at] = code;
            code_at = written++;
            code = 1;
        }
    }
    stuffed[code_at] = code;
    return written;
}

size_t ramix_cobs_decode(const uint8_t *stuffed, size_t size, uint8_t *data, size_t capacity)
{
    size_t written = 0;
    size_t read = 0;

    while (read < size) {
        size_t code = stuffed[read];
        if (code == 0 || code > size - read || code - 1 > capacity - written)
            return RAMIX_COBS_FAILED;
        for (size_t i = 1; i < code; i++)
            data[written++] = stuffed[read + i];
        read += code;
        if (code != 0xFF && read < size) {
            if (written >= capacity)
                return RAMIX_COBS_FAILED;
            data[written++] = 0;
        }
    }
    return written;
}
