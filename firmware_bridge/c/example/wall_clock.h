/* UTC as the host set it, and the time since the restart. */
#ifndef WALL_CLOCK_H
#define WALL_CLOCK_H

#include "requests.h"

void wall_clock_power_on(uint64_t now_us);
uint64_t wall_clock_uptime_ms(uint64_t now_us);
uint64_t wall_clock_utc_ms(uint64_t now_us); /* 0 until it was set */

enum ramix_status wall_clock_set(const struct request *request, struct reply *reply);
enum ramix_status wall_clock_get(const struct request *request, struct reply *reply);

#endif
