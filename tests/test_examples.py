"""The programs in examples/ run as they stand, and use only what docs/python.md offers."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from device.cli.main import run_command
from device.installation import default_model_path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(
    not default_model_path().exists(), reason="the shipped model has not been built"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / f"examples/{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_each_example_is_on_the_page_and_run_here() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES:
        assert f"examples/{path.name})" in PAGE, path.name
        assert f'"{path.stem}"' in here or f"examples/{path.name}" in here, path.name


def test_a_file_is_identified_by_a_script_of_its_own() -> None:
    finished = subprocess.run(
        [sys.executable, str(ROOT / "examples/identify_file.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    lines = finished.stdout.splitlines()
    assert lines[0] == "IDENTIFIED"
    assert re.fullmatch(r"1,2-Dichloroethane .*% of the signal, .*% of the volume", lines[1])
    assert len(lines) == 5 and finished.stderr == ""


def test_a_file_that_is_no_raman_spectrum_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("infrared.csv").write_text("wavelength nm,counts\n785,1\n786,2\n787,3\n")
    assert example("identify_file").main("infrared.csv") == 1
    assert "--excitation" in capsys.readouterr().err


def test_a_sample_is_measured_and_its_record_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert example("measure").main(store="one.sqlite") == 0
    measured = capsys.readouterr()
    assert measured.out.startswith("IDENTIFIED record 0000001-")
    assert "ethanol" in measured.out and "Toluene" in measured.out
    assert "LASER ON" in measured.err
    assert example("read_records").main("one.sqlite") == 0
    told = capsys.readouterr().out
    assert told.startswith("1 measurements") and "IDENTIFIED ethanol, Toluene" in told


def test_a_changed_store_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert example("measure").main(store="one.sqlite") == 0
    whole = Path("one.sqlite").read_bytes()
    Path("one.sqlite").write_bytes(
        whole.replace(b'"verdict":"IDENTIFIED"', b'"verdict":"identified"')
    )
    assert example("read_records").main("one.sqlite") == 1
    assert "BROKEN" in capsys.readouterr().out


def test_an_analyzer_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert example("measure").main("/dev/none-such", "one.sqlite") == 1
    assert "/dev/none-such" in capsys.readouterr().err
    assert example("read_records").main("one.sqlite") == 1
    assert "no record" in capsys.readouterr().err.lower()


def test_files_that_come_into_a_folder_are_identified(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = example("watch_folder")
    monkeypatch.setattr(watching, "POLL_S", 0.02)
    Path("in").mkdir()
    shutil.copy(ROOT / "data/wasatch785/toluene.csv", "in")
    Path("in/notes.txt").write_text("bring milk\n")
    assert watching.main("in", "0.3") == 0
    notes, toluene = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert notes["file"] == "notes.txt" and "error" in notes
    assert (toluene["verdict"], toluene["names"]) == ("IDENTIFIED", ["Toluene"])
    assert watching.main("not-there") == 1
    assert capsys.readouterr().err == "There is no folder not-there.\n"


def test_another_makers_instrument_is_measured_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert example("second_instrument").main() == 0
    assert capsys.readouterr().out.splitlines()[0] == "IDENTIFIED Toluene"


def test_what_the_command_line_names_the_python_page_names_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The two ways to one answer give the same."""
    file = str(ROOT / "data/wasatch785/toluene.csv")
    assert run_command(["identify", "--file", file, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    from device.api import load_model, read_spectrum, result_json

    made = result_json(load_model().identify(read_spectrum(file)))
    for one in (told, made):
        del one["timings_ms"]
    assert made == {key: told[key] for key in made}
