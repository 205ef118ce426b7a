#include "calibration.h"

#include <string.h>

#include "../ramix_crc.h"
#include "factory_page.h"
#include "limits.h"
#include "slots.h"

/* A copy counts once its sequence number is written, as the last thing of all; 0 while it is
 * erased. In flash this number has a CRC of its own, and both copies are checked on restart. */
struct copy {
    uint32_t sequence;
    uint32_t size;
    uint8_t page[MAX_PAGE_BYTES];
};

static struct copy copies[2];
static uint32_t begun_size; /* of the page that is being written; 0 for none */
static uint32_t received;

static struct copy *newest(void)
{
    return &copies[copies[1].sequence > copies[0].sequence];
}

static struct copy *spare(void)
{
    return &copies[newest() == &copies[0]];
}

void calibration_power_on(void)
{
    begun_size = received = 0;
}

enum ramix_status calibration_read(const struct request *request, struct reply *reply)
{
    struct ramix_calibration_bytes *told = reply->payload;
    const struct copy *copy = newest();
    uint32_t size = copy->size;
    const void *page = copy->page;

    (void)request;
    if (copy->sequence == 0)
        page = factory_page(&size);
    told->n_page = size;
    memcpy(told->page, page, size);
    reply->size = (uint32_t)sizeof *told + size;
    return RAMIX_STATUS_OK;
}

/* Read back what was stored; its own CRC at its end makes it a page. */
static enum ramix_status commit(void)
{
    struct copy *copy = spare();
    uint32_t crc = 0;

    if (begun_size > sizeof crc)
        memcpy(&crc, copy->page + begun_size - sizeof crc, sizeof crc);
    if (begun_size <= sizeof crc || crc != ramix_crc32(0, copy->page, begun_size - sizeof crc)) {
        begun_size = received = 0;
        return RAMIX_STATUS_HASH_MISMATCH;
    }
    copy->size = begun_size;
    copy->sequence = newest()->sequence + 1;
    return RAMIX_STATUS_OK;
}

/* The only chunk of the page that was completed last: its reply was lost. */
static bool is_repeated(const struct ramix_write_calibration *asked)
{
    return received == begun_size && asked->size == begun_size && asked->n_data == begun_size &&
           memcmp(newest()->page, asked->data, begun_size) == 0;
}

enum ramix_status calibration_write(const struct request *request, struct reply *reply)
{
    const struct ramix_write_calibration *asked = request->payload;
    struct ramix_calibration_written *written = reply->payload;

    if (asked->size == 0 || asked->size > MAX_PAGE_BYTES)
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (asked->n_data == 0 || asked->n_data > slots_max_chunk())
        return RAMIX_STATUS_BAD_REQUEST;
    if (asked->offset > asked->size || asked->n_data > asked->size - asked->offset)
        return RAMIX_STATUS_OUT_OF_RANGE;
    if (asked->offset == 0 && !is_repeated(asked)) {
        spare()->sequence = 0;
        begun_size = asked->size;
        received = 0;
    } else if (begun_size != 0 && asked->size != begun_size) {
        return RAMIX_STATUS_BAD_REQUEST;
    }
    if (begun_size != 0 && asked->offset == received && received < begun_size) {
        memcpy(spare()->page + received, asked->data, asked->n_data);
        received += asked->n_data;
        if (received == begun_size) {
            enum ramix_status status = commit();
            if (status != RAMIX_STATUS_OK)
                return status;
        }
    }
    written->next_offset = received;
    written->sequence = newest()->sequence;
    reply->size = sizeof *written;
    return RAMIX_STATUS_OK;
}
