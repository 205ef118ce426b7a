/* The log of what went wrong; it outlives a restart (PROTOCOL.md, section 8). */
#ifndef EVENTS_H
#define EVENTS_H

#include "requests.h"

/* Remember an event; its number. */
uint32_t events_note(enum ramix_event_kind kind, uint64_t now_us, uint32_t detail);

uint16_t events_unread(void);

enum ramix_status events_get(const struct request *request, struct reply *reply);
enum ramix_status events_clear(const struct request *request, struct reply *reply);

#endif
