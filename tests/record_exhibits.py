"""Records with real answers, for the tests of exports, packages and models that answer again."""

from functools import cache
from pathlib import Path

from device.answer.identifier import Identifier
from device.records.about import About
from device.records.beside import hazards_of
from device.records.circumstances import Circumstances
from device.records.store import RecordStore
from device.spectra.files.reading import read_spectrum
from tests.measured import solvents

DATA = Path(__file__).parent.parent / "data"
# Raw counts, calibration and all; and the columns of another instrument's file.
COUNTS = DATA / "solvents13" / "mixtures" / "FourSolvent-1.txt"
COLUMNS = DATA / "wasatch785" / "toluene.csv"
UNKNOWN = DATA / "wasatch785" / "PET.csv"


@cache
def identifier() -> Identifier:
    return Identifier(solvents())


def answered(path: Path, *files: Path) -> list[str]:
    """The ids of the answers to these files, stored at `path` as the product stores them."""
    with RecordStore(path) as store:
        ids = []
        for number, file in enumerate(files or (COUNTS, COLUMNS)):
            answer = identifier().identify(read_spectrum(file))
            about = About("A. Nalyst", f"vial {number} <b>&amp;\N{GREEK SMALL LETTER MU}", "a note")
            beside = Circumstances(hazards=hazards_of(answer, identifier()))
            ids.append(store.append(answer, about=about, circumstances=beside))
    return ids
