"""The whole way: a scene under the laser becomes an answer, through wire, driver and network.

The six mixtures of the paper's table 1 are simulated from the same reference lines that the
models were trained on: that shows self-consistency and reproduces nothing.
"""

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from device.cli.main import run_command

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "models"
MIXTURES = ROOT / "data" / "solvents13" / "mixtures"

# arXiv 2106.05316, table 1: equal volumes; here equal shares of the Raman signal.
PAPER_SAMPLES = {
    "S1": ("toluene", "o-xylene"),
    "S2": ("pyridine", "aniline"),
    "S3": ("o-xylene", "aniline"),
    "S4": ("o-xylene", "pyridine"),
    "S5": ("o-xylene", "pyridine", "toluene"),
    "S6": ("toluene", "aniline"),
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(ROOT)


def ramix(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and the JSON objects on stdout."""
    with redirect_stdout(StringIO()) as stdout:
        code = run_command(list(arguments))
    return code, [json.loads(line) for line in stdout.getvalue().splitlines()]


def named(answer: dict[str, Any]) -> set[str]:
    return {component["name"] for component in answer["components"]}


@pytest.mark.parametrize("runtime", ["litert", "tflite"])
@pytest.mark.parametrize("model", ["solvents13-1", "solvents13-2"])
@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("FourSolvent-1", {"Toluene", "1,2-Dichloroethane", "Acetonitrile", "isopropanol"}),
        ("ThreeSolvent-1", {"1,2-Dichloroethane", "Acetonitrile", "isopropanol"}),
    ],
)
def test_a_recorded_frame_is_identified_through_the_analyzer(
    frame: str, expected: set[str], model: str, runtime: str
) -> None:
    code, (answer,) = ramix(
        "identify", "--port", f"sim:replay={MIXTURES / frame}.txt", "--no-store", "--json",
        "--model", str(MODELS / f"{model}.ramix"), "--runtime", runtime,
    )  # fmt: skip
    assert (code, answer["verdict"]) == (0, "IDENTIFIED")
    assert named(answer) == expected
    assert answer["model"]["name"] == model


@pytest.mark.parametrize("link", ["inproc", "usb", "pty"])
def test_file_and_replay_name_the_same_on_every_link(link: str) -> None:
    frame = str(MIXTURES / "FourSolvent-1.txt")
    _, (from_file,) = ramix("identify", "--file", frame, "--json")
    code, (replayed,) = ramix(
        "identify", "--port", f"sim:replay={frame}&link={link}", "--no-store", "--json"
    )
    assert code == 0
    for one, other in zip(from_file["components"], replayed["components"], strict=True):
        assert one["name"] == other["name"]
        assert one["signal_share"] == pytest.approx(other["signal_share"], abs=0.01)


@pytest.mark.parametrize("runtime", ["litert", "tflite"])
@pytest.mark.parametrize("model", ["aromatics4-1", "aromatics4-2"])
@pytest.mark.parametrize("sample", PAPER_SAMPLES)
def test_the_papers_samples_simulated_are_identified_exactly(
    sample: str, model: str, runtime: str
) -> None:
    liquids = PAPER_SAMPLES[sample]
    share = 1.0 / len(liquids)
    mixture = ",".join(f"{liquid}:{share:.6f}" for liquid in liquids)
    path = MODELS / f"{model}.ramix"
    code, (answer,) = ramix(
        "identify", "--port", f"sim:mix={mixture}&model={path}&seed=7", "--no-store", "--json",
        "--model", str(path), "--runtime", runtime,
    )  # fmt: skip
    assert (code, answer["verdict"]) == (0, "IDENTIFIED")
    assert named(answer) == set(liquids)
    for component in answer["components"]:
        assert component["signal_share"] == pytest.approx(share, abs=0.05)


def test_three_triggers_make_three_records_that_verify(tmp_path: Path) -> None:
    store = str(tmp_path / "records.db")
    code, answers = ramix(
        "run", "--port", f"sim:replay={MIXTURES / 'FourSolvent-1.txt'}",
        "--triggers", "3", "--json", "--store", store,
    )  # fmt: skip
    assert code == 0
    identifiers = [answer["record_id"] for answer in answers]
    assert len(set(identifiers)) == 3
    _, (listed,) = ramix("records", "list", "--store", store, "--json")
    assert {record["record_id"] for record in listed["records"]} == set(identifiers)
    assert ramix("records", "verify", "--store", store, "--json")[0] == 0


def test_an_empty_vial_is_not_interpreted() -> None:
    code, (answer,) = ramix("identify", "--port", "sim:scene=empty", "--no-store", "--json")
    assert (code, answer["verdict"]) == (11, "NO_RESULT")
    assert answer["components"] == []
    assert answer["reasons"][0]["remedy"]


def test_a_lamp_is_not_taken_for_a_liquid() -> None:
    code, (answer,) = ramix("identify", "--port", "sim:scene=lamp", "--no-store", "--json")
    assert code in (10, 11)
    assert answer["components"] == []
