/* Replies on their way to the link. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void output_use_cobs(bool cobs);

/* Whether the largest reply still fits. Without room no request is taken. */
bool output_has_room(void);

/* Queue one reply; there must be room. */
void output_reply(uint16_t opcode, uint16_t status, uint32_t id, const void *payload,
                  uint32_t size);

/* One packet as it goes over the link, for a sender beside the queue. Its size in bytes. */
size_t output_packet(uint16_t opcode, uint16_t status, uint32_t id, const void *payload,
                     uint32_t size, uint8_t *packet, size_t capacity);

/* Drop the replies of which nothing has been sent. */
void output_flush(void);

/* Drop everything: the link is gone. */
void output_clear(void);

/* What waits to be sent, and that `size` bytes of it have been. */
const uint8_t *output_waiting(size_t *size);
void output_sent(size_t size);

#endif
