#include "frame.h"

#include "clock.h"
#include "cooler.h"
#include "laser.h"
#include "limits.h"
#include "output.h"
#include "settings.h"
#include "spectrum.h"

enum phase { IDLE, EXPOSING, READOUT };

static enum phase phase;
static uint32_t frame_seq;
static uint32_t request_id;
static bool light_was_asked_for;
static uint64_t began_us, ends_us;
static uint64_t lit_before_us;
static uint8_t reply_bytes[MAX_REPLY_PAYLOAD];

void frame_power_on(void)
{
    phase = IDLE;
    frame_seq = 0;
}

bool frame_is_pending(void)
{
    return phase != IDLE;
}

uint64_t frame_due_us(void)
{
    if (phase == EXPOSING)
        return ends_us;
    /* Without room the frame waits until the link has taken what is queued. */
    return phase == READOUT && output_has_room() ? ends_us + READOUT_US : NEVER_US;
}

enum ramix_status frame_start(uint64_t now_us, uint32_t id, bool laser_on)
{
    lit_before_us = laser_lit_us(now_us);
    if (laser_on) {
        enum ramix_status status = laser_switch_on(now_us);
        if (status != RAMIX_STATUS_OK)
            return status;
    }
    phase = EXPOSING;
    request_id = id;
    light_was_asked_for = laser_on;
    began_us = now_us;
    ends_us = now_us + settings_integration_time_us();
    return RAMIX_STATUS_OK;
}

/* The fields hold for the end of the exposure, before the laser is switched off. */
static void end_exposure(void)
{
    struct ramix_frame_reply *frame = (void *)reply_bytes;
    struct exposure exposure = {
        .duration_us = settings_integration_time_us(),
        .lit_us = laser_lit_us(ends_us) - lit_before_us,
        .laser_power_mw = laser_power_mw(),
    };
    uint16_t flags = 0;

    if (light_was_asked_for && laser_state() != RAMIX_LASER_ON)
        flags |= RAMIX_FRAME_LASER_DROPPED;
    if (!cooler_is_locked(ends_us))
        flags |= RAMIX_FRAME_TEC_UNLOCKED;
    if (spectrum_is_average())
        flags |= RAMIX_FRAME_RECORDED_AVERAGE;
    if (spectrum_expose(&exposure, frame->counts))
        flags |= RAMIX_FRAME_SATURATED;

    frame->frame_seq = ++frame_seq;
    frame->settings_epoch = settings_epoch();
    frame->exposure_us = (uint32_t)(ends_us - began_us);
    frame->detector_temperature_c = cooler_temperature_c(ends_us);
    frame->laser_state = (uint8_t)laser_state();
    frame->laser_power_mw = laser_power_mw();
    frame->flags = flags;
    frame->n_counts = spectrum_pixel_count();
    laser_exposure_done(ends_us);
    phase = READOUT;
}

void frame_advance(uint64_t now_us)
{
    if (phase == EXPOSING && now_us >= ends_us)
        end_exposure();
    if (phase == READOUT && now_us >= ends_us + READOUT_US && output_has_room()) {
        const struct ramix_frame_reply *frame = (const void *)reply_bytes;
        uint32_t size = (uint32_t)(sizeof *frame + frame->n_counts * sizeof frame->counts[0]);
        requests_answer(RAMIX_OPCODE_ACQUIRE_FRAME, request_id, frame, size);
        phase = IDLE;
    }
}

void frame_abort(void)
{
    if (frame_is_pending())
        requests_refuse(RAMIX_OPCODE_ACQUIRE_FRAME, request_id, RAMIX_STATUS_ABORTED);
    phase = IDLE;
}

void frame_forget(void)
{
    phase = IDLE;
}
