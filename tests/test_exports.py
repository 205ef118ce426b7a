"""Exports are read by other people's libraries, and by our own reader to the same verdict."""

import io
import struct
from pathlib import Path

import jcamp
import numpy as np
import pytest
import spc_io
from hypothesis import given
from hypothesis import strategies as st

from device.answer.identifier import Identifier
from device.export.csv_columns import csv_of
from device.export.jcamp import jcamp_of
from device.export.spc import spc_of
from device.export.spectrum import ExportedSpectrum
from device.spectra.files.choices import Choices
from device.spectra.files.reading import SpectrumFileError, read_spectrum, spectrum_of
from device.spectra.files.source import Source
from device.spectra.files.spc import HEADER_SIZE, NEW_MSB
from device.spectra.spectrum import Spectrum
from tests.measured import solvents

FOUR = Path(__file__).parents[1] / "data/solvents13/mixtures/FourSolvent-1.txt"
FACTS = {
    "instrument": "WP-785 \xe9chantillon",
    "acquired_utc": "2026-01-02T10:30:00+00:00",
    "laser_wavelength_nm": "785.1",
    "integration_time_ms": "500",
    "operator": "M\xfcller ## $$\nsecond line",
    "verdict": "IDENTIFIED",
}
MAKERS = {"sample.jdx": jcamp_of, "sample.spc": spc_of, "sample.csv": csv_of}


def even() -> ExportedSpectrum:
    axis = np.linspace(300.0, 2500.0, 2201)
    values = 50.0 + 900.0 * np.exp(-(((axis - 1003.0) / 5.0) ** 2)) - (axis % 3.0)
    return ExportedSpectrum("vial 3", axis, {"intensity": values, "fitted": values * 0.9}, FACTS)


def measured() -> tuple[ExportedSpectrum, Spectrum]:
    """A native file, whose axis is not even."""
    spectrum = read_spectrum(FOUR)
    curves = {"intensity": spectrum.intensity}
    return ExportedSpectrum("four", spectrum.wavenumber_cm1, curves, FACTS), spectrum


@pytest.mark.parametrize("spectrum", [even(), measured()[0]], ids=["even", "uneven"])
def test_a_strangers_jcamp_reader_finds_the_same_numbers(spectrum: ExportedSpectrum) -> None:
    theirs = jcamp.read(io.StringIO(jcamp_of(spectrum).decode("ascii")))
    assert np.allclose(theirs["x"], spectrum.wavenumber_cm1, atol=1e-6)
    assert np.allclose(theirs["y"], spectrum.curves["intensity"], rtol=1e-8)
    assert theirs["xunits"] == "1/CM"
    assert theirs["data type"] == "RAMAN SPECTRUM"


@pytest.mark.parametrize("spectrum", [even(), measured()[0]], ids=["even", "uneven"])
def test_a_strangers_spc_reader_finds_the_same_numbers(spectrum: ExportedSpectrum) -> None:
    theirs = spc_io.SPC.from_bytes_io(io.BytesIO(spc_of(spectrum)))
    assert len(theirs) == 1
    assert np.allclose(theirs[0].xarray, spectrum.wavenumber_cm1, atol=1e-3)
    assert np.allclose(theirs[0].yarray, spectrum.curves["intensity"], rtol=1e-6)
    assert theirs.xtype == "XRAMANS"
    assert theirs.date.isoformat() == "2026-01-02T10:30:00"
    assert "785.1" in str(theirs.log_book.text)


def test_a_spreadsheet_finds_all_curves_under_their_names() -> None:
    lines = [line for line in csv_of(even()).decode().splitlines() if not line.startswith("#")]
    assert lines[0] == "wavenumber_cm1,intensity,fitted"
    table = np.loadtxt(lines[1:], delimiter=",")
    assert np.allclose(table[:, 2], even().curves["fitted"])


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return Identifier(solvents())


@pytest.mark.parametrize("name", MAKERS)
def test_our_own_reader_gives_the_same_answer(name: str, identifier: Identifier) -> None:
    exported, spectrum = measured()
    back = spectrum_of(Source(name, MAKERS[name](exported)))
    assert np.allclose(back.wavenumber_cm1, spectrum.wavenumber_cm1, atol=1e-3)
    assert np.allclose(back.intensity, spectrum.intensity, rtol=1e-6)
    assert back.integration_time_ms == 500.0
    assert back.taken is not None
    assert back.taken.excitation_nm == 785.1
    # the exports hold the curve alone: what is known of noise and dark stays behind
    alone = Spectrum(spectrum.wavenumber_cm1, spectrum.intensity, integration_time_ms=500.0)
    theirs, ours = (identifier.identify(one).identification for one in (back, alone))
    assert theirs.verdict is ours.verdict
    assert [one.name for one in theirs.components] == [one.name for one in ours.components]


