"""Files become spectra or one sentence that says why not, never another exception."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from device.spectra.files.bwtek import read_bwtek
from device.spectra.files.reading import SpectrumFileError, parse_spectrum, read_spectrum
from device.spectra.files.text import MAX_FILE_BYTES, decode_text
from device.spectra.spectrum import Spectrum, to_grid

DATA = Path(__file__).parents[1] / "data"
FOUR = DATA / "solvents13/mixtures/FourSolvent-1.txt"
COMMAS = next((DATA / "charisma785").glob("0_5A*_1.txt"))
ENLIGHTEN = DATA / "wasatch785/toluene.csv"

AXIS = np.arange(400.0, 1900.0, 2.0)
VALUES = np.round(100 + 900 * np.exp(-(((AXIS - 1003) / 5) ** 2)), 3)


def parse(text: str | bytes) -> Spectrum:
    data = text.encode() if isinstance(text, str) else text
    return parse_spectrum(decode_text(data, "sample.csv"))


def refusal(text: str | bytes) -> str:
    with pytest.raises(SpectrumFileError) as caught:
        parse(text)
    sentence: str = caught.value.text
    assert sentence.startswith("sample.csv")
    assert sentence.endswith(".")
    assert caught.value.remedy
    return sentence


def two_columns(separator: str = ",", header: str = "", newline: str = "\n") -> str:
    rows = [f"{x:g}{separator}{y:.3f}" for x, y in zip(AXIS, VALUES, strict=True)]
    return newline.join(([header] if header else []) + rows) + newline


# --- plain two-column files ---------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        two_columns(header="wavenumber_cm1,intensity"),
        two_columns(),
        two_columns(";", "Raman shift (cm-1);Counts"),
        two_columns(";").replace(".", ","),
        two_columns("\t", "Raman Shift /cm⁻¹\tIntensity"),
        two_columns("\t").replace(".", ","),
        two_columns("  "),
        two_columns(" ").replace(".", ","),
        two_columns(", "),
        two_columns(newline="\r\n"),
        two_columns(newline="\r"),
        two_columns(header="# a comment\n# and another\nx,y"),
        "\ufeff" + two_columns(header="wavenumber_cm1,intensity"),
        two_columns().replace("\n", ",\n"),
        two_columns() + "\n\n  \n",
        "\n".join(reversed(two_columns().splitlines())),
        two_columns(header="sample: Tränke 20 °C\n\nshift,counts"),
    ],
)
def test_every_dialect_gives_the_same_spectrum(text: str) -> None:
    spectrum = parse(text)
    assert np.array_equal(spectrum.wavenumber_cm1, AXIS)
    assert np.array_equal(spectrum.intensity, VALUES)
    assert spectrum.variance is None
    assert spectrum.saturated is None
    assert spectrum.source == "sample.csv"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-16"])
def test_encodings_of_windows_software_are_read(encoding: str) -> None:
    text = two_columns(header="Probe Tränke 20 °C\nRaman shift,counts")
    assert np.array_equal(parse(text.encode(encoding)).intensity, VALUES)


@pytest.mark.parametrize(
    ("first", "last", "step"), [(500, 1800, 0.1), (100, 3500, 7), (0, 2000, 20)]
)
def test_any_range_and_step(first: float, last: float, step: float) -> None:
    axis = np.arange(first, last + step, step)
    text = "wavenumber_cm1,intensity\n" + "\n".join(f"{x:.3f},{x / 7:.3f}" for x in axis)
    spectrum = parse(text)
    assert len(spectrum.intensity) == len(axis)
    grid = to_grid(spectrum)
    assert np.allclose(
        grid.intensity, np.clip(np.arange(300, 2501), first, axis[-1]) / 7, atol=0.01
    )


def spoil(line: int, by: str) -> str:
    rows = two_columns().splitlines()
    rows[line - 1] = by
    return "\n".join(rows)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        (" \n\n ", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
        (b"PK\x03\x04" + bytes(range(256)), "binary"),
        (b"\xff\xfe1\x00,", "UTF-16"),
        ("no numbers\nin here\n", "no line with two numbers"),
        (spoil(17, "432"), "line 17: only one column"),
        (two_columns()[:-12], "line 750"),
        (spoil(17, "432,nan"), "line 17: the intensity is nan"),
        (spoil(17, "432,-inf"), "line 17: the intensity is -inf"),
        (spoil(17, "NaN,5"), "line 17: the Raman shift is NaN"),
        (spoil(17, "432,1e300"), "line 17: the intensity is impossibly large"),
        (spoil(17, "432,oops"), "line 17: the intensity is not a number: 'oops'"),
        (spoil(17, "432,"), "line 17: the intensity is missing"),
        (spoil(17, "432,1_0"), "line 17: the intensity is not a number"),
        (spoil(17, "432,1,2"), "line 17: 3 columns"),
        (spoil(17, "429,1"), "line 17: the axis turns round"),
        ("\n".join(two_columns().splitlines()[:20]), "only 20 points"),
        ("a,b,c\n" + two_columns().replace(",", ",1,"), "line 2: 3 columns of numbers"),
        (two_columns(header="wavelength_nm,intensity"), "must be Raman shift"),
        (two_columns(header="Wavelength (nm);counts"), "must be Raman shift"),
        (two_columns(header="Pixel,counts"), "must be Raman shift"),
        ("\n".join(f"{i},{i % 7}" for i in range(2048)), "counts pixels"),
        ("\n".join(f"{i},{i % 7}" for i in range(12000, 12700)), "no Raman shift is larger"),
    ],
)
def test_a_refused_file_is_told_which_line_and_why(text: str | bytes, expected: str) -> None:
    assert expected in refusal(text)


def test_equal_shifts_become_their_mean() -> None:
    """An axis rounded to whole wavenumbers repeats itself."""
    spectrum = parse(spoil(17, "430,1"))
    assert len(spectrum.intensity) == len(AXIS) - 1
    assert spectrum.intensity[15] == (1 + VALUES[15]) / 2
    still = two_columns().splitlines()[:100] + ["598,7"] * 20
    assert "the axis repeats 598 21 times" in refusal("\n".join(still))


def test_pixel_like_axis_is_accepted_when_the_header_says_raman_shift() -> None:
    text = "raman_shift,counts\n" + "\n".join(f"{i},{i % 7}" for i in range(2048))
    assert len(parse(text).intensity) == 2048


# --- what is no readable file at all --------------------------------------------------------


def file_refusal(path: str | Path) -> str:
    with pytest.raises(SpectrumFileError) as caught:
        read_spectrum(path)
    assert caught.value.code == "unreadable_file"
    assert caught.value.remedy
    sentence: str = caught.value.text
    return sentence


def test_missing_directory_pipe_and_odd_names_are_refused(tmp_path: Path) -> None:
    assert "no file" in file_refusal(tmp_path / "none.csv")
    assert "directory" in file_refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "not a plain file" in file_refusal(tmp_path / "pipe")
    assert "not a plain file" in file_refusal("/dev/zero")
    assert "cannot be read" in file_refusal("a\0b")
    assert "cannot be read" in file_refusal("x" * 5000)


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    huge = tmp_path / "huge.csv"
    with open(huge, "wb") as file:
        file.truncate(100_000_000)  # sparse: reading it would find zeros, "binary"
    assert "100 MB" in file_refusal(huge)
    with open(huge, "wb") as file:
        file.truncate(MAX_FILE_BYTES)
    assert "binary" in file_refusal(huge)  # negative control: the limit itself is read


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.csv"
    path.write_text(two_columns())
    path.chmod(0)
    assert "may not read" in file_refusal(path)


# --- B&W Tek --------------------------------------------------------------------------------


def test_native_file_gives_counts_dark_and_calibration() -> None:
    native = read_bwtek(FOUR)
    assert (len(native.raw_counts), native.averages, native.integration_time_ms) == (2048, 1, 1000)
    assert (native.raw_counts[0], native.dark_counts[2047]) == (408.0, 230.0)
    page = native.calibration
    assert page.excitation_nm == 784.92
    assert (page.first_valid_pixel, page.last_valid_pixel) == (0, 1976)
    assert page.wavenumber_cm1()[[0, 1976]].round(1).tolist() == [32.6, 3301.2]
    assert native.taken is not None
    assert native.taken.model == "BTC667N-785S-HT"


def test_decimal_commas_blank_cells_and_averages() -> None:
    native = read_bwtek(COMMAS)
    assert (native.raw_counts[0], native.dark_counts[0]) == (930.6, 922.6)
    assert (native.averages, native.integration_time_ms) == (5, 6000)
    assert native.to_acquisition().flags == {"recorded_average"}
    page = native.calibration
    assert (page.first_valid_pixel, page.last_valid_pixel) == (74, 1988)
    assert len(native.to_spectrum().intensity) == 1915


def test_variance_of_a_native_file_is_that_of_its_repeat() -> None:
    """Two repeats of one sample: half their squared difference is the variance, by experiment."""
    first, second = (
        read_bwtek(path).to_acquisition() for path in sorted(COMMAS.parent.glob("0_5A*"))
    )
    net = [a.raw_counts - a.dark_counts for a in (first, second)]
    difference = (net[0] - net[1])[first.calibration.valid_range]
    difference -= np.convolve(difference, np.ones(61) / 61, "same")  # the sample bleaches
    observed = 1.4826 * np.median(np.abs(difference)) / np.sqrt(2)
    claimed = np.sqrt(np.median(first.variance[first.calibration.valid_range]))
    assert claimed == pytest.approx(observed, rel=0.25)


def edited(change: Callable[[str], str]) -> str:
    return change(FOUR.read_text("latin-1"))


def replaced(old: str, new: str) -> str:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edited(change)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (edited(lambda text: text[: len(text) // 2]), "truncated"),
        (edited(lambda text: text[:900]), "no line names the columns"),
        (edited(lambda text: text[: text.index("\n500;")]), "ends after 500 of 2048 pixels"),
        (replaced("\n500;", "\n501;"), "pixel 500 is missing"),
        (replaced("coefs_a1;", "coefs_x1;"), "'coefs_a1' is missing"),
        (replaced("coefs_a1;0.1486", "coefs_a1;0.1487"), "contradicts the calibration"),
        (replaced("laser_wavelength;784.92", "laser_wavelength;785.92"), "contradicts"),
        (replaced("laser_wavelength;784.92", "laser_wavelength;7"), "no Raman excitation"),
        (replaced("coefs_a1;0", "coefs_a1;-0"), "does not rise"),
        (replaced("coefs_a0;", "coefs_a0;nan"), "coefs_a0"),
        (replaced("intigration times(ms);1000", "intigration times(ms);0"), "integration time"),
        (replaced("average number;1", "average number;0"), "average number is 0"),
        (replaced("pixel_num;2048", "pixel_num;1024"), "more rows"),
        (replaced("pixel_num;2048", "pixel_num;4096"), "2048 of 4096"),
        (
            edited(lambda text: text.replace("Raw data #1", "Raw").replace("Subtracted #1", "")),
            "no column 'raw data #1'",
        ),
        (replaced("%TR #1", "Raw data #2"), "several spectra"),
        (replaced(";666.0000;", ";66600;"), "66600 raw counts"),
        (replaced(";666.0000;", ";-6;"), "-6 raw counts"),
        (replaced(";666.0000;", ";NaN;"), "raw data #1 is NaN"),
    ],
)
def test_a_damaged_native_file_is_told_why(text: str, expected: str) -> None:
    assert expected in refusal(text.encode("latin-1"))


def test_a_contradiction_names_its_line() -> None:
    text = replaced("\n0;786.94;12707.52;32.63;", "\n0;787.94;12707.52;32.63;")
    assert "line 90: the wavelength of pixel 0 contradicts" in refusal(text)
    text = replaced("\n0;786.94;12707.52;32.63;", "\n0;786.94;12707.52;42.63;")
    assert "the raman shift of pixel 0 contradicts" in refusal(text)


def test_another_format_is_not_taken_for_a_native_file() -> None:
    with pytest.raises(SpectrumFileError, match="not a B&W Tek"):
        read_bwtek(ENLIGHTEN)


# --- ENLIGHTEN ------------------------------------------------------------------------------


def test_enlighten_gives_the_processed_column_on_its_axis() -> None:
    spectrum = read_spectrum(ENLIGHTEN)
    assert np.array_equal(spectrum.wavenumber_cm1, np.arange(302.0, 2304.0))
    assert spectrum.intensity[:2].tolist() == [98.16, 91.72]
    assert spectrum.integration_time_ms == 495
    assert spectrum.wavenumber_cm1[spectrum.intensity.argmax()] == 1003


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Pixel,Wavenumber,Processed", "Pixel,Wavenumber,Raw", "no line names a column"),
        ("Pixel,Wavenumber,Processed", "Pixel,Column,Processed", "no column 'wavenumber'"),
        ("Wavenumber,Processed", "Wavenumber,Processed,Processed", "several spectra"),
        ("\n7,309.00,78.68\n", "\n7,309.00\n", "line 66: 2 columns of 3"),
        ("\n7,309.00,78.68\n", "\n7,309.00,\n", "line 66: the intensity is missing"),
        ("\n7,309.00,78.68\n", "\n7,307.00,78.68\n", "line 66: the axis turns round at 307"),
    ],
)
def test_a_damaged_enlighten_file_is_told_why(old: str, new: str, expected: str) -> None:
    text = ENLIGHTEN.read_text().replace("\r\n", "\n")
    assert old in text
    assert expected in refusal(text.replace(old, new, 1))


def test_enlighten_survives_an_odd_integration_time() -> None:
    text = ENLIGHTEN.read_text().replace("Integration Time,495", "Integration Time,nan")
    assert parse(text).integration_time_ms is None


# --- any bytes at all -----------------------------------------------------------------------


def must_be_spectrum_or_refusal(data: bytes) -> None:
    try:
        spectrum = parse_spectrum(decode_text(data, "sample.csv"))
    except SpectrumFileError as error:
        assert error.text
        assert error.remedy
        return
    assert np.isfinite(spectrum.intensity).all()
    assert (np.diff(spectrum.wavenumber_cm1) > 0).all()
    grid = to_grid(spectrum)
    assert np.isfinite(grid.intensity).all()
    assert np.isfinite(grid.variance).all()


PLAIN_SEED = two_columns(header="wavenumber_cm1,intensity").encode()[:1500]
# short native files keep the examples fast: 40 pixels instead of 2,048
_FOUR_TEXT = FOUR.read_text("latin-1").replace("pixel_num;2048", "pixel_num;40")
BWTEK_SEED = _FOUR_TEXT[: _FOUR_TEXT.index("\n40;")].encode("latin-1")
ENLIGHTEN_SEED = ENLIGHTEN.read_bytes()[:3000].rpartition(b"\n")[0]


def test_the_seeds_of_the_mangling_are_themselves_readable() -> None:
    for seed in (PLAIN_SEED, BWTEK_SEED, ENLIGHTEN_SEED):
        assert len(parse(seed).intensity) >= 32


@given(st.binary(max_size=400))
@example(b"\xff\xfe")
@example(b"File Version;BW")
@example(b"ENLIGHTEN Version,4\nProcessed,Wavenumber\n")
def test_any_bytes_give_a_spectrum_or_a_sentence(data: bytes) -> None:
    must_be_spectrum_or_refusal(data)


SNIPPETS = [b"", b"nan", b"1e999", b";", b",", b"\n", b"\r", b"-", b"0", b"9" * 40, b"\t", b"\x00"]
SNIPPETS += [b"\xe9", "²".encode(), "٣".encode(), b"1e15", b"1e-320", b" ", b"Pixel;", b"Processed"]


@given(
    seed=st.sampled_from([PLAIN_SEED, BWTEK_SEED, ENLIGHTEN_SEED]),
    edits=st.lists(
        st.tuples(
            st.floats(0, 1), st.integers(0, 12), st.sampled_from(SNIPPETS) | st.binary(max_size=4)
        ),
        min_size=1,
        max_size=4,
    ),
    cut=st.floats(0.2, 1) | st.just(1.0),
)
def test_mangled_files_give_a_spectrum_or_a_sentence(
    seed: bytes, edits: list[tuple[float, int, bytes]], cut: float
) -> None:
    data = seed
    for where, length, by in edits:
        at = int(where * len(data))
        data = data[:at] + by + data[at + length :]
    must_be_spectrum_or_refusal(data[: int(cut * len(data))])
