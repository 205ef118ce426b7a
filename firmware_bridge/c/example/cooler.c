#include "cooler.h"

#include <math.h>

#define AMBIENT_C 25.0f
#define POWER_ON_SETPOINT_C (-10.0f)
#define RATE_C_PER_S 20.0f
#define LOCKED_WITHIN_C 0.1f

static bool is_enabled;
static float goal_c;
static float from_c;
static uint64_t since_us;

void cooler_power_on(uint64_t now_us)
{
    is_enabled = true;
    goal_c = from_c = POWER_ON_SETPOINT_C; /* it cooled while the analyzer started */
    since_us = now_us;
}

void cooler_set(uint64_t now_us, bool enabled, float setpoint_c)
{
    from_c = cooler_temperature_c(now_us);
    since_us = now_us;
    is_enabled = enabled;
    goal_c = enabled ? setpoint_c : AMBIENT_C;
}

float cooler_temperature_c(uint64_t now_us)
{
    float moved_c = RATE_C_PER_S * (float)(now_us - since_us) / 1e6f;
    float way_c = goal_c - from_c;

    if (moved_c >= fabsf(way_c))
        return goal_c;
    return from_c + copysignf(moved_c, way_c);
}

bool cooler_is_locked(uint64_t now_us)
{
    return is_enabled && fabsf(cooler_temperature_c(now_us) - goal_c) <= LOCKED_WITHIN_C;
}
