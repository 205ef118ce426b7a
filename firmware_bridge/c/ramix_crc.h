/* The two checksums of a packet (PROTOCOL.md, section 2). */
#ifndef RAMIX_CRC_H
#define RAMIX_CRC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* header_crc16: CRC-16/CCITT-FALSE. Over "123456789" it is 0x29B1. */
uint16_t ramix_crc16(const void *data, size_t size);

/* packet_crc32: CRC-32/ISO-HDLC. Over "123456789" it is 0xCBF43926.
 * `crc` is 0 for the first part of the data, and the result for the part before otherwise. */
uint32_t ramix_crc32(uint32_t crc, const void *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
