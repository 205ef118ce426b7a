"""A record of a measurement through containers holds their blanks: it can be answered again."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.cli.main import run_command
from device.export.exhibit import exhibit_of
from device.export.formats import exported
from device.installation import default_model_path
from device.records.again import Again, answered_again
from device.records.arrays import arrays_of
from device.records.content import Record
from device.records.errors import RecordDamaged
from device.records.measured import BlankNotKept, blanks_of
from device.records.store import RecordStore
from tests.walls import WALLS, answer, behind, blank, identifier


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "records.sqlite"


def kept(path: Path, *walls: str) -> Record:
    """Toluene behind these walls, stored and read back."""
    found = answer(behind("toluene", walls[0], 1.0), *map(blank, walls))
    with RecordStore(path) as store:
        return store.get(store.append(found))


def same(again: Again) -> bool:
    return again.now is not None and dict(again.now) == dict(again.was)


@pytest.mark.parametrize("wall", WALLS)
def test_it_is_answered_again_as_it_was(path: Path, wall: str) -> None:
    assert same(answered_again(kept(path, wall), identifier()))


def test_a_blank_beyond_the_bytes_that_are_kept_is_left_out_and_that_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = sum(array.nbytes for array in arrays_of(blank("PET")).values())
    monkeypatch.setattr("device.records.blanks.MOST_BYTES", one)
    record = kept(path, "PET", "HDPE")
    assert record.body["blanks"][1] is None and record.result["containers"][1]["file"]
    assert any(name.startswith("blank_0_") for name in record.array_names)
    assert not any(name.startswith("blank_1_") for name in record.array_names)
    again = answered_again(record, identifier())
    assert again.now is None and "whose own spectrum is not in the record" in again.why_not


def test_each_of_several_blanks_is_kept_as_it_was_measured(path: Path) -> None:
    record = kept(path, "PET", "HDPE")
    assert same(answered_again(record, identifier()))
    for (found, _), name in zip(blanks_of(record), ("PET", "HDPE"), strict=True):
        measured = blank(name)
        assert found.source == f"{name}.csv"
        assert np.array_equal(found.wavenumber_cm1, measured.wavenumber_cm1)
        assert np.array_equal(found.intensity, measured.intensity)


def test_the_chain_covers_a_blank(path: Path) -> None:
    record = kept(path, "PET")
    entry = record.body["arrays"]["blank_0_intensity"]
    data = bytearray(record.data)
    data[entry["offset"] + 3] ^= 1
    from tests.record_stores import edit

    edit(path, "UPDATE contents SET data = ? WHERE sequence = 1", bytes(data))
    with RecordStore(path, read_only=True) as store, pytest.raises(RecordDamaged, match="measured"):
        store.get("1")


def test_one_of_before_blanks_were_kept_is_read_and_says_why_it_is_not_answered(
    path: Path,
) -> None:
    record = kept(path, "PET")
    older = replace(record, body={k: v for k, v in record.body.items() if k != "blanks"})
    again = answered_again(older, identifier())
    assert again.now is None and "container" in again.why_not
    with pytest.raises(BlankNotKept):
        blanks_of(older)


def test_blanks_that_contradict_the_answer_are_damage(path: Path) -> None:
    record = kept(path, "PET")
    wrong: list[list[Any]] = [[], [None, None], [{"measurement": 7}], [{}]]
    for blanks in wrong:
        with pytest.raises(RecordDamaged):
            blanks_of(replace(record, body={**record.body, "blanks": blanks}))


def test_a_colleague_answers_the_package_through_the_same_containers(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(path, "PET")
    package, model = str(tmp_path / "case.rrp"), str(default_model_path())
    store = ["--store", str(path)]
    assert run_command(["records", "package", "1", *store, "--out", package]) == 0
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "colleague"))
    assert run_command(["records", "import", package]) == 0
    capsys.readouterr()
    words = ["records", "reidentify", "--package", package, "--model", model, "--json"]
    assert run_command(words) == 0
    one = json.loads(capsys.readouterr().out)
    assert one["now"] == one["was"] and one["now"]["components"][0]["name"] == "Toluene"


def test_exports_hold_the_blank_and_draw_the_fit_beside_it(path: Path) -> None:
    kept(path, "PET")
    with RecordStore(path, read_only=True) as store:
        exhibit = exhibit_of(store, "1", identifier())
    assert exhibit.curves is not None and exhibit.curves_note == ""
    told: Any = json.loads(exported(exhibit, "json").data)["record"]
    assert told["blanks"][0]["file"] == "PET.csv"
    assert told["blanks"][0]["intensity"] == blank("PET").intensity.tolist()
    assert "measured_through: PET.csv" in exported(exhibit, "csv").data.decode()
