#include "about.h"

#include <string.h>

#include "cooler.h"
#include "events.h"
#include "frame.h"
#include "laser.h"
#include "limits.h"
#include "link_guard.h"
#include "settings.h"
#include "slots.h"
#include "spectrum.h"

static char serial[33] = DEFAULT_SERIAL;
static uint32_t trigger_count;

bool about_set_serial(const char *wanted)
{
    size_t length = strlen(wanted);
    if (length == 0 || length >= sizeof serial)
        return false;
    memcpy(serial, wanted, length + 1);
    return true;
}

const char *about_serial(void)
{
    return serial;
}

void about_power_on(void)
{
    trigger_count = 0;
}

void about_press_trigger(void)
{
    trigger_count++;
}

/* Text on the wire is padded with zeros and needs none at its end. */
static void put_text(char *field, const char *text)
{
    memcpy(field, text, strlen(text));
}

enum ramix_status about_identity(const struct request *request, struct reply *reply)
{
    struct ramix_device_info *info = reply->payload;

    (void)request;
    memset(info, 0, sizeof *info);
    put_text(info->product, PRODUCT);
    info->hardware_revision = HARDWARE_REVISION;
    put_text(info->serial, serial);
    put_text(info->firmware_version, FIRMWARE_VERSION);
    info->protocol_version = RAMIX_PROTOCOL_VERSION;
    reply->size = sizeof *info;
    return RAMIX_STATUS_OK;
}

enum ramix_status about_capabilities(const struct request *request, struct reply *reply)
{
    struct ramix_capabilities *has = reply->payload;

    (void)request;
    has->pixel_count = spectrum_pixel_count();
    has->min_integration_time_us = MIN_INTEGRATION_TIME_US;
    has->max_integration_time_us = MAX_INTEGRATION_TIME_US;
    has->max_laser_power_mw = MAX_LASER_POWER_MW;
    has->min_lease_ms = MIN_LEASE_MS;
    has->max_lease_ms = MAX_LEASE_MS;
    has->slot_count = SLOT_COUNT;
    has->slot_size = slots_size();
    has->max_chunk = slots_max_chunk();
    has->has_tec = 1;
    has->has_trigger = 1;
    has->has_interlock = 1;
    has->has_thermometer = 1;
    has->calibration_size = MAX_PAGE_BYTES;
    has->needs_key = link_guard_needs_key();
    reply->size = sizeof *has;
    return RAMIX_STATUS_OK;
}

enum ramix_status about_camera(const struct request *request, struct reply *reply)
{
    (void)request;
    spectrum_tell_camera(reply->payload);
    reply->size = sizeof(struct ramix_camera);
    return RAMIX_STATUS_OK;
}

enum ramix_status about_state(const struct request *request, struct reply *reply)
{
    struct ramix_instrument_state *state = reply->payload;

    state->laser_state = (uint8_t)laser_state();
    state->laser_power_mw = laser_power_mw();
    state->interlock_closed = laser_interlock_is_closed();
    state->lease_remaining_ms = laser_lease_remaining_ms(request->now_us);
    state->detector_temperature_c = cooler_temperature_c(request->now_us);
    state->tec_locked = cooler_is_locked(request->now_us);
    state->settings_epoch = settings_epoch();
    state->integration_time_us = settings_integration_time_us();
    state->trigger_count = trigger_count;
    state->frame_pending = frame_is_pending();
    state->active_slot = slots_active();
    state->unread_events = events_unread();
    reply->size = sizeof *state;
    return RAMIX_STATUS_OK;
}

/* It stands on the mains and measures the temperature of its board alone. */
enum ramix_status about_power(const struct request *request, struct reply *reply)
{
    struct ramix_power *power = reply->payload;

    (void)request;
    memset(power, 0, sizeof *power);
    power->battery = RAMIX_BATTERY_NONE;
    power->known = RAMIX_TEMPERATURE_KNOWN_BOARD;
    power->board_temperature_c = 31.5f;
    reply->size = sizeof *power;
    return RAMIX_STATUS_OK;
}
