"""Manifest, network and references become a bundle file; signatures are added to one.

Used where models are made, never on the handheld. What is written has passed the checks that a
reader makes. Next: `train/bundle/export.py`, which fills the manifest.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from device.inference.bundle import Bundle, check_content
from device.inference.container import Container
from device.inference.errors import BundleError
from device.inference.golden_verdict_reader import require_golden_verdicts
from device.inference.manifest import MANIFEST_FORMAT, PRODUCT
from device.inference.trust import SigningKey


def write_bundle(
    manifest: Mapping[str, object],
    model: bytes,
    references: npt.NDArray[np.float32],
    signers: Sequence[SigningKey],
) -> bytes:
    """Build and sign a bundle.

    `manifest` is the JSON object without `format`, `product` (filled in when missing) and
    `sha256` (always computed here). The digest of each compound must be there already: it binds
    what the exporter knew to belong together. With no signer the result is an unsigned bundle,
    which no reader accepts.

    Raises:
        BundleError: a reader would refuse it.
    """
    container = _contained(manifest, model, references)
    checked, _ = check_content(container)
    require_golden_verdicts(checked)
    signatures = tuple(signer.sign(container.manifest) for signer in signers)
    return replace(container, signatures=signatures).to_bytes()


def draft_bundle(
    manifest: Mapping[str, object], model: bytes, references: npt.NDArray[np.float32]
) -> Bundle:
    """A bundle that needs no golden verdicts yet, for making them; it exists in memory alone.

    Raises:
        BundleError: a reader would refuse it for another reason.
    """
    container = _contained({"golden_verdicts": [], **manifest}, model, references)
    checked, rows = check_content(container)
    return Bundle(checked, model, rows, sha256="", signed_by=())


def add_signatures(data: bytes, signers: Sequence[SigningKey]) -> bytes:
    """Sign an existing bundle, which may be unsigned; a key that signed before signs anew.

    Raises:
        BundleError: it is damaged: what no reader would accept is not signed.
    """
    container = Container.from_bytes(data)
    checked, _ = check_content(container)
    require_golden_verdicts(checked)
    fresh = {signer.key_id: signer.sign(container.manifest) for signer in signers}
    kept = [s for s in container.signatures if s.key_id not in fresh]
    return replace(container, signatures=(*kept, *fresh.values())).to_bytes()


def _contained(
    manifest: Mapping[str, object], model: bytes, references: npt.NDArray[np.float32]
) -> Container:
    reference_bytes = np.ascontiguousarray(references, dtype="<f4").tobytes()
    complete = {"format": MANIFEST_FORMAT, "product": PRODUCT, **manifest}
    complete["sha256"] = {
        "model": hashlib.sha256(model).hexdigest(),
        "references": hashlib.sha256(reference_bytes).hexdigest(),
    }
    try:
        manifest_bytes = json.dumps(complete, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BundleError(f"The manifest cannot be written as JSON: {error}.") from error
    return Container((), manifest_bytes, model, reference_bytes)
