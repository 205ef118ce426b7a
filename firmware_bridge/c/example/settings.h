/* What the host sets, and the epoch that counts it. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "requests.h"

void settings_power_on(void);
uint32_t settings_integration_time_us(void);
uint16_t settings_epoch(void);

enum ramix_status settings_set_integration_time(const struct request *request, struct reply *reply);
enum ramix_status settings_set_laser_power(const struct request *request, struct reply *reply);
enum ramix_status settings_set_tec(const struct request *request, struct reply *reply);

#endif
