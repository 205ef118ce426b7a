#include "hands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "about.h"
#include "clock.h"
#include "laser.h"
#include "light_log.h"
#include "link.h"

static const struct analyzer_actions *analyzer;
static char input[512];
static size_t used;
static char answer[8192];

void hands_init(const struct analyzer_actions *actions)
{
    analyzer = actions;
}

bool hands_read(void)
{
    ssize_t count = read(STDIN_FILENO, input + used, sizeof input - used);
    if (count > 0)
        used += (size_t)count;
    return count > 0;
}

static void tell_traffic(void)
{
    uint64_t received, sent;

    if (link_traffic(&received, &sent))
        snprintf(answer, sizeof answer, "%" PRIu64 " %" PRIu64, received, sent);
    else
        strcpy(answer, "none");
}

static void act(const char *line, uint64_t now_us)
{
    strcpy(answer, "ok");
    if (strcmp(line, "trigger") == 0)
        about_press_trigger();
    else if (strcmp(line, "open") == 0)
        laser_set_interlock(now_us, true);
    else if (strcmp(line, "close") == 0)
        laser_set_interlock(now_us, false);
    else if (strcmp(line, "break") == 0)
        laser_go_dark(now_us, DARK_FAULT);
    else if (strcmp(line, "restart") == 0)
        analyzer->restart(now_us);
    else if (strcmp(line, "lose") == 0)
        analyzer->lose_link(now_us);
    else if (strcmp(line, "unplug") == 0) {
        analyzer->lose_link(now_us);
        link_plug(false);
    } else if (strcmp(line, "plug") == 0)
        link_plug(true);
    else if (strncmp(line, "advance ", 8) == 0) {
        clock_advance_us(strtoull(line + 8, NULL, 10) * 1000u);
        analyzer->play_until(clock_now_us());
    } else if (strcmp(line, "pulses") == 0)
        light_log_tell(answer, sizeof answer);
    else if (strcmp(line, "traffic") == 0)
        tell_traffic();
    else if (strcmp(line, "state") == 0)
        snprintf(answer, sizeof answer, "%d", (int)laser_state());
    else
        strcpy(answer, "unknown");
}

bool hands_do_one(uint64_t now_us)
{
    char *end = memchr(input, '\n', used);

    if (end == NULL)
        return false;
    *end = 0;
    act(input, now_us);
    used -= (size_t)(end + 1 - input);
    memmove(input, end + 1, used);
    return true;
}

void hands_answer(void)
{
    puts(answer);
    fflush(stdout);
}
