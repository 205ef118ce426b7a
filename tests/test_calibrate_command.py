"""`ramix calibrate`, as typed."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.calibration.kept_page import read_kept
from device.calibration.lamp_axis import LAMPS
from device.cli import calibrate, simulated_options
from device.cli.main import run_command
from device.ports import open_analyzer
from device.simulated.spec import SCENES
from firmware_bridge.simulator.detector import default_calibration
from tests.clipped import DATA

CHARISMA = DATA / "charisma785"
NEON = CHARISMA / "Ne_785nm_x20_50ms.txt"
POLYSTYRENE = CHARISMA / "PST02_iRPlus785_Z020_100_1300ms.txt"
CALCITE = CHARISMA / "nCAL02_iRPlus785_Z020_100_1100ms.txt"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def ramix(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = run_command(["calibrate", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def port_of(scene: str, flash: Path) -> str:
    return f"sim:scene={scene}&model=none&flash={flash}&seed=3"


def test_the_lists_spelled_twice_agree() -> None:
    assert tuple(LAMPS) == calibrate.LAMPS
    assert simulated_options.SCENES == SCENES


def test_a_recorded_lamp_is_shown(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    code, found = ramix(capsys, "--file", str(NEON))
    assert code == 0
    assert found["lamp"]["rms_cm1"] <= 0.5
    assert (found["written"], found["kept"]) == (False, None)
    assert not home.exists()
    assert run_command(["calibrate", "--file", str(NEON)]) == 0
    text = capsys.readouterr().out
    assert "849.769    540.0" in text
    assert "left out" in text and "Nothing was written." in text
    assert "was kept, not measured" in text  # this file's laser is in air


def test_recorded_standards_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = ramix(capsys, "--file", str(POLYSTYRENE), "--polystyrene")
    assert code == 0
    assert all(abs(line["residual_cm1"]) <= 1.5 for line in found["polystyrene"]["lines"])
    code, found = ramix(capsys, "--file", str(CALCITE), "--calcite")
    assert code == 0
    assert abs(found["calcite"]["residual_cm1"]) <= 1.0


def test_a_refusal_has_a_sentence_and_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = ramix(capsys, "--file", str(CALCITE))
    assert code == 1
    assert found["error"]["code"] == "calibration_refused"
    assert found["error"]["text"] and found["error"]["remedy"]


def test_two_commands_put_a_wrong_page_right(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, home: Path
) -> None:
    flash = tmp_path / "flash"
    truth = default_calibration()
    with open_analyzer(port_of("empty", flash)) as analyzer:
        first, slope, *others = truth.wavelength_coefficients_nm
        wrong = type(truth)(
            **{
                **vars(truth),
                "wavelength_coefficients_nm": (first + 0.3, 1.001 * slope, *others),
                "excitation_nm": 785.1,
            }
        )
        analyzer.write_calibration(wrong)
    code, lamp = ramix(capsys, "--port", port_of("neon", flash), "--lamp", "neon", "--yes")
    assert (code, lamp["written"], lamp["sequence"]) == (0, True, 2)
    code, laser = ramix(capsys, "--port", port_of("polystyrene", flash), "--polystyrene", "--yes")
    assert (code, laser["written"], laser["sequence"]) == (0, True, 3)
    code, check = ramix(capsys, "--port", port_of("calcite", flash), "--calcite", "--yes")
    assert (code, check["written"]) == (0, False)
    with open_analyzer(port_of("empty", flash)) as analyzer:
        page = analyzer.calibration()
    off = np.abs(page.wavenumber_cm1() - truth.wavenumber_cm1())
    within = (truth.wavenumber_cm1() > 300) & (truth.wavenumber_cm1() < 2_250)
    assert off[within].max() <= 0.5
    assert np.abs(wrong.wavenumber_cm1() - truth.wavenumber_cm1())[within].min() > 1.0
    kept = Path(lamp["kept"])
    assert kept.parent == home / "calibration"
    assert read_kept(kept) == wrong

    code, back = ramix(capsys, "--port", port_of("empty", flash), "--restore", str(kept))
    assert (code, back["written"], back["sequence"]) == (0, True, 4)
    with open_analyzer(port_of("empty", flash)) as analyzer:
        assert analyzer.calibration() == wrong


def test_a_dry_run_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, home: Path
) -> None:
    code, found = ramix(
        capsys, "--port", port_of("argon", tmp_path / "f"), "--lamp", "argon", "--yes", "--dry-run"
    )
    assert (code, found["written"], found["kept"]) == (0, False, None)
    assert not home.exists()


def test_it_asks_before_it_measures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody answers, or no: nothing measured, nothing written."""
    words = ["calibrate", "--port", port_of("neon", tmp_path / "f")]
    closed = io.StringIO("y")
    closed.close()
    for stdin, code, said in (
        (io.StringIO(""), 1, "Nobody is there to answer."),
        (closed, 1, "Add --yes"),
        (None, 1, "Add --yes"),
        (io.StringIO("no\n"), 130, "Stopped by the operator."),
        (io.StringIO("what?\nN\n"), 130, "Stopped by the operator."),
    ):
        monkeypatch.setattr("sys.stdin", stdin)
        assert run_command(words) == code
        told = capsys.readouterr().err
        assert "Put the neon lamp before the probe" in told and said in told
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert run_command([*words, "--dry-run"]) == 0


def test_the_picture_is_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "lines.png"
    assert ramix(capsys, "--file", str(NEON), "--plot", str(picture))[0] == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--port", "sim:", "--file", str(NEON)],
        ["--file", str(NEON), "--lamp", "neon", "--polystyrene"],
        ["--file", str(NEON), "--restore", "x.page"],
        ["--file", str(POLYSTYRENE), "--polystyrene", "--plot", "x.png"],
        ["--port", "sim:", "--lamp", "xenon"],
    ],
)
def test_what_contradicts_itself_is_a_usage_error(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ramix(capsys, *words)[0] == 2


def test_a_file_that_is_no_page_or_no_frame_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, found = ramix(capsys, "--port", "sim:model=none", "--restore", str(tmp_path / "none"))
    assert (code, found["error"]["code"]) == (1, "page_file")
    code, found = ramix(capsys, "--port", "sim:model=none", "--restore", str(NEON))
    assert (code, found["error"]["code"]) == (1, "page_file")
    (tmp_path / "damaged").write_bytes(b"RXCP" + bytes(200))
    code, found = ramix(capsys, "--port", "sim:model=none", "--restore", str(tmp_path / "damaged"))
    assert (code, found["error"]["code"]) == (6, "calibration")
    assert ramix(capsys, "--file", str(tmp_path / "nothing.txt"))[0] == 1
