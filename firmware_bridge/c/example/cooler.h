/* The detector's cooler: its temperature moves to the setpoint at a steady rate. */
#ifndef COOLER_H
#define COOLER_H

#include <stdbool.h>
#include <stdint.h>

#define COOLER_LOWEST_C (-30.0f)
#define COOLER_HIGHEST_C 20.0f

void cooler_power_on(uint64_t now_us);
void cooler_set(uint64_t now_us, bool enabled, float setpoint_c);
float cooler_temperature_c(uint64_t now_us);
bool cooler_is_locked(uint64_t now_us);

#endif
