#include "requests.h"

#include <math.h>
#include <string.h>

#include "about.h"
#include "calibration.h"
#include "events.h"
#include "frame.h"
#include "laser.h"
#include "limits.h"
#include "link_guard.h"
#include "output.h"
#include "settings.h"
#include "slots.h"
#include "wall_clock.h"

typedef enum ramix_status answer_function(const struct request *request, struct reply *reply);

/* What a function returns that has answered by itself, or will. */
#define ANSWERED ((enum ramix_status)0xFFFF)

enum {
    ANY_TIME = 0,
    BUSY = 1, /* refused while a frame is pending */
    DATA = 2, /* `size` ends with a u32 that counts the bytes behind it */
};

struct route {
    uint16_t opcode;
    uint32_t size; /* of the payload, without the data behind it */
    answer_function *answer;
    unsigned flags;
    bool (*is_legal)(const void *payload); /* NULL where any value is */
};

static bool acquire_is_legal(const void *payload)
{
    return ((const struct ramix_acquire_frame *)payload)->laser_on <= 1;
}

static bool tec_is_legal(const void *payload)
{
    const struct ramix_set_tec *asked = payload;
    return asked->enabled <= 1 && isfinite(asked->setpoint_c);
}

static enum ramix_status abort_all(const struct request *request, struct reply *reply)
{
    (void)reply;
    laser_go_dark(request->now_us, DARK_HOST);
    frame_abort();
    return RAMIX_STATUS_OK;
}

static enum ramix_status flush(const struct request *request, struct reply *reply)
{
    (void)request, (void)reply;
    output_flush();
    return RAMIX_STATUS_OK;
}

static enum ramix_status acquire(const struct request *request, struct reply *reply)
{
    const struct ramix_acquire_frame *asked = request->payload;
    enum ramix_status status = frame_start(request->now_us, request->id, asked->laser_on != 0);

    (void)reply;
    return status == RAMIX_STATUS_OK ? ANSWERED : status;
}

#define OPCODE(name) RAMIX_OPCODE_##name
#define SIZE(name) sizeof(struct ramix_##name)

static const struct route routes[] = {
    {OPCODE(HELLO), 0, about_identity, ANY_TIME, NULL},
    {OPCODE(GET_CAPABILITIES), 0, about_capabilities, ANY_TIME, NULL},
    {OPCODE(ABORT), 0, abort_all, ANY_TIME, NULL},
    {OPCODE(FLUSH), 0, flush, ANY_TIME, NULL},
    {OPCODE(GET_CAMERA), 0, about_camera, ANY_TIME, NULL},
    {OPCODE(CHALLENGE), SIZE(challenge), link_guard_challenge, ANY_TIME, NULL},
    {OPCODE(AUTHENTICATE), SIZE(authenticate), link_guard_authenticate, ANY_TIME, NULL},
    {OPCODE(GET_STATE), 0, about_state, ANY_TIME, NULL},
    {OPCODE(SET_INTEGRATION_TIME), SIZE(set_integration_time), settings_set_integration_time, BUSY,
     NULL},
    {OPCODE(SET_LASER_POWER), SIZE(set_laser_power), settings_set_laser_power, BUSY, NULL},
    {OPCODE(SET_TEC), SIZE(set_tec), settings_set_tec, BUSY, tec_is_legal},
    {OPCODE(ARM_LASER), SIZE(arm_laser), laser_arm, ANY_TIME, NULL},
    {OPCODE(RENEW_LEASE), SIZE(renew_lease), laser_renew, ANY_TIME, NULL},
    {OPCODE(LASER_OFF), 0, laser_off, ANY_TIME, NULL},
    {OPCODE(GET_POWER), 0, about_power, ANY_TIME, NULL},
    {OPCODE(SET_CLOCK), SIZE(set_clock), wall_clock_set, ANY_TIME, NULL},
    {OPCODE(GET_CLOCK), 0, wall_clock_get, ANY_TIME, NULL},
    {OPCODE(GET_EVENTS), SIZE(get_events), events_get, ANY_TIME, NULL},
    {OPCODE(CLEAR_EVENTS), SIZE(clear_events), events_clear, ANY_TIME, NULL},
    {OPCODE(ACQUIRE_FRAME), SIZE(acquire_frame), acquire, BUSY, acquire_is_legal},
    {OPCODE(READ_CALIBRATION), 0, calibration_read, ANY_TIME, NULL},
    {OPCODE(WRITE_CALIBRATION), SIZE(write_calibration), calibration_write, BUSY | DATA, NULL},
    {OPCODE(SLOT_INFO), SIZE(get_slot_info), slots_info, ANY_TIME, NULL},
    {OPCODE(SLOT_BEGIN), SIZE(slot_begin), slots_begin, ANY_TIME, NULL},
    {OPCODE(SLOT_WRITE), SIZE(slot_write), slots_write, DATA, NULL},
    {OPCODE(SLOT_VERIFY), SIZE(slot_verify), slots_verify, ANY_TIME, NULL},
    {OPCODE(SLOT_TRIAL), SIZE(slot_trial), slots_trial, ANY_TIME, NULL},
    {OPCODE(SLOT_CONFIRM), SIZE(slot_confirm), slots_confirm, ANY_TIME, NULL},
    {OPCODE(SLOT_REVERT), SIZE(slot_revert), slots_revert, ANY_TIME, NULL},
    {OPCODE(SLOT_READ), SIZE(slot_read), slots_read, ANY_TIME, NULL},
    {OPCODE(SLOT_ACTIVATE), SIZE(slot_activate), slots_activate, ANY_TIME, NULL},
};

