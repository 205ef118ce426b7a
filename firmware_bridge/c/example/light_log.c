#include "light_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"

#define MAX_PULSES 64 /* the first ones; later ones are not noted */

struct pulse {
    uint64_t on_us;
    uint64_t off_us; /* 0 while it lasts */
    enum dark_cause cause;
};

static struct pulse pulses[MAX_PULSES];
static size_t pulse_count; /* counts on behind MAX_PULSES */

/* The clock is read here: the log says when the light really changed, not when it should have. */
void light_log_on(void)
{
    if (pulse_count < MAX_PULSES)
        pulses[pulse_count] = (struct pulse){.on_us = clock_now_us()};
    pulse_count++;
}

void light_log_off(enum dark_cause cause)
{
    if (pulse_count <= MAX_PULSES) {
        pulses[pulse_count - 1].off_us = clock_now_us();
        pulses[pulse_count - 1].cause = cause;
    }
}

void light_log_tell(char *text, size_t capacity)
{
    static const char *const names[] = {
        [DARK_EXPOSURE_DONE] = "exposure_done", [DARK_HOST] = "host",
        [DARK_LEASE] = "lease",                 [DARK_INTERLOCK] = "interlock",
        [DARK_FAULT] = "fault",                 [DARK_LINK] = "link",
        [DARK_RESTART] = "restart",
    };
    size_t used = 0;

    text[0] = 0;
    for (size_t i = 0; i < pulse_count && i < MAX_PULSES; i++) {
        const struct pulse *pulse = &pulses[i];
        const char *cause = pulse->off_us != 0 ? names[pulse->cause] : "none";
        int written = snprintf(text + used, capacity - used, "%s%" PRIu64 " %" PRIu64 " %s",
                               i == 0 ? "" : " ", pulse->on_us, pulse->off_us, cause);
        if (written < 0 || (size_t)written >= capacity - used)
            return;
        used += (size_t)written;
    }
}
