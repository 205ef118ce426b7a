/* What this analyzer has and can: the numbers behind GET_CAPABILITIES. */
#ifndef LIMITS_H
#define LIMITS_H

#include "../ramix_protocol.h"

#define PRODUCT "ramix-785"
#define HARDWARE_REVISION 1
#define FIRMWARE_VERSION "c-example-1.0"
#define DEFAULT_SERIAL "C-0001"

#define MAX_PIXELS 4096
#define DEFAULT_PIXELS 2048
#define MIN_INTEGRATION_TIME_US 1000u
#define MAX_INTEGRATION_TIME_US 10000000u
#define DEFAULT_INTEGRATION_TIME_US 100000u
#define READOUT_US 5000u
#define MAX_LASER_POWER_MW 70
#define MIN_LEASE_MS 20
#define MAX_LEASE_MS RAMIX_LONGEST_LEASE_MS
#define SLOT_COUNT 2
#define MAX_SLOT_BYTES (1024u * 1024u)
#define MAX_CHUNK_BYTES 4096u
#define MAX_PAGE_BYTES 3840u

/* The largest request is a chunk of a calibration page, the largest reply a frame. */
#define MAX_REQUEST_PAYLOAD (sizeof(struct ramix_write_calibration) + MAX_CHUNK_BYTES)
#define MAX_REPLY_PAYLOAD (sizeof(struct ramix_frame_reply) + 2u * MAX_PIXELS)
#define PACKET_OVERHEAD (sizeof(struct ramix_header) + 4u)

RAMIX_STATIC_ASSERT(MAX_REPLY_PAYLOAD >= sizeof(struct ramix_slot_data) + MAX_CHUNK_BYTES,
                    "a chunk read back fits a reply");
RAMIX_STATIC_ASSERT(MAX_REPLY_PAYLOAD >= sizeof(struct ramix_calibration_bytes) + MAX_PAGE_BYTES,
                    "a page fits a reply");

#endif
