"""A photo is a JPEG or PNG and nothing else, is kept without place and time, and is part of the
record: changed or missing, it is found."""

import io
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from device.cli.main import cli
from device.export.exhibit import exhibit_of
from device.export.formats import exported
from device.export.package import package_from, package_of
from device.records.about import About, AboutRefused
from device.records.content import Record, about_of
from device.records.errors import RecordDamaged
from device.records.photo import PhotoRefused, photo_from, photo_in
from device.records.store import RecordStore
from tests.pictures import HOSTILE, PLACE, SCRIPT, jpeg, jpeg_of_size, png
from tests.record_stores import edit
from tests.sample_answers import answer

FRAME = Path("data/solvents13/mixtures/FourSolvent-1.txt")


def pixels_of(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.convert("RGB").tobytes()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_kept_without_what_a_camera_wrote_and_looks_the_same(progressive: bool) -> None:
    taken = jpeg(progressive=progressive)
    kept = photo_from(taken + b"a film behind the picture")
    assert PLACE in taken and PLACE not in kept.data and b"film" not in kept.data
    assert pixels_of(kept.data) == pixels_of(taken)
    assert (kept.media_type, kept.width, kept.height) == ("image/jpeg", 48, 32)
    assert photo_from(kept.data) == kept


@pytest.mark.parametrize("turned", range(1, 9))
def test_how_a_picture_is_turned_is_all_that_stays_of_its_exif(turned: int) -> None:
    kept = photo_from(jpeg(turned=turned))
    with Image.open(io.BytesIO(kept.data)) as picture:
        assert dict(picture.getexif()) == ({} if turned == 1 else {0x0112: turned})
    assert photo_from(kept.data) == kept


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_a_png_is_kept_without_its_texts_and_looks_the_same(mode: str) -> None:
    drawn = png(mode=mode, eXIf=PLACE, tIME=bytes(7))
    kept = photo_from(drawn + SCRIPT)
    assert PLACE in drawn and PLACE not in kept.data and SCRIPT not in kept.data
    assert pixels_of(kept.data) == pixels_of(drawn)
    assert (kept.media_type, kept.width, kept.height) == ("image/png", 20, 10)
    assert photo_from(kept.data) == kept


@pytest.mark.parametrize("what", HOSTILE)
def test_whatever_is_no_photo_is_refused_in_one_sentence(what: str) -> None:
    with pytest.raises(PhotoRefused) as refused:
        photo_from(HOSTILE[what])
    assert re.fullmatch(r"The photo [^.]*\.", refused.value.text)


@pytest.mark.parametrize("whole", [jpeg(), jpeg(progressive=True), png()], ids=["jpeg", "p", "png"])
def test_a_cut_off_picture_is_refused_wherever_it_is_cut(whole: bytes) -> None:
    for end in range(len(whole)):
        with pytest.raises(PhotoRefused):
            photo_from(whole[:end])


@given(data=st.data())
def test_any_change_is_refused_or_gives_a_photo_that_is_taken_again(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([jpeg(), png(), jpeg_of_size(30, 30)])))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        kept = photo_from(bytes(whole))
    except PhotoRefused:
        return
    assert photo_from(kept.data) == kept
    assert PLACE not in kept.data


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    big = tmp_path / "big.jpg"
    big.write_bytes(bytes(3_000_001))
    for path in (tmp_path / "none.jpg", tmp_path, big):
        with pytest.raises(PhotoRefused, match="cannot be read"):
            photo_in(path)


# ---- with the record ----


@pytest.fixture
def kept(tmp_path: Path) -> tuple[RecordStore, str]:
    store = RecordStore(tmp_path / "records.sqlite")
    about = About("A. Nalyst", "drum 12", photo=photo_from(jpeg()))
    return store, store.append(answer(), about=about)


def test_a_record_holds_the_photo_and_others_hold_none(kept: tuple[RecordStore, str]) -> None:
    store, name = kept
    photo = store.get(name).photo
    assert photo == photo_from(jpeg())
    assert store.get(store.append(answer())).photo is None
    listed = store.list(1, search="drum 12")[0]
    assert listed.data == b"", "a list reads no photo"
    assert store.verify().problems == ()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE contents SET data = CAST(substr(data, 1, length(data) - 1) || x'00' AS BLOB)"
        " WHERE sequence = 1",
        "UPDATE contents SET data = substr(data, 1, length(data) - 900) WHERE sequence = 1",
        "UPDATE contents SET body = CAST(replace(CAST(body AS TEXT), 'image/jpeg', 'image/png') "
        "AS BLOB) WHERE sequence = 1",
    ],
    ids=["changed", "missing", "renamed"],
)
def test_a_photo_that_was_changed_is_found(kept: tuple[RecordStore, str], change: str) -> None:
    store, name = kept
    store.close()
    edit(store.path, change)
    assert any("record 1: its" in problem for problem in store.verify().problems)
    with pytest.raises(RecordDamaged):
        store.get(name)


