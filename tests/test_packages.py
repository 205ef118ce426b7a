"""Packages of records: what a colleague can check, and what nobody can make them believe."""

import io
import json
import os
import resource
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.cli.main import run_command
from device.export.errors import PackageRefused
from device.export.package import MOST_RECORDS, PACKAGE_PREFIX, package_from, package_of
from device.export.stored_zip import MOST_BYTES, files_in, zip_of
from device.inference.trust import SigningKey
from device.records.about import About, AboutRefused
from device.records.chain import Origin, made
from device.records.circumstances import Circumstances
from device.records.content import measurement_content
from device.records.device_key import FileSigner, Signer, device_signer
from device.records.entry import Entry, entry_problem
from device.records.expert import AnswerRefused, answer_bytes, answer_from, signed_answer
from device.records.head import canonical
from device.records.kinds import EntryKind
from device.records.received import received_folder
from device.records.store import RecordStore
from tests.record_exhibits import COLUMNS, answered
from tests.record_stores import another_device, filled
from tests.sample_answers import answer

Files = list[tuple[str, bytes]]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "records.sqlite"


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    path = tmp_path_factory.mktemp("packages") / "records.sqlite"
    filled(path, 2)
    answered(path, COLUMNS)
    with RecordStore(path, read_only=True) as store:
        found = [store.entry(store.get(number)) for number in ("1", "3")]
    return [entry for entry in found if entry is not None]


@pytest.fixture(scope="module")
def packed(entries: list[Entry]) -> bytes:
    return package_of(entries, device_signer(), "Is this toluene?")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = run_command(["records", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


# ---- the container ----

_names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
_files = st.lists(st.tuples(_names, st.binary(max_size=60)), max_size=6, unique_by=lambda x: x[0])


@given(_files)
def test_an_archive_comes_back_and_strangers_read_it(files: Files) -> None:
    archive = zip_of(files)
    assert files_in(archive) == files
    with zipfile.ZipFile(io.BytesIO(archive)) as theirs:
        assert theirs.testzip() is None
        assert [(name, theirs.read(name)) for name in theirs.namelist()] == files


@given(_files, st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=6))))
def test_a_mangled_archive_is_the_same_or_refused(
    files: Files, edits: list[tuple[int, bytes]]
) -> None:
    archive = zip_of(files)
    for at, by in edits:
        archive = archive[:at] + by + archive[at + len(by) :]
    try:
        found = files_in(archive)
    except ValueError as error:
        assert str(error)
        return
    assert zip_of(found) == archive  # what was read is all that is in it


def test_only_plain_different_names_are_packed() -> None:
    for files in ([("a", b""), ("a", b"")], [("", b"")], [("x" * 200, b"")], [("\xe4", b"")]):
        with pytest.raises(ValueError):
            zip_of(files)


# ---- what is in it ----


def test_a_package_holds_whole_records_and_their_neighbours(
    packed: bytes, entries: list[Entry]
) -> None:
    package = package_from(packed, "case.rrp")
    assert package.entries == tuple(entries)
    assert all(entry_problem(entry) == "" for entry in package.entries)
    assert package.question == "Is this toluene?"
    assert package.packed_by == device_signer().public_key == package.devices[0]
    assert entries[0].following is not None and entries[1].following is None
    assert package_from(packed, "case.rrp", package.packed_by).sha256 == package.sha256
    with pytest.raises(PackageRefused, match="another device"):
        package_from(packed, "case.rrp", bytes(32))


def test_none_too_many_and_an_unprintable_question_are_refused(entries: list[Entry]) -> None:
    for many in ([], entries[:1] * (MOST_RECORDS + 1)):
        with pytest.raises(PackageRefused, match="1 to"):
            package_of(many, device_signer())
    with pytest.raises(AboutRefused):
        package_of(entries, device_signer(), "\x1b[31mred")


# ---- hostile packages ----


def repacked(packed: bytes, change: Callable[[Files], Files]) -> bytes:
    return zip_of(change(files_in(packed)))


def with_manifest(packed: bytes, change: Callable[[dict[str, Any]], None], *, sign: bool) -> bytes:
    """Whoever has any key can sign a list."""
    files = dict(files_in(packed))
    manifest = json.loads(files["manifest.json"])
    signer = FileSigner(SigningKey.generate()) if sign else None
    if signer is not None:
        manifest["packed_by"] = signer.public_key.hex()
    change(manifest)
    files["manifest.json"] = canonical(manifest)
    if signer is not None:
        signature = signer.sign(PACKAGE_PREFIX + files["manifest.json"])
        files["manifest.sig"] = signature.hex().encode()
    return zip_of(list(files.items()))


def _deflated(packed: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * (200 << 20))  # 200 kB in the file
    return stream.getvalue()


