#include "output.h"

#include <string.h>

#include "../ramix_cobs.h"
#include "../ramix_crc.h"
#include "limits.h"

#define MAX_PACKET (MAX_REPLY_PAYLOAD + PACKET_OVERHEAD)
#define MAX_FRAMED (RAMIX_COBS_MAX_STUFFED(MAX_PACKET) + 2)
/* A frame and small replies beside it: an ABORT is answered with two packets. */
#define QUEUE_BYTES (4 * MAX_FRAMED)
#define QUEUE_PACKETS 64

static bool uses_cobs;
static uint8_t queue[QUEUE_BYTES];
static size_t queued;                   /* bytes in `queue` */
static size_t sizes[QUEUE_PACKETS];     /* of the packets in it, in their order */
static size_t packets;
static size_t sent_of_first;            /* bytes of the first packet that have been sent */

void output_use_cobs(bool cobs)
{
    uses_cobs = cobs;
}

bool output_has_room(void)
{
    return queued + 2 * MAX_FRAMED <= QUEUE_BYTES && packets + 2 <= QUEUE_PACKETS;
}

static size_t build(uint16_t opcode, uint16_t status, uint32_t id, const void *payload,
                    uint32_t size, uint8_t *packet)
{
    struct ramix_header header = {
        .sync = RAMIX_SYNC,
        .version = RAMIX_FRAMING_VERSION,
        .flags = RAMIX_FLAG_REPLY,
        .opcode = opcode,
        .status = status,
        .request_id = id,
        .payload_size = size,
    };
    size_t covered = sizeof header + size;
    uint32_t crc;

    header.header_crc16 = ramix_crc16(&header, offsetof(struct ramix_header, header_crc16));
    memcpy(packet, &header, sizeof header);
    if (size > 0)
        memcpy(packet + sizeof header, payload, size);
    crc = ramix_crc32(0, packet, covered);
    memcpy(packet + covered, &crc, sizeof crc);
    return covered + sizeof crc;
}

size_t output_packet(uint16_t opcode, uint16_t status, uint32_t id, const void *payload,
                     uint32_t size, uint8_t *packet, size_t capacity)
{
    static uint8_t plain[MAX_PACKET];
    size_t length;

    if (size > MAX_REPLY_PAYLOAD || capacity < 3)
        return 0;
    length = build(opcode, status, id, payload, size, plain);
    if (!uses_cobs) {
        if (length > capacity)
            return 0;
        memcpy(packet, plain, length);
        return length;
    }
    length = ramix_cobs_encode(plain, length, packet + 1, capacity - 2);
    if (length == RAMIX_COBS_FAILED)
        return 0;
    packet[0] = packet[length + 1] = 0;
    return length + 2;
}

void output_reply(uint16_t opcode, uint16_t status, uint32_t id, const void *payload,
                  uint32_t size)
{
    size_t length = output_packet(opcode, status, id, payload, size, queue + queued,
                                  QUEUE_BYTES - queued);
    if (length == 0 || packets == QUEUE_PACKETS)
        return; /* not reached while requests are taken only when there is room */
    queued += length;
    sizes[packets++] = length;
}

void output_flush(void)
{
    if (sent_of_first > 0) {
        queued = sizes[0] - sent_of_first;
        packets = 1;
    } else {
        output_clear();
    }
}

void output_clear(void)
{
    queued = packets = sent_of_first = 0;
}

const uint8_t *output_waiting(size_t *size)
{
    *size = queued;
    return queue;
}

void output_sent(size_t size)
{
    size_t done = 0;

    memmove(queue, queue + size, queued - size);
    queued -= size;
    sent_of_first += size;
    while (done < packets && sent_of_first >= sizes[done])
        sent_of_first -= sizes[done++];
    packets -= done;
    memmove(sizes, sizes + done, packets * sizeof sizes[0]);
}
