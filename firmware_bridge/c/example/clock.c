#define _POSIX_C_SOURCE 200809L
#include "clock.h"

#include <stdbool.h>
#include <time.h>

static bool is_stopped;
static uint64_t stopped_at_us;

static uint64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t clock_now_us(void)
{
    static uint64_t began_us;
    if (is_stopped)
        return stopped_at_us;
    if (began_us == 0)
        began_us = monotonic_us();
    return monotonic_us() - began_us;
}

void clock_stop(void)
{
    stopped_at_us = clock_now_us();
    is_stopped = true;
}

void clock_advance_us(uint64_t duration_us)
{
    stopped_at_us += duration_us;
}

int64_t clock_wait_us(uint64_t due_us)
{
    uint64_t now_us = clock_now_us();
    if (due_us <= now_us)
        return 0;
    if (is_stopped || due_us == NEVER_US)
        return -1;
    return (int64_t)(due_us - now_us);
}
