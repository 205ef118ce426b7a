"""What `ramix acquire` saved is answered as the measurement itself."""

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.answer.identifier import Identifier
from device.answer.result import result_json
from device.cli.acquired_file import save_acquisition
from device.cli.main import run_command
from device.driver.acquisition import AcquisitionSettings, acquire
from device.export.overview import summary
from device.ports import open_analyzer
from device.spectra.files import acquired_csv
from device.spectra.files.reading import parse_spectrum
from device.spectra.files.text import decode_text
from device.spectra.quality import check
from device.spectra.spectrum import Acquisition, spectrum_from_acquisition, to_grid
from tests.measured import solvents

ROOT = Path(__file__).resolve().parent.parent
TOLUENE = "sim:replay=data/solvents13/components/Toluene.txt&model=none"
MIXTURE = "sim:replay=data/solvents13/mixtures/FourSolvent-1.txt&model=none"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(ROOT)


@cache
def measured(port: str, integration_time_ms: float | None = None, frames: int = 1) -> Acquisition:
    with open_analyzer(port, 5.0) as analyzer:
        settings = AcquisitionSettings(integration_time_ms=integration_time_ms, frames=frames)
        return acquire(analyzer, settings)


def flagged(*flags: str) -> Acquisition:
    return replace(measured(MIXTURE), flags=frozenset(flags))


def swapped() -> Acquisition:
    lit = measured(MIXTURE)
    return replace(lit, raw_counts=lit.dark_counts, dark_counts=lit.raw_counts)


def glowing() -> Acquisition:
    empty = measured("sim:scene=empty&model=none")
    glow = 9000.0 * np.exp(-(((np.arange(len(empty.raw_counts)) - 700) / 900) ** 2))
    lit = empty.raw_counts + glow + 40.0 * np.random.default_rng(4).standard_normal(len(glow))
    return replace(empty, raw_counts=lit, variance=empty.variance + 40.0**2)


CASES: dict[str, tuple[Callable[[], Acquisition], str]] = {
    "mixture": (lambda: measured(MIXTURE), "IDENTIFIED"),
    "three frames": (lambda: measured(f"{MIXTURE}&noise=20", None, 3), "IDENTIFIED"),
    "clipped": (lambda: measured(TOLUENE, 5000.0), "saturated"),
    "empty": (lambda: measured("sim:scene=empty&model=none"), "no_sample"),
    "glow": (glowing, "fluorescence"),
    "dark": (swapped, "dark"),
    "laser_off": (lambda: flagged("laser_off", "tec_unlocked"), "laser_off"),
    "laser_dropped": (lambda: flagged("laser_dropped"), "laser_dropped"),
}


def without_times(result: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in result.items() if key not in ("timings_ms", "why")}


def numbers_in(value: Any) -> list[float]:
    """All numbers of a JSON value, in their order."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [number for one in inner for number in numbers_in(one)]
    return [float(value)] if isinstance(value, int | float) else []


@pytest.mark.parametrize("ending", [".csv", ".json"])
@pytest.mark.parametrize("case", CASES)
def test_a_saved_measurement_is_answered_as_the_measurement(
    case: str, ending: str, tmp_path: Path
) -> None:
    make, expected = CASES[case]
    acquisition = make()
    identifier = Identifier(solvents())
    at_port = result_json(identifier.identify(spectrum_from_acquisition(acquisition)))
    assert expected in [at_port["verdict"], *(reason["code"] for reason in at_port["reasons"])]
    saved = tmp_path / f"saved{ending}"
    save_acquisition(acquisition, saved, serial="SIM", force=False)
    with redirect_stdout(StringIO()) as stdout:
        code = run_command(["identify", "--file", str(saved), "--json"])
    from_file = json.loads(stdout.getvalue())
    assert code == {"IDENTIFIED": 0, "NO_RESULT": 11}[at_port["verdict"]]
    for one in (at_port, from_file):
        for component in one["components"]:  # the CSV has ten digits of each count
            for key, value in component.items():
                if isinstance(value, float):
                    component[key] = pytest.approx(value, abs=2e-6)
        one["unexplained"] = one["unexplained"] and pytest.approx(one["unexplained"], abs=1e-6)
    assert without_times(from_file) == without_times(at_port)
    why, from_file_why = numbers_in(at_port["why"]), numbers_in(from_file["why"])
    assert from_file_why == pytest.approx(why, rel=1e-4, abs=2e-3)  # rounded to three digits
    assert len(why) > 20 or at_port["verdict"] == "NO_RESULT"


def test_clipped_pixels_reach_the_file_that_acquire_writes(tmp_path: Path) -> None:
    for ending in (".csv", ".json"):
        saved = tmp_path / f"clipped{ending}"
        command = ["acquire", "--port", TOLUENE, "--integration-time", "5000", "-o", str(saved)]
        assert run_command(command) == 0
        assert run_command(["identify", "--file", str(saved)]) == 11
    text = (tmp_path / "clipped.csv").read_text()
    pixels = summary(measured(TOLUENE, 5000.0))["saturated_pixels"]
    assert pixels > 2
    assert f"# saturated: {pixels} pixels within 300-2500 cm-1" in text
    assert "# flags: none" in text
    assert "# integration_time_ms: 5000" in text


def test_the_flags_are_what_refuses_it() -> None:
    """Negative control: the same rows without the flag are identified."""
    text = acquired_csv.text_of(flagged("laser_off"), "SIM")
    unflagged = text.replace("# flags: laser_off", "# flags: none")
    off, on = (parse_spectrum(decode_text(t.encode(), "x")) for t in (text, unflagged))
    assert [reason.code for reason in check(off, to_grid(off))] == ["laser_off"]
    assert check(on, to_grid(on)) == ()
