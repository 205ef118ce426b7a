/* Monotonic time in microseconds since the program began. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

#define NEVER_US UINT64_MAX

uint64_t clock_now_us(void);

/* From now on time stands still but for `clock_advance_us`: for tests. */
void clock_stop(void);
void clock_advance_us(uint64_t duration_us);

/* How long until `due_us`; -1 where no waiting leads there. */
int64_t clock_wait_us(uint64_t due_us);

#endif
