"""The network alone on measured spectra it was not trained on: a development aid.

Used to choose between recipes, so no figure here is a test result. Labels called `inferred_*`
come from a least-squares fit of the same pures and are not published compositions: agreement
with them is agreement, not accuracy. Next: `cli/main.py`.
"""

import csv
import hashlib
from collections.abc import Mapping
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
PUBLISHED = "published"
LABELLED_EQUAL = "resampled, inferred_equal"
EQUAL_PARTS = (PUBLISHED, LABELLED_EQUAL)  # mixtures whose parts are taken as equal
IN_LIBRARY = "other instrument, in library"
NOT_IN_LIBRARY = "other instrument, not in library"
# one liquid in two files of the other instrument
MEASURED_TWICE = frozenset({"2-Butanone", "Methyl Ethyl Ketone"})


@dataclass(frozen=True, eq=False)
class MeasuredSpectrum:
    """One file, or one column of a file, and what its label says."""

    group: str
    name: str
    expected: frozenset[str]  # as far as the library has it
    spectrum: Spectrum
    others: frozenset[str] = frozenset()  # the rest of the label: what the library has not


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
    """Published mixtures, resampled mixtures, and pure compounds of another instrument.

    A file that a reference of the bundle was made from is left out: it is no other measurement.
    """
    spectra = []

    def add(group: str, name: str, label: frozenset[str], spectrum: Spectrum) -> None:
        own = {compound: _own_name(manifest, compound) for compound in label}
        expected = frozenset(filter(None, own.values()))
        others = frozenset(compound for compound, known in own.items() if known is None)
        spectra.append(MeasuredSpectrum(group, name, expected, spectrum, others))

    for name, components in _published(data / "solvents13").items():
        spectrum = read_spectrum(data / "solvents13" / "mixtures" / f"{name}.txt")
        add(PUBLISHED, name, components, spectrum)
    for status, name, components, spectrum in _resampled(data / "solvents13/mixtures_resampled"):
        add(status, name, components, spectrum)
    of_references = _sources(manifest)
    for path in sorted((data / "wasatch785").glob("*.csv")):
        if hashlib.sha256(path.read_bytes()).hexdigest() not in of_references:
            group = NOT_IN_LIBRARY if _own_name(manifest, path.stem) is None else IN_LIBRARY
            add(group, path.stem, frozenset({path.stem}), read_spectrum(path))
    return spectra


def _sources(manifest: Manifest) -> frozenset[str]:
    """SHA-256 of the native files behind the references, as far as the bundle names them."""
    sources = manifest.provenance.get("source_sha256")
    return frozenset(map(str, sources.values())) if isinstance(sources, Mapping) else frozenset()


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
