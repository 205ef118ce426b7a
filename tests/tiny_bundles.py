"""Small bundles for tests: the committed tiny ones, and variants signed with the demo key."""

import base64
import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.inference.bundle import Bundle, read_bundle
from device.inference.bundle_writer import write_bundle
from device.inference.compound_digest import compound_digest
from device.inference.container import Container
from device.inference.decision_numbers import read_decision
from device.inference.trust import (
    SigningKey,
    TrustPolicy,
    default_trust_policy,
    demo_signing_key,
)
from device.spectra.preprocessing import PREPROCESSING_ID
from device.spectra.resampling import WavenumberGrid
from device.strict_json import Fields

FIXTURES = Path(__file__).resolve().parent / "fixtures"

# The decision of solvents13-2 1.1.0 as its manifest has it, for every bundle and test whose subject
# is not how such numbers are fitted. It stays when the shipped bundles are issued again.
DECISION: dict[str, Any] = json.loads((FIXTURES / "decision.json").read_text(encoding="utf-8"))
NUMBERS = read_decision(Fields(copy.deepcopy(DECISION), "decision")).numbers


def tiny_path(task: int) -> Path:
    """The committed bundle of RaMixNet I or II for two invented compounds."""
    return FIXTURES / f"tiny-{task}.ramix"


def tiny_bundle(task: int) -> Bundle:
    return read_bundle(tiny_path(task).read_bytes(), default_trust_policy())


def tiny_variant(
    task: int = 2,
    signers: list[SigningKey] | None = None,
    model: bytes | None = None,
    **changes: Any,
) -> bytes:
    """The tiny bundle with manifest entries changed (None: signed with the demo key)."""
    manifest, references = tiny_parts(task)
    return write_bundle(
        manifest | changes,
        tiny_bundle(task).model if model is None else model,
        references,
        [demo_signing_key()] if signers is None else signers,
    )


def tiny_parts(task: int = 2) -> tuple[dict[str, Any], npt.NDArray[np.float32]]:
    """Manifest as JSON and references of the tiny bundle, to be changed."""
    container = Container.from_bytes(tiny_path(task).read_bytes())
    manifest: dict[str, Any] = json.loads(container.manifest)
    references = np.frombuffer(container.references, dtype=np.float32)
    return manifest, references.reshape(len(manifest["compounds"]), -1).copy()


def signed_unchecked(
    manifest: dict[str, Any], references: npt.NDArray[np.float32], model: bytes | None = None
) -> bytes:
    """A bundle validly signed with the demo key, whatever is in it: no writer of ours does that."""
    data = references.astype("<f4").tobytes()
    model = tiny_bundle(2).model if model is None else model
    hashes = {
        "model": hashlib.sha256(model).hexdigest(),
        "references": hashlib.sha256(data).hexdigest(),
    }
    text = json.dumps(manifest | {"sha256": hashes}).encode()
    return Container((demo_signing_key().sign(text),), text, model, data).to_bytes()


def with_digests(manifest: dict[str, Any], references: npt.NDArray[np.float32]) -> dict[str, Any]:
    """The manifest with compound digests made for what stands there now."""
    grid = WavenumberGrid(**manifest["grid"])
    compounds = [
        one | {"sha256": compound_digest(one["name"], one["cas"], row, grid)}
        for one, row in zip(manifest["compounds"], references, strict=True)
    ]
    return manifest | {"compounds": compounds}


def minimal_manifest() -> dict[str, Any]:
    """A legal manifest on a grid of 8 points, as `write_bundle` takes it."""
    manifest: dict[str, Any] = {
        "name": "minimal",
        "version": "1.0.0",
        "task": "ramixnet2",
        "hardware_revisions": [1],
        "security_counter": 1,
        "created_utc": "2026-11-22T00:00:00Z",
        "compounds": [
            {
                "name": "toluene",
                "cas": "108-88-3",
                "synonyms": ["methylbenzene"],
                "hazard": "H225",
                "response_factor": 1.0,
                "response_factor_uncertainty": 0.1,
                "source": "test",
            },
            {
                "name": "unknown oil",
                "cas": "",
                "synonyms": [],
                "hazard": "",
                "response_factor": None,
                "response_factor_uncertainty": None,
                "source": "",
            },
        ],
        "grid": {"first_cm1": 300.0, "last_cm1": 307, "step_cm1": 1.0},
        "resolution_cm1": 12.0,
        "preprocessing_id": PREPROCESSING_ID,
        "presence_thresholds": [0.5, 0.6],
        "decision": copy.deepcopy(DECISION),
        "operators": ["FULLY_CONNECTED", "LOGISTIC"],
        "golden": {
            "inputs_base64": base64.b64encode(bytes(range(8))).decode(),
            "presence": [[0.9, 0.1]],
            "dosage": [[1.0, 0.0]],
            "tolerance": 0.05,
            "decisions": [["toluene"]],
        },
        "golden_verdicts": [
            {
                "counts_base64": base64.b64encode(bytes(range(16))).decode(),
                "verdict": "IDENTIFIED",
                "components": [{"name": "toluene", "cas": "108-88-3", "signal_share": 0.98}],
                "reasons": [],
                "share_tolerance": 0.02,
            },
            {
                "counts_base64": base64.b64encode(bytes(16)).decode(),
                "verdict": "UNKNOWN",
                "components": [],
                "reasons": ["not_in_library"],
                "share_tolerance": 0.02,
            },
        ],
        "data_license": "CC0-1.0",
        "provenance": {"seed": 1},
        "figures": {"exact": 0.5},
    }
    return with_digests(manifest, minimal_references())


def minimal_references() -> npt.NDArray[np.float32]:
    rows = np.zeros((2, 8), dtype=np.float32)
    rows[0, 1] = rows[1, 5] = 1.0
    return rows


def minimal_bundle(signers: list[SigningKey]) -> bytes:
    """The smallest legal bundle; its network is not one."""
    return write_bundle(minimal_manifest(), b"no network", minimal_references(), signers)


def policy_of(threshold: int, *keys: SigningKey) -> TrustPolicy:
    """Trust in `threshold` of these keys."""
    return TrustPolicy(threshold, {key.key_id: key.public_key for key in keys})
