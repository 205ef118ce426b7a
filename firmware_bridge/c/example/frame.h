/* One exposure at a time: IDLE, EXPOSING, READOUT (PROTOCOL.md, section 7). */
#ifndef FRAME_H
#define FRAME_H

#include "requests.h"

void frame_power_on(void);
bool frame_is_pending(void);
uint64_t frame_due_us(void); /* when `frame_advance` has something to do; NEVER_US when nothing */
void frame_advance(uint64_t now_us);

/* Begin an exposure for the request of this id, or say why not. */
enum ramix_status frame_start(uint64_t now_us, uint32_t request_id, bool laser_on);

/* Give the exposure up: with the answer ABORTED, or without any. */
void frame_abort(void);
void frame_forget(void);

#endif
