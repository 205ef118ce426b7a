/* Who the analyzer is, what it has, how it is. */
#ifndef ABOUT_H
#define ABOUT_H

#include "requests.h"

/* False when the text is empty or too long for DeviceInfo. */
bool about_set_serial(const char *serial);
const char *about_serial(void);

void about_power_on(void);
void about_press_trigger(void);

enum ramix_status about_identity(const struct request *request, struct reply *reply);
enum ramix_status about_capabilities(const struct request *request, struct reply *reply);
enum ramix_status about_camera(const struct request *request, struct reply *reply);
enum ramix_status about_state(const struct request *request, struct reply *reply);
enum ramix_status about_power(const struct request *request, struct reply *reply);

#endif
