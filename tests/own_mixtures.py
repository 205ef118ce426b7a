"""A chemist's folder for tests: mixtures of known volumes as CSV spectra, and their truth.csv."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from device.answer.identifier import Identifier
from device.inference.bundle import Bundle
from evidence.pures import references_of
from evidence.scenes import Conditions, make_scene
from train.validation.mixtures import read_mixtures
from train.validation.outcomes import outcome_of
from train.validation.response_data import Unused, Usable, usable_of

Volumes = Mapping[str, float]
Truth = dict[str, dict[str, object]]

# Responses of the shipped solvents are these times those of the manifest, in mixtures that hold:
TIMES = {"Toluene": 1.5, "ethanol": 0.75, "cyclohexane": 1.0, "methanol": 1.25}
MIXED = [
    {"Toluene": 1.0, "ethanol": 3.0},
    {"Toluene": 1.0, "ethanol": 8.0},
    {"ethanol": 2.0, "cyclohexane": 1.0},
    {"ethanol": 5.0, "cyclohexane": 1.0, "methanol": 4.0},
    {"methanol": 6.0, "Toluene": 1.0},
    {"cyclohexane": 1.0, "methanol": 2.0},
    {"Toluene": 1.0, "cyclohexane": 2.0, "ethanol": 4.0},
    {"methanol": 3.0, "ethanol": 2.0},
]


def write_spectrum(
    path: Path,
    bundle: Bundle,
    volumes: Volumes,
    times: Volumes | None = None,
    seed: int = 0,
    snr: float = 300.0,
) -> None:
    """A mixture by volume of the bundle's references; responses are `times` those of its manifest.

    A compound without a factor there counts as 1.
    """
    manifest = bundle.manifest
    pures = references_of(manifest.compound_names, bundle.references, manifest.resolution_cm1)
    shares = np.array(
        [
            volumes.get(one.name, 0.0)
            * (one.response_factor or 1.0)
            * (times or {}).get(one.name, 1.0)
            for one in manifest.compounds
        ]
    )
    scene = make_scene(
        np.random.default_rng(seed),
        pures,
        shares / shares.sum(),
        Conditions(snr=snr, baseline=0.2, shift_cm1=(-0.5, 0.5)),
    )
    table = np.c_[scene.spectrum.wavenumber_cm1, scene.spectrum.intensity]
    np.savetxt(path, table, delimiter=",", fmt="%.4f")


def write_truth(path: Path, rows: Mapping[str, Mapping[str, object]]) -> Path:
    """One row for each file, one column for each compound that any of them holds."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", *columns])
        for file, row in rows.items():
            writer.writerow([file, *(row.get(name, "") for name in columns)])
    return path


def write_mixtures(
    folder: Path, bundle: Bundle, mixtures: Sequence[Volumes], times: Volumes | None = None
) -> Truth:
    """mix0.csv, mix1.csv, ...; returns what is true of them, to be written or changed."""
    folder.mkdir(exist_ok=True)
    truth: Truth = {}
    for number, volumes in enumerate(mixtures):
        write_spectrum(folder / f"mix{number}.csv", bundle, volumes, times, seed=number)
        truth[f"mix{number}.csv"] = dict(volumes)
    return truth


def answered(
    bundle: Bundle, folder: Path, truth: Mapping[str, Mapping[str, object]]
) -> tuple[list[Usable], list[Unused]]:
    """Write the truth beside the folder, let the bundle answer, and sort the mixtures."""
    identifier, compounds = Identifier(bundle), bundle.manifest.compounds
    read = read_mixtures(write_truth(folder.parent / "truth.csv", truth), folder, compounds)
    said = []
    for mixture in read.mixtures:
        outcome, answer = outcome_of(identifier, mixture)
        said.append(usable_of(outcome, answer.identification.components, compounds))
    usable = [one for one in said if isinstance(one, Usable)]
    return usable, [one for one in said if isinstance(one, Unused)]
