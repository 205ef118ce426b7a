/* The wire between host and analyzer, as C: what PROTOCOL.md shows in section 10.
 *
 * Made by tests/make_protocol_header.py from the Python that the host runs; not to be edited.
 * For GCC and Clang on little-endian machines: a structure then lies in memory as on the wire.
 */
#ifndef RAMIX_PROTOCOL_H
#define RAMIX_PROTOCOL_H

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "these structures are laid out for little-endian machines"
#endif

#ifdef __cplusplus
#define RAMIX_STATIC_ASSERT static_assert
/* C++ has no array of open length at the end of a structure; GCC and Clang do. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#else
#define RAMIX_STATIC_ASSERT _Static_assert
#endif

#include <stdint.h>

#define RAMIX_PACKED __attribute__((packed))

#define RAMIX_SYNC 0x5aa5
#define RAMIX_FRAMING_VERSION 1
#define RAMIX_FLAG_REPLY 0x01
#define RAMIX_MAX_PAYLOAD 131200
#define RAMIX_PROTOCOL_VERSION 2
#define RAMIX_NO_SLOT 255
#define RAMIX_MAX_DETAIL_SIZE 200
#define RAMIX_PAGE_VERSION 1
#define RAMIX_RESPONSE_PAGE_VERSION 2
#define RAMIX_MAX_RESPONSE_POINTS 255
#define RAMIX_MAX_EVENTS 32
#define RAMIX_LONGEST_LEASE_MS 500
#define RAMIX_MIN_CHUNK_BYTES 32

enum ramix_opcode {
    RAMIX_OPCODE_HELLO = 0x01,
    RAMIX_OPCODE_GET_CAPABILITIES = 0x02,
    RAMIX_OPCODE_ABORT = 0x03,
    RAMIX_OPCODE_FLUSH = 0x04,
    RAMIX_OPCODE_GET_CAMERA = 0x05,
    RAMIX_OPCODE_CHALLENGE = 0x06,
    RAMIX_OPCODE_AUTHENTICATE = 0x07,
    RAMIX_OPCODE_GET_STATE = 0x10,
    RAMIX_OPCODE_SET_INTEGRATION_TIME = 0x11,
    RAMIX_OPCODE_SET_LASER_POWER = 0x12,
    RAMIX_OPCODE_SET_TEC = 0x13,
    RAMIX_OPCODE_ARM_LASER = 0x14,
    RAMIX_OPCODE_RENEW_LEASE = 0x15,
    RAMIX_OPCODE_LASER_OFF = 0x16,
    RAMIX_OPCODE_GET_POWER = 0x17,
    RAMIX_OPCODE_SET_CLOCK = 0x18,
    RAMIX_OPCODE_GET_CLOCK = 0x19,
    RAMIX_OPCODE_GET_EVENTS = 0x1a,
    RAMIX_OPCODE_CLEAR_EVENTS = 0x1b,
    RAMIX_OPCODE_ACQUIRE_FRAME = 0x20,
    RAMIX_OPCODE_READ_CALIBRATION = 0x30,
    RAMIX_OPCODE_WRITE_CALIBRATION = 0x31,
    RAMIX_OPCODE_SLOT_INFO = 0x40,
    RAMIX_OPCODE_SLOT_BEGIN = 0x41,
    RAMIX_OPCODE_SLOT_WRITE = 0x42,
    RAMIX_OPCODE_SLOT_VERIFY = 0x43,
    RAMIX_OPCODE_SLOT_TRIAL = 0x44,
    RAMIX_OPCODE_SLOT_CONFIRM = 0x45,
    RAMIX_OPCODE_SLOT_REVERT = 0x46,
    RAMIX_OPCODE_SLOT_READ = 0x47,
    RAMIX_OPCODE_SLOT_ACTIVATE = 0x48,
};

enum ramix_status {
    RAMIX_STATUS_OK = 0x00,
    RAMIX_STATUS_BAD_REQUEST = 0x01,
    RAMIX_STATUS_UNKNOWN_OPCODE = 0x02,
    RAMIX_STATUS_BUSY = 0x03,
    RAMIX_STATUS_NOT_ARMED = 0x04,
    RAMIX_STATUS_INTERLOCK_OPEN = 0x05,
    RAMIX_STATUS_OUT_OF_RANGE = 0x06,
    RAMIX_STATUS_SLOT_STATE = 0x07,
    RAMIX_STATUS_HASH_MISMATCH = 0x08,
    RAMIX_STATUS_COUNTER_TOO_OLD = 0x09,
    RAMIX_STATUS_FLASH_FAILED = 0x0a,
    RAMIX_STATUS_LASER_FAULT = 0x0b,
    RAMIX_STATUS_ABORTED = 0x0c,
    RAMIX_STATUS_WORKING = 0x0d,
    RAMIX_STATUS_IN_USE = 0x0e,
    RAMIX_STATUS_UNAUTHORIZED = 0x0f,
};

enum ramix_laser {
    RAMIX_LASER_OFF = 0x0,
    RAMIX_LASER_ARMED = 0x1,
    RAMIX_LASER_ON = 0x2,
    RAMIX_LASER_FAULT = 0x3,
};

enum ramix_slot {
    RAMIX_SLOT_EMPTY = 0x0,
    RAMIX_SLOT_STAGED = 0x1,
    RAMIX_SLOT_VERIFIED = 0x2,
    RAMIX_SLOT_TRIAL = 0x3,
    RAMIX_SLOT_CONFIRMED = 0x4,
};

enum ramix_frame {
    RAMIX_FRAME_NONE = 0x0000,
    RAMIX_FRAME_SATURATED = 0x0001,
    RAMIX_FRAME_TEC_UNLOCKED = 0x0002,
    RAMIX_FRAME_LASER_DROPPED = 0x0004,
    RAMIX_FRAME_RECORDED_AVERAGE = 0x0008,
};

enum ramix_camera_known {
    RAMIX_CAMERA_KNOWN_NONE = 0x0000,
    RAMIX_CAMERA_KNOWN_GAIN = 0x0001,
    RAMIX_CAMERA_KNOWN_READ_NOISE = 0x0002,
    RAMIX_CAMERA_KNOWN_FULL_WELL = 0x0004,
    RAMIX_CAMERA_KNOWN_CONVERTER_BITS = 0x0008,
    RAMIX_CAMERA_KNOWN_OFFSET = 0x0010,
    RAMIX_CAMERA_KNOWN_DARK_CURRENT = 0x0020,
    RAMIX_CAMERA_KNOWN_USEFUL_RANGE = 0x0040,
};

enum ramix_battery {
    RAMIX_BATTERY_NONE = 0x0,
    RAMIX_BATTERY_DISCHARGING = 0x1,
    RAMIX_BATTERY_CHARGING = 0x2,
    RAMIX_BATTERY_FULL = 0x3,
};

enum ramix_temperature_known {
    RAMIX_TEMPERATURE_KNOWN_NONE = 0x0000,
    RAMIX_TEMPERATURE_KNOWN_LASER = 0x0001,
    RAMIX_TEMPERATURE_KNOWN_BOARD = 0x0002,
    RAMIX_TEMPERATURE_KNOWN_BATTERY = 0x0004,
};

enum ramix_event_kind {
    RAMIX_EVENT_KIND_RESTARTED = 0x01,
    RAMIX_EVENT_KIND_LASER_FAULT = 0x02,
    RAMIX_EVENT_KIND_INTERLOCK_OPENED = 0x03,
    RAMIX_EVENT_KIND_LEASE_LAPSED = 0x04,
    RAMIX_EVENT_KIND_FLASH_FAILED = 0x05,
    RAMIX_EVENT_KIND_OVER_TEMPERATURE = 0x06,
    RAMIX_EVENT_KIND_BATTERY_LOW = 0x07,
};

enum ramix_restart {
    RAMIX_RESTART_UNKNOWN = 0x0,
    RAMIX_RESTART_POWER_ON = 0x1,
    RAMIX_RESTART_BROWN_OUT = 0x2,
    RAMIX_RESTART_SOFTWARE = 0x3,
    RAMIX_RESTART_WATCHDOG = 0x4,
};

struct ramix_header {
    uint16_t sync;                               /* @0 */
    uint8_t version;                             /* @2 */
    uint8_t flags;                               /* @3 */
    uint16_t opcode;                             /* @4 */
    uint16_t status;                             /* @6 */
    uint32_t request_id;                         /* @8 */
    uint32_t payload_size;                       /* @12 */
    uint16_t header_crc16;                       /* @16 */
} RAMIX_PACKED; /* 18 bytes */

