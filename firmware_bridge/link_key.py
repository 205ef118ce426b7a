"""The proofs by which host and analyzer show each other that they hold the same link key.

HMAC-SHA256 over a label for the direction, the nonces of both sides and the analyzer's serial
number, each of fixed size: no proof of one direction, session or analyzer serves another.

Next: `link_key_requests.py`, the messages that carry them; PROTOCOL.md, section 12.
"""

import hashlib
import hmac
from typing import Final

from firmware_bridge.layout import DIGEST_SIZE, TEXT_SIZE

KEY_SIZE: Final = 32
NONCE_SIZE: Final = DIGEST_SIZE
HOST_LABEL: Final = b"ramix link host\0"
ANALYZER_LABEL: Final = b"ramix link unit\0"


def host_proof(key: bytes, host_nonce: bytes, analyzer_nonce: bytes, serial: str) -> bytes:
    """What the host sends in AUTHENTICATE; 32 bytes."""
    return _proof(key, HOST_LABEL, host_nonce, analyzer_nonce, serial)


def analyzer_proof(key: bytes, host_nonce: bytes, analyzer_nonce: bytes, serial: str) -> bytes:
    """What the analyzer answers to a right proof; 32 bytes."""
    return _proof(key, ANALYZER_LABEL, host_nonce, analyzer_nonce, serial)


def is_same(given: bytes, wanted: bytes) -> bool:
    """Compared in a time that does not depend on where they differ."""
    return hmac.compare_digest(given, wanted)


def _proof(
    key: bytes, label: bytes, host_nonce: bytes, analyzer_nonce: bytes, serial: str
) -> bytes:
    padded = serial.encode().ljust(TEXT_SIZE, b"\0")  # as DeviceInfo carries it
    message = label + host_nonce + analyzer_nonce + padded
    return hmac.digest(key, message, hashlib.sha256)
