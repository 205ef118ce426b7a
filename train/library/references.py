"""A library of pure compounds: native files or literature lines -> reference spectra.

The same references train the networks, go into the bundle, and are what the library fit on the
analyzer fits: so peaks keep their shape, and only what is not Raman signal is taken away.
Next: `spectra/mixtures.py`, which decides how much of each goes into a training spectrum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.spectra.reference_spectrum import NEARLY_IDENTICAL, reference_of, similarities
from device.spectra.resampling import MODEL_GRID, WavenumberGrid
from train.library.alignment import axis_moves, moved
from train.library.calibrations import calibration_notices
from train.library.check import (
    LibraryProblems,
    Measured,
    label_problems,
    read_folder,
    spectrum_problems,
)
from train.library.file import (
    LIBRARY_FOLDER,
    CompoundEntry,
    LibraryFile,
    library_path,
    read_library_file,
)
from train.library.grids import INSIDE, wide_grid
from train.library.headers import light_of
from train.library.heights import RESPONSE_UNCERTAINTY, response_factors
from train.library.known import shipped_references
from train.library.lines import filled_up

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class CompoundSpec:
    """One compound of a library file, plus what its reference tells."""

    name: str
    cas: str
    synonyms: tuple[str, ...]
    hazard: str
    response_factor: float | None  # signal per volume, relative to the library's strongest
    response_factor_sd: float | None  # its standard uncertainty, relative
    source_sha256: str | None  # of the native file
    source: str = ""  # where this one differs from the library's
    chemical_class: str = ""


@dataclass(frozen=True, eq=False)
class TrainingLibrary:
    """References in class order. `wide` covers MARGIN more points on both sides."""

    name: str
    title: str
    references_are: str  # "measured", or what they are instead
    resolution_cm1: float
    source: str
    data_license: str
    compounds: tuple[CompoundSpec, ...]
    wide: Singles  # [C, G + 2 * MARGIN], maximum 1 inside the grid
    response_source: str = ""  # where the response factors come from
    notices: tuple[str, ...] = ()  # what a trainer should know and need not mend
    grid: WavenumberGrid = MODEL_GRID  # of G points; what networks and fit see

    @property
    def references(self) -> Singles:
        """float32[C, G] on `grid`, non-negative, maximum 1."""
        return np.ascontiguousarray(self.wide[:, INSIDE])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(compound.name for compound in self.compounds)


def load_library(name: str, folder: Path = LIBRARY_FOLDER) -> TrainingLibrary:
    """Read a library's TOML file (a path, or a shipped one's name) and the spectra it names.

    Raises:
        RecipeError: the file is missing, incomplete or contradicts itself.
        LibraryProblems: a spectrum is missing, unfit, double or mislabelled; all are named.
    """
    path = library_path(name, folder)
    file = read_library_file(path)
    entries, grid = file.compound, file.grid
    measured, problems, notices = read_folder(entries, path.parent / file.folder, grid)
    lit = light_of(entries, measured)
    entries = lit.entries
    if problems := [*label_problems(entries), *problems]:
        raise LibraryProblems(path.name, [*problems, *lit.problems])
    spectra = np.stack([_reference(entry, measured.get(entry.name), grid) for entry in entries])
    known = shipped_references()
    moves = axis_moves(entries, spectra[:, INSIDE], measured, grid, known)
    for row, entry in enumerate(entries):
        if entry.name in moves.by_cm1:
            measured[entry.name] = moved(measured[entry.name], moves.by_cm1[entry.name])
            spectra[row] = _reference(entry, measured[entry.name], grid)
    if file.fill is not None:
        synthetic, spectra = filled_up(
            file.fill,
            spectra,
            file.resolution_cm1,
            lambda lines: literature_reference(lines, wide_grid(grid)),
            _alike,
        )
        entries = entries + synthetic
        if problems := label_problems(entries):
            raise LibraryProblems(path.name, problems)
    inside = spectra[:, INSIDE]
    problems = [
        f"{entry.name}: nothing is left of its spectrum without the baseline"
        for entry, height in zip(entries, inside.max(axis=1), strict=True)
        if not height > 0
    ] or spectrum_problems(entries, inside, measured, grid, known)
    if problems or lit.problems:
        raise LibraryProblems(path.name, [*lit.problems, *problems])
    heights = inside.max(axis=1)
    factors = response_factors(entries, heights, lit.comparable)
    compounds = tuple(
        CompoundSpec(
            name=entry.name,
            cas=entry.cas,
            synonyms=entry.synonyms,
            hazard=entry.hazard,
            response_factor=factor,
            response_factor_sd=(
                None if factor is None else entry.response_factor_sd or RESPONSE_UNCERTAINTY
            ),
            source_sha256=measured[entry.name].sha256 if entry.name in measured else None,
            source=_source(file, entry, moves.by_cm1.get(entry.name)),
            chemical_class=entry.chemical_class,
        )
        for entry, factor in zip(entries, factors, strict=True)
    )
    return TrainingLibrary(
        name=file.name,
        title=file.title,
        references_are=_what_they_are(file),
        resolution_cm1=file.resolution_cm1,
        source=file.source,
        data_license=file.data_license,
        compounds=compounds,
        wide=(spectra / heights[:, None]).astype(np.float32),
        response_source=file.response_source or "heights of the pures",
        notices=(
            *notices,
            *lit.notices,
            *calibration_notices(measured),
            *moves.notices,
            *_range_notices(measured, grid),
        ),
        grid=grid,
    )


def _reference(entry: CompoundEntry, measured: Measured | None, grid: WavenumberGrid) -> Floats:
    if measured is None:
        return literature_reference(entry.lines, wide_grid(grid))
    return reference_of(measured.spectrum, wide_grid(grid), grid)[0]


def _alike(spectra: Floats, others: Floats) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = (
        similarities(spectra[:, INSIDE], others[:, INSIDE]) > NEARLY_IDENTICAL
    )
    return result


def _what_they_are(file: LibraryFile) -> str:
    if file.fill is None:
        return file.references
    invented = file.compound_count - len(file.compound)
    return f"{file.references}, and {invented} synthetic ones of no real substance"


def _source(file: LibraryFile, entry: CompoundEntry, moved_cm1: float | None) -> str:
    """Where this one differs from the library's; empty where it does not."""
    if moved_cm1 is not None:
        return f"{file.source}; axis moved by {moved_cm1:+.2f} cm-1".removeprefix("; ")
    return _invented(file) if entry.synthetic else ""


