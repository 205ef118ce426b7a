#include "events.h"

#include "laser.h"
#include "wall_clock.h"

static struct ramix_event kept[RAMIX_MAX_EVENTS];
static uint16_t kept_count;
static uint32_t newest_number;
static uint32_t cleared_number;

uint32_t events_note(enum ramix_event_kind kind, uint64_t now_us, uint32_t detail)
{
    newest_number++;
    if (kept_count < RAMIX_MAX_EVENTS) {
        struct ramix_event *event = &kept[kept_count++];
        event->number = newest_number;
        event->kind = (uint8_t)kind;
        event->uptime_ms = wall_clock_uptime_ms(now_us);
        event->utc_ms = wall_clock_utc_ms(now_us);
        event->detail = detail;
    }
    return newest_number;
}

uint16_t events_unread(void)
{
    uint32_t unread = newest_number - cleared_number;
    return unread < UINT16_MAX ? (uint16_t)unread : UINT16_MAX;
}

enum ramix_status events_get(const struct request *request, struct reply *reply)
{
    const struct ramix_get_events *asked = request->payload;
    struct ramix_event_list *list = reply->payload;
    uint16_t n_events = 0;

    list->newest_number = newest_number;
    list->cleared_number = cleared_number;
    for (uint16_t i = 0; i < kept_count; i++) {
        if (kept[i].number > asked->after_number)
            list->events[n_events++] = kept[i];
    }
    list->n_events = n_events;
    reply->size = sizeof *list + n_events * sizeof kept[0];
    return RAMIX_STATUS_OK;
}

enum ramix_status events_clear(const struct request *request, struct reply *reply)
{
    const struct ramix_clear_events *asked = request->payload;
    uint16_t left = 0;

    (void)reply;
    if (asked->up_to_number > newest_number)
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (asked->up_to_number > cleared_number)
        cleared_number = asked->up_to_number;
    for (uint16_t i = 0; i < kept_count; i++) {
        if (kept[i].number > cleared_number)
            kept[left++] = kept[i];
    }
    kept_count = left;
    laser_events_cleared(cleared_number);
    return RAMIX_STATUS_OK;
}