struct ramix_calibration_page {
    char magic[4];                               /* @0 */
    uint16_t version;                            /* @4 */
    uint16_t pixel_count;                        /* @6 */
    uint16_t first_valid_pixel;                  /* @8 */
    uint16_t last_valid_pixel;                   /* @10 */
    double excitation_nm;                        /* @12 */
    double resolution_cm1;                       /* @20 */
    char serial[32];                             /* @28 */
    uint8_t coefficient_count;                   /* @60 */
    double wavelength_coefficients_nm[6];        /* @61 */
    uint16_t n_dead_pixels;                      /* @109 */
} RAMIX_PACKED; /* 111 bytes */

/* requests */

struct ramix_challenge {
    uint8_t host_nonce[32];                      /* @0 */
} RAMIX_PACKED; /* 32 bytes */

struct ramix_authenticate {
    uint8_t host_proof[32];                      /* @0 */
} RAMIX_PACKED; /* 32 bytes */

struct ramix_set_integration_time {
    uint32_t integration_time_us;                /* @0 */
} RAMIX_PACKED; /* 4 bytes */

struct ramix_set_laser_power {
    uint16_t laser_power_mw;                     /* @0 */
} RAMIX_PACKED; /* 2 bytes */

struct ramix_set_tec {
    uint8_t enabled;                             /* @0   0 or 1 */
    float setpoint_c;                            /* @1 */
} RAMIX_PACKED; /* 5 bytes */

