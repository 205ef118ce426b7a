/* Which image is used: TRIAL, CONFIRM, REVERT, ACTIVATE. */
#include "slot_table.h"

/* Whether this slot, in this state, may become the one that is used. */
static enum ramix_status may_be_chosen(uint8_t index, enum ramix_slot state)
{
    if (index >= SLOT_COUNT)
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (slots[index].state != state || slot_on_trial != RAMIX_NO_SLOT)
        return RAMIX_STATUS_SLOT_STATE;
    if (slots[index].security_counter < lowest_counter)
        return RAMIX_STATUS_COUNTER_TOO_OLD;
    return RAMIX_STATUS_OK;
}

enum ramix_status slots_trial(const struct request *request, struct reply *reply)
{
    uint8_t index = slot_index_of(request);
    enum ramix_status status = may_be_chosen(index, RAMIX_SLOT_VERIFIED);

    if (status != RAMIX_STATUS_OK)
        return status;
    slots[index].state = RAMIX_SLOT_TRIAL;
    slot_on_trial = index;
    return slot_tell(index, reply);
}

enum ramix_status slots_activate(const struct request *request, struct reply *reply)
{
    uint8_t index = slot_index_of(request);
    enum ramix_status status = may_be_chosen(index, RAMIX_SLOT_CONFIRMED);

    if (status != RAMIX_STATUS_OK)
        return status;
    slot_in_use = index;
    return slot_tell(index, reply);
}

enum ramix_status slots_confirm(const struct request *request, struct reply *reply)
{
    uint8_t index = slot_index_of(request);

    if (index >= SLOT_COUNT)
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (index != slot_on_trial)
        return RAMIX_STATUS_SLOT_STATE;
    slots[index].state = RAMIX_SLOT_CONFIRMED;
    slot_in_use = index;
    slot_on_trial = RAMIX_NO_SLOT;
    if (slots[index].security_counter > lowest_counter)
        lowest_counter = slots[index].security_counter;
    return slot_tell(index, reply);
}

enum ramix_status slots_revert(const struct request *request, struct reply *reply)
{
    uint8_t index = slot_index_of(request);

    if (index >= SLOT_COUNT)
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (index == slot_on_trial)
        slots_power_on(); /* as a restart ends a trial */
    else if (index == slot_in_use)
        return RAMIX_STATUS_SLOT_STATE;
    else
        slot_empty(index);
    return slot_tell(index, reply);
}
