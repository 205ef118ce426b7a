/* Both checksums bit by bit or in half bytes: 64 bytes of table in all. */
#include "ramix_crc.h"

uint16_t ramix_crc16(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < size; i++) {
        crc = (uint16_t)(crc ^ (bytes[i] << 8));
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

uint32_t ramix_crc32(uint32_t crc, const void *data, size_t size)
{
    /* The remainder of each half byte; the polynomial 0x04C11DB7 reflected is 0xEDB88320. */
    static const uint32_t remainder[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    const uint8_t *bytes = data;
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ remainder[crc & 15];
        crc = (crc >> 4) ^ remainder[crc & 15];
    }
    return ~crc;
}
