"""The small TOML file in which a chemist describes a folder of pure spectra.

Next: `references.py`, which reads the spectra; `check.py`, which checks them.
"""

import dataclasses
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device.spectra.resampling import MODEL_GRID, WavenumberGrid
from train.library.grids import grid_of
from train.recipe import RecipeError, from_table, read_toml

LIBRARY_FOLDER = Path(__file__).parents[1] / "libraries"

# What may hold a spectrum; other files of the folder (notes, pictures) are passed over.
SPECTRUM_SUFFIXES = frozenset({".txt", ".csv", ".tsv", ".dat", ".asc", ".spc", ".jdx", ".dx"})


@dataclass(frozen=True)
class CompoundEntry:
    """One `[[compound]]`: a measured file of the folder, or literature lines."""

    name: str
    cas: str = ""
    synonyms: tuple[str, ...] = ()
    hazard: str = ""
    chemical_class: str = ""  # with its article: "an alcohol of up to four carbons"
    file: str | None = None  # default: the file named like the compound or one of its synonyms
    lines: tuple[tuple[float, ...], ...] = ()  # position_cm1, relative intensity, fwhm_cm1
    exposure_ms: float | None = None
    laser_power_mw: float | None = None
    response_doubtful: bool = False  # the height of this pure is no measure of its response
    response_factor: float | None = None  # known otherwise than from the height of the pure
    response_factor_sd: float | None = None  # its standard uncertainty, relative
    looks_like: tuple[str, ...] = ()  # compounds whose spectrum is known to be nearly the same
    synthetic: bool = False  # its lines are invented: no such substance is known to exist

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.synonyms)


@dataclass(frozen=True)
class Fill:
    """`[fill]`: synthetic line spectra beside the compounds, to study size; `lines.py`."""

    compounds: int  # in all, the real ones included
    seed: int


@dataclass(frozen=True)
class LibraryFile:
    """The whole file. Exposure and power may stand here once for all compounds."""

    name: str
    resolution_cm1: float  # full width at half maximum of a sharp line in these spectra
    data_license: str
    compound: tuple[CompoundEntry, ...]
    title: str = ""
    references: str = "measured"  # or what they are instead
    folder: str = "."  # seen from the TOML file
    source: str = ""  # instrument, date, where the data comes from
    exposure_ms: float | None = None
    laser_power_mw: float | None = None  # left out: the same for all
    response_source: str = ""  # where given response factors come from
    recipe: dict[str, Any] = field(default_factory=dict)  # what differs from the default recipe
    fill: Fill | None = None
    range_cm1: tuple[float, ...] = (MODEL_GRID.first_cm1, MODEL_GRID.last_cm1)

    @property
    def grid(self) -> WavenumberGrid:
        """What networks and fit see of the spectra, in steps of 1 cm-1."""
        return grid_of(self.range_cm1)

    @property
    def compound_count(self) -> int:
        return len(self.compound) if self.fill is None else self.fill.compounds


def library_path(library: str, folder: Path = LIBRARY_FOLDER) -> Path:
    """A TOML file anywhere, or the name of a shipped library."""
    return Path(library) if library.endswith(".toml") else folder / f"{library}.toml"


def is_library_file(path: Path) -> bool:
    """Whether this TOML describes compounds (a recipe does not)."""
    return not read_toml(path).keys().isdisjoint({"compound", "base"})


def read_library_file(path: Path) -> LibraryFile:
    """The description, with exposure and power filled in from the top.

    `base` names another library file of the same folder: its keys hold where this one has none.

    Raises:
        RecipeError: not readable, unknown or missing keys, wrong types, no compounds.
    """
    table = read_toml(path)
    if "base" in table:
        table = read_toml(path.with_name(str(table.pop("base")))) | table
    file = from_table(LibraryFile, table, path.name)
    if not file.name.replace("-", "").isalnum():
        raise RecipeError(f"{path.name}: the name {file.name!r} may have letters, digits and -")
    try:
        grid_of(file.range_cm1)
    except RecipeError as error:
        raise RecipeError(f"{path.name}: {error.text}") from error
    for key, value in (("resolution_cm1", file.resolution_cm1), ("exposure_ms", file.exposure_ms)):
        if value is not None and not value > 0:
            raise RecipeError(f"{path.name}: {key} must be positive")
    for entry in file.compound:
        for key, value, highest in (
            ("response_factor", entry.response_factor, 1e6),
            ("response_factor_sd", entry.response_factor_sd, 1.0),  # no bundle takes more
        ):
            if value is not None and not 0 < value <= highest:
                raise RecipeError(
                    f"{path.name}: {entry.name}: {key} must be positive, {highest:g} at most"
                )
    if file.compound_count < len(file.compound):
        raise RecipeError(
            f"{path.name}: fill.compounds is {file.compound_count}, and {len(file.compound)} stand"
            " there already"
        )
    compounds = tuple(
        dataclasses.replace(
            entry,
            exposure_ms=entry.exposure_ms or file.exposure_ms,
            laser_power_mw=entry.laser_power_mw or file.laser_power_mw,
        )
        for entry in file.compound
    )
    return dataclasses.replace(file, compound=compounds, title=file.title or file.name)


def spectra_in(folder: Path) -> tuple[Path, ...]:
    """Files that may be spectra, in the order of their names.

    Raises:
        RecipeError: there is no such folder.
    """
    try:
        return tuple(
            sorted(
                path
                for path in folder.iterdir()
                if path.suffix.lower() in SPECTRUM_SUFFIXES and not path.name.startswith(".")
            )
        )
    except OSError as error:
        raise RecipeError(f"the folder {folder} cannot be read: {error.strerror}") from error


def files_for(entry: CompoundEntry, folder: Path, files: tuple[Path, ...]) -> tuple[Path, ...]:
    """Where the compound's spectrum is; more or less than one is a problem to be told."""
    if entry.file is not None:
        return (folder / entry.file,)
    keys = {name_key(name) for name in entry.names}
    return tuple(path for path in files if name_key(path.stem) in keys)


def name_key(name: str) -> str:
    """Names equal under this are one name to a reader."""
    return unicodedata.normalize("NFC", name.strip()).casefold()