struct ramix_arm_laser {
    uint16_t lease_ms;                           /* @0 */
} RAMIX_PACKED; /* 2 bytes */

struct ramix_renew_lease {
    uint16_t lease_ms;                           /* @0 */
} RAMIX_PACKED; /* 2 bytes */

struct ramix_set_clock {
    uint64_t utc_ms;                             /* @0 */
} RAMIX_PACKED; /* 8 bytes */

struct ramix_get_events {
    uint32_t after_number;                       /* @0 */
} RAMIX_PACKED; /* 4 bytes */

struct ramix_clear_events {
    uint32_t up_to_number;                       /* @0 */
} RAMIX_PACKED; /* 4 bytes */

struct ramix_acquire_frame {
    uint8_t laser_on;                            /* @0   0 or 1 */
} RAMIX_PACKED; /* 1 bytes */

struct ramix_write_calibration {
    uint32_t offset;                             /* @0 */
    uint32_t size;                               /* @4 */
    uint32_t n_data;                             /* @8 */
    uint8_t data[];                              /* n_data of them */
} RAMIX_PACKED; /* 12 bytes and more */

struct ramix_get_slot_info {
    uint8_t slot;                                /* @0 */
} RAMIX_PACKED; /* 1 bytes */

struct ramix_slot_begin {
    uint8_t slot;                                /* @0 */
    uint32_t size;                               /* @1 */
    uint8_t sha256[32];                          /* @5 */
    uint32_t security_counter;                   /* @37 */
} RAMIX_PACKED; /* 41 bytes */

struct ramix_slot_write {
    uint8_t slot;                                /* @0 */
    uint32_t offset;                             /* @1 */
    uint32_t n_data;                             /* @5 */
    uint8_t data[];                              /* n_data of them */
} RAMIX_PACKED; /* 9 bytes and more */

struct ramix_slot_verify {
    uint8_t slot;                                /* @0 */
} RAMIX_PACKED; /* 1 bytes */

struct ramix_slot_trial {
    uint8_t slot;                                /* @0 */
} RAMIX_PACKED; /* 1 bytes */

struct ramix_slot_confirm {
    uint8_t slot;                                /* @0 */
} RAMIX_PACKED; /* 1 bytes */

struct ramix_slot_revert {
    uint8_t slot;                                /* @0 */
} RAMIX_PACKED; /* 1 bytes */

struct ramix_slot_read {
    uint8_t slot;                                /* @0 */
    uint32_t offset;                             /* @1 */
    uint32_t length;                             /* @5 */
} RAMIX_PACKED; /* 9 bytes */

struct ramix_slot_activate {
    uint8_t slot;                                /* @0 */
} RAMIX_PACKED; /* 1 bytes */

/* replies */

struct ramix_event {
    uint32_t number;                             /* @0 */
    uint8_t kind;                                /* @4 */
    uint64_t uptime_ms;                          /* @5 */
    uint64_t utc_ms;                             /* @13 */
    uint32_t detail;                             /* @21 */
} RAMIX_PACKED; /* 25 bytes */

struct ramix_device_info {
    char product[32];                            /* @0 */
    uint16_t hardware_revision;                  /* @32 */
    char serial[32];                             /* @34 */
    char firmware_version[32];                   /* @66 */
    uint16_t protocol_version;                   /* @98 */
} RAMIX_PACKED; /* 100 bytes */

