/* The table of the slots: what both sides of it, upload and use, stand on. */
#include "slot_table.h"

#include <string.h>

struct slot slots[SLOT_COUNT];
uint8_t slot_in_use = RAMIX_NO_SLOT;
uint8_t slot_on_trial = RAMIX_NO_SLOT;
uint32_t lowest_counter;

static uint32_t slot_size = MAX_SLOT_BYTES;
static uint32_t max_chunk = MAX_CHUNK_BYTES;

bool slots_set_sizes(uint32_t slot_bytes, uint32_t chunk_bytes)
{
    slot_size = slot_bytes;
    max_chunk = chunk_bytes;
    return slot_bytes > 0 && slot_bytes <= MAX_SLOT_BYTES && chunk_bytes >= RAMIX_MIN_CHUNK_BYTES &&
           chunk_bytes <= MAX_CHUNK_BYTES;
}

uint32_t slots_size(void)
{
    return slot_size;
}

uint32_t slots_max_chunk(void)
{
    return max_chunk;
}

uint8_t slots_active(void)
{
    return slot_on_trial != RAMIX_NO_SLOT ? slot_on_trial : slot_in_use;
}

void slots_power_on(void)
{
    if (slot_on_trial != RAMIX_NO_SLOT)
        slots[slot_on_trial].state = RAMIX_SLOT_VERIFIED;
    slot_on_trial = RAMIX_NO_SLOT;
}

enum ramix_status slot_tell(uint8_t index, struct reply *reply)
{
    struct ramix_slot_info *info = reply->payload;
    const struct slot *slot = &slots[index];

    info->slot = index;
    info->state = (uint8_t)slot->state;
    info->size = slot->size;
    memcpy(info->sha256, slot->sha256, sizeof info->sha256);
    info->security_counter = slot->security_counter;
    info->received = slot->received;
    info->active = index == slots_active();
    reply->size = sizeof *info;
    return RAMIX_STATUS_OK;
}

void slot_empty(uint8_t index)
{
    memset(&slots[index], 0, sizeof slots[index]);
    if (slot_in_use == index)
        slot_in_use = RAMIX_NO_SLOT;
    if (slot_on_trial == index)
        slot_on_trial = RAMIX_NO_SLOT;
}

uint8_t slot_index_of(const struct request *request)
{
    return *(const uint8_t *)request->payload;
}

enum ramix_status slots_info(const struct request *request, struct reply *reply)
{
    uint8_t index = slot_index_of(request);
    return index < SLOT_COUNT ? slot_tell(index, reply) : RAMIX_STATUS_OUT_OF_RANGE;
}
