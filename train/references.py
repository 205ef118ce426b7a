"""A library of pure compounds: native files or literature lines -> reference spectra.

The same references train the networks, go into the bundle, and are what the library fit on the
analyzer fits: so peaks keep their shape, and only what is not Raman signal is taken away.
Next: `mixtures.py`, which decides how much of each goes into a training spectrum.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.spectra.reference_spectrum import reference_of
from device.spectra.resampling import MODEL_GRID, WavenumberGrid
from train.recipe import RecipeError, read_toml

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

LIBRARY_FOLDER = Path(__file__).parent / "libraries"
REPOSITORY = Path(__file__).parent.parent

# Points beyond both ends of the model grid, so that a shifted training spectrum has real signal
# at its ends and not a repeated last value.
MARGIN = 40
WIDE_GRID = WavenumberGrid(MODEL_GRID.first_cm1 - MARGIN, MODEL_GRID.last_cm1 + MARGIN)

# Relative standard uncertainty of a response factor read off two separate exposures; the four
# solvents of the published equal mixtures differ by this much from their pures' heights.
RESPONSE_UNCERTAINTY = 0.3


@dataclass(frozen=True)
class CompoundSpec:
    """One compound of a library file, plus what its reference tells."""

    name: str
    cas: str
    synonyms: tuple[str, ...]
    hazard: str
    response_factor: float | None  # height of the pure, relative to the library's strongest
    source_sha256: str | None  # of the native file


@dataclass(frozen=True, eq=False)
class Library:
    """References in class order. `wide` covers MARGIN more points on both sides."""

    name: str
    title: str
    references_are: str  # "measured", or what they are instead
    resolution_cm1: float
    source: str
    data_license: str
    compounds: tuple[CompoundSpec, ...]
    wide: Singles  # [C, G + 2 * MARGIN], maximum 1 inside the model grid

    @property
    def references(self) -> Singles:
        """float32[C, G] on MODEL_GRID, non-negative, maximum 1."""
        return np.ascontiguousarray(self.wide[:, MARGIN:-MARGIN])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(compound.name for compound in self.compounds)


def load_library(name: str, folder: Path = LIBRARY_FOLDER) -> Library:
    """Read `folder/name.toml` and the spectra it names.

    Raises:
        RecipeError: the file is missing, incomplete or contradicts itself.
        SpectrumFileError: a native file cannot be read.
    """
    table = read_toml(folder / f"{name}.toml")
    try:
        entries: list[dict[str, Any]] = table["compound"]
        spectra: list[Floats] = []
        hashes: list[str | None] = []
        for entry in entries:
            if "lines" in entry:
                spectra.append(literature_reference(entry["lines"]))
                hashes.append(None)
            else:
                path = REPOSITORY / table["folder"] / f"{entry['name']}.txt"
                spectra.append(measured_reference(path))
                hashes.append(hashlib.sha256(path.read_bytes()).hexdigest())
        heights = np.array([spectrum[MARGIN:-MARGIN].max() for spectrum in spectra])
        measured = all(digest is not None for digest in hashes)
        compounds = tuple(
            CompoundSpec(
                name=entry["name"],
                cas=entry["cas"],
                synonyms=tuple(entry["synonyms"]),
                hazard=entry["hazard"],
                response_factor=(
                    round(float(height / heights.max()), 4)
                    if measured and not entry.get("response_doubtful", False)
                    else None
                ),
                source_sha256=digest,
            )
            for entry, height, digest in zip(entries, heights, hashes, strict=True)
        )
        wide = np.stack(spectra) / heights[:, None]
        return Library(
            name=table["name"],
            title=table["title"],
            references_are=table["references"],
            resolution_cm1=float(table["resolution_cm1"]),
            source=table["source"],
            data_license=table["data_license"],
            compounds=compounds,
            wide=wide.astype(np.float32),
        )
    except KeyError as missing:
        raise RecipeError(f"library {name}: {missing} is missing") from missing


def measured_reference(path: Path) -> Floats:
    """Native file -> dark-subtracted counts on WIDE_GRID without baseline, non-negative."""
    from device.spectra.files.reading import read_spectrum

    reference, valid = reference_of(read_spectrum(path), WIDE_GRID)
    if not valid.all():
        raise RecipeError(f"{path.name} does not cover {WIDE_GRID.first_cm1:g} cm-1 to the end")
    return reference


def literature_reference(lines: list[list[float]]) -> Floats:
    """Line table -> pseudo-Voigt lines (half Gaussian, half Lorentzian) on WIDE_GRID."""
    axis = WIDE_GRID.wavenumber_cm1
    spectrum = np.zeros(WIDE_GRID.size)
    for position_cm1, intensity, fwhm_cm1 in lines:
        distance = (axis - position_cm1) / (fwhm_cm1 / 2)
        gaussian = np.exp(-np.log(2) * distance**2)
        lorentzian = 1 / (1 + distance**2)
        spectrum += intensity * 0.5 * (gaussian + lorentzian)
    return spectrum
