"""A folder of measured mixtures and their truth.csv, held against the compounds of a bundle.

Everything that is wrong is told at once, with its row. A column that is no compound of the library
is a substance outside it: the mixture then has something that the product cannot name.
Next: `outcomes.py`, which compares the product's answers with these.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from device.inference.manifest import Compound
from device.spectra.files.reading import SpectrumFileError, read_spectrum
from device.spectra.files.text import read_text
from device.spectra.spectrum import Spectrum
from firmware_bridge.errors import CallerError
from train.library.file import name_key, spectra_in
from train.validation.truth_table import TruthRow, TruthTable, parse_truth

Progress = Callable[[int, int], None]
_MOST_NAMED = 5  # files of the folder that no row names, in one sentence


class TruthProblems(CallerError):
    """Everything that is wrong with a truth.csv or the files that it names, one a line."""

    code = "truth_invalid"
    default_remedy = (
        "The first column is `file`, then comes one column for each compound; a cell is parts by "
        "volume, x for an unknown amount, or empty."
    )

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        lines = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"The table {name} cannot be used:{lines}\n")
        self.problems = tuple(problems)


@dataclass(frozen=True, eq=False)
class Mixture:
    """One measured mixture and what is in it."""

    row: int  # of truth.csv
    file: str
    spectrum: Spectrum
    parts: Mapping[str, float | None]  # library's compounds by their own names; None: not known
    outside: tuple[str, ...]  # substances that the library has not

    @property
    def fractions(self) -> dict[str, float] | None:
        """Volume fractions among the library's compounds; None if an amount is not known."""
        known = {name: part for name, part in self.parts.items() if part is not None}
        total = sum(known.values())
        if len(known) < len(self.parts) or not total > 0.0:
            return None
        return {name: part / total for name, part in known.items()}


@dataclass(frozen=True, eq=False)
class Mixtures:
    """All of them in the order of their rows, and what a reader should know."""

    mixtures: tuple[Mixture, ...]
    notices: tuple[str, ...]


def read_mixtures(
    truth: Path, folder: Path, compounds: Sequence[Compound], progress: Progress | None = None
) -> Mixtures:
    """Read truth.csv and every spectrum that it names.

    Args:
        folder: where the files are; a cell of the column `file` may name a folder in it.
        compounds: of the bundle; a column is matched by name, synonym or CAS number.

    Raises:
        TruthProblems: the table or a spectrum in it cannot be read; all reasons.
        RecipeError: there is no such folder.
    """
    try:
        table = parse_truth(read_text(truth).lines)
    except SpectrumFileError as error:
        raise TruthProblems(truth.name, [error.text.rstrip(".")]) from error
    files = spectra_in(folder)
    owner, problems = _owners(table, compounds)
    mixtures = []
    problems = [*table.problems, *problems]
    for done, row in enumerate(table.rows, start=1):
        try:
            spectrum = read_spectrum(folder / row.file)
        except SpectrumFileError as error:
            problems.append(f"row {row.row}: {error.text.rstrip('.')}")
        else:
            mixtures.append(_mixture(row, spectrum, owner))
        if progress is not None:
            progress(done, len(table.rows))
    if problems:
        raise TruthProblems(truth.name, problems)
    notices = [*_outside_notices(owner), *_unnamed_notices(files, table, folder, truth)]
    return Mixtures(tuple(mixtures), tuple(notices))


def _mixture(row: TruthRow, spectrum: Spectrum, owner: Mapping[str, str | None]) -> Mixture:
    parts, outside = {}, []
    for column, part in row.parts.items():
        name = owner[column]
        if name is None:
            outside.append(column)
        else:
            parts[name] = part
    return Mixture(row.row, row.file, spectrum, parts, tuple(outside))


def _owners(
    table: TruthTable, compounds: Sequence[Compound]
) -> tuple[dict[str, str | None], list[str]]:
    """The library's name for each column, None where it has none; and columns that are one."""
    exact = {word: one.name for one in compounds for word in _words(one)}
    folded: dict[str, set[str]] = {}
    for word, compound in exact.items():
        folded.setdefault(name_key(word), set()).add(compound)
    owner: dict[str, str | None] = {}
    problems = []
    taken: dict[str, str] = {}
    for column in table.columns:
        known = {exact[column]} if column in exact else folded.get(name_key(column), set())
        if len(known) > 1:
            problems.append(f"the column {column} may mean {' or '.join(sorted(known))}")
        name = next(iter(known)) if len(known) == 1 else None
        if name is not None and name_key(column) != name_key(taken.get(name, column)):
            problems.append(f"the columns {taken[name]} and {column} are one compound, {name}")
        if name is not None:
            taken.setdefault(name, column)
        owner[column] = name
    return owner, problems


def _words(compound: Compound) -> tuple[str, ...]:
    words = (compound.name, *compound.synonyms)
    return (*words, compound.cas) if compound.cas else words


def _outside_notices(owner: Mapping[str, str | None]) -> list[str]:
    return [
        f"{column} matches no name, synonym or CAS number of the bundle: taken as a substance "
        "outside its library"
        for column, own in owner.items()
        if own is None
    ]


def _unnamed_notices(
    files: Sequence[Path], table: TruthTable, folder: Path, truth: Path
) -> list[str]:
    """Spectra of the folder that no row names; the table itself may lie among them."""
    named = {os.path.abspath(folder / row.file) for row in table.rows}
    named.add(os.path.abspath(truth))
    rest = [path.name for path in files if os.path.abspath(path) not in named]
    if not rest:
        return []
    shown = ", ".join(rest[:_MOST_NAMED]) + (", ..." if len(rest) > _MOST_NAMED else "")
    noun = "file of the folder is" if len(rest) == 1 else "files of the folder are"
    return [f"{len(rest)} {noun} named by no row and not used: {shown}"]
