/* The calibration page in two copies (PROTOCOL.md, section 11). The flash here is RAM. */
#ifndef CALIBRATION_H
#define CALIBRATION_H

#include "requests.h"

/* A restart forgets a page of which only a part has come. */
void calibration_power_on(void);

enum ramix_status calibration_read(const struct request *request, struct reply *reply);
enum ramix_status calibration_write(const struct request *request, struct reply *reply);

#endif
