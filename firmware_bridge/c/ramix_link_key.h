/* The proofs of the link key (PROTOCOL.md, section 12). */
#ifndef RAMIX_LINK_KEY_H
#define RAMIX_LINK_KEY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RAMIX_LINK_KEY_BYTES 32

enum ramix_link_side {
    RAMIX_LINK_HOST = 0,
    RAMIX_LINK_ANALYZER = 1,
};

/* What this side proves the key with, in a challenge with these nonces. `serial` is the field of
 * DeviceInfo, padded with zeros. */
void ramix_link_proof(const uint8_t key[RAMIX_LINK_KEY_BYTES], enum ramix_link_side side,
                      const uint8_t host_nonce[32], const uint8_t analyzer_nonce[32],
                      const char serial[32], uint8_t proof[32]);

/* 1 if both are the same, else 0; in a time that does not depend on where they differ. */
int ramix_link_is_same(const uint8_t given[32], const uint8_t wanted[32]);

#ifdef __cplusplus
}
#endif

#endif