struct ramix_capabilities {
    uint16_t pixel_count;                        /* @0 */
    uint32_t min_integration_time_us;            /* @2 */
    uint32_t max_integration_time_us;            /* @6 */
    uint16_t max_laser_power_mw;                 /* @10 */
    uint16_t min_lease_ms;                       /* @12 */
    uint16_t max_lease_ms;                       /* @14 */
    uint8_t slot_count;                          /* @16 */
    uint32_t slot_size;                          /* @17 */
    uint32_t max_chunk;                          /* @21 */
    uint8_t has_tec;                             /* @25  0 or 1 */
    uint8_t has_trigger;                         /* @26  0 or 1 */
    uint8_t has_interlock;                       /* @27  0 or 1 */
    uint8_t has_thermometer;                     /* @28  0 or 1 */
    uint32_t calibration_size;                   /* @29 */
    uint8_t needs_key;                           /* @33  0 or 1 */
} RAMIX_PACKED; /* 34 bytes */

struct ramix_camera {
    uint16_t known;                              /* @0   enum ramix_camera_known */
    uint8_t converter_bits;                      /* @2 */
    float gain_e_per_count;                      /* @3 */
    float read_noise_e;                          /* @7 */
    float full_well_e;                           /* @11 */
    float offset_counts;                         /* @15 */
    float dark_current_e_per_s;                  /* @19 */
    uint16_t first_useful_pixel;                 /* @23 */
    uint16_t last_useful_pixel;                  /* @25 */
} RAMIX_PACKED; /* 27 bytes */

struct ramix_analyzer_challenge {
    uint8_t analyzer_nonce[32];                  /* @0 */
} RAMIX_PACKED; /* 32 bytes */

struct ramix_analyzer_proof {
    uint8_t analyzer_proof[32];                  /* @0 */
} RAMIX_PACKED; /* 32 bytes */

struct ramix_instrument_state {
    uint8_t laser_state;                         /* @0   enum ramix_laser */
    uint16_t laser_power_mw;                     /* @1 */
    uint8_t interlock_closed;                    /* @3   0 or 1 */
    uint16_t lease_remaining_ms;                 /* @4 */
    float detector_temperature_c;                /* @6 */
    uint8_t tec_locked;                          /* @10  0 or 1 */
    uint16_t settings_epoch;                     /* @11 */
    uint32_t integration_time_us;                /* @13 */
    uint32_t trigger_count;                      /* @17 */
    uint8_t frame_pending;                       /* @21  0 or 1 */
    uint8_t active_slot;                         /* @22 */
    uint16_t unread_events;                      /* @23 */
} RAMIX_PACKED; /* 25 bytes */

struct ramix_settings_applied {
    uint16_t settings_epoch;                     /* @0 */
} RAMIX_PACKED; /* 2 bytes */

struct ramix_lease_granted {
    uint16_t lease_ms;                           /* @0 */
} RAMIX_PACKED; /* 2 bytes */

struct ramix_power {
    uint8_t battery;                             /* @0   enum ramix_battery */
    uint8_t battery_percent;                     /* @1 */
    uint16_t battery_voltage_mv;                 /* @2 */
    uint16_t known;                              /* @4   enum ramix_temperature_known */
    float laser_temperature_c;                   /* @6 */
    float board_temperature_c;                   /* @10 */
    float battery_temperature_c;                 /* @14 */
} RAMIX_PACKED; /* 18 bytes */

struct ramix_clock_reading {
    uint64_t utc_ms;                             /* @0 */
    uint64_t uptime_ms;                          /* @8 */
} RAMIX_PACKED; /* 16 bytes */

struct ramix_event_list {
    uint32_t newest_number;                      /* @0 */
    uint32_t cleared_number;                     /* @4 */
    uint16_t n_events;                           /* @8 */
    struct ramix_event events[];                 /* n_events of them */
} RAMIX_PACKED; /* 10 bytes and more */

struct ramix_frame_reply {
    uint32_t frame_seq;                          /* @0 */
    uint16_t settings_epoch;                     /* @4 */
    uint32_t exposure_us;                        /* @6 */
    float detector_temperature_c;                /* @10 */
    uint8_t laser_state;                         /* @14  enum ramix_laser */
    uint16_t laser_power_mw;                     /* @15 */
    uint16_t flags;                              /* @17  enum ramix_frame */
    uint16_t n_counts;                           /* @19 */
    uint16_t counts[];                           /* n_counts of them */
} RAMIX_PACKED; /* 21 bytes and more */

