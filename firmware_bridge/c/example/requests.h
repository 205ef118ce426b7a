/* From a packet to its reply: what is known, what is well formed, what is busy, then the work. */
#ifndef REQUESTS_H
#define REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../ramix_protocol.h"

struct request {
    uint16_t opcode;
    uint32_t id;
    const void *payload; /* of a size that was checked before the request's function is called */
    uint32_t size;
    uint64_t now_us;
};

/* A function that answers OK fills `payload`, which is MAX_REPLY_PAYLOAD long, and sets `size`,
 * which is 0 before. */
struct reply {
    void *payload;
    uint32_t size;
};

/* Answer one request into the output. */
void requests_serve(const struct request *request);

/* Answer a request later than at once: with OK and a payload, or with a refusal. */
void requests_answer(uint16_t opcode, uint32_t id, const void *payload, uint32_t size);
void requests_refuse(uint16_t opcode, uint32_t id, enum ramix_status status);

#endif
