"""`ramix library`: what the operator types, reads and gets as exit code."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.cli.main import run_command
from device.installation import field_library_dir, shipped_models_dir
from device.spectra.files.reading import read_spectrum

ROOT = Path(__file__).resolve().parent.parent
ACETONE = str(ROOT / "data" / "wasatch785" / "acetone.csv")
TOLUENE = str(ROOT / "data" / "wasatch785" / "toluene.csv")
AROMATICS = shipped_models_dir() / "aromatics4-2.ramix"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


@pytest.fixture
def again(tmp_path: Path) -> str:
    """The same file with noise and an axis error: nobody has a second measurement of it."""
    spectrum = read_spectrum(ACETONE)
    noise = np.random.default_rng(2).normal(size=len(spectrum.intensity))
    intensity = spectrum.intensity + 0.01 * float(np.ptp(spectrum.intensity)) * noise
    path = tmp_path / "again.csv"
    np.savetxt(path, np.c_[spectrum.wavenumber_cm1 - 1.0, intensity], delimiter=",", fmt="%.3f")
    return str(path)


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run_command([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_added_identified_removed(again: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_json(capsys, "identify", "--file", again)[0] == 10
    code, said = run_json(
        capsys, "library", "add", ACETONE, "--name", "acetone", "--cas", "67-64-1",
        "--synonym", "propanone", "--hazard", "H225 highly flammable",
    )  # fmt: skip
    assert code == 0
    assert said["added"]["network_validated"] is False
    assert Path(said["file"]).is_file()
    assert said["warnings"] == []

    code, result = run_json(capsys, "identify", "--file", again)
    assert code == 0
    (component,) = result["components"]
    assert (component["name"], component["cas"]) == ("acetone", "67-64-1")
    assert component["network_validated"] is False

    assert run_command(["identify", "--file", again]) == 0
    card = capsys.readouterr().out
    assert "not network-validated" in card
    assert "Highly flammable liquid and vapour" in card and "UN 1090 ACETONE" in card

    (listed,) = run_json(capsys, "library", "list")[1]["compounds"]
    assert listed["synonyms"] == ["propanone"]
    assert run_command(["library", "list"]) == 0
    assert "67-64-1; propanone; H225 highly flammable" in capsys.readouterr().out

    assert run_json(capsys, "library", "remove", "Propanone")[0] == 0
    assert run_json(capsys, "identify", "--file", again)[0] == 10
    assert run_json(capsys, "library", "remove", "acetone")[1]["error"]["code"] == "field_library"


def test_the_picture_shows_it_too(again: str, tmp_path: Path) -> None:
    assert run_command(["library", "add", ACETONE, "--name", "acetone"]) == 0
    picture = tmp_path / "picture.svg"
    assert run_command(["identify", "--file", again, "--plot", str(picture)]) == 0
    drawn = picture.read_text()
    assert "not network-validated: acetone" in drawn  # matplotlib writes its texts as comments


def test_measured_and_added_with_one_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Pyridine is not among the thirteen solvents; the simulated sample is made of lines."""
    sample = f"sim:mix=pyridine:1&model={AROMATICS}&snr=200"
    solvents = ["--model", str(shipped_models_dir() / "solvents13-2.ramix"), "--no-store"]
    before = run_json(capsys, "identify", "--port", f"{sample}&seed=1", *solvents)
    assert before[1]["components"] == []
    code, said = run_json(
        capsys, "library", "add", "--port", f"{sample}&seed=2", "--name", "pyridine"
    )
    assert code == 0, said
    code, result = run_json(capsys, "identify", "--port", f"{sample}&seed=3", *solvents)
    assert (code, [one["name"] for one in result["components"]]) == (0, ["pyridine"])
    # the analyzer's own model has pyridine itself: it answers, and the field's stays out
    assert run_command(["identify", "--port", f"{sample}&seed=4", "--no-store"]) == 0
    card = " ".join(capsys.readouterr().out.split())
    assert "pyridine of the field library is not used with this model" in card
    assert "not network-validated" not in card


def test_a_look_alike_is_added_with_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run_json(capsys, "library", "add", TOLUENE, "--name", "thinner")
    assert code == 0
    assert "nearly identical to that of Toluene" in said["warnings"][0]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([TOLUENE, "--name", "TOLUOL"], 1, "Toluene"),
        ([ACETONE, "--name", "acetone", "--cas", "67-64-9"], 1, "check digit"),
        ([ACETONE, "--name", " "], 1, "empty"),
        (["nowhere.csv", "--name", "x"], 1, "nowhere.csv"),
        ([], 2, "--name"),
        (["--name", "x"], 2, "FILE or --port"),
        ([ACETONE, "--name", "x", "--frames", "3"], 2, "--port"),
        (["--name", "x", "--port", "nonsense"], 2, "nonsense"),
    ],
)
def test_what_cannot_be_added_is_refused_and_nothing_is_kept(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, said = run_json(capsys, "library", "add", *arguments)
    assert found == code
    assert words in said["error"]["text"]
    assert run_json(capsys, "library", "list")[1]["compounds"] == []


def test_a_damaged_entry_stops_the_answer_and_can_be_removed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["library", "add", ACETONE, "--name", "acetone"]) == 0
    (path,) = field_library_dir().glob("*.json")
    path.write_bytes(path.read_bytes()[:-10])
    capsys.readouterr()
    code, said = run_json(capsys, "identify", "--file", TOLUENE)
    assert code == 1
    assert str(path) in said["error"]["text"]
    code, said = run_json(capsys, "library", "list")
    assert code == 1
    assert [one["file"] for one in said["damaged"]] == [str(path)]
    assert run_command(["library", "remove", path.stem]) == 0
    capsys.readouterr()
    assert run_json(capsys, "identify", "--file", TOLUENE)[0] == 0
