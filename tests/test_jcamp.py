"""JCAMP-DX, plain and packed, becomes the numbers that were written, or one sentence."""

import io

import jcamp as stranger
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.spectra.files.choices import Choices
from device.spectra.files.jcamp_numbers import DamagedNumbers, lines_of, pairs_of
from device.spectra.files.reading import SpectrumFileError, spectrum_of
from device.spectra.files.source import Source
from device.spectra.spectrum import Spectrum
from tests.spectrum_kinds import WAVELENGTHS

AXIS = np.arange(300.0, 2501.0)
COUNTS = np.round(100 + 900 * np.exp(-(((AXIS - 1003) / 5) ** 2)) + AXIS % 7).astype(int)


def file(table: str, form: str = "XYDATA=(X++(Y..Y))", **labels: str) -> bytes:
    said = {
        "TITLE": "demo", "JCAMP-DX": "4.24", "DATA TYPE": "RAMAN SPECTRUM", "XUNITS": "1/CM",
        "YUNITS": "COUNTS", "XFACTOR": "1", "YFACTOR": "1", "FIRSTX": "300", "LASTX": "2500",
        "NPOINTS": str(len(AXIS)),
    } | {key.replace("_", " "): value for key, value in labels.items()}  # fmt: skip
    lines = [f"##{key}={value}" for key, value in said.items() if value]
    return "\n".join([*lines, f"##{form}", table, "##END="]).encode()


def read(data: bytes, **chosen: float) -> Spectrum:
    return spectrum_of(Source("sample.jdx", data), Choices(**chosen))  # type: ignore[arg-type]


def refusal(data: bytes) -> str:
    with pytest.raises(SpectrumFileError) as caught:
        read(data)
    return str(caught.value.text)


def squeezed(value: int) -> str:
    digits = str(abs(value))
    letters = "abcdefghi" if value < 0 else "@ABCDEFGHI"
    return letters[int(digits[0]) - (value < 0)] + digits[1:]


def difference(value: int) -> str:
    digits = str(abs(value))
    letters = "jklmnopqr" if value < 0 else "%JKLMNOPQR"
    return letters[int(digits[0]) - (value < 0)] + digits[1:]


def packed(values: list[int], kind: str, width: int = 40) -> str:
    """A table as another program would write it, from the format's description."""
    lines, at = [], 0
    while at < len(values):
        some = values[at : at + width]
        if kind == "PAC":
            cells = [f"{value:+d}" for value in some]
        elif kind == "SQZ":
            cells = [squeezed(value) for value in some]
        else:
            steps = [b - a for a, b in zip(some, some[1:], strict=False)]
            cells = [squeezed(some[0]), *map(difference, steps)]
            if kind == "DUP":
                cells = doubled(cells)
        lines.append(f"{300 + at}" + "".join(cells))
        # differences begin the next line with the last value once more, as a check
        at += width - 1 if kind in ("DIF", "DUP") and at + width < len(values) else width
    if kind in ("DIF", "DUP"):
        lines = [lines[0], *lines[1:], f"2500{squeezed(values[-1])}"]
    return "\n".join(lines)


def doubled(cells: list[str]) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(cells):
        end = at
        while end + 1 < len(cells) and cells[end + 1] == cells[at]:
            end += 1
        out.append(cells[at])
        if end > at and at:
            count = str(end - at + 1)
            out.append("STUVWXYZs"[int(count[0]) - 1] + count[1:])
        else:
            end = at
        at = end + 1
    return out


@pytest.mark.parametrize("kind", ["PAC", "SQZ", "DIF", "DUP"])
def test_packed_numbers_are_read(kind: str) -> None:
    spectrum = read(file(packed(COUNTS.tolist(), kind)))
    assert np.allclose(spectrum.wavenumber_cm1, AXIS)
    assert np.array_equal(spectrum.intensity, COUNTS)


@given(
    st.lists(st.integers(-99_999, 99_999), min_size=2, max_size=120),
    st.sampled_from(["PAC", "SQZ", "DIF", "DUP"]),
)
def test_any_packed_numbers_come_back(values: list[int], kind: str) -> None:
    lines = lines_of(packed(values, kind).split("\n"), 10_000)
    assert [value for line in lines for value in line.values] == values


def test_a_repetition_may_not_fill_the_memory() -> None:
    with pytest.raises(DamagedNumbers, match="repetition"):
        lines_of(["1A%Z999999999"], 70_000)


def test_a_changed_difference_is_found_by_the_next_line() -> None:
    table = packed(COUNTS.tolist(), "DIF")
    broken = table.replace("J", "K", 1)
    assert broken != table
    assert "last value of the line before" in refusal(file(broken))


