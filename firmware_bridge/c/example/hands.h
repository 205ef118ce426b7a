/* What a person does to the analyzer, as lines on standard input; one line answers each.
 *
 * `trigger`, `open`, `close`, `break`, `restart`, `lose`, `unplug`, `plug`, `advance MS` are
 * answered `ok`, `pulses` as light_log.h says, `state` with the laser's state as a number,
 * `traffic` with the bytes received and sent since the host came in, or `none` without host. */
#ifndef HANDS_H
#define HANDS_H

#include <stdbool.h>
#include <stdint.h>

/* What the loop in main.c does for the hands. */
struct analyzer_actions {
    void (*lose_link)(uint64_t now_us);
    void (*restart)(uint64_t now_us);
    void (*play_until)(uint64_t now_us);
};

void hands_init(const struct analyzer_actions *actions);

/* Read what there is and do at most one line of it. False at the end of the input. */
bool hands_read(void);
bool hands_do_one(uint64_t now_us);

/* Write the answer to the line that was done. */
void hands_answer(void);

#endif