@pytest.mark.parametrize(
    "wrong",
    [
        {"curves": {"fitted": np.ones(3)}},
        {"curves": {"intensity": np.ones(2)}},
        {"curves": {"intensity": np.array([1.0, np.nan, 2.0])}},
        {"wavenumber_cm1": np.array([1.0, 1.0, 2.0])},
    ],
)
def test_what_no_file_could_hold_is_refused(wrong: dict[str, object]) -> None:
    sound = {"title": "", "wavenumber_cm1": np.arange(3.0), "curves": {"intensity": np.ones(3)}}
    ExportedSpectrum(facts={}, **sound)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="curve|length|finite|rise"):
        ExportedSpectrum(facts={}, **(sound | wrong))  # type: ignore[arg-type]


@given(
    st.lists(st.floats(-1e9, 1e9, width=32), min_size=40, max_size=60),
    st.sampled_from(sorted(MAKERS)),
    st.text(max_size=30),
)
def test_any_numbers_and_titles_come_back(values: list[float], name: str, title: str) -> None:
    axis = np.cumsum(np.linspace(5.0, 6.0, len(values)))
    spectrum = ExportedSpectrum(title, axis, {"intensity": np.array(values)}, {"note": title})
    data = MAKERS[name](spectrum)
    try:
        back = spectrum_of(Source(name, data))
    except SpectrumFileError as error:  # a title may say that it is another kind of spectrum
        assert error.remedy
        return
    assert np.allclose(back.intensity, values, rtol=1e-6, atol=1e-6)


# --- SPC of other programs ------------------------------------------------------------------


def changed(at: int, kind: str, value: float, data: bytes | None = None) -> bytes:
    whole = bytearray(data or spc_of(even()))
    struct.pack_into("<" + kind, whole, at, value)
    return bytes(whole)


def refusal(data: bytes) -> str:
    with pytest.raises(SpectrumFileError) as caught:
        spectrum_of(Source("sample.spc", data))
    return str(caught.value.text)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (changed(1, "B", 0x4D), "layout of 1988"),
        (changed(0, "B", 0x40), "2 spectra or more"),
        (changed(24, "i", 9), "9 spectra"),
        (changed(4, "i", -4), "-4 points"),
        (changed(4, "i", 4_000), "truncated"),
        (changed(8, "d", float("nan")), "not finite"),
        (changed(16, "d", 1e300), "impossibly large"),
        (changed(28, "B", 3), "wavelength"),
        (changed(28, "B", 2), "wavelength"),
        (changed(28, "B", 14), "another quantity"),
        (changed(28, "B", 0), "no unit"),
        (changed(29, "B", 2), "absorbance"),
        (changed(29, "B", 128), "absorbance"),
        (changed(2, "B", 5), "not a Raman spectrum"),
        (spc_of(even())[:400], "truncated"),
        (spc_of(even())[:600], "truncated"),
    ],
)
def test_an_spc_file_that_is_no_raman_spectrum_says_so(data: bytes, words: str) -> None:
    assert words in refusal(data)


def test_wavelengths_in_an_spc_file_are_converted_with_a_laser() -> None:
    data = changed(8, "d", 800.0, changed(16, "d", 960.0, changed(28, "B", 3)))
    spectrum = spectrum_of(Source("sample.spc", data), Choices(excitation_nm=785.0))
    assert spectrum.wavenumber_cm1[0] == pytest.approx(1e7 / 785 - 1e7 / 800)


def test_integers_of_both_byte_orders_and_widths_are_scaled() -> None:
    counts = np.arange(64) * 100
    for order, width, exponent in ((">", 4, 20), ("<", 2, 15), (">", 2, 15)):
        header = bytearray(spc_of(even())[:HEADER_SIZE])
        header[0] = 1 if width == 2 else 0
        header[1] = NEW_MSB if order == ">" else header[1]
        header[3] = exponent
        struct.pack_into(f"{order}idd", header, 4, 64, 300.0, 2500.0)
        struct.pack_into(f"{order}ii", header, 24, 1, 0)
        header[28] = 13
        struct.pack_into(f"{order}i", header, 248, 0)
        body = (counts << 12 if width == 4 else counts).astype(f"{order}i{width}").tobytes()
        spectrum = spectrum_of(Source("sample.spc", bytes(header) + bytes(32) + body))
        scale = 2.0 ** (exponent - 8 * width)
        assert np.allclose(spectrum.intensity, (counts << 12 if width == 4 else counts) * scale)


@given(st.lists(st.tuples(st.integers(0, 700), st.binary(min_size=1, max_size=8)), max_size=4))
def test_a_mangled_spc_file_gives_a_spectrum_or_a_sentence(edits: list[tuple[int, bytes]]) -> None:
    data = spc_of(even())
    for at, by in edits:
        data = data[:at] + by + data[at + len(by) :]
    try:
        spectrum = spectrum_of(Source("sample.spc", data))
    except SpectrumFileError as error:
        assert error.text and error.remedy
        return
    assert np.isfinite(spectrum.intensity).all()