def _by_strangers(packed: bytes, change: Callable[[zipfile.ZipInfo], None]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files_in(packed):
            info = zipfile.ZipInfo(name)
            change(info)
            archive.writestr(info, data)
    return stream.getvalue()


def _symlink(info: zipfile.ZipInfo) -> None:
    info.create_system, info.external_attr = 3, 0o120777 << 16


def _climbing(files: Files) -> Files:
    return [(name.replace("records/", "../../etc/"), data) for name, data in files]


def _sized(packed: bytes) -> bytes:
    return packed[:18] + struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF) + packed[26:]


def _twice(packed: bytes) -> bytes:
    files = files_in(packed)
    one = zip_of(files[:1])
    local = one[: one.index(b"PK\x01\x02")]
    return local + packed


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "no archive"),
    "text": (lambda _: b"PK is not enough for a package", "no archive"),
    "truncated": (lambda packed: packed[:-30], "cut off"),
    "half": (lambda packed: packed[: len(packed) // 2], "larger than the archive"),
    "trailing data": (lambda packed: packed + b"x", "packed anew"),
    "prefixed": (lambda packed: b"#!/bin/sh\n" + packed, "no archive"),
    "bomb": (_deflated, "compressed"),
    "4 GB size": (_sized, "larger than the archive"),
    "a name twice": (_twice, "twice"),
    "symlink": (lambda packed: _by_strangers(packed, _symlink), "packed anew"),
    "packed by strangers": (lambda packed: _by_strangers(packed, lambda _: None), "packed anew"),
    "climbing names": (lambda packed: repacked(packed, _climbing), "not those of its list"),
    "a file more": (
        lambda packed: repacked(packed, lambda files: [*files, ("x", b"")]),
        "not those of its list",
    ),
    "a file less": (lambda packed: repacked(packed, lambda files: files[:-1]), "not those of"),
    "another order": (
        lambda packed: repacked(packed, lambda files: [*files[:3], *files[:2:-1]]),
        "not those of",
    ),
    "a changed body": (
        lambda packed: repacked(
            packed,
            lambda files: [
                (name, data.replace(b"toluene", b"benzene") if "body" in name else data)
                for name, data in files
            ],
        ),
        "not the one that was listed",
    ),
    "a changed list": (
        lambda packed: with_manifest(packed, lambda m: m.update(question="x"), sign=False),
        "signature of its list",
    ),
    "another key in the list": (
        lambda packed: with_manifest(
            packed, lambda m: m["records"][0]["head"].update(public_key="00" * 32), sign=True
        ),
        "signature does not fit",
    ),
    "another place in the chain": (
        lambda packed: with_manifest(
            packed, lambda m: m["records"][0].update(previous="00" * 32), sign=True
        ),
        "text or its place",
    ),
    "another entry after it": (
        lambda packed: with_manifest(
            packed, lambda m: m["records"][0]["following"].update(hash="00" * 32), sign=True
        ),
        "not chained",
    ),
    "another name": (
        lambda packed: with_manifest(
            packed, lambda m: m["records"][0].update(record_id="1"), sign=True
        ),
        "another name",
    ),
    "an unknown key": (
        lambda packed: with_manifest(packed, lambda m: m.update(run="rm"), sign=True),
        "unknown key",
    ),
    "no hex": (
        lambda packed: with_manifest(
            packed, lambda m: m["records"][0].update(previous="ZZ" * 32), sign=True
        ),
        "in hex",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_package_is_one_sentence(packed: bytes, kind: str) -> None:
    make, words = HOSTILE[kind]
    with pytest.raises(PackageRefused) as caught:
        package_from(make(packed), "case.rrp")
    assert words in caught.value.text and caught.value.text.endswith(".")
    assert "\n" not in caught.value.text and caught.value.remedy


@given(st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), min_size=1))
@settings(max_examples=60)
def test_a_mangled_package_is_the_same_or_one_sentence(
    packed: bytes, edits: list[tuple[float, bytes]]
) -> None:
    mangled = packed
    for part, by in edits:
        at = int(part * len(mangled))
        mangled = mangled[:at] + by + mangled[at + len(by) :]
    if mangled == packed:
        return
    with pytest.raises(PackageRefused):
        package_from(mangled, "case.rrp")


def test_signing_the_list_anew_with_nothing_changed_is_told_as_packed_by_another(
    packed: bytes,
) -> None:
    package = package_from(with_manifest(packed, lambda _: None, sign=True), "case.rrp")
    assert package.packed_by not in package.devices  # the negative control of the cases above


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.pop("measurement"),
        lambda body: body.update(result={**body["result"], "model": 3}),
        lambda body: body["result"].update(components=[{"name": "x"}]),
        lambda body: body["result"].update(safety={"worst": 7}),
        lambda body: body["arrays"]["raw_counts"].update(dtype="|O"),
        lambda body: body["measurement"].update(frames=[1]),
        lambda body: body.update(more=[[]] * 20_000),
    ],
)
def test_what_a_stranger_signed_as_a_record_must_be_one(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    """With a key of their own every hash and signature fits, whatever it is that they sign."""
    signer = another_device()()
    assert package_from(signed_by(signer, lambda _: None), "x").devices == (signer.public_key,)
    with pytest.raises(PackageRefused):
        package_from(signed_by(signer, change), "case.rrp")


def signed_by(signer: Signer, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A package of one measurement, changed before it was signed."""
    content, data = measurement_content(answer(), About(), Circumstances())
    content = json.loads(json.dumps(content))
    change(content)
    origin = Origin("0" * 32, signer.public_key, {})
    row, body = made(
        origin, bytes(32), 5, EntryKind.MEASUREMENT, content, signer, datetime.now(UTC)
    )
    return package_of([Entry(origin.head(row), bytes(32), body, data)], signer)


def test_a_strangers_texts_reach_no_terminal_as_they_are(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(body: dict[str, Any]) -> None:
        del body["measurement"]["analyzer_serial"]
        body["result"]["components"][0]["name"] = "\x1b[2Jwater"
        body["about"] = {"operator": "\x07", "sample": 3}

    case = tmp_path / "case.rrp"
    case.write_bytes(signed_by(another_device()(), change))
    assert run_command(["records", "import", str(case)]) == 0
    said = capsys.readouterr().out
    assert "water" in said and "\x1b[2J" not in said and "\x07" not in said


def test_a_huge_file_costs_no_memory(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    huge = tmp_path / "huge.rrp"
    with huge.open("wb") as stream:
        stream.truncate(4 << 30)  # a hole on the disk
    os.mkfifo(tmp_path / "pipe.rrp")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("huge.rrp", "pipe.rrp", "none.rrp"):
        code, said = run(capsys, "import", str(tmp_path / name))
        assert code == 1 and said["error"]["code"] == "record_store" and said["error"]["remedy"]
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 3 * (MOST_BYTES >> 10)
    assert not received_folder().exists()


# ---- the whole way ----


def test_a_case_goes_to_a_colleague_and_their_answer_into_the_chain(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(path, 2)
    case, store = tmp_path / "case.rrp", ("--store", str(path))
    code, said = run(capsys, "package", "2", "--out", str(case), "--question", "Which?", *store)
    assert code == 0
    device = device_signer().public_key.hex()
    key = tmp_path / "my.pem"
    key.write_bytes(SigningKey.generate().to_pem())

    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("RAMIX_HOME", str(tmp_path / "colleague"))
        code, kept = run(capsys, "import", str(case), "--device", device)
        assert (code, kept["question"], kept["sha256"]) == (0, "Which?", said["sha256"])
        assert Path(kept["kept"]).read_bytes() == case.read_bytes()
        assert run(capsys, "import", str(case), "--device", "00" * 32)[0] == 1
        assert run(capsys, "list")[1]["records"] == []  # kept apart
        (event,) = run(capsys, "events", "--kind", "import")[1]["events"]
        assert event["content"]["records"] == said["records"]
        assert run_command(["records", "import", str(case)]) == 0
        assert "Asked: Which?" in capsys.readouterr().out
        code, _ = run(
            capsys, "answer", str(case), "--text", "It is toluene", "--name", "E. Xpert",
            "--key", str(key),
        )  # fmt: skip
        assert code == 0

    reply = tmp_path / "answer-to-case.json"
    assert run(capsys, "import", str(reply), *store)[0] == 0
    assert run_command(["records", "show", "2", *store]) == 0
    assert "It is toluene" in capsys.readouterr().out
    assert run(capsys, "show", "2", *store)[1]["answers"][0]["name"] == "E. Xpert"
    assert run(capsys, "show", "1", *store)[1]["answers"] == []
    code, again = run(capsys, "import", str(reply), *store)
    assert code == 1 and "before" in again["error"]["text"]
    with RecordStore(path, read_only=True) as opened:
        assert opened.verify().problems == ()


def test_an_answer_about_other_records_is_refused(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = filled(path, 1)
    signer = FileSigner(SigningKey.generate())
    reply = tmp_path / "reply.json"
    for record in ((ids[0], "00" * 32), ("0000007-20260101T000000Z-ffff", "00" * 32)):
        reply.write_bytes(answer_bytes(signed_answer("11" * 32, [record], "x", "E.", signer)))
        code, said = run(capsys, "import", str(reply), "--store", str(path))
        assert (code, said["error"]["code"]) == (1, "answer_refused")


@given(st.sampled_from(["text", "name", "package_sha256", "records", "public_key", "signature"]))
def test_a_changed_answer_is_refused(key: str) -> None:
    signer = FileSigner(SigningKey.generate())
    sound = signed_answer("11" * 32, [("0000001-x", "22" * 32)], "x", "E.", signer)
    assert answer_from(answer_bytes(sound))["text"] == "x"
    changed: dict[str, Any] = {
        "text": "y", "name": "F.", "package_sha256": "33" * 32,
        "records": [{"record_id": "0000002-x", "record_sha256": "22" * 32}],
        "public_key": "44" * 32, "signature": "55" * 64,
    }  # fmt: skip
    with pytest.raises(AnswerRefused):
        answer_from(answer_bytes({**sound, key: changed[key]}))


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_no_answer(data: bytes) -> None:
    with pytest.raises(AnswerRefused):
        answer_from(data)
