"""`--blank`: told on the card, in `--json`, records and plots, for a file and for an analyzer."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.answer.identifier import Identifier
from device.cli.main import run_command
from device.records.store import RecordStore
from device.show.containers import container_lines
from device.show.curves import fit_curves
from device.spectra.spectrum import Spectrum
from tests.measured import names, references, solvents
from tests.walls import behind, blank, measured, pure

LIQUID = "sim:replay=data/solvents13/components/Toluene.txt"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(Path(__file__).parents[1])


def written(path: Path, spectrum: Spectrum) -> str:
    columns = np.c_[spectrum.wavenumber_cm1, spectrum.intensity]
    np.savetxt(path, columns, delimiter=",", header="wavenumber_cm1,intensity", comments="")
    return str(path)


@pytest.fixture
def sample(tmp_path: Path) -> str:
    return written(tmp_path / "sample.csv", behind("toluene", "PET", 1.0))


@pytest.fixture
def empty(tmp_path: Path) -> str:
    return written(tmp_path / "empty.csv", blank("PET"))


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_json_and_record_hold_the_blanks_digest_and_its_part(
    sample: str, empty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "records.sqlite"
    words = ["identify", "--file", sample, "--blank", empty, "--store", str(store), "--json"]
    assert run_command(words) == 0
    result = printed(capsys)
    (one,) = result["containers"]
    assert [c["name"] for c in result["components"]] == ["Toluene"]
    assert one["file"] == "empty.csv"
    assert one["sha256"] == hashlib.sha256(Path(empty).read_bytes()).hexdigest()
    assert one["part"] == pytest.approx(1.0, abs=0.05)
    assert 0.4 < one["amplitude"] < 0.7
    with RecordStore(store, read_only=True) as records:
        assert records.get("1").result["containers"] == result["containers"]


def test_without_a_blank_no_container_is_told(
    sample: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["identify", "--file", sample, "--json"]) == 9
    assert printed(capsys)["containers"] == []


def test_the_card_and_the_explanation_say_how_much_it_is(
    sample: str, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["identify", "--file", sample], ["explain", sample]):
        assert run_command([*words, "--blank", empty]) == 0
        told = capsys.readouterr().out
        assert "container empty.csv: 5" in told
        assert "% of all amplitude, taken out" in told


def test_what_is_said_of_one_that_took_no_part() -> None:
    entry = {"file": "a.csv", "sha256": "", "part": None, "amplitude": None, "shift_cm1": None}
    unseen = {**entry, "part": 0.0, "amplitude": 0.0}
    little = {**entry, "part": 0.01, "amplitude": 0.001}
    assert container_lines([entry, unseen, little], 80) == [
        "  container a.csv: not fitted",
        "  container a.csv: nothing of it is seen",
        "  container a.csv: <1 % of all amplitude, taken out",
    ]


def test_it_is_drawn_as_what_is_no_sample() -> None:
    identifier = Identifier(solvents())
    answer = identifier.identify(
        behind("toluene", "PET", 1.0), [identifier.container(blank("PET"))]
    )
    fit = answer.identification.fit
    assert fit is not None
    curves = fit_curves(answer.gridded, fit, references(), names())
    assert list(curves.nuisances) == ["container PET.csv"]
    assert list(curves.components) == ["Toluene"]
    carbonyl = np.abs(curves.wavenumber_cm1 - 1727.0) < 20.0  # a line of PET's, away from toluene's
    assert np.ptp(curves.measured[carbonyl]) > 3000.0
    assert np.ptp(curves.residual[carbonyl]) < 600.0  # noise of 70


def test_several_blanks_may_be_given(
    tmp_path: Path, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = written(tmp_path / "bare.csv", measured(pure("toluene")))
    bag = written(tmp_path / "bag.csv", blank("HDPE"))
    words = ["identify", "--file", sample, "--blank", empty, "--blank", bag, "--json"]
    assert run_command(words) == 0
    assert [one["file"] for one in printed(capsys)["containers"]] == ["empty.csv", "bag.csv"]


def test_an_analyzer_measures_through_it_too(
    empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--port", LIQUID, "--blank", empty, "--json"]
    assert run_command(["identify", *words]) == 0
    one = printed(capsys)
    assert run_command(["run", "--triggers", "1", *words]) == 0
    for result in (one, printed(capsys)):
        assert [c["name"] for c in result["components"]] == ["Toluene"]
        assert result["containers"][0]["file"] == "empty.csv"
        assert result["containers"][0]["part"] == pytest.approx(0.0, abs=0.05)


def test_a_blank_that_cannot_be_used_is_refused_before_anything_is_measured(
    sample: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = written(tmp_path / "noise.csv", measured(0.0 * pure("toluene")))
    for words in (["--file", sample], ["--port", LIQUID]):
        assert run_command(["identify", *words, "--blank", noise, "--json"]) == 1
        error = printed(capsys)["error"]
        assert error["code"] == "unusable_blank"
        assert "noise.csv" in error["text"]
        assert error["remedy"]
        missing = str(tmp_path / "none.csv")
        assert run_command(["identify", *words, "--blank", missing, "--json"]) == 1
        assert printed(capsys)["error"]["code"] == "unreadable_file"


def test_a_record_is_explained_without_one(empty: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["explain", "42", "--blank", empty]) == 2
    assert "a record has its own" in capsys.readouterr().err