def _invented(file: LibraryFile) -> str:
    seed = "its own lines" if file.fill is None else f"lines drawn from seed {file.fill.seed}"
    return f"synthetic: {seed}, no real substance"


def _range_notices(measured: Mapping[str, Measured], grid: WavenumberGrid) -> list[str]:
    """Where nothing was measured a reference is zero, and a line there would be foreign."""
    ranges: dict[str, list[str]] = {}
    for name, one in measured.items():
        axis = one.spectrum.wavenumber_cm1
        if axis[0] > grid.first_cm1 + 10 or axis[-1] < grid.last_cm1 - 10:
            ranges.setdefault(f"{axis[0]:.0f} to {axis[-1]:.0f} cm-1", []).append(name)
    return [f"measured over {where} only: {', '.join(names)}" for where, names in ranges.items()]


def literature_reference(lines: Sequence[Sequence[float]], grid: WavenumberGrid) -> Floats:
    """Line table -> pseudo-Voigt lines (half Gaussian, half Lorentzian) on `grid`."""
    axis = grid.wavenumber_cm1
    spectrum = np.zeros(grid.size)
    for position_cm1, intensity, fwhm_cm1 in lines:
        distance = (axis - position_cm1) / (fwhm_cm1 / 2)
        gaussian = np.exp(-np.log(2) * distance**2)
        lorentzian = 1 / (1 + distance**2)
        spectrum += intensity * 0.5 * (gaussian + lorentzian)
    return spectrum
