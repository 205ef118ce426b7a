/* How an image comes into a slot: BEGIN, WRITE, VERIFY; and how it is read back. */
#include <string.h>

#include "../ramix_sha256.h"
#include "slot_table.h"

static uint8_t images[SLOT_COUNT][MAX_SLOT_BYTES];

static enum ramix_status tell_offset(uint8_t index, struct reply *reply)
{
    struct ramix_upload_offset *told = reply->payload;

    told->next_offset = slots[index].received;
    reply->size = sizeof *told;
    return RAMIX_STATUS_OK;
}

enum ramix_status slots_begin(const struct request *request, struct reply *reply)
{
    const struct ramix_slot_begin *asked = request->payload;
    uint8_t index = asked->slot;
    struct slot *slot = &slots[index < SLOT_COUNT ? index : 0];

    if (index >= SLOT_COUNT || asked->size == 0 || asked->size > slots_size())
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (index == slot_on_trial || index == slot_in_use)
        return RAMIX_STATUS_SLOT_STATE;
    if (asked->security_counter < lowest_counter)
        return RAMIX_STATUS_COUNTER_TOO_OLD;
    if (slot->state == RAMIX_SLOT_EMPTY || slot->size != asked->size ||
        slot->security_counter != asked->security_counter ||
        memcmp(slot->sha256, asked->sha256, sizeof slot->sha256) != 0) {
        slot->state = RAMIX_SLOT_STAGED;
        slot->size = asked->size;
        memcpy(slot->sha256, asked->sha256, sizeof slot->sha256);
        slot->security_counter = asked->security_counter;
        slot->received = 0;
    }
    return tell_offset(index, reply);
}

enum ramix_status slots_write(const struct request *request, struct reply *reply)
{
    const struct ramix_slot_write *asked = request->payload;
    uint8_t index = asked->slot;
    struct slot *slot = &slots[index < SLOT_COUNT ? index : 0];

    if (index >= SLOT_COUNT)
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (slot->state != RAMIX_SLOT_STAGED)
        return RAMIX_STATUS_SLOT_STATE;
    if (asked->n_data == 0 || asked->n_data > slots_max_chunk())
        return RAMIX_STATUS_BAD_REQUEST;
    if (asked->offset > slot->size || asked->n_data > slot->size - asked->offset)
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (asked->offset == slot->received) { /* another chunk is not stored, and no error */
        memcpy(images[index] + asked->offset, asked->data, asked->n_data);
        slot->received += asked->n_data;
    }
    return tell_offset(index, reply);
}

enum ramix_status slots_verify(const struct request *request, struct reply *reply)
{
    uint8_t index = slot_index_of(request);
    struct slot *slot = &slots[index < SLOT_COUNT ? index : 0];
    uint8_t digest[32];

    if (index >= SLOT_COUNT)
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (slot->state == RAMIX_SLOT_EMPTY || slot->received != slot->size)
        return RAMIX_STATUS_SLOT_STATE;
    ramix_sha256(images[index], slot->size, digest);
    if (memcmp(digest, slot->sha256, sizeof digest) != 0) {
        slot_empty(index);
        return RAMIX_STATUS_HASH_MISMATCH;
    }
    if (slot->state == RAMIX_SLOT_STAGED)
        slot->state = RAMIX_SLOT_VERIFIED;
    return slot_tell(index, reply);
}

enum ramix_status slots_read(const struct request *request, struct reply *reply)
{
    const struct ramix_slot_read *asked = request->payload;
    struct ramix_slot_data *told = reply->payload;
    uint8_t index = asked->slot;

    if (index >= SLOT_COUNT)
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (slots[index].state < RAMIX_SLOT_VERIFIED)
        return RAMIX_STATUS_SLOT_STATE;
    if (asked->length == 0 || asked->length > slots_max_chunk() ||
        asked->offset > slots[index].size ||
        asked->length > slots[index].size - asked->offset)
        return RAMIX_STATUS_OUT_OF_RANGE;
    told->offset = asked->offset;
    told->n_data = asked->length;
    memcpy(told->data, images[index] + asked->offset, asked->length);
    reply->size = (uint32_t)sizeof *told + asked->length;
    return RAMIX_STATUS_OK;
}
