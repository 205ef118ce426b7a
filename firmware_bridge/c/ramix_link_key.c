#include "ramix_link_key.h"

#include <string.h>

#include "ramix_sha256.h"

#define BLOCK_BYTES 64
#define LABEL_BYTES 16
#define MESSAGE_BYTES (LABEL_BYTES + 3 * 32)

/* HMAC (RFC 2104): the key fills less than one block and is used as it is. */
void ramix_link_proof(const uint8_t key[RAMIX_LINK_KEY_BYTES], enum ramix_link_side side,
                      const uint8_t host_nonce[32], const uint8_t analyzer_nonce[32],
                      const char serial[32], uint8_t proof[32])
{
    static const char labels[2][LABEL_BYTES] = {"ramix link host", "ramix link unit"};
    uint8_t inner[BLOCK_BYTES + MESSAGE_BYTES], outer[BLOCK_BYTES + 32];
    uint8_t *message = inner + BLOCK_BYTES;

    memset(inner, 0x36, BLOCK_BYTES);
    memset(outer, 0x5c, BLOCK_BYTES);
    for (int i = 0; i < RAMIX_LINK_KEY_BYTES; i++) {
        inner[i] ^= key[i];
        outer[i] ^= key[i];
    }
    memcpy(message, labels[side == RAMIX_LINK_ANALYZER], LABEL_BYTES);
    memcpy(message + LABEL_BYTES, host_nonce, 32);
    memcpy(message + LABEL_BYTES + 32, analyzer_nonce, 32);
    memcpy(message + LABEL_BYTES + 64, serial, 32);
    ramix_sha256(inner, sizeof inner, outer + BLOCK_BYTES);
    ramix_sha256(outer, sizeof outer, proof);
}

int ramix_link_is_same(const uint8_t given[32], const uint8_t wanted[32])
{
    volatile uint8_t differing = 0; /* or a compiler may leave the loop at the first difference */

    for (int i = 0; i < 32; i++)
        differing = (uint8_t)(differing | (given[i] ^ wanted[i]));
    return differing == 0;
}
