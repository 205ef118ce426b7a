/* Finding requests in what the link delivers (PROTOCOL.md, sections 2 and 3). */
#ifndef INPUT_H
#define INPUT_H

#include "requests.h"

void input_use_cobs(bool cobs);

/* Where the link's next bytes go, and how many fit; then that so many came. */
uint8_t *input_room(size_t *size);
void input_received(uint64_t now_us, size_t size);

/* The next whole request; false when more bytes are needed. Its payload holds until the next
 * call. */
bool input_next(struct request *request);

/* Forget everything: the link is gone. */
void input_clear(void);

#endif
