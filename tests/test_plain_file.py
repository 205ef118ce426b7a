"""Named pipes, devices and folders are refused at once wherever a file is expected."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from device.field_library.store import FieldLibrary, FieldLibraryError
from device.inference.bundle import read_bundle_bytes
from device.inference.errors import ModelNotFound, TrustError
from device.inference.trust import SigningKey, TrustPolicy
from device.plain_file import NotAPlainFile, check_plain, open_plain, read_plain
from device.records.errors import RecordStoreError
from device.records.store import RecordStore
from device.simulated.flash_file import FlashFile, FlashFileError
from device.spectra.files.reading import read_spectrum
from device.spectra.files.text import SpectrumFileError
from firmware_bridge.errors import RamixError
from train.recipe import RecipeError, read_toml

ROOT = Path(__file__).resolve().parent.parent
NATIVE = ROOT / "data/solvents13/mixtures/FourSolvent-1.txt"
KINDS = {"pipe": "a named pipe", "folder": "a folder", "zero": "a device", "null": "a device"}
ANY_KIND = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def no_file(tmp_path: Path) -> Callable[[str], Path]:
    """The path of something of a kind that is no file."""

    def make(kind: str) -> Path:
        path = tmp_path / "thing"
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        else:
            path = Path("/dev") / kind
        return path

    return make


READERS: dict[str, tuple[Callable[[Path], object], type[RamixError]]] = {
    "spectrum": (read_spectrum, SpectrumFileError),
    "model": (read_bundle_bytes, ModelNotFound),
    "trust": (TrustPolicy.from_file, TrustError),
    "signing key": (SigningKey.from_file, TrustError),
    "record store": (lambda path: RecordStore(path).verify(), RecordStoreError),
    "old records": (lambda path: RecordStore(path, read_only=True).verify(), RecordStoreError),
    "recipe": (read_toml, RecipeError),
    "flash": (FlashFile.open, FlashFileError),
}


@ANY_KIND
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_refused_at_once_and_named(
    reader: str, kind: str, no_file: Callable[[str], Path]
) -> None:
    read, refusal = READERS[reader]
    begun_s = time.monotonic()
    with pytest.raises(refusal) as caught:
        read(no_file(kind))
    assert time.monotonic() - begun_s < 1.0
    assert f"it is {KINDS[kind]}, not a plain file" in caught.value.text
    assert "Errno" not in caught.value.text


@pytest.mark.parametrize("name", ["entry.json", ".lock"])
def test_a_pipe_in_the_field_library_is_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    library = FieldLibrary(tmp_path)
    begun_s = time.monotonic()
    with pytest.raises(FieldLibraryError) as caught:
        library.load() if name != ".lock" else library.remove("x")
    assert time.monotonic() - begun_s < 1.0
    assert caught.value.text.endswith(".") and "Errno" not in caught.value.text


@ANY_KIND
def test_the_helper_refuses_each_kind(kind: str, no_file: Callable[[str], Path]) -> None:
    path = no_file(kind)
    for act in (check_plain, open_plain, lambda path: read_plain(path, 10)):
        with pytest.raises(NotAPlainFile):
            act(path)


def test_a_file_is_read_whole_or_refused_for_its_size(tmp_path: Path) -> None:
    path = tmp_path / "file"
    check_plain(path)  # nothing there: no fault
    path.write_bytes(b"12345")
    link = tmp_path / "link"
    link.symlink_to(path)
    check_plain(link)
    assert read_plain(link, 5) == b"12345"
    with pytest.raises(ValueError, match="larger than 4 bytes"):
        read_plain(path, 4)
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "none", 5)


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["identify", "--file", str(NATIVE), "--model", "PIPE"], 7),
        (["identify", "--file", "PIPE"], 1),
        (["identify", "--file", str(NATIVE), "--store", "PIPE"], 1),
        (["records", "verify", "--store", "PIPE"], 1),
        (["info", "--port", "sim:flash=PIPE"], 1),
        (["info", "--port", "sim:replay=PIPE"], 1),
    ],
    ids=str,
)
def test_a_shell_is_not_kept_waiting(arguments: list[str], exit_code: int, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = subprocess.run(
        [sys.executable, "-m", "device.cli.main"]
        + [argument.replace("PIPE", str(pipe)) for argument in arguments],
        capture_output=True, text=True, cwd=ROOT, timeout=30,
        env={**os.environ, "RAMIX_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    assert done.returncode == exit_code, done.stderr
    assert "a named pipe, not a plain file" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_gives_nothing_yet_is_refused_and_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """/proc/kmsg is one; here it is a pipe whose kind is not looked at."""
    monkeypatch.setattr("device.plain_file._require_plain", lambda _mode: None)
    path = tmp_path / "quiet"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    try:
        with pytest.raises(NotAPlainFile, match="without being waited for"):
            read_plain(path, 100)
        with open_plain(path) as stream, pytest.raises(NotAPlainFile):
            stream.read()
    finally:
        os.close(writer)
