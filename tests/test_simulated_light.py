"""What a sample of a simulated port is as light: recordings, walls, glow, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from device.driver.port import PortSyntaxError
from device.simulated.port import build_analyzer
from device.simulated.sample import Sample, parse_sample
from device.simulated.spec import parse
from device.spectra.files.reading import read_spectrum
from device.spectra.files.text import SpectrumFileError
from firmware_bridge.framing import Framing
from firmware_bridge.simulator.scenes import (
    EmptyScene,
    LampScene,
    ReplayScene,
    Scene,
    SpectrumScene,
)

DATA = Path(__file__).parents[1] / "data"
TOLUENE = DATA / "wasatch785" / "toluene.csv"
THREE = "data:solvents13/mixtures/ThreeSolvent-1.txt"
AXIS_CM1 = np.arange(310.0, 2300.0)


def scene(text: str) -> Scene:
    return build_analyzer(parse(f"{text}&model=none"), Framing.RAW).scene


def spectrum(text: str) -> SpectrumScene:
    found = scene(text)
    assert isinstance(found, SpectrumScene)
    return found


def test_a_processed_recording_is_light_for_the_camera() -> None:
    found = spectrum(f"replay={TOLUENE}")
    file = read_spectrum(TOLUENE)
    recorded = np.interp(AXIS_CM1, file.wavenumber_cm1, np.maximum(file.intensity, 0.0))
    assert np.allclose(found.intensity(AXIS_CM1), recorded / recorded.max())
    assert found.counts_per_s == 20_000.0


def test_raw_counts_come_back_as_they_are_unless_the_light_changes() -> None:
    assert isinstance(scene(f"replay={THREE}"), ReplayScene)
    seen = spectrum(f"replay={THREE}&brightness=2")
    once = spectrum(f"replay={THREE}&brightness=1")
    assert seen.counts_per_s == 2.0 * once.counts_per_s
    file = read_spectrum(DATA / "solvents13" / "mixtures" / "ThreeSolvent-1.txt")
    inside = (file.wavenumber_cm1 > 300) & (file.wavenumber_cm1 < 2500)
    assert once.counts_per_s == pytest.approx(file.intensity[inside].max())  # of one second
    assert float(once.intensity(AXIS_CM1).max()) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("name", "file"), [("pet", "PET"), ("hdpe", "Polyethylene")])
def test_a_wall_of_plastic_is_the_measured_one(name: str, file: str) -> None:
    found = spectrum(f"scene=calcite&wall={name}:0.5")
    recorded = read_spectrum(DATA / "wasatch785" / f"{file}.csv")
    expected = 0.5 * np.maximum(recorded.intensity, 0.0) / recorded.intensity.max()
    assert found.glow is not None
    assert np.allclose(found.glow(AXIS_CM1), np.interp(AXIS_CM1, recorded.wavenumber_cm1, expected))


def test_glass_is_a_band_without_lines() -> None:
    found = spectrum("scene=calcite&wall=glass")
    assert found.glow is not None
    glow = found.glow(AXIS_CM1)
    assert AXIS_CM1[glow.argmax()] == pytest.approx(1375.0, abs=150.0)
    assert float(glow.max()) == pytest.approx(0.3, rel=0.05)
    assert float(np.abs(np.diff(glow, 2)).max()) < 1e-4


def test_wall_and_fluorescence_add_up() -> None:
    both, wall, glow = (
        spectrum(f"scene=calcite&{keys}").glow
        for keys in ("wall=pet&fluorescence=3", "wall=pet", "fluorescence=3")
    )
    assert both is not None and wall is not None and glow is not None
    assert np.allclose(both(AXIS_CM1), wall(AXIS_CM1) + glow(AXIS_CM1))


def test_an_empty_vial_glows_and_an_empty_place_does_not() -> None:
    assert isinstance(scene("scene=empty"), EmptyScene)
    vial = spectrum("scene=empty&wall=glass&brightness=2")
    assert vial.counts_per_s == 40_000.0 and not vial.intensity(AXIS_CM1).any()


def test_room_light_falls_on_samples_lamps_and_nothing() -> None:
    for kind, what in (("calcite", SpectrumScene), ("neon", LampScene), ("empty", EmptyScene)):
        found = scene(f"scene={kind}&room_light=500&flicker=0.2")
        assert isinstance(found, what) and not isinstance(found, ReplayScene)
        assert found.room is not None
        assert found.room.counts_per_s == 500.0 and found.room.flicker == 0.2
        assert 0.9 < float(found.room.intensity(np.arange(798.0, 990.0)).max()) <= 1.0


def test_a_lamp_is_as_bright_as_asked() -> None:
    usual, dim = scene("scene=neon"), scene("scene=neon&brightness=0.1")
    assert isinstance(usual, LampScene) and isinstance(dim, LampScene)
    assert dim.lines[0][1] == pytest.approx(0.1 * usual.lines[0][1])


@pytest.mark.parametrize(
    "wrong",
    [
        "brightness=0",
        "brightness=nan",
        "fluorescence=-1",
        "wall=wood",
        "wall=pet:",
        "wall=pet:0",
        "wall=pet:1e9",
        "flicker=0.1",
        "room_light=1&flicker=2",
        "room_light=inf",
        "scene=neon&wall=pet",
        "scene=argon&fluorescence=1",
        "replay=a.txt&noise=2&brightness=1",
    ],
)
def test_a_contradiction_is_refused_with_a_sentence(wrong: str) -> None:
    with pytest.raises(PortSyntaxError):
        parse_sample(wrong)


@pytest.mark.parametrize(
    "wrong",
    ["scenes=demo&mix=toluene", "scenes=demo&brightness=2", "scenes=demo&trigger_every_s=0.1"],
)
def test_a_list_takes_no_key_of_one_sample(wrong: str) -> None:
    with pytest.raises(PortSyntaxError, match="scenes"):
        parse(wrong)
    assert parse("scenes=demo&trigger_every_s=0").scenes == "demo"


def test_noise_goes_with_raw_counts_alone() -> None:
    with pytest.raises(PortSyntaxError, match="recorded counts"):
        scene(f"replay={TOLUENE}&noise=5")


def test_a_recording_without_light_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dark.csv"
    path.write_text("\n".join(f"{shift},-1.0" for shift in range(300, 900)))
    with pytest.raises(SpectrumFileError):
        scene(f"replay={path}")


def test_a_sample_says_nothing_by_default() -> None:
    assert parse_sample("") == Sample() and not Sample().changes_light
