"""So many frames: exposure found, power and cooler set, whatever an earlier command left behind."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.cli.main import run_command
from device.driver.acquisition import AcquisitionSettings
from device.driver.fixed import averaged
from device.driver.growing import Look
from device.driver.safety import Safety
from device.events import Event, FrameTaken
from firmware_bridge.simulator.scenes import Scene, SpectrumScene
from tests.test_growing import LINE, REPLAY, _line, left_low_and_long, opened
from tests.tiny_bundles import tiny_path

MIX = f"sim:mix=fixture A:0.6,fixture B:0.4&snr=200&model={tiny_path(2)}"


def taken(
    settings: AcquisitionSettings, scene: Scene | None = None, left: bool = True
) -> tuple[Look, list[Event]]:
    told: list[Event] = []
    leave_at = left_low_and_long if left else lambda _: None
    with opened(scene or SpectrumScene(_line), leave_at) as (analyzer, _):
        return averaged(analyzer, settings, told.append), told


def test_the_exposure_is_found_whatever_was_left() -> None:
    (after, _), (fresh, _) = (
        taken(AcquisitionSettings(frames=2), left=left) for left in (True, False)
    )
    one, other = after.acquisition, fresh.acquisition
    assert one.integration_time_ms == pytest.approx(other.integration_time_ms, rel=0.05)
    assert one.laser_power_mw == other.laser_power_mw == 70.0
    assert 0.5 * 65_535 < np.sort(one.raw_counts)[-3] < 0.86 * 65_535


def test_a_given_exposure_is_taken_as_it_is() -> None:
    look, told = taken(AcquisitionSettings(frames=3, integration_time_ms=50.0))
    assert look.acquisition.integration_time_ms == 50.0 and look.acquisition.frames == 3
    frames = [one.lit for one in told if isinstance(one, FrameTaken)]
    assert frames == [True, False] * 3  # in turn


def test_a_recording_keeps_its_exposure_unless_another_is_asked_for() -> None:
    kept, _ = taken(AcquisitionSettings(frames=2), REPLAY, left=False)
    assert kept.recorded and kept.acquisition.frames == 2
    found, _ = taken(AcquisitionSettings(auto_exposure=True), REPLAY, left=False)
    assert found.acquisition.integration_time_ms != kept.acquisition.integration_time_ms
    with opened(REPLAY, lambda one: one.set_integration_time_ms(1000.0)) as (analyzer, _):
        exact = averaged(analyzer, AcquisitionSettings(), lambda _: None)
    assert np.array_equal(exact.acquisition.raw_counts, LINE)
    assert exact.acquisition.flags == frozenset()


def test_all_exposures_together_stay_within_the_time() -> None:
    faint = SpectrumScene(_line, counts_per_s=10.0)
    look, _ = taken(AcquisitionSettings(frames=4, max_total_s=2.0), faint)
    assert look.acquisition.integration_time_ms == pytest.approx(250.0)


def test_without_a_watch_there_is_none() -> None:
    safe, _ = taken(AcquisitionSettings())
    bare, _ = taken(AcquisitionSettings(safety=Safety(heating_watch=False)))
    assert safe.light.watch is not None and bare.light.watch is None
    assert safe.light.first_mw == bare.light.first_mw == 7


# ---- the commands ----


@pytest.fixture
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert run_command([*words, "--port", MIX, "--json"]) == 0
    settings: dict[str, Any] = json.loads(capsys.readouterr().out)["settings"]
    return settings


@pytest.mark.usefixtures("_home")
def test_a_command_says_what_it_found_and_what_was_overridden(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    acquire = ("acquire", "-o", str(tmp_path / "a.csv"), "--force")
    for verb in (("identify", "--no-store", "--frames", "2"), acquire):
        plain = asked(capsys, *verb)
        assert (plain["exposure"], plain["overridden"]) == ("found", [])
        assert (plain["first_light_mw"], plain["cooler_setpoint_c"]) == (7, -20.0)
    given = asked(
        capsys, "identify", "--no-store", "--integration-time", "300", "--dark-sample",
        "--no-heating-watch", "--cooler", "-10", "--laser-power", "20",
    )  # fmt: skip
    assert given["exposure"] == "given" and given["integration_time_ms"] == 300.0
    assert given["overridden"] == ["heating_watch", "dark_sample", "laser_power", "cooler"]
    assert (given["first_light_mw"], given["laser_power_mw"]) == (1, 20.0)
    assert given["cooler_setpoint_c"] == -10.0
    assert given["detector_temperature_c"] == pytest.approx(-10.0, abs=0.6)


@pytest.mark.usefixtures("_home")
@pytest.mark.parametrize(
    "option", [("--dark-sample",), ("--no-heating-watch",), ("--cooler", "-5")]
)
def test_a_file_is_lit_by_nobody(option: tuple[str, ...], tmp_path: Path) -> None:
    file = str(tmp_path / "a.txt")
    assert run_command(["identify", "--file", file, *option]) == 2
    assert run_command(["library", "add", file, "--name", "x", *option]) == 2


@pytest.mark.usefixtures("_home")
def test_a_setpoint_out_of_reach_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    code = run_command(["identify", "--port", MIX, "--no-store", "--cooler", "-90", "--json"])
    error = json.loads(capsys.readouterr().out)["error"]
    assert code == 1 and "-90 C" in error["text"] and "--cooler" in error["remedy"]