def test_factors_are_applied() -> None:
    rows = "\n".join(f"{2 * x:g}, {y}" for x, y in zip(AXIS, COUNTS, strict=True))
    spectrum = read(file(rows, "XYPOINTS=(XY..XY)", XFACTOR="0.5", YFACTOR="10"))
    assert np.array_equal(spectrum.wavenumber_cm1, AXIS)
    assert np.array_equal(spectrum.intensity, COUNTS * 10.0)


def test_a_falling_axis_is_turned() -> None:
    rows = "\n".join(f"{x:g} {y}" for x, y in zip(AXIS[::-1], COUNTS[::-1], strict=True))
    spectrum = read(file(rows, FIRSTX="2500", LASTX="300"))
    assert np.array_equal(spectrum.intensity, COUNTS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"FIRSTX": "310"}, "contradict"),
        ({"LASTX": "2400"}, "contradict"),
        ({"XFACTOR": "0"}, "is 0"),
        ({"NPOINTS": "2300"}, "2201 points of the 2300"),
        ({"NPOINTS": "1e99"}, "NPOINTS"),
        ({"XUNITS": "NANOMETERS"}, "wavelength"),
        ({"XUNITS": "MICROMETERS"}, "wavelength"),
        ({"XUNITS": "HZ"}, "another quantity"),
        ({"XUNITS": "furlongs"}, "must be 1/CM"),
        ({"YUNITS": "TRANSMITTANCE"}, "not a Raman spectrum"),
        ({"DATA_TYPE": "INFRARED SPECTRUM"}, "not RAMAN SPECTRUM"),
        ({"DATA_TYPE": "", "ORIGIN": "FTIR laboratory"}, "not a Raman spectrum"),
        ({"XFACTOR": "nan"}, "not a number"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(change: dict[str, str], words: str) -> None:
    table = packed(COUNTS.tolist(), "SQZ")
    assert read(file(table)) is not None  # unchanged it is read
    assert words in refusal(file(table, **change))


def test_wavelengths_are_converted_with_a_laser() -> None:
    rows = "\n".join(f"{nm:.5f}, {at % 50}" for at, nm in enumerate(WAVELENGTHS))
    data = file(rows, "XYPOINTS=(XY..XY)", XUNITS="NANOMETERS", NPOINTS=str(len(WAVELENGTHS)))
    spectrum = read(data, excitation_nm=785.0)
    assert spectrum.wavenumber_cm1[0] == pytest.approx(250.0, abs=0.01)


def test_labels_say_how_it_was_measured() -> None:
    table = packed(COUNTS.tolist(), "SQZ")
    said = {"$LASER WAVELENGTH": "785 nm", "LONGDATE": "2026/01/02 10:00", "$EXPOSURE_MS": "500"}
    data = file(table, **said).replace(b"##$EXPOSURE MS", b"##$EXPOSURE_MS")
    spectrum = read(data + b"\n")
    assert spectrum.integration_time_ms == 500
    assert spectrum.taken is not None
    assert (spectrum.taken.excitation_nm, spectrum.taken.acquired) == (785.0, "2026/01/02 10:00")


def test_a_strangers_file_is_read() -> None:
    text = stranger.write(
        {"title": "x", "data type": "RAMAN SPECTRUM", "xunits": "1/CM", "yunits": "COUNTS",
         "x": AXIS, "y": COUNTS.astype(float)}
    )  # fmt: skip
    spectrum = read(text.encode())
    assert np.allclose(spectrum.wavenumber_cm1, AXIS)
    assert np.allclose(spectrum.intensity, COUNTS, atol=1e-3)


def test_a_stranger_reads_the_same_from_packed_numbers() -> None:
    data = file(packed(COUNTS.tolist(), "DUP"))
    theirs = stranger.read(io.StringIO(data.decode()))
    assert np.array_equal(theirs["y"], read(data).intensity)


SEED = file(packed(COUNTS.tolist()[:60], "DUP"), NPOINTS="60", LASTX="359").replace(
    b"\n2500", b"\n359"
)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6), st.binary(max_size=4)), max_size=4))
def test_a_mangled_file_gives_a_spectrum_or_a_sentence(
    edits: list[tuple[float, int, bytes]],
) -> None:
    data = SEED
    for where, length, by in edits:
        at = int(where * len(data))
        data = data[:at] + by + data[at + length :]
    try:
        spectrum = read(data)
    except SpectrumFileError as error:
        assert error.text and error.remedy
        return
    assert np.isfinite(spectrum.intensity).all()


@given(st.lists(st.text(max_size=40), max_size=8))
def test_any_lines_are_numbers_or_damage(lines: list[str]) -> None:
    for reader in (pairs_of, lines_of):
        try:
            reader(lines, 1000)
        except DamagedNumbers as damage:
            assert damage.reason
