#include "settings.h"

#include "cooler.h"
#include "laser.h"
#include "limits.h"
#include "noise.h"
#include "spectrum.h"

static uint32_t integration_time_us;
static uint16_t epoch;

void settings_power_on(void)
{
    integration_time_us = spectrum_usual_exposure_us();
    epoch = noise_u16(); /* a restart that nobody noticed does not fit by chance */
}

uint32_t settings_integration_time_us(void)
{
    return integration_time_us;
}

uint16_t settings_epoch(void)
{
    return epoch;
}

static enum ramix_status applied(struct reply *reply)
{
    struct ramix_settings_applied *told = reply->payload;

    told->settings_epoch = ++epoch;
    reply->size = sizeof *told;
    return RAMIX_STATUS_OK;
}

enum ramix_status settings_set_integration_time(const struct request *request, struct reply *reply)
{
    const struct ramix_set_integration_time *asked = request->payload;

    if (asked->integration_time_us < MIN_INTEGRATION_TIME_US ||
        asked->integration_time_us > MAX_INTEGRATION_TIME_US)
        return RAMIX_STATUS_OUT_OF_RANGE;
    integration_time_us = asked->integration_time_us;
    return applied(reply);
}

enum ramix_status settings_set_laser_power(const struct request *request, struct reply *reply)
{
    const struct ramix_set_laser_power *asked = request->payload;

    if (asked->laser_power_mw > MAX_LASER_POWER_MW)
        return RAMIX_STATUS_OUT_OF_RANGE;
    laser_set_power_mw(asked->laser_power_mw);
    return applied(reply);
}

enum ramix_status settings_set_tec(const struct request *request, struct reply *reply)
{
    const struct ramix_set_tec *asked = request->payload;

    if (asked->setpoint_c < COOLER_LOWEST_C || asked->setpoint_c > COOLER_HIGHEST_C)
        return RAMIX_STATUS_OUT_OF_RANGE;
    cooler_set(request->now_us, asked->enabled != 0, asked->setpoint_c);
    return applied(reply);
}
