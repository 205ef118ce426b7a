"""The signed bundle: manifest, int8 network and reference spectra in one file; its only reader.

Order of trust: sizes (`container.py`), then signatures over the manifest bytes, then the hashes
the manifest states, and only then does anything parse network or references. Name, CAS number and
reference of each compound are bound together by a digest of their own (`compound_digest.py`).
Next: `interpreter.py`, which runs the network; `bundle_writer.py`, which makes bundles.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from device import installation
from device.inference.compound_digest import compound_digest
from device.inference.container import MAX_BUNDLE_SIZE, Container
from device.inference.errors import (
    BundleError,
    ModelNotFound,
    ProductMismatch,
    VersionTooOld,
)
from device.inference.golden_verdict_reader import require_golden_verdicts
from device.inference.manifest import Manifest
from device.inference.manifest_reader import decode_manifest
from device.inference.trust import DEMO_KEY_ID, TrustPolicy
from device.plain_file import why_not
from device.spectra.preprocessing import PREPROCESSING_ID

_UNIT_MAXIMUM_TOLERANCE: Final = 1e-4  # float32 rounding; signal shares rest on this scale


@dataclass(frozen=True, eq=False)
class Bundle:
    """A verified bundle: C compounds on a grid of G points."""

    manifest: Manifest
    model: bytes
    references: npt.NDArray[np.float32]  # [C, G], each row with maximum 1
    sha256: str  # of the whole file, hex
    signed_by: tuple[str, ...]  # ids of the trusted keys that signed

    @property
    def demo_signed(self) -> bool:
        """True when the published demo key is among the signers: then it proves nothing."""
        return DEMO_KEY_ID in self.signed_by


def read_bundle(data: bytes, trust: TrustPolicy) -> Bundle:
    """Verify and read a bundle.

    Raises:
        SignatureError: not signed by enough trusted keys.
        BundleError: damaged, or it contradicts itself.
    """
    container = Container.from_bytes(data)
    signed_by = trust.verify(container.manifest, container.signatures)
    manifest, references = check_content(container)
    require_golden_verdicts(manifest)
    return Bundle(
        manifest=manifest,
        model=container.model,
        references=references,
        sha256=hashlib.sha256(data).hexdigest(),
        signed_by=signed_by,
    )


def read_bundle_bytes(path: Path) -> bytes:
    """The bytes of a bundle file, unverified; raises `ModelNotFound` or `BundleError`."""
    try:
        return installation.read_capped(path, MAX_BUNDLE_SIZE)
    except OSError as error:
        raise ModelNotFound(f"The model {path} cannot be read: {why_not(error)}.") from error
    except ValueError as error:
        raise BundleError(f"{path} is not a model bundle: {error}.") from error


def read_bundle_file(path: Path, trust: TrustPolicy) -> Bundle:
    """`read_bundle` of a file."""
    return read_bundle(read_bundle_bytes(path), trust)


def require_fits(manifest: Manifest, product: str, hardware_revision: int) -> None:
    """Raise `ProductMismatch` unless the bundle was made for this analyzer."""
    if manifest.product != product:
        raise ProductMismatch(f"The bundle is for {manifest.product}, the analyzer is {product}.")
    if hardware_revision not in manifest.hardware_revisions:
        fitting = ", ".join(map(str, manifest.hardware_revisions))
        raise ProductMismatch(
            f"The bundle is for hardware revision {fitting}, the analyzer has {hardware_revision}."
        )


def require_not_older(manifest: Manifest, confirmed_counter: int) -> None:
    """Raise `VersionTooOld` if the analyzer has confirmed a higher security counter."""
    if manifest.security_counter < confirmed_counter:
        raise VersionTooOld(
            f"The bundle is older than what the analyzer has confirmed: security counter "
            f"{manifest.security_counter}, the analyzer is at {confirmed_counter}."
        )


def check_content(container: Container) -> tuple[Manifest, npt.NDArray[np.float32]]:
    """Parse what the signatures vouch for, hashes first; raises `BundleError`."""
    manifest = decode_manifest(container.manifest)
    _require_same_preprocessing(manifest)
    require_hash(container.model, manifest.model_sha256, "network")
    require_hash(container.references, manifest.references_sha256, "reference spectra")
    references = _references(container.references, manifest)
    _require_own_references(manifest, references)
    return manifest, references


def _require_same_preprocessing(manifest: Manifest) -> None:
    """The network's input is what it was trained on only if both sides prepare spectra alike."""
    if manifest.preprocessing_id != PREPROCESSING_ID:
        raise ProductMismatch(
            f"The bundle needs the preprocessing {manifest.preprocessing_id!r}, "
            f"this software has {PREPROCESSING_ID!r}."
        )


def require_hash(entry: bytes, expected: str, what: str) -> None:
    """Raise `BundleError` unless the entry has the SHA-256 that the manifest states."""
    if hashlib.sha256(entry).hexdigest() != expected:
        raise BundleError(f"The {what} in the bundle was altered: its SHA-256 does not match.")


def _references(data: bytes, manifest: Manifest) -> npt.NDArray[np.float32]:
    shape = (len(manifest.compounds), manifest.grid.size)
    if len(data) != 4 * shape[0] * shape[1]:
        raise BundleError(
            f"The reference spectra do not form {shape[0]} rows of {shape[1]} points."
        )
    references = np.frombuffer(data, dtype="<f4").reshape(shape)
    if not np.isfinite(references).all():
        raise BundleError("The reference spectra hold values that are not numbers.")
    if np.abs(references.max(axis=1) - 1.0).max() > _UNIT_MAXIMUM_TOLERANCE:
        raise BundleError("The reference spectra are not scaled to a maximum of 1.")
    return references


def _require_own_references(manifest: Manifest, references: npt.NDArray[np.float32]) -> None:
    """Swapped names, CAS numbers or rows would name one compound by another's spectrum."""
    for compound, digest, row in zip(
        manifest.compounds, manifest.compound_digests, references, strict=True
    ):
        if compound_digest(compound.name, compound.cas, row, manifest.grid) != digest:
            raise BundleError(
                f"Name, CAS number and reference spectrum of {compound.name} are not those that "
                "were exported together: the digest over them does not match."
            )
