"""The numbers of the wire: what is asked, and how it ended.

Next: `request.py`, what a request is; `replies.py`, what comes back.
"""

from enum import IntEnum, unique

PROTOCOL_VERSION = 2


@unique
class Opcode(IntEnum):
    """What is asked. Numbers are never reused for another meaning."""

    HELLO = 0x01
    GET_CAPABILITIES = 0x02
    ABORT = 0x03
    FLUSH = 0x04
    GET_CAMERA = 0x05
    CHALLENGE = 0x06
    AUTHENTICATE = 0x07
    GET_STATE = 0x10
    SET_INTEGRATION_TIME = 0x11
    SET_LASER_POWER = 0x12
    SET_TEC = 0x13
    ARM_LASER = 0x14
    RENEW_LEASE = 0x15
    LASER_OFF = 0x16
    GET_POWER = 0x17
    SET_CLOCK = 0x18
    GET_CLOCK = 0x19
    GET_EVENTS = 0x1A
    CLEAR_EVENTS = 0x1B
    ACQUIRE_FRAME = 0x20
    READ_CALIBRATION = 0x30
    WRITE_CALIBRATION = 0x31
    SLOT_INFO = 0x40
    SLOT_BEGIN = 0x41
    SLOT_WRITE = 0x42
    SLOT_VERIFY = 0x43
    SLOT_TRIAL = 0x44
    SLOT_CONFIRM = 0x45
    SLOT_REVERT = 0x46
    SLOT_READ = 0x47
    SLOT_ACTIVATE = 0x48


@unique
class Status(IntEnum):
    """How a request ended; anything but OK comes with a text instead of the reply's payload."""

    OK = 0
    BAD_REQUEST = 1
    UNKNOWN_OPCODE = 2
    BUSY = 3
    NOT_ARMED = 4
    INTERLOCK_OPEN = 5
    OUT_OF_RANGE = 6
    SLOT_STATE = 7
    HASH_MISMATCH = 8
    COUNTER_TOO_OLD = 9
    FLASH_FAILED = 10
    LASER_FAULT = 11
    ABORTED = 12
    WORKING = 13
    IN_USE = 14
    UNAUTHORIZED = 15
