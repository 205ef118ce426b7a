#include "wall_clock.h"

static uint64_t started_us;
static bool is_set;
static uint64_t utc_ms_at_start; /* modulo 2^64: the host may set a time before the start's */

void wall_clock_power_on(uint64_t now_us)
{
    started_us = now_us;
    is_set = false;
}

uint64_t wall_clock_uptime_ms(uint64_t now_us)
{
    return (now_us - started_us) / 1000u;
}

uint64_t wall_clock_utc_ms(uint64_t now_us)
{
    return is_set ? utc_ms_at_start + wall_clock_uptime_ms(now_us) : 0;
}

enum ramix_status wall_clock_set(const struct request *request, struct reply *reply)
{
    const struct ramix_set_clock *asked = request->payload;

    (void)reply;
    if (asked->utc_ms == 0)
        return RAMIX_STATUS_OUT_OF_RANGE;
    is_set = true;
    utc_ms_at_start = asked->utc_ms - wall_clock_uptime_ms(request->now_us);
    return RAMIX_STATUS_OK;
}

enum ramix_status wall_clock_get(const struct request *request, struct reply *reply)
{
    struct ramix_clock_reading *reading = reply->payload;

    reading->utc_ms = wall_clock_utc_ms(request->now_us);
    reading->uptime_ms = wall_clock_uptime_ms(request->now_us);
    reply->size = sizeof *reading;
    return RAMIX_STATUS_OK;
}
