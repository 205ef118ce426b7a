"""Everything about a trained model into one signed bundle, and its card in words.

The bundle's bytes depend on the recipe and the trained file alone: no clock, no path, no host.
Next: `cli.py`, the order of the stages.
"""

import hashlib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.inference.bundle import write_bundle
from device.inference.golden import golden_block
from device.inference.interpreter import Interpreter
from device.inference.trust import SigningKey
from device.spectra.preprocessing import PREPROCESSING_ID
from device.spectra.resampling import MODEL_GRID
from train.evaluate import Figures
from train.generator import Generator
from train.recipe import Recipe, provenance_of
from train.references import CompoundSpec, Library

HARDWARE_REVISIONS = [1]
_TRAINED_WITH = ("tensorflow-cpu", "numpy", "ai-edge-litert")
_CLEAN_SNR = 100.0  # golden vectors are clear cases: no foreign signal, little noise


def export_bundle(
    model: bytes,
    library: Library,
    recipe: Recipe,
    thresholds: npt.NDArray[np.float32],
    figures: Figures,
    price: dict[str, Any],
    signers: list[SigningKey],
) -> bytes:
    """The signed bundle; raises BundleError when model and manifest contradict each other."""
    interpreter = Interpreter(model)
    presence = [round(float(value), 4) for value in thresholds]
    manifest: dict[str, Any] = {
        "name": recipe.name,
        "version": recipe.version,
        "task": recipe.task,
        "hardware_revisions": HARDWARE_REVISIONS,
        "security_counter": recipe.security_counter,
        "created_utc": recipe.created_utc,
        "compounds": [_compound(spec, library) for spec in library.compounds],
        "grid": asdict(MODEL_GRID),
        "resolution_cm1": library.resolution_cm1,
        "preprocessing_id": PREPROCESSING_ID,
        "thresholds": {"presence": presence, "fit": {}},
        "operators": list(interpreter.operators),
        "golden": golden_block(
            interpreter, _golden_inputs(library, recipe), library.names, presence
        ),
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
    return write_bundle(manifest, model, library.references, signers)


def _compound(spec: CompoundSpec, library: Library) -> dict[str, Any]:
    factor = spec.response_factor
    return {
        "name": spec.name,
        "cas": spec.cas,
        "synonyms": list(spec.synonyms),
        "hazard": spec.hazard,
        "response_factor": factor,
        "response_factor_uncertainty": (
            None if factor is None else round(factor * (spec.response_factor_sd or 0.0), 4)
        ),
        "source": spec.source or library.source,
    }


def _golden_inputs(library: Library, recipe: Recipe) -> npt.NDArray[np.int8]:
    """Clear generated mixtures, pinned by the evaluation seed."""
    batch = Generator(library, recipe, recipe.evaluation.seed + 2).batch(400)
    clear = (batch.snr > _CLEAN_SNR) & ~batch.has_foreign & (batch.presence.sum(axis=1) > 0)
    clear &= (batch.presence_weight > 0).all(axis=1)
    inputs: npt.NDArray[np.int8] = batch.inputs[clear][: recipe.evaluation.golden_vectors]
    return inputs


def model_card(
    bundle: bytes,
    library: Library,
    recipe: Recipe,
    figures: Figures,
    price: dict[str, Any],
    key_id: str | None = None,
) -> str:
    """Markdown beside the bundle: what, from what, how good, where not, how to rebuild.

    `key_id` names the key that signed; None is the published demo key.
    """
    kind = (
        "RaMixNet II (presence and dosage)"
        if recipe.task == "ramixnet2"
        else "RaMixNet I (presence)"
    )
    lines = [
        f"# {recipe.name} {recipe.version}",
        "",
        f"{library.title}. {kind}, int8, for 300-2500 cm-1 at 785 nm.",
        "",
        f"- References: {library.references_are}. Source: {library.source}.",
        f"- Data licence: {library.data_license}.",
        f"- Bundle SHA-256: `{hashlib.sha256(bundle).hexdigest()}`, signed with {_signed(key_id)}",
        f"- Rebuild: `ramix-train build {_recipe_argument(recipe)} --out models`."
        f" Seed {recipe.seed}; the same"
        " machine and packages give the same bytes, others may differ in the last bits.",
        f"- Training: {'at most ' if recipe.training.patience else ''}{recipe.training.steps} steps"
        f" of {recipe.training.batch} generated spectra"
        f" ({_numbers_are_in(recipe)} has every number).",
        "",
        "## Compounds",
        "",
        "| Compound | CAS | Recall | Precision |",
        "|---|---|---|---|",
    ]
    for spec, one in zip(library.compounds, figures.compounds, strict=True):
        lines.append(f"| {spec.name} | {spec.cas} | {one.recall} | {one.precision} |")
    lines += [
        "",
        "## Figures",
        "",
        f"Generated spectra of another seed ({figures.exact.n}), int8 file, network alone, with a"
        " 95% Wilson interval. They show that the network learned its generator; they are not"
        " accuracy on real samples.",
        "",
        "| What | Value |",
        "|---|---|",
        f"| Every compound right, all spectra | {figures.exact} |",
        f"| The same, no foreign signal, every share 5% or more | {figures.exact_without_traces} |",
        f"| Components below 5% that were found | {figures.trace_recall} |",
    ]
    for count, part in figures.exact_by_components.items():
        lines.append(f"| {count} components | {part} |")
    for snr, part in figures.exact_by_snr.items():
        lines.append(f"| SNR {snr} (highest Raman peak / noise sd per 1 cm-1) | {part} |")
    lines.append(f"| Nothing named for a foreign signal alone | {figures.foreign_alone_silent} |")
    if figures.dosage_error is not None:
        lines.append(
            f"| Mean absolute dosage error, present / absent | {figures.dosage_error} /"
            f" {figures.dosage_error_absent} |"
        )
    lines += ["", "What int8 costs, on the same generated spectra:", ""]
    columns = list(price["float"])
    lines += [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for kind, values in price.items():
        lines.append(f"| {kind} | {' | '.join(str(values[column]) for column in columns)} |")
    share = recipe.mixtures.present_from
    lines += [
        "",
        "## Limits",
        "",
        f"- A compound counts as present from {share:.0%} of the signal (coefficients of references"
        " scaled to maximum 1), which is not a volume fraction.",
        *(
            [f"- {library.references_are}: nothing here was checked on a real bottle."]
            if library.references_are != "measured"
            else []
        ),
        "- A closed library: the network may name a compound for a liquid it never saw. Its answer"
        " is a proposal that the library fit must confirm.",
        f"- Trained for line widths of {library.resolution_cm1:g} to"
        f" {recipe.distortions.largest_fwhm_cm1:g} cm-1, axis errors up to"
        f" {recipe.distortions.shift_cm1:g} cm-1, SNR {recipe.distortions.snr_lowest:g} and more.",
        "",
    ]
    return "\n".join(lines)


def _signed(key_id: str | None) -> str:
    if key_id is None:
        return "the published demo key: it shows how signing works and protects nothing."
    return f"the key `{key_id}`."


def _recipe_argument(recipe: Recipe) -> str:
    """What `ramix-train` was asked to build."""
    own = recipe.library.endswith(".toml")
    return Path(recipe.library).name if own else recipe.name


def _numbers_are_in(recipe: Recipe) -> str:
    return "the manifest" if recipe.library.endswith(".toml") else "train/recipes"


def write_model(folder: Path, recipe: Recipe, bundle: bytes, card: str) -> Path:
    """Write NAME.ramix and NAME.md; returns the bundle's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{recipe.name}.ramix"
    path.write_bytes(bundle)
    (folder / f"{recipe.name}.md").write_text(card, encoding="utf-8")
    return path
