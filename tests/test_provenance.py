"""What a file's header says of the measurement is read, and what makes no sense is not believed."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.cli.main import run_command
from device.records.store import RecordStore
from device.spectra.files.plain_header import parse_header
from device.spectra.files.reading import parse_spectrum, read_spectrum, spectrum_of
from device.spectra.files.source import Source
from device.spectra.files.text import TextFile, decode_text
from device.spectra.provenance import Provenance, provenance_said
from tests.spectrum_kinds import READABLE

DATA = Path(__file__).parents[1] / "data"


def plain(*header: str) -> TextFile:
    rows = [f"{shift};{1000 + shift % 7}" for shift in range(300, 2500, 10)]
    return TextFile("plain.csv", (*header, *rows))


def test_a_native_header_names_instrument_light_and_calibration() -> None:
    spectrum = read_spectrum(DATA / "solvents13/components/Toluene.txt")
    taken = spectrum.taken
    assert taken is not None
    assert taken.instrument == "BTC667N-785S-HT THS"
    assert spectrum.integration_time_ms == 1000.0
    assert (taken.averages, taken.laser_power_percent, taken.laser_power_mw) == (1, 5.0, None)
    assert taken.excitation_nm == 784.92
    assert taken.pixel_count == 2048


def test_a_native_header_with_decimal_commas_says_the_same() -> None:
    taken = read_spectrum(DATA / "charisma785/PST02_iRPlus785_Z020_100_1300ms.txt").taken
    assert taken is not None
    assert taken.excitation_nm == 784.82
    assert taken.laser_power_percent == 100.0


def test_an_enlighten_header_names_instrument_light_and_calibration() -> None:
    spectrum = read_spectrum(DATA / "wasatch785/toluene.csv")
    taken = spectrum.taken
    assert taken is not None
    assert taken.instrument == "WP-785XS-F13-A-I WP-01990"
    assert spectrum.integration_time_ms == 495.0
    assert (taken.averages, taken.laser_power_percent, taken.laser_power_mw) == (3, 100.0, None)
    assert len(taken.wavelength_coefficients_nm) == 5
    assert taken.axis_correction_cm1 == pytest.approx(0.491, abs=0.001)


def test_a_damaged_header_number_counts_as_not_said() -> None:
    text = (DATA / "wasatch785/toluene.csv").read_text()
    broken = text.replace("Scan Averaging,3", "Scan Averaging,-3").replace(
        "CCD C1,0.177", "CCD C1,nan"
    )
    assert broken != text
    taken = parse_spectrum(decode_text(broken.encode(), "t.csv")).taken
    assert taken is not None
    assert taken.averages is None
    assert taken.wavelength_coefficients_nm == ()
    assert taken.serial == "WP-01990"


@pytest.mark.parametrize(
    ("line", "time_ms"),
    [
        ("# integration_time_ms: 500", 500.0),
        ("Integration time (ms);500", 500.0),
        ("Exposure time [s] = 0.5", 500.0),
        ("# exposure: 500 ms", 500.0),
        ("# exposure: 500", None),  # of what?
        ("# exposure (ms): 500 s", None),  # which of the two?
        ("# exposure_ms: a lot", None),
        ("# exposure_ms: 0", None),
        ("# exposure_ms: 1e99", None),
        ("# exposure_ms: 5_0", None),
        ("# time_ms: 500", None),
    ],
)
def test_a_plain_files_exposure_is_read_where_it_has_a_name_and_a_unit(
    line: str, time_ms: float | None
) -> None:
    assert parse_spectrum(plain(line, "shift;counts")).integration_time_ms == time_ms


def test_a_plain_files_other_facts_are_read_alike() -> None:
    taken = parse_spectrum(
        plain(
            "# Laser power: 30 mW",
            "# laser_power_percent: 80",
            "# averages = 4",
            "# instrument: RX 785",
            "# serial number: 0042",
            "# excitation (nm): 785.1",
            "# model: solvents13-2",  # a trained one
            "shift;counts",
        )
    ).taken
    assert taken == Provenance(
        model="RX 785",
        serial="0042",
        averages=4,
        laser_power_mw=30.0,
        laser_power_percent=80.0,
        excitation_nm=785.1,
    )


@pytest.mark.parametrize(
    ("line", "corrected"),
    [
        ("# Intensity correction: on", True),
        ("Relative intensity correction;SRM 2241", True),
        ("# raman_intensity_corrected = false", False),
        ("Intensity corrected (ASTM E2911): yes", True),
        ("# intensity correction: perhaps", None),
        ("# baseline correction: on", None),
    ],
)
def test_a_plain_file_may_say_whether_it_is_corrected(line: str, corrected: bool | None) -> None:
    taken = parse_spectrum(plain("# serial: 1", line, "shift;counts")).taken
    assert taken == Provenance(serial="1", intensity_corrected=corrected)


@pytest.mark.parametrize(("word", "corrected"), [("True", True), ("False", False), ("", None)])
def test_an_enlighten_header_says_whether_it_is_corrected(
    word: str, corrected: bool | None
) -> None:
    text = (DATA / "wasatch785/toluene.csv").read_text()
    said = text.replace("Raman Intensity Corrected,False", f"Raman Intensity Corrected,{word}")
    taken = parse_spectrum(decode_text(said.encode(), "t.csv")).taken
    assert taken is not None
    assert taken.intensity_corrected is corrected


def test_raw_counts_of_a_native_file_are_not_corrected() -> None:
    taken = read_spectrum(DATA / "solvents13/components/Toluene.txt").taken
    assert taken is not None
    assert taken.intensity_corrected is False


def test_two_values_under_one_name_say_nothing() -> None:
    time_ms, taken = parse_header(["# exposure_ms: 500", "# exposure (s): 2", "# serial: 1"])
    assert time_ms is None
    assert taken == Provenance(serial="1")
    assert parse_header(["# exposure_ms: 500", "# exposure (s): 0.5"])[0] == 500.0


def test_a_plain_file_without_a_header_says_nothing() -> None:
    spectrum = parse_spectrum(plain())
    assert spectrum.taken is None
    assert spectrum.integration_time_ms is None


@given(st.lists(st.text(max_size=300), max_size=12))
def test_no_header_breaks_the_reading(lines: list[str]) -> None:
    time_ms, taken = parse_header(lines)
    assert time_ms is None or 0 < time_ms < 1e8
    assert taken is None or isinstance(taken, Provenance)


@given(
    st.floats(min_value=1e-3, max_value=1e7),
    st.sampled_from(["# integration_time_ms: {}", "exposure (ms);{}", "Exposure time = {} ms"]),
)
def test_an_exposure_comes_back_as_it_was_written(time_ms: float, form: str) -> None:
    assert parse_header([form.format(repr(time_ms))])[0] == pytest.approx(time_ms)


numbers = st.none() | st.floats()


@given(st.text(max_size=80), numbers, numbers, numbers, st.lists(numbers, max_size=5).map(tuple))
def test_whatever_a_reader_found_becomes_a_sound_fact_or_none(
    text: str,
    averages: float | None,
    power: float | None,
    correction: float | None,
    coefficients: tuple[float | None, ...],
) -> None:
    taken = provenance_said(
        model=text,
        averages=averages,
        laser_power_mw=power,
        axis_correction_cm1=correction,
        wavelength_coefficients_nm=coefficients,
    )
    if taken is not None:
        assert dataclasses.replace(taken) == taken  # checks it again
        assert taken.averages is None or taken.averages >= 1
        assert all(map(math.isfinite, taken.wavelength_coefficients_nm))


@pytest.mark.parametrize(
    "wrong",
    [
        {"averages": 0},
        {"laser_power_mw": -1.0},
        {"laser_power_percent": 101.0},
        {"excitation_nm": np.inf},
        {"wavelength_coefficients_nm": (1.0, np.nan)},
        {"serial": "two\nlines"},
    ],
)
def test_a_fact_that_no_instrument_has_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="is|holds"):
        Provenance(**wrong)  # type: ignore[arg-type]


def test_a_record_keeps_what_the_file_says(tmp_path: Path) -> None:
    store, file = tmp_path / "records.db", DATA / "wasatch785/toluene.csv"
    assert run_command(["identify", "--file", str(file), "--store", str(store)]) in (0, 9, 10)
    with RecordStore(store, read_only=True) as records:
        (record,) = records.list()
    measurement = record.body["measurement"]
    said = measurement["file_says"]
    assert measurement["integration_time_ms"] == 495.0
    assert said["serial"] == "WP-01990"
    assert said["excitation_nm"] == 784.896
    assert said["acquired"] == "2026-04-06 11:39:02.584501"
    assert "laser_power_mw" not in said  # the file does not say it


def test_the_date_is_read_from_a_plain_header() -> None:
    taken = parse_spectrum(plain("Date: Thu Jan 01 12:00:00 UTC 2026", "shift;counts")).taken
    assert taken == Provenance(acquired="Thu Jan 01 12:00:00 UTC 2026")


@pytest.mark.parametrize(
    ("kind", "time_ms", "taken"),
    [
        ("LabSpec", 10_000, Provenance("LabRAM HR Evol", averages=2, excitation_nm=785.0)),
        (
            "OceanView, Raman shifts",
            1000,
            Provenance("QEP00000", excitation_nm=785.0, acquired="Thu Jan 01 12:00:00 UTC 2026"),
        ),
        ("Avantes, several columns", 500, Provenance(averages=3)),
    ],
)
def test_headers_of_other_programs_are_read(kind: str, time_ms: float, taken: Provenance) -> None:
    spectrum = spectrum_of(Source("sample.txt", READABLE[kind][0]))
    assert spectrum.integration_time_ms == time_ms
    assert spectrum.taken == taken


def test_what_is_said_is_told_without_what_is_not() -> None:
    assert Provenance().said() == {}
    said = Provenance(model="X", averages=3, wavelength_coefficients_nm=(1.0, 2.0)).said()
    assert said == {"model": "X", "averages": 3, "wavelength_coefficients_nm": [1.0, 2.0]}