def test_what_somebody_signed_in_place_of_a_photo_is_no_photo(
    kept: tuple[RecordStore, str],
) -> None:
    store, name = kept
    record = store.get(name)
    for body in (
        {**record.body, "photo": {**record.body["photo"], "sha256": "0" * 64}},
        {name: value for name, value in record.body.items() if name != "photo"},
        {**record.body, "arrays": {"photo": {**record.body["arrays"]["photo"], "offset": 3}}},
        {**record.body, "arrays": {"photo": {"dtype": "O", "shape": [1]}}},
    ):
        with pytest.raises(RecordDamaged):
            Record(name, record.created_utc, body, record.data).photo  # noqa: B018
    assert about_of({"about": {"photo": "x"}}) == About()


def test_the_report_and_the_package_hold_the_photo(kept: tuple[RecordStore, str]) -> None:
    from device.records.device_key import device_signer

    store, name = kept
    exhibit = exhibit_of(store, name)
    photo = store.get(name).photo
    assert photo is not None
    html = exported(exhibit, "html").data.decode()
    assert "data:image/jpeg;base64," in html and photo.sha256 in html
    with_photo = exported(exhibit, "pdf").data
    without = exported(exhibit_of(store, store.append(answer())), "pdf").data
    assert with_photo.count(b"/Subtype /Image") > without.count(b"/Subtype /Image")
    entry = store.entry(store.get(name))
    assert entry is not None
    package = package_from(package_of([entry], device_signer()), "case.rrp")
    assert package.records[0].photo == photo


def test_a_photo_in_a_report_takes_the_room_that_a_page_has_left(
    kept: tuple[RecordStore, str],
) -> None:
    store, name = kept
    with_photo = exported(exhibit_of(store, name), "pdf").data
    without = exported(exhibit_of(store, store.append(answer())), "pdf").data
    pages = b"/Type /Page "
    assert with_photo.count(pages) == without.count(pages)


def test_a_photo_that_no_program_can_unpack_is_told_on_the_page(tmp_path: Path) -> None:
    whole = jpeg()
    at = whole.index(b"\xff\xc4")  # of its first table; the markers stay as they are
    broken = whole[: at + 5] + b"\x7f" * 16 + whole[at + 21 :]
    store = RecordStore(tmp_path / "records.sqlite")
    name = store.append(answer(), about=About(photo=photo_from(broken)))
    assert exported(exhibit_of(store, name), "pdf").data.startswith(b"%PDF")


# ---- the command line ----


@pytest.mark.parametrize(
    "command",
    [["identify", "--file", str(FRAME)], ["verify-material", "Toluene", "--file", str(FRAME)]],
    ids=["identify", "verify-material"],
)
def test_a_verb_keeps_a_photo_and_shows_that_it_did(tmp_path: Path, command: list[str]) -> None:
    picture, path = tmp_path / "drum.jpg", tmp_path / "records.sqlite"
    picture.write_bytes(jpeg())
    with_photo = [*command, "--store", str(path), "--photo", str(picture)]
    assert CliRunner().invoke(cli, with_photo).exit_code in (0, 1)
    shown = CliRunner().invoke(cli, ["records", "show", "1", "--store", str(path)])
    assert "image/jpeg, 48 x 32, SHA-256" in " ".join(shown.output.split())
    with closing(sqlite3.connect(path)) as store:
        (data,) = store.execute("SELECT data FROM contents WHERE sequence = 1").fetchone()
    assert PLACE not in data


def test_a_photo_that_is_none_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    picture = tmp_path / "drum.jpg"
    picture.write_bytes(HOSTILE["svg"])
    path = tmp_path / "records.sqlite"
    for verb in (["identify", "--port", "sim:"], ["run", "--port", "sim:"]):
        asked = [*verb, "--photo", str(picture), "--store", str(path)]
        done = CliRunner().invoke(cli, asked)
        assert isinstance(done.exception, PhotoRefused)
    assert not path.exists()


def test_each_text_is_still_bounded() -> None:
    with pytest.raises(AboutRefused):
        About(sample="x" * 121, photo=photo_from(jpeg()))
