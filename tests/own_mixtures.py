"""A chemist's folder for tests: mixtures of known volumes as CSV spectra, and their truth.csv."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from device.inference.bundle import Bundle
from evidence.pures import references_of
from evidence.scenes import Conditions, make_scene

Volumes = Mapping[str, float]


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
) -> dict[str, dict[str, object]]:
    """mix0.csv, mix1.csv, ...; returns what is true of them, to be written or changed."""
    folder.mkdir(exist_ok=True)
    truth: dict[str, dict[str, object]] = {}
    for number, volumes in enumerate(mixtures):
        write_spectrum(folder / f"mix{number}.csv", bundle, volumes, times, seed=number)
        truth[f"mix{number}.csv"] = dict(volumes)
    return truth
