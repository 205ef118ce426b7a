"""The files of `ramix acquire` give back what was measured, or a sentence with the place."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.cli.acquired_file import save_acquisition
from device.export.overview import summary
from device.records.arrays import arrays_of, measurement_of
from device.spectra.files import acquired_csv, acquired_json
from device.spectra.files.reading import SpectrumFileError, parse_spectrum, read_spectrum
from device.spectra.files.text import TextFile, decode_text
from device.spectra.spectrum import (
    KNOWN_FLAGS,
    Acquisition,
    Spectrum,
    spectrum_from_acquisition,
)
from firmware_bridge.calibration import CalibrationPage


def parse(text: str) -> Spectrum:
    return parse_spectrum(decode_text(text.encode(), "saved"))


@st.composite
def acquisitions(draw: st.DrawFn) -> Acquisition:
    """Short detectors with any counts, flags, dead and saturated pixels."""
    pixels = draw(st.integers(40, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dead = sorted(draw(st.sets(st.integers(0, pixels - 1), max_size=4)))
    page = CalibrationPage(
        wavelength_coefficients_nm=(draw(st.floats(786.0, 800.0)), draw(st.floats(0.1, 3.0))),
        excitation_nm=785.0,
        first_valid_pixel=draw(st.integers(0, 2)),
        last_valid_pixel=pixels - 1 - draw(st.integers(0, 2)),
        pixel_count=pixels,
        dead_pixels=tuple(dead),
        resolution_cm1=draw(st.floats(1.0, 30.0)),
        serial=draw(st.text("ABC-12 µ", max_size=8)),
    )
    frames = draw(st.integers(1, 1000))
    number = st.none() | st.floats(0.0, 500.0)
    return Acquisition(
        raw_counts=rng.integers(0, 65536 * frames - frames, pixels) / frames,
        dark_counts=rng.integers(0, 65536 * frames - frames, pixels) / frames,
        variance=rng.uniform(1e-3, 1e6, pixels),
        saturated=rng.random(pixels) < draw(st.floats(0.0, 1.0)),
        dead=page.dead_mask(),
        integration_time_ms=draw(st.floats(0.01, 1e6)),
        frames=frames,
        laser_power_mw=draw(number),
        detector_temperature_c=draw(number),
        calibration=page,
        acquired_utc=draw(st.sampled_from(["", "2026-11-29T12:00:00+00:00"])),
        flags=frozenset(draw(st.sets(st.sampled_from(sorted(KNOWN_FLAGS))))),
    )


@given(acquisitions(), st.text(max_size=20))
def test_a_csv_gives_back_the_spectrum(acquisition: Acquisition, serial: str) -> None:
    again = parse(acquired_csv.text_of(acquisition, serial))
    spectrum = spectrum_from_acquisition(acquisition)
    assert (again.flags, again.source) == (spectrum.flags, "saved")
    assert again.integration_time_ms == pytest.approx(spectrum.integration_time_ms, rel=1e-9)
    for name, rtol in (("intensity", 1e-9), ("dark_counts", 1e-9), ("variance", 1e-8)):
        assert np.allclose(getattr(again, name), getattr(spectrum, name), rtol=rtol), name
    assert again.saturated is not None and spectrum.saturated is not None
    assert np.array_equal(again.saturated, spectrum.saturated)
    assert np.allclose(again.wavenumber_cm1, spectrum.wavenumber_cm1, atol=1e-6)


@given(acquisitions())
def test_a_json_gives_back_the_acquisition(acquisition: Acquisition) -> None:
    text = acquired_json.text_of(acquisition, summary(acquisition))
    again = acquired_json.acquisition_in(TextFile("saved", tuple(text.split("\n"))))
    for field in fields(Acquisition):
        one, other = getattr(again, field.name), getattr(acquisition, field.name)
        assert np.array_equal(one, other), field.name
    assert parse(text).raw is not None


# --- damage ---------------------------------------------------------------------------------


def short() -> Acquisition:
    """Forty pixels: fast to damage often."""
    page = CalibrationPage((800.0, 2.0), 785.0, 0, 39, 40, serial="SHORT")
    lit = np.linspace(500.0, 900.0, 40)
    full = np.arange(40) == 7
    return Acquisition(
        lit, lit / 2, lit / 3, full, page.dead_mask(), 500.0, 2, 50.0, -5.0, page, "2026"
    )


CSV = acquired_csv.text_of(short(), "SIM")
JSON = acquired_json.text_of(short(), summary(short()))


def test_a_sensor_that_reads_nan_is_unknown(tmp_path: Path) -> None:
    blind = replace(short(), detector_temperature_c=float("nan"))
    for ending in (".csv", ".json"):
        save_acquisition(blind, tmp_path / f"blind{ending}", serial="SIM", force=False)
        assert read_spectrum(tmp_path / f"blind{ending}").saturated is not None
    assert "# detector_temperature_c: unknown" in (tmp_path / "blind.csv").read_text()


def test_a_record_of_such_a_file_keeps_what_it_knows() -> None:
    spectrum = parse(CSV.replace("# flags: none", "# flags: tec_unlocked"))
    assert measurement_of(spectrum)["flags"] == ["tec_unlocked"]
    assert {"variance", "dark_counts", "saturated"} < set(arrays_of(spectrum))


def refusal(text: str) -> str:
    with pytest.raises(SpectrumFileError) as caught:
        parse(text)
    assert caught.value.remedy
    sentence: str = caught.value.text
    assert sentence.endswith(".")
    return sentence


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def row(number: int, cells: str) -> str:
    lines = CSV.split("\n")
    lines[9 + number] = cells
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (changed(CSV, "# flags: none\n", ""), "the comment 'flags' is missing"),
        (changed(CSV, "# flags: none", "# flags: laser_of"), "line 7: the flag 'laser_of'"),
        (changed(CSV, "# frames", "# frames: 2\n# frames"), "line 4: frames is given twice"),
        (changed(CSV, "# frames: 2", "# frames: 1.5"), "line 3: frames is 1.5, not a whole"),
        (changed(CSV, "time_ms: 500", "time_ms: -1"), "line 2: integration_time_ms is -1"),
        (changed(CSV, "time_ms: 500", "time_ms: nan"), "line 2: integration_time_ms is nan"),
        (changed(CSV, "# resolution", "resolution"), "line 6: neither a comment nor"),
        (changed(CSV, "# saturated: 1", "# saturated: 0"), "contradicts the header's '0 pixels"),
        (changed(CSV, ",1\n", ",0\n"), "contradicts the header's '1 pixels"),
        (changed(CSV, ",1\n", ",2\n"), "line 18: saturated is 2"),
        (CSV[: CSV.rindex("\n", 0, -1) + 1], "39 rows of the 40 pixels announced"),
        (CSV[:-3], "line 50: 5 columns of 6"),
        (row(1, "500,250,1,500,250,0,0"), "line 11: 7 columns of 6"),
        (row(1, "234,260,1,500,250,0"), "line 11: the intensity is not raw minus dark"),
        (row(1, "234,250,0,500,250,0"), "line 11: sd_counts is 0"),
        (row(1, "234,250,1,70000,69750,0"), "line 11: raw_counts is 70000"),
        (row(1, "234,250,1,5OO,250,0"), "line 11: raw_counts is not a number"),
        (changed(CSV, acquired_csv.COLUMNS, "shift,intensity"), "6 columns of numbers"),
        ("{", "not valid JSON"),
        ("{}", "the acquisition.format is missing"),
        ('{"format": "x"}', "its format is not ramix-acquisition-1"),
        (changed(JSON, '"flags": []', '"flags": ["laser"]'), "the acquisition.flags"),
        (changed(JSON, '"frames": 2', '"frames": 0'), "the acquisition.frames"),
        (changed(JSON, '"frames": 2', '"frames": 2, "frames": 2'), "appears twice"),
        (changed(JSON, '"frames": 2', '"frames": 2, "more": 2'), "unknown key 'more'"),
        (changed(JSON, '"saturated": [7]', '"saturated": [40]'), "the acquisition.saturated"),
        (changed(JSON, '"saturated": [7]', '"saturated": [7, 7]'), "ascending and distinct"),
        (changed(JSON, '"raw_counts": [', '"raw_counts": [1, '), "dark_counts must have 41 items"),
        (changed(JSON, '"raw_counts": [500.0', '"raw_counts": [7e4'), "raw_counts must lie"),
        (changed(JSON, '"raw_counts": [500.0', '"raw_counts": [NaN'), "NaN is not a number"),
        (changed(JSON, '"variance": [166.', '"variance": [0.0, 166.'), "must have 40 items"),
        (changed(JSON, f'"variance": [{500 / 3!r}', '"variance": [0.0'), "must be above 0"),
        (changed(JSON, "[800.0, 2.0]", "[800.0, -2.0]"), "does not rise"),
        (changed(JSON, '"excitation_nm": 785.0', '"excitation_nm": 7'), "no Raman excitation"),
        (JSON[: len(JSON) // 2], "not valid JSON"),
    ],
)
def test_a_damaged_file_is_told_where_and_why(text: str, expected: str) -> None:
    assert expected in refusal(text)


@given(
    seed=st.sampled_from([CSV, JSON]),
    edits=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 12),
            st.sampled_from(["", "nan", "1e999", ",", "\n", "-", "0", "9" * 400, "[", '"', "#"])
            | st.text(max_size=4),
        ),
        min_size=1,
        max_size=4,
    ),
    cut=st.floats(0.2, 1) | st.just(1.0),
)
def test_mangled_files_give_a_spectrum_or_a_sentence(
    seed: str, edits: list[tuple[float, int, str]], cut: float
) -> None:
    text = seed
    for where, length, by in edits:
        at = int(where * len(text))
        text = text[:at] + by + text[at + length :]
    try:
        spectrum = parse_spectrum(
            decode_text(text[: int(cut * len(text))].encode("utf-8", "replace"), "saved")
        )
    except SpectrumFileError as error:
        assert error.text and error.remedy
        return
    assert np.isfinite(spectrum.intensity).all()
    assert (np.diff(spectrum.wavenumber_cm1) > 0).all()
