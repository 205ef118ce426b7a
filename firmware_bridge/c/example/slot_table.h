/* What is kept of the slots. In flash each change of it is atomic (PROTOCOL.md, section 9). */
#ifndef SLOT_TABLE_H
#define SLOT_TABLE_H

#include "limits.h"
#include "slots.h"

struct slot {
    enum ramix_slot state;
    uint32_t size;
    uint8_t sha256[32];
    uint32_t security_counter;
    uint32_t received;
};

extern struct slot slots[SLOT_COUNT];
extern uint8_t slot_in_use;   /* the confirmed one; RAMIX_NO_SLOT without */
extern uint8_t slot_on_trial; /* RAMIX_NO_SLOT without */
extern uint32_t lowest_counter;

/* The number of the slot, which stands first in each request. */
uint8_t slot_index_of(const struct request *request);

/* Forget the image, and the slot's use. */
void slot_empty(uint8_t index);

/* Fill the reply with what is known of the slot; OK. */
enum ramix_status slot_tell(uint8_t index, struct reply *reply);

#endif
