/* When there was light, and why it ended: for whoever checks this firmware, not for the host. */
#ifndef LIGHT_LOG_H
#define LIGHT_LOG_H

#include <stddef.h>

#include "laser.h"

void light_log_on(void);
void light_log_off(enum dark_cause cause);

/* Write "on_us off_us cause" for each stretch of light, the last one's end and cause as 0 and
 * "none" while it lasts. At most `capacity` bytes with the zero at the end. */
void light_log_tell(char *text, size_t capacity);

#endif
