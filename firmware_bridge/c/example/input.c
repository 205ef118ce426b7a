#include "input.h"

#include <string.h>

#include "../ramix_cobs.h"
#include "../ramix_crc.h"
#include "limits.h"

#define MAX_PACKET (MAX_REQUEST_PAYLOAD + PACKET_OVERHEAD)
#define BUFFER_BYTES 16384u

RAMIX_STATIC_ASSERT(BUFFER_BYTES > 2 * RAMIX_COBS_MAX_STUFFED(MAX_PACKET), "two requests fit");

static bool uses_cobs;
static uint8_t buffer[BUFFER_BYTES];
static size_t used;
static size_t taken;          /* bytes at the front that are done with */
static bool waits_for_bytes;  /* nothing whole is left in the buffer */
static bool drops_to_zero;    /* COBS: inside a frame that was longer than any packet */
static uint64_t last_bytes_us;

void input_use_cobs(bool cobs)
{
    uses_cobs = cobs;
}

void input_clear(void)
{
    used = taken = 0;
    drops_to_zero = false;
}

static void discard_taken(void)
{
    memmove(buffer, buffer + taken, used - taken);
    used -= taken;
    taken = 0;
}

uint8_t *input_room(size_t *size)
{
    discard_taken();
    *size = BUFFER_BYTES - used;
    return buffer + used;
}

void input_received(uint64_t now_us, size_t size)
{
    /* A request that was cut off is too old to be obeyed after this pause. */
    if (waits_for_bytes && now_us - last_bytes_us > RAMIX_MAX_PAUSE_MS * 1000u) {
        memmove(buffer, buffer + used, size);
        used = 0;
        drops_to_zero = false;
    }
    last_bytes_us = now_us;
    used += size;
}

/* The size of a packet whose header is whole and acceptable; 0 otherwise. */
static size_t announced(const uint8_t *bytes)
{
    struct ramix_header header;

    memcpy(&header, bytes, sizeof header);
    if (header.sync != RAMIX_SYNC ||
        header.header_crc16 != ramix_crc16(bytes, offsetof(struct ramix_header, header_crc16)))
        return 0;
    if (header.version != RAMIX_FRAMING_VERSION || header.payload_size > MAX_REQUEST_PAYLOAD)
        return 0;
    return PACKET_OVERHEAD + header.payload_size;
}

/* Whether the packet is whole and for us; `request` then is what it asks. */
static bool parse(const uint8_t *packet, size_t size, struct request *request, bool *is_damaged)
{
    struct ramix_header header;
    uint32_t crc;

    memcpy(&crc, packet + size - sizeof crc, sizeof crc);
    *is_damaged = crc != ramix_crc32(0, packet, size - sizeof crc);
    if (*is_damaged)
        return false;
    memcpy(&header, packet, sizeof header);
    *request = (struct request){
        .opcode = header.opcode,
        .id = header.request_id,
        .payload = packet + sizeof header,
        .size = header.payload_size,
    };
    return !(header.flags & RAMIX_FLAG_REPLY); /* an echo of our own is no request */
}

static bool next_in_stream(struct request *request)
{
    while (used - taken >= sizeof(struct ramix_header)) {
        const uint8_t *packet = buffer + taken;
        size_t size = announced(packet);
        bool is_damaged;

        if (size == 0) {
            taken++;
            continue;
        }
        if (used - taken < size)
            return false;
        if (parse(packet, size, request, &is_damaged)) {
            taken += size;
            return true;
        }
        taken += is_damaged ? 1 : size;
    }
    return false;
}

static bool next_between_zeros(struct request *request)
{
    uint8_t *zero;

    while ((zero = memchr(buffer + taken, 0, used - taken)) != NULL) {
        uint8_t *frame = buffer + taken;
        size_t size = ramix_cobs_decode(frame, (size_t)(zero - frame), frame, MAX_PACKET);
        bool is_damaged, is_whole = !drops_to_zero;

        taken = (size_t)(zero - buffer) + 1;
        drops_to_zero = false;
        if (is_whole && size != RAMIX_COBS_FAILED && size >= PACKET_OVERHEAD &&
            announced(frame) == size && parse(frame, size, request, &is_damaged))
            return true;
    }
    if (used - taken > RAMIX_COBS_MAX_STUFFED(MAX_PACKET) || drops_to_zero) {
        taken = used;
        drops_to_zero = true;
    }
    return false;
}

bool input_next(struct request *request)
{
    bool found = uses_cobs ? next_between_zeros(request) : next_in_stream(request);
    waits_for_bytes = !found;
    return found;
}
