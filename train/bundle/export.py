"""Everything about a trained model into one signed bundle.

The bundle's bytes depend on the recipe and the trained file alone: no clock, no path, no host.
Next: `golden_spectra.py`, spectra with whole answers; `card.py`, the bundle in words;
`cli/main.py`, the order of the stages.
"""

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.inference.bundle_writer import draft_bundle, write_bundle
from device.inference.compound_digest import compound_digest
from device.inference.decision_numbers import decision_json
from device.inference.errors import BundleError
from device.inference.golden import golden_block
from device.inference.interpreter import Interpreter
from device.inference.trust import SigningKey
from device.spectra.preprocessing import PREPROCESSING_ID
from train.bundle.golden_spectra import NoGoldenSpectrum, golden_verdict_entries
from train.decision.decide import UNFITTED, Progress, decide
from train.library.references import CompoundSpec, TrainingLibrary
from train.network.evaluate import Figures
from train.recipe import Recipe, provenance_of
from train.spectra.generator import Generator

HARDWARE_REVISIONS = [1]
_TRAINED_WITH = ("tensorflow-cpu", "numpy", "ai-edge-litert")
_CLEAN_SNR = 100.0  # golden vectors are clear cases: no foreign signal, little noise


def export_bundle(
    model: bytes,
    library: TrainingLibrary,
    recipe: Recipe,
    thresholds: npt.NDArray[np.float32],
    figures: Figures,
    price: dict[str, Any],
    signers: list[SigningKey],
    progress: Progress | None = None,
) -> bytes:
    """The signed bundle; the decision's numbers are fitted on the way.

    Raises:
        BundleError: model and manifest contradict each other.
        Undecidable: the decision's error rates cannot be bounded for this library.
        NoGoldenSpectrum: nothing it answers is clear enough to prove it elsewhere.
    """
    interpreter = Interpreter(model)
    presence = [round(float(value), 4) for value in thresholds]
    golden = _golden(interpreter, library, recipe, presence)
    manifest: dict[str, Any] = {
        "name": recipe.name,
        "version": recipe.version,
        "task": recipe.task,
        "hardware_revisions": HARDWARE_REVISIONS,
        "security_counter": recipe.security_counter,
        "created_utc": recipe.created_utc,
        "compounds": [
            _compound(spec, library, reference)
            for spec, reference in zip(library.compounds, library.references, strict=True)
        ],
        "grid": asdict(library.grid),
        "resolution_cm1": library.resolution_cm1,
        "preprocessing_id": PREPROCESSING_ID,
        "presence_thresholds": presence,
        "operators": list(interpreter.operators),
        "golden": golden,
        "data_license": library.data_license,
        "provenance": {
            "recipe": provenance_of(recipe),
            "dosage_target": recipe.target,
            "references": library.references_are,
            "source": library.source,
            "response_factors": library.response_source,
            "source_sha256": {
                spec.name: spec.source_sha256 for spec in library.compounds if spec.source_sha256
            },
            "trained_with": {package: version(package) for package in _TRAINED_WITH},
        },
        "figures": {"generated": figures.to_json(), "quantization": price},
    }
    unfitted = {**manifest, "decision": decision_json(UNFITTED)}
    manifest["decision"] = decision_json(
        decide(
            draft_bundle(unfitted, model, library.references),
            recipe.evaluation.decision_scenes,
            progress=progress,
        )
    )
    draft = draft_bundle(manifest, model, library.references)
    manifest["golden_verdicts"] = golden_verdict_entries(draft)
    return write_bundle(manifest, model, library.references, signers)


def _compound(
    spec: CompoundSpec, library: TrainingLibrary, reference: npt.NDArray[np.float32]
) -> dict[str, Any]:
    factor = spec.response_factor
    return {
        "name": spec.name,
        "cas": spec.cas,
        "synonyms": list(spec.synonyms),
        "hazard": spec.hazard,
        **({"class": spec.chemical_class} if spec.chemical_class else {}),
        "response_factor": factor,
        "response_factor_uncertainty": (
            None if factor is None else round(factor * (spec.response_factor_sd or 0.0), 4)
        ),
        "source": spec.source or library.source,
        "sha256": compound_digest(spec.name, spec.cas, reference, library.grid),
    }


def _golden(
    interpreter: Interpreter, library: TrainingLibrary, recipe: Recipe, presence: list[float]
) -> dict[str, object]:
    try:
        inputs = _golden_inputs(library, recipe)
        return golden_block(interpreter, inputs, library.names, presence)
    except BundleError as error:
        raise NoGoldenSpectrum(
            f"{recipe.name}: the network decides none of the clear generated mixtures beyond doubt."
        ) from error


def _golden_inputs(library: TrainingLibrary, recipe: Recipe) -> npt.NDArray[np.int8]:
    """Clear generated mixtures, pinned by the evaluation seed."""
    batch = Generator(library, recipe, recipe.evaluation.seed + 2).batch(400)
    clear = (batch.snr > _CLEAN_SNR) & ~batch.has_foreign & (batch.presence.sum(axis=1) > 0)
    clear &= (batch.presence_weight > 0).all(axis=1)
    inputs: npt.NDArray[np.int8] = batch.inputs[clear][: recipe.evaluation.golden_vectors]
    return inputs


def write_model(folder: Path, recipe: Recipe, bundle: bytes, card: str) -> Path:
    """Write NAME.ramix and NAME.md; returns the bundle's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{recipe.name}.ramix"
    path.write_bytes(bundle)
    (folder / f"{recipe.name}.md").write_text(card, encoding="utf-8")
    return path
