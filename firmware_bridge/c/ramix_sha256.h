/* SHA-256 (FIPS 180-4), of model images and of the link key's proofs. */
#ifndef RAMIX_SHA256_H
#define RAMIX_SHA256_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void ramix_sha256(const uint8_t *data, size_t size, uint8_t digest[32]);

#ifdef __cplusplus
}
#endif

#endif
