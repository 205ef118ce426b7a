"""One compound's name, CAS number and reference spectrum, bound together by one digest.

Made where the three come from one source (`train/bundle/export.py`), stated in the signed
manifest and checked whenever a bundle is read: a later edit that exchanges names, CAS numbers or
rows of the references between compounds, or moves the grid under them, leaves digests that no
longer match. Next: `bundle.py`, which checks them.
"""

import hashlib
import struct

import numpy as np
import numpy.typing as npt

from device.spectra.resampling import WavenumberGrid

_PREFIX = b"ramix-compound-v1"


def compound_digest(
    name: str, cas: str, reference: npt.NDArray[np.float32], grid: WavenumberGrid
) -> str:
    """SHA-256, hex, over name, CAS number, grid and the reference [G] as little-endian float32.

    NUL bytes end the texts (neither can hold one); the grid has a fixed length.
    """
    axis = struct.pack("<3d", grid.first_cm1, grid.last_cm1, grid.step_cm1)
    row = np.ascontiguousarray(reference, dtype="<f4").tobytes()
    texts = b"\0".join((_PREFIX, name.encode(), cas.encode(), b""))
    return hashlib.sha256(texts + axis + row).hexdigest()
