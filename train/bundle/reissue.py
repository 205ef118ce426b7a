"""A bundle issued again: same network, references and thresholds; new golden spectra and version.

For bundles of the format before golden verdicts and compound digests, for those whose golden
spectra are to be drawn anew because the decision changed, and for new response factors. Nothing is
trained, and what the old signatures vouch for is checked first: a changed bundle is not made good
by a new signature.
Next: `golden_spectra.py`, which draws them; `cli/reissue.py`, the verb.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from device import strict_json
from device.inference.bundle import read_bundle, require_hash
from device.inference.bundle_writer import draft_bundle, write_bundle
from device.inference.compound_digest import compound_digest
from device.inference.container import Container
from device.inference.decision_numbers import decision_json
from device.inference.errors import BundleError
from device.inference.manifest import MANIFEST_FORMAT
from device.inference.trust import SigningKey, TrustPolicy
from device.spectra.resampling import WavenumberGrid
from train.bundle.golden_spectra import golden_verdict_entries
from train.bundle.new_labels import put_labels
from train.bundle.new_response import REFITTED, NewResponse
from train.decision.decide import UNFITTED, Progress, decide
from train.library.file import CompoundEntry

OLD_FORMATS: Final = ("ramix-model-1", "ramix-model-2")
REISSUED_FROM: Final = "reissued_from"  # in the manifest's provenance


@dataclass(frozen=True)
class Reissue:
    """A new bundle file and what it was made of."""

    data: bytes
    version: str
    of_version: str


def reissue(
    data: bytes,
    trust: TrustPolicy,
    signers: Sequence[SigningKey],
    version: str | None = None,
    response: NewResponse | None = None,
    *,
    labels: Sequence[CompoundEntry] = (),
    anew: bool = False,
    progress: Progress | None = None,
) -> Reissue:
    """Issue a bundle again; `version` is the old one with its last number raised unless given.

    The decision's numbers are fitted where it has none, or `anew`; `labels`, if any, replace what
    the bundle says of its compounds (`new_labels.py`).

    With new response factors it is no longer the bundle whose figures a card may keep: volume
    fractions and their intervals are others.

    Raises:
        SignatureError: the old bundle is not signed by those trusted.
        BundleError: it is damaged, or of a format this software never wrote.
        NoGoldenSpectrum: nothing it answers is clear enough to prove it elsewhere.
    """
    container = Container.from_bytes(data)
    trust.verify(container.manifest, container.signatures)
    manifest = _checked_manifest(container, data, trust)
    of_sha256 = hashlib.sha256(data).hexdigest()
    try:
        of_version = str(manifest["version"])
        names = [(str(one["name"]), str(one["cas"])) for one in manifest["compounds"]]
        references = np.frombuffer(container.references, dtype="<f4").reshape(len(names), -1)
        grid = WavenumberGrid(**{key: float(value) for key, value in manifest["grid"].items()})
        for one, name, row in zip(manifest["compounds"], names, references, strict=True):
            one["sha256"] = compound_digest(*name, row, grid)
        if labels:
            put_labels(manifest["compounds"], labels)
        manifest["version"] = version or _next(of_version)
        of = {"version": of_version, "sha256": of_sha256}
        if response is None:
            manifest["provenance"][REISSUED_FROM] = of
        else:
            manifest["provenance"].pop(REISSUED_FROM, None)
            response.put_into(manifest, of)
        recipe = manifest["provenance"].get("recipe")
        if recipe is not None:
            recipe["version"] = manifest["version"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError("The manifest of the old bundle is not one.") from error
    for computed in ("format", "sha256", "golden_verdicts"):
        manifest.pop(computed, None)
    old_thresholds = manifest.pop("thresholds", None)  # of the formats before this one
    if isinstance(old_thresholds, dict):
        manifest["presence_thresholds"] = old_thresholds.get("presence")
    if anew or "decision" not in manifest:
        unfitted = {**manifest, "decision": decision_json(UNFITTED)}
        bundle = draft_bundle(unfitted, container.model, references)
        manifest["decision"] = decision_json(decide(bundle, progress=progress))
    draft = draft_bundle(manifest, container.model, references)
    manifest["golden_verdicts"] = golden_verdict_entries(draft)
    again = write_bundle(manifest, container.model, references, signers)
    return Reissue(again, manifest["version"], of_version)


def issued_from(provenance: Mapping[str, object]) -> Mapping[str, object] | None:
    """Version and hash of the bundle that this one was made of without training, if of any."""
    refitted = provenance.get(REFITTED)
    of = provenance.get(REISSUED_FROM) or (
        refitted.get("of") if isinstance(refitted, dict) else None
    )
    return of if isinstance(of, dict) else None


def _checked_manifest(container: Container, data: bytes, trust: TrustPolicy) -> dict[str, Any]:
    """The manifest as JSON, once network and references are those it was signed with."""
    try:
        manifest: Any = strict_json.loads(container.manifest)
    except strict_json.StrictJsonError as error:
        raise BundleError(f"The manifest of the bundle is not valid: {error}.") from error
    if not isinstance(manifest, dict) or manifest.get("format") not in (
        *OLD_FORMATS,
        MANIFEST_FORMAT,
    ):
        raise BundleError(
            f"The bundle has none of the formats {', '.join(OLD_FORMATS)} and {MANIFEST_FORMAT}."
        )
    if manifest["format"] == MANIFEST_FORMAT:
        read_bundle(data, trust)  # its compound digests, too, must hold before new ones are made
        return manifest
    hashes = manifest.get("sha256")
    if not isinstance(hashes, dict):
        raise BundleError("The manifest of the old bundle is not one.")
    require_hash(container.model, str(hashes.get("model")), "network")
    require_hash(container.references, str(hashes.get("references")), "reference spectra")
    return manifest


def _next(version: str) -> str:
    if re.fullmatch(r"\d+\.\d+\.\d+", version, re.ASCII) is None:
        raise BundleError(
            f"The version {version!r} has no last number to raise.",
            remedy="Say the new version with --version.",
        )
    head, _, last = version.rpartition(".")
    return f"{head}.{int(last) + 1}"
