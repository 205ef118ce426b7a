"""Files as people have them are answered rightly or refused; never answered on a wrong axis."""

import csv
from pathlib import Path

import pytest

from device.answer.identifier import Identifier
from device.spectra.files.choices import Choices
from device.spectra.files.reading import SpectrumFileError, read_spectrum, spectrum_of
from device.spectra.files.source import Source
from device.verdict.identification import Verdict
from tests.measured import solvents
from tests.refused_kinds import REFUSED
from tests.spectrum_kinds import COUNTS, FIXTURES, READABLE, closeness

FOUR = Path(__file__).parents[1] / "data/solvents13/mixtures/FourSolvent-1.txt"
PARTS = {"Toluene", "ethanol"}
with open(FIXTURES / "cases.csv", newline="") as _stream:
    CASES = list(csv.DictReader(_stream))


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return Identifier(solvents())


def native_variant(file: str) -> bytes:
    """A B&W Tek file as it is after a spreadsheet, or saved with fewer columns."""
    text = FOUR.read_text("latin-1")
    if file == "bwtek_saved_as_comma_csv.csv":
        return text.replace(";", ",").encode()
    if file == "bwtek_tabs_after_excel.txt":
        return text.replace(";", "\t").encode()
    head, _, body = text.partition("\nPixel;")
    rows = [row.split(";") for row in ("Pixel;" + body).splitlines()]
    kept = {
        "bwtek_no_dark_column.txt": (0, 1, 3, 6),
        "bwtek_dark_subtracted_only.txt": (0, 1, 2, 3, 7),
    }
    table = "\n".join(";".join(row[at] for at in kept[file]) + ";" for row in rows)
    return f"{head}\n{table}\n".encode()


def bytes_of(file: str) -> bytes:
    path = FIXTURES / file
    return path.read_bytes() if path.exists() else native_variant(file)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_each_layout_is_answered_as_it_must_be(
    case: dict[str, str], identifier: Identifier
) -> None:
    source = Source(case["file"], bytes_of(case["file"]))
    says_which = case["note"].startswith("say which")
    if case["expected"] == "refused" or says_which:
        with pytest.raises(SpectrumFileError) as caught:
            spectrum_of(source)
        assert "WDF" in caught.value.text if says_which else "wavelength" in caught.value.text
        return
    answer = identifier.identify(spectrum_of(source)).identification
    if "bwtek" in case["file"]:  # a measured mixture of four others
        native = identifier.identify(read_spectrum(FOUR)).identification
        assert {one.name for one in answer.components} == {one.name for one in native.components}
    else:
        assert answer.verdict is Verdict.IDENTIFIED
        assert {one.name for one in answer.components} == PARTS


@pytest.mark.parametrize("kind", READABLE)
def test_a_file_of_another_program_is_read_and_identified(
    kind: str, identifier: Identifier
) -> None:
    data, choices = READABLE[kind]
    spectrum = spectrum_of(Source("sample.txt", data), choices)
    assert closeness(spectrum.wavenumber_cm1) < 0.5
    assert abs(spectrum.intensity.max() - max(COUNTS)) < 0.05 * max(COUNTS)
    answer = identifier.identify(spectrum).identification
    assert answer.verdict is Verdict.IDENTIFIED
    assert {one.name for one in answer.components} == PARTS


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_is_no_raman_spectrum_is_refused_with_a_sentence(kind: str) -> None:
    with pytest.raises(SpectrumFileError) as caught:
        spectrum_of(Source("sample.txt", REFUSED[kind]))
    assert caught.value.text.startswith("sample.txt")
    assert caught.value.text.endswith(".")
    assert caught.value.remedy
    assert caught.value.text.isprintable()


@pytest.mark.parametrize("laser_nm", [532.0, 1064.0])
def test_another_laser_than_the_files_is_no_answer_of_these_wavelengths(
    laser_nm: float, identifier: Identifier
) -> None:
    data, _ = READABLE["OceanView in wavelengths, the laser given"]
    source = Source("sample.txt", data)
    try:
        answer = identifier.identify(spectrum_of(source, Choices(excitation_nm=laser_nm)))
    except SpectrumFileError as error:
        assert f"{laser_nm:g} nm" in error.text
    else:
        assert answer.identification.verdict is not Verdict.IDENTIFIED


def test_a_wavelength_file_names_the_laser_that_its_header_states() -> None:
    data, _ = READABLE["wavelengths, the laser of the header"]
    with pytest.raises(SpectrumFileError) as caught:
        spectrum_of(Source("sample.txt", data))
    assert "--excitation 785" in str(caught.value.remedy)
