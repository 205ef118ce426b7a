"""Who signs, and whose signatures count besides: those trusted here and the signer's own.

Next: `reissue.py` and `response.py`, which sign again.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from device.inference.trust import SigningKey, TrustPolicy


def signer_and_trust(key: Path | None) -> "tuple[SigningKey, TrustPolicy]":
    """The private key in the file, or the published demo key; and a trust that knows it."""
    from device.inference.trust import (
        SigningKey,
        TrustPolicy,
        default_trust_policy,
        demo_signing_key,
    )

    signer = demo_signing_key() if key is None else SigningKey.from_file(key)
    usual = default_trust_policy()
    own = {signer.key_id: signer.public_key}
    return signer, TrustPolicy(usual.threshold, {**usual.keys, **own}, usual.source)
