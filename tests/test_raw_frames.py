"""Each frame of a measurement is in its record as it was read, and gives the same average again."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from device.answer.through_containers import ContainerFound
from device.cli.main import run_command
from device.driver.acquisition import AcquisitionSettings
from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings
from device.export import kept
from device.export.exhibit import exhibit_of
from device.installation import default_model_path
from device.records import blanks, frames_kept, photo
from device.records.again import answered_again
from device.records.content import Record
from device.records.errors import RecordDamaged
from device.records.frames import FramesNotKept, averaged_again, frames_of, of_frames
from device.records.measured import acquisition_of
from device.records.room import LEAST_FREE_BYTES
from device.records.store import RecordStore
from device.runtime import Settings, measure
from device.spectra.raw_frames import packed, unpacked
from tests.record_exhibits import identifier
from tests.record_stores import edit
from tests.sample_answers import answer, file_spectrum

MIXTURE = "sim:mix=toluene:0.5,ethanol:0.5&seed=3"
PAGE = Path(__file__).parent.parent / "docs" / "records.md"
ARRAYS = ("raw_counts", "dark_counts", "variance", "saturated", "dead")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "records.sqlite"


@contextmanager
def frames_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[bool, Any]]]:
    """What the analyzer sent meanwhile: whether it was lit, and the frame."""
    read: list[tuple[bool, Any]] = []
    original = Analyzer.acquire_frame

    def told(self: Analyzer, laser_on: bool) -> Any:
        frame = original(self, laser_on)
        read.append((laser_on, frame))
        return frame

    with monkeypatch.context() as patch:
        patch.setattr(Analyzer, "acquire_frame", told)
        yield read


def measured(path: Path, settings: Settings, port: str = MIXTURE) -> Record:
    from device.ports import open_analyzer

    with open_analyzer(port, 5.0) as analyzer, RecordStore(path) as store:
        stored = measure(analyzer, identifier(), store, settings, lambda _: None)
        return store.get(str(stored.record_id))


@given(arrays(np.uint16, st.integers(1, 300)))
def test_counts_come_back_as_they_were(counts: Any) -> None:
    assert np.array_equal(unpacked(packed(counts), len(counts)), counts)


def test_the_page_says_how_a_frame_is_unpacked() -> None:
    program, _ = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)
    counts = np.random.default_rng(1).integers(0, 2**16, 500).astype(np.uint16)
    assert np.array_equal(names["counts_of"](packed(counts)), counts)


@given(st.binary(max_size=80), st.integers(1, 40))
def test_bytes_of_anybody_are_a_frame_or_refused(data: bytes, pixels: int) -> None:
    try:
        assert unpacked(data, pixels).shape == (pixels,)
    except ValueError as error:
        assert str(error)


def test_more_bytes_than_pixels_are_not_unpacked() -> None:
    counts = np.zeros(1000, np.uint16)
    for data, pixels in (
        (packed(counts), 999),
        (packed(counts), 1001),
        (packed(counts) + b"x", 1000),
    ):
        with pytest.raises(ValueError, match="pixels"):
            unpacked(data, pixels)


@pytest.mark.parametrize("settings", [SequentialSettings(), AcquisitionSettings(frames=4)])
def test_every_frame_is_kept_in_the_order_in_which_it_was_read(
    path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with frames_read(monkeypatch) as read:
        record = measured(path, settings)
    raw = frames_of(record)
    kept = sorted((*raw.lit, *raw.dark), key=lambda one: one.number)
    assert [one.number for one in kept] == list(range(len(kept)))
    assert len(raw.lit) == len(raw.dark) == record.body["measurement"]["frames"]
    lit = {one.number for one in raw.lit}
    for one, (was_lit, frame) in zip(kept, read[-len(kept) :], strict=True):
        assert np.array_equal(one.counts, frame.counts) and (one.number in lit) == was_lit
        assert (one.exposure_us, one.flags) == (frame.exposure_us, frame.flags)
        assert (one.laser_state, one.laser_power_mw) == (frame.laser_state, frame.laser_power_mw)


@pytest.mark.parametrize("port", [MIXTURE, "sim:mix=toluene:1.0&seed=5"])
@pytest.mark.parametrize("settings", [SequentialSettings(), AcquisitionSettings(frames=5)])
def test_averaging_them_again_gives_what_was_answered(
    path: Path, settings: Settings, port: str
) -> None:
    record = measured(path, settings, port)
    was, now = acquisition_of(record), averaged_again(record)
    for name in ARRAYS:
        assert np.array_equal(getattr(was, name), getattr(now, name)), name
    assert (was.frames, was.flags, was.acquired_utc) == (now.frames, now.flags, now.acquired_utc)
    again = answered_again(record, identifier(), from_frames=True)
    assert again.now is not None and dict(again.now) == dict(again.was)


def test_a_struck_frame_is_told(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = measured(path, AcquisitionSettings(frames=5))
    kept = averaged_again(record).raw_frames
    assert kept is not None
    struck = list(kept.lit)
    counts = struck[2].counts.copy()
    counts[700] += 9000
    struck[2] = replace(struck[2], counts=counts, packed=packed(counts))
    from device.driver.acquisition import combined

    page = acquisition_of(record).calibration
    taken = combined(struck, kept.dark, page, None, kept.full_counts).raw_frames
    assert taken is not None and taken.struck_lit[2] - kept.struck_lit[2] == 1
    assert run_command(["records", "show", "1", "--store", str(path)]) == 0
    told = record.body["measurement"]["raw_frames"]
    words = f"Frames kept: 5 lit, 5 dark; {told['struck_by_rays']} struck by cosmic rays."
    assert words in capsys.readouterr().out


def test_the_chain_covers_each_frame(path: Path) -> None:
    record = measured(path, AcquisitionSettings(frames=3))
    at = record.body["arrays"]["frame_packed"]["offset"] + 40
    data = bytearray(record.data)
    data[at] ^= 1
    edit(path, "UPDATE contents SET data = ? WHERE sequence = 1", bytes(data))
    with RecordStore(path, read_only=True) as store:
        assert any("measured data was changed" in one for one in store.verify().problems)


def test_frames_that_contradict_each_other_are_damage(path: Path) -> None:
    record = measured(path, AcquisitionSettings(frames=3))
    known = record.body["measurement"]

    def changed(**told: Any) -> Record:
        body = {**record.body, "measurement": {**known, "raw_frames": told}}
        return replace(record, body=body)

    for wrong in ({}, {**known["raw_frames"], "coding": "another"},
                  {**known["raw_frames"], "full_counts": "many"},
                  {**known["raw_frames"], "camera": {"no": 1.0}}):  # fmt: skip
        with pytest.raises(RecordDamaged):
            averaged_again(changed(**wrong))
    entry = record.body["arrays"]["frame_packed"]
    shorter = {**record.body["arrays"], "frame_packed": {**entry, "shape": [entry["length"] - 1],
               "length": entry["length"] - 1}}  # fmt: skip
    with pytest.raises(RecordDamaged, match="frames"):
        frames_of(replace(record, body={**record.body, "arrays": shorter}))


@pytest.mark.parametrize("bound", ["MOST_COUNT_BYTES", "MOST_FRAMES"])
def test_more_frames_than_are_kept_are_refused_before_one_is_unpacked(
    path: Path, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = measured(path, AcquisitionSettings(frames=3))
    monkeypatch.setattr(f"device.records.frames.{bound}", 5)
    monkeypatch.setattr("device.records.frames.unpacked", None)
    with pytest.raises(RecordDamaged, match="more than any that are kept"):
        frames_of(record)


def test_a_record_without_frames_says_so(path: Path) -> None:
    with RecordStore(path) as store:
        record = store.get(store.append(answer()))
    with pytest.raises(FramesNotKept):
        frames_of(record)
    again = answered_again(record, identifier(), from_frames=True)
    assert again.now is None and "single frames" in again.why_not


@pytest.mark.parametrize("bound", ["MOST_BYTES", "MOST_COUNT_BYTES"])
def test_frames_that_no_disk_was_asked_for_are_left_out_and_that_is_told(
    path: Path, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames_kept, bound, 4000)
    record = measured(path, AcquisitionSettings(frames=3))
    assert "frame_packed" not in record.array_names
    assert "too large" in record.body["measurement"]["frames_kept"]
    again = answered_again(record, identifier())  # from the means
    assert again.now is not None and dict(again.now) == dict(again.was)


def test_the_longest_measurement_fits_on_a_disk_that_was_not_refused() -> None:
    means = 65_535 * (3 * 8 + 2)
    largest = frames_kept.MOST_BYTES + means + photo.MOST_BYTES
    assert 2 * (largest + blanks.MOST_BYTES) < LEAST_FREE_BYTES  # SQLite's log and the store


def test_exports_and_packages_carry_them(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import base64

    record = measured(path, AcquisitionSettings(frames=3))
    raw, store = frames_of(record), ["--store", str(path)]
    file = tmp_path / "one.json"
    assert run_command(["records", "export", "1", *store, "--out", str(file)]) == 0
    told = json.loads(file.read_text())["record"]["frames"]
    assert told["lit"] == [True, False] * 3
    first = unpacked(base64.b64decode(told["packed_base64"][0]), told["pixels"])
    assert np.array_equal(first, raw.lit[0].counts)
    assert run_command(["identify", "--file", str(file), "--json"]) in (0, 9, 10)
    package = str(tmp_path / "case.rrp")
    assert run_command(["records", "package", "1", *store, "--out", package]) == 0
    capsys.readouterr()
    words = ["--package", package, "--model", str(default_model_path()), "--from-frames", "--json"]
    assert run_command(["records", "reidentify", *words]) == 0
    one = json.loads(capsys.readouterr().out)
    assert one["now"] == one["was"]


def test_frames_and_blanks_in_json_are_together_no_more_than_our_reader_takes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answer(spectrum=of_frames(measured(path, AcquisitionSettings(frames=3))))
    behind = ContainerFound("empty.csv", "00" * 32, blank=file_spectrum())
    with RecordStore(path) as store:
        name = store.append(replace(found, containers=(behind,)))
        exhibit = exhibit_of(store, name)
    whole = kept.kept_json(exhibit)
    blanks = len(json.dumps(whole["blanks"]))
    frames = sum(map(len, whole["frames"]["packed_base64"]))
    for most, has_blanks, has_frames in (
        (blanks + frames, True, True),
        (blanks + frames - 1, True, False),
        (blanks - 1, False, blanks > frames),
    ):
        monkeypatch.setattr(kept, "MOST_TEXT", most)
        told = kept.kept_json(exhibit)
        assert (told["blanks"] is not None) == has_blanks
        assert (told["frames"]["packed_base64"] is not None) == has_frames


def test_what_was_answered_from_means_is_answered_from_frames_all_the_same(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(path, AcquisitionSettings(frames=3))
    words = ["records", "reidentify", "--store", str(path), "--all", "--json"]
    words += ["--model", str(default_model_path())]
    for more in ([], ["--from-frames"], ["--from-frames"]):
        assert run_command([*words, *more]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 1
    with RecordStore(path, read_only=True) as store:
        assert len(store.events("reidentified")) == 2  # the third run found the second's answer


def test_nexus_holds_them_as_one_array(path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    import io

    from device.export.formats import exported

    raw = frames_of(measured(path, AcquisitionSettings(frames=3)))
    with RecordStore(path, read_only=True) as store:
        file = exported(exhibit_of(store, "1"), "nexus")
    with h5py.File(io.BytesIO(file.data)) as opened:
        detector = opened["entry/instrument/detector_camera"]
        assert np.array_equal(detector["frame_counts"][2], raw.lit[1].counts)
        assert detector["frame_lit"][()].tolist() == [True, False] * 3
        assert len(detector["frame_struck_samples"]) == len(detector["frame_exposure"]) == 6
