"""The network alone on measured spectra it was not trained on: a development aid.

Used to choose between recipes, so no figure here is a test result. Labels called `inferred_*`
come from a least-squares fit of the same pures and are not published compositions: agreement
with them is agreement, not accuracy. Next: `cli/main.py`.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from device.inference.bundle import Bundle
from device.inference.interpreter import Interpreter
from device.inference.manifest import Manifest
from device.spectra.files.reading import read_spectrum
from device.spectra.preprocessing import preprocess, quantize
from device.spectra.spectrum import Spectrum, to_grid
from train.library.references import REPOSITORY

DATA = REPOSITORY / "data"
# groups of measured spectra
LABELLED_EQUAL = "resampled, inferred_equal"
EQUAL_PARTS = ("published", LABELLED_EQUAL)  # mixtures whose parts are taken as equal
IN_LIBRARY = "other instrument, in library"
NOT_IN_LIBRARY = "other instrument, not in library"


@dataclass(frozen=True, eq=False)
class MeasuredSpectrum:
    """One file, or one column of a file, and what its label says."""

    group: str
    name: str
    expected: frozenset[str]  # as far as the library has it
    spectrum: Spectrum


@dataclass(frozen=True)
class Case:
    """One measured spectrum: what should be named, and what was."""

    group: str
    name: str
    expected: frozenset[str]  # as far as the library has it
    named: frozenset[str]

    @property
    def agrees(self) -> bool:
        return self.expected == self.named


def development_cases(bundle: Bundle, data: Path = DATA) -> list[Case]:
    """What the bundle's network names in every measured spectrum."""
    interpreter = Interpreter.for_bundle(bundle)
    manifest = bundle.manifest
    cases = []
    for measured in measured_spectra(manifest, data):
        grid = to_grid(measured.spectrum, manifest.grid)
        model_input = quantize(preprocess(grid.intensity, grid.valid))
        named = manifest.decide(interpreter.predict(model_input).presence)
        cases.append(Case(measured.group, measured.name, measured.expected, frozenset(named)))
    return cases


def measured_spectra(manifest: Manifest, data: Path = DATA) -> list[MeasuredSpectrum]:
    """Published mixtures, resampled mixtures, and pure compounds of another instrument."""

    def own(compounds: frozenset[str]) -> frozenset[str]:
        return frozenset(filter(None, (_own_name(manifest, compound) for compound in compounds)))

    spectra = []
    for name, expected in _published(data / "solvents13").items():
        spectrum = read_spectrum(data / "solvents13" / "mixtures" / f"{name}.txt")
        spectra.append(MeasuredSpectrum("published", name, own(expected), spectrum))
    for status, name, expected, spectrum in _resampled(data / "solvents13/mixtures_resampled"):
        spectra.append(MeasuredSpectrum(status, name, own(expected), spectrum))
    for path in sorted((data / "wasatch785").glob("*.csv")):
        expected = own(frozenset({path.stem}))
        group = IN_LIBRARY if expected else NOT_IN_LIBRARY
        spectra.append(MeasuredSpectrum(group, path.stem, expected, read_spectrum(path)))
    return spectra


def summary(cases: list[Case]) -> dict[str, Any]:
    """Agreements by group, and every disagreement by name."""
    groups: dict[str, Any] = {}
    for case in cases:
        group = groups.setdefault(case.group, {"agree": 0, "n": 0, "disagreements": []})
        group["n"] += 1
        group["agree"] += case.agrees
        if not case.agrees:
            group["disagreements"].append(
                {
                    "spectrum": case.name,
                    "missed": sorted(case.expected - case.named),
                    "added": sorted(case.named - case.expected),
                }
            )
    return groups


def _published(folder: Path) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    with (folder / "mixtures_truth.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            found.setdefault(row["mixture"], set()).add(row["component"])
    return {name: frozenset(components) for name, components in found.items()}


def _resampled(folder: Path) -> list[tuple[str, str, frozenset[str], Spectrum]]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as rows:
        labels = list(csv.DictReader(rows))
    with (folder / "spectra.csv").open(encoding="utf-8", newline="") as rows:
        header = next(csv.reader(rows))
        table = np.loadtxt(rows, delimiter=",")
    return [
        (
            f"resampled, {label['label_status']}",
            label["mixture"],
            frozenset(part.strip() for part in label["components"].split(";")),
            Spectrum(table[:, 0].copy(), table[:, header.index(label["mixture"])].copy()),
        )
        for label in labels
    ]


def _own_name(manifest: Manifest, name: str) -> str | None:
    for compound in manifest.compounds:
        if name.lower() in {compound.name.lower(), *(s.lower() for s in compound.synonyms)}:
            return compound.name
    return None
