#include "laser.h"

#include "clock.h"
#include "events.h"
#include "light_log.h"
#include "limits.h"

static enum ramix_laser state;
static uint16_t power_mw;
static bool interlock_is_closed = true; /* a switch on the cover: no restart changes it */
static uint64_t lease_ends_us;
static uint64_t on_since_us;
static uint64_t lit_before_us;
static uint32_t fault_number;

static bool is_armed(void)
{
    return state == RAMIX_LASER_ARMED || state == RAMIX_LASER_ON;
}

void laser_power_on(void)
{
    state = RAMIX_LASER_OFF;
    power_mw = MAX_LASER_POWER_MW;
    lit_before_us = 0;
}

uint64_t laser_due_us(void)
{
    return is_armed() ? lease_ends_us : NEVER_US;
}

void laser_advance(uint64_t now_us)
{
    if (is_armed() && now_us >= lease_ends_us)
        laser_go_dark(lease_ends_us, DARK_LEASE);
}

enum ramix_laser laser_state(void)
{
    return state;
}

uint16_t laser_power_mw(void)
{
    return power_mw;
}

void laser_set_power_mw(uint16_t wanted_mw)
{
    power_mw = wanted_mw;
}

bool laser_interlock_is_closed(void)
{
    return interlock_is_closed;
}

uint16_t laser_lease_remaining_ms(uint64_t now_us)
{
    if (!is_armed() || now_us >= lease_ends_us)
        return 0;
    return (uint16_t)((lease_ends_us - now_us + 999u) / 1000u);
}

uint64_t laser_lit_us(uint64_t now_us)
{
    return lit_before_us + (state == RAMIX_LASER_ON ? now_us - on_since_us : 0);
}

static enum ramix_status grant(uint16_t wanted_ms, uint64_t now_us, struct reply *reply)
{
    struct ramix_lease_granted *granted = reply->payload;

    if (wanted_ms < MIN_LEASE_MS)
        return RAMIX_STATUS_OUT_OF_RANGE;
    granted->lease_ms = wanted_ms < MAX_LEASE_MS ? wanted_ms : MAX_LEASE_MS;
    lease_ends_us = now_us + granted->lease_ms * 1000u;
    reply->size = sizeof *granted;
    return RAMIX_STATUS_OK;
}

enum ramix_status laser_arm(const struct request *request, struct reply *reply)
{
    const struct ramix_arm_laser *asked = request->payload;
    enum ramix_status status;

    if (state == RAMIX_LASER_FAULT)
        return RAMIX_STATUS_LASER_FAULT;
    if (!interlock_is_closed)
        return RAMIX_STATUS_INTERLOCK_OPEN;
    status = grant(asked->lease_ms, request->now_us, reply);
    if (status == RAMIX_STATUS_OK && state == RAMIX_LASER_OFF)
        state = RAMIX_LASER_ARMED;
    return status;
}

enum ramix_status laser_renew(const struct request *request, struct reply *reply)
{
    const struct ramix_renew_lease *asked = request->payload;

    if (state == RAMIX_LASER_FAULT)
        return RAMIX_STATUS_LASER_FAULT;
    if (!is_armed())
        return RAMIX_STATUS_NOT_ARMED;
    return grant(asked->lease_ms, request->now_us, reply);
}

enum ramix_status laser_off(const struct request *request, struct reply *reply)
{
    (void)reply;
    laser_go_dark(request->now_us, DARK_HOST);
    return RAMIX_STATUS_OK;
}

enum ramix_status laser_switch_on(uint64_t now_us)
{
    if (state == RAMIX_LASER_FAULT)
        return RAMIX_STATUS_LASER_FAULT;
    if (!interlock_is_closed)
        return RAMIX_STATUS_INTERLOCK_OPEN;
    if (state != RAMIX_LASER_ARMED)
        return RAMIX_STATUS_NOT_ARMED;
    state = RAMIX_LASER_ON;
    on_since_us = now_us;
    light_log_on();
    return RAMIX_STATUS_OK;
}

static void end_light(uint64_t now_us, enum dark_cause cause)
{
    if (state != RAMIX_LASER_ON)
        return;
    lit_before_us += now_us - on_since_us;
    state = RAMIX_LASER_ARMED;
    light_log_off(cause);
}

void laser_exposure_done(uint64_t now_us)
{
    end_light(now_us, DARK_EXPOSURE_DONE);
}

void laser_go_dark(uint64_t now_us, enum dark_cause cause)
{
    if (state == RAMIX_LASER_ON && cause == DARK_LEASE)
        events_note(RAMIX_EVENT_KIND_LEASE_LAPSED, now_us, 0);
    end_light(now_us, cause);
    if (cause == DARK_FAULT) {
        state = RAMIX_LASER_FAULT;
        fault_number = events_note(RAMIX_EVENT_KIND_LASER_FAULT, now_us, 0);
    } else if (state != RAMIX_LASER_FAULT) {
        state = RAMIX_LASER_OFF;
    }
}

void laser_set_interlock(uint64_t now_us, bool is_open)
{
    if (is_open && interlock_is_closed) {
        events_note(RAMIX_EVENT_KIND_INTERLOCK_OPENED, now_us, state);
        laser_go_dark(now_us, DARK_INTERLOCK);
    }
    interlock_is_closed = !is_open;
}

void laser_events_cleared(uint32_t up_to_number)
{
    if (state == RAMIX_LASER_FAULT && up_to_number >= fault_number)
        state = RAMIX_LASER_OFF;
}