struct ramix_calibration_bytes {
    uint32_t n_page;                             /* @0 */
    uint8_t page[];                              /* n_page of them */
} RAMIX_PACKED; /* 4 bytes and more */

struct ramix_calibration_written {
    uint32_t next_offset;                        /* @0 */
    uint32_t sequence;                           /* @4 */
} RAMIX_PACKED; /* 8 bytes */

struct ramix_slot_info {
    uint8_t slot;                                /* @0 */
    uint8_t state;                               /* @1   enum ramix_slot */
    uint32_t size;                               /* @2 */
    uint8_t sha256[32];                          /* @6 */
    uint32_t security_counter;                   /* @38 */
    uint32_t received;                           /* @42 */
    uint8_t active;                              /* @46  0 or 1 */
} RAMIX_PACKED; /* 47 bytes */

struct ramix_upload_offset {
    uint32_t next_offset;                        /* @0 */
} RAMIX_PACKED; /* 4 bytes */

struct ramix_slot_data {
    uint32_t offset;                             /* @0 */
    uint32_t n_data;                             /* @4 */
    uint8_t data[];                              /* n_data of them */
} RAMIX_PACKED; /* 8 bytes and more */

/* what the text of PROTOCOL.md says beside its tables */

#define RAMIX_MAX_PAUSE_MS 500
#define RAMIX_PAGE_MAGIC "RXCP"
#define RAMIX_MAX_COEFFICIENTS 6
#define RAMIX_USB_VENDOR_ID 0x1209
#define RAMIX_USB_PRODUCT_ID 0x7850
#define RAMIX_USB_INTERFACE 0
#define RAMIX_USB_ENDPOINT_OUT 0x01
#define RAMIX_USB_ENDPOINT_IN 0x81

/* sizes in bytes; of those that may be longer, the least */

RAMIX_STATIC_ASSERT(sizeof(struct ramix_header) == 18, "ramix_header");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_calibration_page) == 111, "ramix_calibration_page");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_challenge) == 32, "ramix_challenge");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_authenticate) == 32, "ramix_authenticate");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_set_integration_time) == 4, "ramix_set_integration_time");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_set_laser_power) == 2, "ramix_set_laser_power");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_set_tec) == 5, "ramix_set_tec");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_arm_laser) == 2, "ramix_arm_laser");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_renew_lease) == 2, "ramix_renew_lease");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_set_clock) == 8, "ramix_set_clock");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_get_events) == 4, "ramix_get_events");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_clear_events) == 4, "ramix_clear_events");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_acquire_frame) == 1, "ramix_acquire_frame");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_write_calibration) == 12, "ramix_write_calibration");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_get_slot_info) == 1, "ramix_get_slot_info");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_slot_begin) == 41, "ramix_slot_begin");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_slot_write) == 9, "ramix_slot_write");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_slot_verify) == 1, "ramix_slot_verify");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_slot_trial) == 1, "ramix_slot_trial");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_slot_confirm) == 1, "ramix_slot_confirm");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_slot_revert) == 1, "ramix_slot_revert");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_slot_read) == 9, "ramix_slot_read");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_slot_activate) == 1, "ramix_slot_activate");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_event) == 25, "ramix_event");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_device_info) == 100, "ramix_device_info");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_capabilities) == 34, "ramix_capabilities");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_camera) == 27, "ramix_camera");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_analyzer_challenge) == 32, "ramix_analyzer_challenge");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_analyzer_proof) == 32, "ramix_analyzer_proof");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_instrument_state) == 25, "ramix_instrument_state");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_settings_applied) == 2, "ramix_settings_applied");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_lease_granted) == 2, "ramix_lease_granted");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_power) == 18, "ramix_power");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_clock_reading) == 16, "ramix_clock_reading");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_event_list) == 10, "ramix_event_list");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_frame_reply) == 21, "ramix_frame_reply");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_calibration_bytes) == 4, "ramix_calibration_bytes");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_calibration_written) == 8, "ramix_calibration_written");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_slot_info) == 47, "ramix_slot_info");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_upload_offset) == 4, "ramix_upload_offset");
RAMIX_STATIC_ASSERT(sizeof(struct ramix_slot_data) == 8, "ramix_slot_data");

#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

#endif
