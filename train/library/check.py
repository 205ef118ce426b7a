"""What is wrong with a folder of references, said before anything trains, all of it at once.

A file that is missing, empty, unreadable or unfit; one liquid under two names; a name that
contradicts a file's name, or a spectrum that is known to be another liquid's.
Next: `references.py`, which calls this and builds the library.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.inference.manifest_reader import checked_cas
from device.spectra.files.reading import SpectrumFileError, read_spectrum
from device.spectra.quality import check
from device.spectra.reference_spectrum import NEARLY_IDENTICAL, similarities
from device.spectra.resampling import MODEL_GRID, WavenumberGrid
from device.spectra.spectrum import Spectrum, to_grid
from device.strict_json import StrictJsonError
from train.library.file import CompoundEntry, files_for, name_key, spectra_in
from train.library.known import KnownReferences, comparable, is_same
from train.recipe import RecipeError

Floats = npt.NDArray[np.float64]


class LibraryProblems(RecipeError):
    """Every problem of a library, one a line."""

    code = "library_invalid"

    def __init__(self, library: str, problems: Sequence[str]) -> None:
        lines = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"The library {library} cannot be used:{lines}\n")
        self.problems = tuple(problems)


@dataclass(frozen=True, eq=False)
class Measured:
    """One readable file, and the spectrum in it."""

    path: Path
    sha256: str
    spectrum: Spectrum


def label_problems(entries: Sequence[CompoundEntry]) -> list[str]:
    """Names and CAS numbers that stand twice, or cannot be right."""
    problems = [] if entries else ["it has no compounds"]
    owner: dict[str, str] = {}
    for entry in entries:
        for key in dict.fromkeys(name_key(name) for name in entry.names):
            if key in owner:
                problems.append(f"{entry.name}: {key!r} is a name of {owner[key]} as well")
            owner.setdefault(key, entry.name)
        if not all(name.strip() and name.isprintable() for name in entry.names):
            problems.append(f"{entry.name!r}: a name is empty or unprintable")
        try:
            checked_cas(entry.cas, f"{entry.name}: CAS number")
        except StrictJsonError as error:
            problems.append(str(error))
        if entry.cas and entry.cas in owner:
            problems.append(f"{entry.name}: CAS {entry.cas} is that of {owner[entry.cas]} as well")
        owner.setdefault(entry.cas, entry.name)
    return problems


def read_folder(
    entries: Sequence[CompoundEntry], folder: Path, grid: WavenumberGrid = MODEL_GRID
) -> tuple[dict[str, Measured], list[str], list[str]]:
    """(spectra by compound, problems, notices) of the entries that are to be measured."""
    measured: dict[str, Measured] = {}
    problems: list[str] = []
    wanted = [entry for entry in entries if not entry.lines]
    files = spectra_in(folder) if wanted else ()
    used: set[Path] = set()
    for entry in wanted:
        found = files_for(entry, folder, files)
        used |= set(found)
        if not found:
            problems.append(
                f"{entry.name}: {folder} has no file of its name or a synonym; say file = ..."
            )
        elif len(found) > 1:
            names = ", ".join(path.name for path in found)
            problems.append(f"{entry.name}: several files may be meant ({names}); say file = ...")
        else:
            problems += _misnamed(entry, found[0], entries)
            try:
                measured[entry.name] = _read(found[0], grid)
            except RecipeError as error:
                problems.append(f"{entry.name}: {error.text}")
    for (first, one), (second, other) in combinations(measured.items(), 2):
        if one.sha256 == other.sha256:
            problems.append(
                f"{second}: {other.path.name} has the same content as {one.path.name} of {first}"
            )
    notices = [f"{path.name} is named by no compound" for path in files if path not in used]
    return measured, problems, notices


def spectrum_problems(
    entries: Sequence[CompoundEntry],
    references: Floats,
    measured: dict[str, Measured],
    grid: WavenumberGrid,
    known: KnownReferences | None,
) -> list[str]:
    """One liquid under two names, or a spectrum known to be another's; references [C, G]."""
    problems = []
    alike = similarities(references, references)
    for (i, one), (k, other) in combinations(enumerate(entries), 2):
        if alike[i, k] > NEARLY_IDENTICAL and not _admitted(one, other):
            same_file = one.name in measured and other.name in measured
            if same_file and measured[one.name].sha256 == measured[other.name].sha256:
                continue  # said already
            problems.append(
                f"{other.name}: its spectrum is nearly identical to that of {one.name} "
                f"(similarity {alike[i, k]:.3f}); if both are right, say looks_like = "
                f'["{one.name}"]'
            )
    shared = comparable(references, grid, known)
    if shared is None:
        return problems
    return problems + _known_otherwise(entries, shared[0], measured, shared[1])


def _known_otherwise(
    entries: Sequence[CompoundEntry],
    references: Floats,
    measured: dict[str, Measured],
    known: KnownReferences,
) -> list[str]:
    """Spectra that match a compound of the shipped library with another name than the file's."""
    alike = similarities(references, known.references)
    problems = []
    for row, entry in zip(alike, entries, strict=True):
        best = known.compounds[int(row.argmax())]
        if entry.name not in measured or row.max() <= NEARLY_IDENTICAL or is_same(entry, best):
            continue
        if name_key(best.name) in map(name_key, entry.looks_like):
            continue
        problems.append(
            f"{entry.name}: the spectrum in {measured[entry.name].path.name} is that of "
            f"{best.name} ({known.bundle}, similarity {row.max():.3f}); mislabelled?"
        )
    return problems


def _admitted(one: CompoundEntry, other: CompoundEntry) -> bool:
    said = {name_key(name) for name in (*one.looks_like, *other.looks_like)}
    return bool(said & {name_key(one.name), name_key(other.name)})


def _misnamed(entry: CompoundEntry, path: Path, entries: Sequence[CompoundEntry]) -> list[str]:
    key = name_key(path.stem)
    if key in map(name_key, entry.names):
        return []
    return [
        f"{entry.name}: its file {path.name} has the name of {other.name}"
        for other in entries
        if other is not entry and key in map(name_key, other.names)
    ]


def _read(path: Path, grid: WavenumberGrid) -> Measured:
    """Raises RecipeError with why this file is no reference."""
    try:
        spectrum = read_spectrum(path)
    except SpectrumFileError as error:
        raise RecipeError(error.text) from error
    reasons = check(spectrum, to_grid(spectrum, grid))
    if reasons:
        raise RecipeError(f"{path.name}: {reasons[0].text}")
    return Measured(path, hashlib.sha256(path.read_bytes()).hexdigest(), spectrum)
