"""The quality gate: refuses what would mislead, and none of the real spectra."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.spectra.files.bwtek import read_bwtek
from device.spectra.files.reading import parse_spectrum, read_spectrum
from device.spectra.files.text import TextFile
from device.spectra.quality import check
from device.spectra.reason import Reason
from device.spectra.spectrum import (
    Acquisition,
    Floats,
    Spectrum,
    spectrum_from_acquisition,
    to_grid,
)

DATA = Path(__file__).parents[1] / "data"
FOUR = DATA / "solvents13/mixtures/FourSolvent-1.txt"
AXIS = np.arange(300.0, 2501.0)


def codes(spectrum: Spectrum) -> list[str]:
    return [reason.code for reason in check(spectrum, to_grid(spectrum))]


def only_reason(spectrum: Spectrum) -> Reason:
    (reason,) = check(spectrum, to_grid(spectrum))
    return reason


def lines(axis: Floats = AXIS, height: float = 1000.0, noise: float = 5.0) -> Floats:
    rng = np.random.default_rng(8)
    shape = sum(np.exp(-(((axis - at) / 5) ** 2)) for at in (520, 790, 1003, 1210, 1600))
    return np.asarray(height * shape + rng.normal(size=len(axis)) * noise)


def resampled_mixtures() -> Iterator[tuple[str, TextFile]]:
    path = DATA / "solvents13/mixtures_resampled/spectra.csv"
    names, *rows = (row.split(",") for row in path.read_text().splitlines())
    for column, name in enumerate(names[1:], start=1):
        yield name, TextFile(name, tuple(f"{row[0]},{row[column]}" for row in rows))


@pytest.mark.parametrize(
    "path",
    [
        *sorted((DATA / "solvents13").glob("*/*.txt")),
        *sorted((DATA / "wasatch785").glob("*.csv")),
        *sorted((DATA / "charisma785").glob("*.txt")),
    ],
    ids=lambda path: path.stem,
)
def test_no_measured_file_is_refused(path: Path) -> None:
    assert codes(read_spectrum(path)) == []


def test_no_resampled_mixture_is_refused() -> None:
    refused = {name: codes(parse_spectrum(file)) for name, file in resampled_mixtures()}
    assert len(refused) == 45
    assert not any(refused.values())


def test_a_weak_spectrum_passes_and_noise_alone_does_not() -> None:
    assert codes(Spectrum(AXIS, lines(height=50.0))) == []
    empty = only_reason(Spectrum(AXIS, lines(height=0.0)))
    assert empty.code == "no_signal"
    assert empty.remedy


@pytest.mark.parametrize("seed", range(10))
def test_noise_from_pixels_is_no_signal_in_any_form(seed: int) -> None:
    pixels = np.linspace(200, 2600, 1300)
    noise = np.random.default_rng(seed).normal(size=1300) * 10 + 500
    assert codes(Spectrum(pixels, noise)) == ["no_signal"]
    assert codes(Spectrum(pixels, noise, variance=np.full(1300, 100.0))) == ["no_signal"]
    assert codes(Spectrum(AXIS, np.interp(AXIS, pixels, noise))) == ["no_signal"]


def test_a_constant_a_ramp_and_smooth_fluorescence_are_no_signal() -> None:
    bare = 2e4 * np.exp(-(((AXIS - 900) / 700) ** 2))
    noise = np.random.default_rng(1).normal(size=len(AXIS)) * 50
    for intensity in (np.full(len(AXIS), 3.3), AXIS * 2, bare + noise):
        assert codes(Spectrum(AXIS, intensity)) == ["no_signal"]
    assert codes(Spectrum(AXIS, bare + noise + lines(height=2000))) == []


@pytest.mark.parametrize(
    ("first", "last", "enough"),
    [
        (500, 1800, True),
        (501, 1799, True),  # cropped to the pixels inside
        (300, 2500, True),
        (510, 2500, False),
        (300, 1750, False),
        (700, 1500, False),
        (2600, 3000, False),
    ],
)
def test_range_needed_is_500_to_1800(first: int, last: int, enough: bool) -> None:
    axis = np.arange(first, last + 1.0)
    assert ("range" not in codes(Spectrum(axis, lines(axis) + 0.0))) == enough


def test_range_is_named_in_the_sentence_and_holes_count() -> None:
    axis = np.arange(700.0, 1501.0)
    assert "700 to 1500" in only_reason(Spectrum(axis, lines(axis))).text
    holed = AXIS[(AXIS < 900) | (AXIS > 1100)]
    assert "with gaps" in only_reason(Spectrum(holed, lines(holed))).text
    outside = AXIS[(AXIS < 1900) | (AXIS > 2100)]
    assert codes(Spectrum(outside, lines(outside))) == []


def recorded() -> Acquisition:
    return read_bwtek(FOUR).to_acquisition()


def saturated_at(*pixels: int) -> Spectrum:
    acquisition = recorded()
    saturated = np.zeros(2048, bool)
    saturated[list(pixels)] = True
    return spectrum_from_acquisition(replace(acquisition, saturated=saturated))


def test_saturation_counts_inside_the_window_alone() -> None:
    axis = recorded().calibration.wavenumber_cm1()
    inside, below = int(np.searchsorted(axis, 1004)), int(np.searchsorted(axis, 90))
    assert codes(saturated_at(below, below + 1, below + 2)) == []
    reason = only_reason(saturated_at(inside, inside + 1))
    assert reason.code == "saturated"
    assert "2 pixels" in reason.text
    assert "integration time" in reason.remedy


def test_one_clipped_pixel_is_no_clipped_line() -> None:
    assert codes(saturated_at(600)) == []
    assert codes(saturated_at(600, 602)) == []
    assert codes(saturated_at(600, 601)) == ["saturated"]


def test_polystyrene_is_saturated_outside_the_window_alone() -> None:
    spectrum = read_spectrum(next((DATA / "charisma785").glob("PST02*")))
    assert spectrum.saturated is not None
    clipped = spectrum.wavenumber_cm1[spectrum.saturated]
    assert (round(clipped.min()), round(clipped.max())) == (82, 103)


def test_a_flat_top_gives_away_saturation_without_raw_counts() -> None:
    clear = lines(height=5e4)
    assert codes(Spectrum(AXIS, clear)) == []
    assert codes(Spectrum(AXIS, np.minimum(clear, 3e4))) == ["saturated"]


def test_rounding_makes_flat_tops_that_are_no_saturation() -> None:
    broad = np.round(200 * np.exp(-(((AXIS - 1000) / 300) ** 2)) + lines(height=100, noise=0))
    assert codes(Spectrum(AXIS, broad)) == []
    top = np.flatnonzero(np.round(lines(height=20, noise=0)) == 20)
    assert len(top) > 1  # the negative control: rounded tops do exist
    assert codes(Spectrum(AXIS, np.round(lines(height=20, noise=0)))) == []


@pytest.mark.parametrize("flag", ["laser_off", "laser_dropped"])
def test_laser_that_was_off_is_a_reason(flag: str) -> None:
    acquisition = recorded()
    dark = spectrum_from_acquisition(replace(acquisition, flags=frozenset({flag})))
    assert codes(dark) == [flag]
    harmless = replace(acquisition, flags=frozenset({"recorded_average", "tec_unlocked"}))
    assert codes(spectrum_from_acquisition(harmless)) == []


def test_a_dark_frame_brighter_than_the_measurement_is_a_reason() -> None:
    acquisition = recorded()
    bright = spectrum_from_acquisition(
        replace(acquisition, dark_counts=acquisition.dark_counts + 5000)
    )
    reason = only_reason(bright)
    assert reason.code == "dark"
    assert reason.remedy
    drift = replace(acquisition, dark_counts=acquisition.raw_counts.mean() + np.zeros(2048))
    assert "dark" not in codes(spectrum_from_acquisition(drift))


def test_an_empty_probe_on_a_noisy_camera_is_no_sample() -> None:
    """The dark frame played as the measurement, with hot pixels of a real camera."""
    native = read_bwtek(next((DATA / "charisma785").glob("0_5A*_1.txt")))
    rng = np.random.default_rng(3)
    lit = native.dark_counts + rng.normal(size=2048) * np.sqrt(native.dark_counts) * 0.7
    empty = replace(native.to_acquisition(), raw_counts=lit)
    assert codes(spectrum_from_acquisition(empty)) == ["no_sample"]


def test_a_glow_without_lines_is_fluorescence_where_counts_are_known() -> None:
    native = read_bwtek(next((DATA / "charisma785").glob("0_5A*_1.txt")))
    rng = np.random.default_rng(4)
    glow = 8000.0 * np.exp(-(((np.arange(2048) - 700) / 900) ** 2))
    lit = native.dark_counts + glow + rng.normal(size=2048) * 40.0
    glowing = replace(native.to_acquisition(), raw_counts=lit)
    assert codes(spectrum_from_acquisition(glowing)) == ["fluorescence"]


def test_every_reason_has_a_sentence_and_a_remedy() -> None:
    acquisition = replace(
        recorded(),
        flags=frozenset({"laser_off"}),
        saturated=np.ones(2048, bool),
        dark_counts=np.full(2048, 6e4),
        raw_counts=np.zeros(2048),
    )
    spectrum = spectrum_from_acquisition(acquisition)
    short = replace(
        spectrum,
        wavenumber_cm1=spectrum.wavenumber_cm1[300:],
        intensity=spectrum.intensity[300:],
        variance=None,
        saturated=None if spectrum.saturated is None else spectrum.saturated[300:],
        dark_counts=None if spectrum.dark_counts is None else spectrum.dark_counts[300:],
    )
    reasons = check(short, to_grid(short))
    assert {r.code for r in reasons} == {"range", "laser_off", "saturated", "dark", "no_sample"}
    for reason in reasons:
        assert reason.text.endswith(".")
        assert reason.remedy.endswith(".")