static const char *text_of(enum ramix_status status)
{
    switch (status) {
    case RAMIX_STATUS_BAD_REQUEST: return "the payload is malformed";
    case RAMIX_STATUS_UNKNOWN_OPCODE: return "this firmware does not know the request";
    case RAMIX_STATUS_BUSY: return "a frame is pending";
    case RAMIX_STATUS_NOT_ARMED: return "no lease runs";
    case RAMIX_STATUS_INTERLOCK_OPEN: return "the sample cover is open";
    case RAMIX_STATUS_OUT_OF_RANGE: return "a value is out of range";
    case RAMIX_STATUS_SLOT_STATE: return "not in this state of the slot";
    case RAMIX_STATUS_HASH_MISMATCH: return "the stored bytes are not those announced";
    case RAMIX_STATUS_COUNTER_TOO_OLD: return "the security counter is below the lowest accepted";
    case RAMIX_STATUS_LASER_FAULT: return "the laser has failed";
    case RAMIX_STATUS_ABORTED: return "aborted by the host";
    case RAMIX_STATUS_UNAUTHORIZED: return "the host has not proven the link key";
    default: return "refused";
    }
}

static const struct route *route_of(uint16_t opcode)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (routes[i].opcode == opcode)
            return &routes[i];
    }
    return NULL;
}

static bool is_well_formed(const struct route *route, const struct request *request)
{
    if (request->size < route->size)
        return false;
    if (route->flags & DATA) {
        uint32_t n_data;
        memcpy(&n_data, (const uint8_t *)request->payload + route->size - 4, 4);
        if (n_data != request->size - route->size)
            return false;
    } else if (request->size != route->size) {
        return false;
    }
    return route->is_legal == NULL || route->is_legal(request->payload);
}

void requests_serve(const struct request *request)
{
    static uint8_t payload[MAX_REPLY_PAYLOAD];
    const struct route *route = route_of(request->opcode);
    struct reply reply = {payload, 0};
    enum ramix_status status = link_guard_check(request->opcode);

    if (status != RAMIX_STATUS_OK)
        ; /* not looked at */
    else if (route == NULL)
        status = RAMIX_STATUS_UNKNOWN_OPCODE;
    else if (!is_well_formed(route, request))
        status = RAMIX_STATUS_BAD_REQUEST;
    else if (route->flags & BUSY && frame_is_pending())
        status = RAMIX_STATUS_BUSY;
    else
        status = route->answer(request, &reply);

    if (status == RAMIX_STATUS_OK)
        requests_answer(request->opcode, request->id, reply.payload, reply.size);
    else if (status != ANSWERED)
        requests_refuse(request->opcode, request->id, status);
}

void requests_answer(uint16_t opcode, uint32_t id, const void *payload, uint32_t size)
{
    output_reply(opcode, RAMIX_STATUS_OK, id, payload, size);
}

void requests_refuse(uint16_t opcode, uint32_t id, enum ramix_status status)
{
    const char *text = text_of(status);
    output_reply(opcode, status, id, text, (uint32_t)strlen(text));
}
