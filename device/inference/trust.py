"""The way in to who may sign models: keys, signatures, and the policy of this machine.

Keys and signatures are in `trust_policy.py`, which file decides in `trust_here.py`. Import all from
here.

Next: `trust_policy.py`.
"""

from device.inference.trust_here import trust_here
from device.inference.trust_policy import (
    DEMO_KEY_ID,
    KEY_ID_SIZE,
    MAX_SEQUENCE,
    MAX_THRESHOLD,
    MAX_TRUST_FILE_SIZE,
    PUBLIC_KEY_SIZE,
    SIGNATURE_SIZE,
    SIGNED_PREFIX,
    TRUST_FORMAT,
    Signature,
    SigningKey,
    TrustPolicy,
    demo_signing_key,
    key_id_of,
)

__all__ = [
    "DEMO_KEY_ID",
    "KEY_ID_SIZE",
    "MAX_SEQUENCE",
    "MAX_THRESHOLD",
    "MAX_TRUST_FILE_SIZE",
    "PUBLIC_KEY_SIZE",
    "SIGNATURE_SIZE",
    "SIGNED_PREFIX",
    "TRUST_FORMAT",
    "Signature",
    "SigningKey",
    "TrustPolicy",
    "default_trust_policy",
    "demo_signing_key",
    "key_id_of",
]


def default_trust_policy() -> TrustPolicy:
    """Who may sign on this machine. Raises `TrustError` where that is not known."""
    return trust_here().policy
