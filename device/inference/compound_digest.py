"""One compound's name, CAS number and reference spectrum, bound together by one digest.

Made where the three come from one source (`train/bundle/export.py`), stated in the signed
manifest and checked whenever a bundle is read: a later edit that exchanges names, CAS numbers or
rows of the references between compounds leaves digests that no longer match.
Next: `bundle.py`, which checks them.
"""

import hashlib

import numpy as np
import numpy.typing as npt

_PREFIX = b"ramix-compound-v1"


def compound_digest(name: str, cas: str, reference: npt.NDArray[np.float32]) -> str:
    """SHA-256, hex, over name, CAS number and the reference [G] as little-endian float32.

    NUL bytes separate the parts; neither a name nor a CAS number can hold one.
    """
    row = np.ascontiguousarray(reference, dtype="<f4").tobytes()
    return hashlib.sha256(b"\0".join((_PREFIX, name.encode(), cas.encode(), row))).hexdigest()
