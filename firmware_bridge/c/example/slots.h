/* The model slots (PROTOCOL.md, section 9). The flash here is RAM, and a restart keeps it. */
#ifndef SLOTS_H
#define SLOTS_H

#include "requests.h"

/* Less than the limits, for tests; false outside them. */
bool slots_set_sizes(uint32_t slot_bytes, uint32_t chunk_bytes);

uint32_t slots_size(void);
uint32_t slots_max_chunk(void);
uint8_t slots_active(void); /* RAMIX_NO_SLOT without one */

void slots_power_on(void); /* ends a trial */

enum ramix_status slots_info(const struct request *request, struct reply *reply);
enum ramix_status slots_begin(const struct request *request, struct reply *reply);
enum ramix_status slots_write(const struct request *request, struct reply *reply);
enum ramix_status slots_verify(const struct request *request, struct reply *reply);
enum ramix_status slots_trial(const struct request *request, struct reply *reply);
enum ramix_status slots_confirm(const struct request *request, struct reply *reply);
enum ramix_status slots_revert(const struct request *request, struct reply *reply);
enum ramix_status slots_read(const struct request *request, struct reply *reply);
enum ramix_status slots_activate(const struct request *request, struct reply *reply);

#endif
