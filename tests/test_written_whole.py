"""A file that a command writes is there whole or not at all, also on a disk that is full."""

import ast
import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.cli.main import run_command
from device.durable import check_takes
from device.show.picture import PlotNotWritten, empty_figure, write_picture
from tests.pages import ROOT
from tools.man_pages import write_pages

PURE = str(ROOT / "data" / "solvents13" / "components" / "Toluene.txt")
LAMP = str(ROOT / "data" / "charisma785" / "Ne_785nm_x20_50ms.txt")
MODEL = ["--model", str(ROOT / "models" / "solvents13-2.ramix")]
# Words with the target as {}, and the exit code. An answer outlives its picture.
WRITERS = {
    "identify": (["identify", "--file", PURE, *MODEL, "--plot", "{}.png"], 0),
    "calibrate": (["calibrate", "--file", LAMP, "--plot", "{}.png"], 0),
    "acquire csv": (["acquire", "--port", f"sim:replay={PURE}", "-o", "{}.csv", "--force"], 1),
    "acquire json": (["acquire", "--port", f"sim:replay={PURE}", "-o", "{}.json", "--force"], 1),
    "method": (["verify-material", "toluene", *MODEL, "--save-method", "{}.json"], 1),
    "link key": (["link-key", "{}.key"], 4),
    "config": (["config", "--write"], 1),
}
OLD = b"what was there"
_LITTLE = 8  # bytes


@contextmanager
def full_disk(most_bytes: int = _LITTLE) -> Iterator[None]:
    """No file of this process grows beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files_of(folder: Path) -> dict[str, bytes]:
    found = (one for one in folder.rglob("*") if one.is_file())
    return {str(one.relative_to(folder)): one.read_bytes() for one in found}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("was_there", [False, True])
def test_a_full_disk_leaves_no_part_and_what_was_there(
    writer: str,
    was_there: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    words, code = WRITERS[writer]
    words = [word.format(tmp_path / "target") for word in words]
    if was_there and writer in ("method", "link key", "config"):
        pytest.skip("this one never replaces a file")
    target = next((Path(word) for word in words if word.startswith(str(tmp_path / "target"))), None)
    if was_there and target is not None:
        target.write_bytes(OLD)
    with full_disk():
        assert run_command([*words, "--json"]) == code
    told = "".join(capsys.readouterr())
    assert "File too large" in told and "unexpected" not in told
    assert files_of(tmp_path) == ({target.name: OLD} if was_there and target else {})


@pytest.mark.parametrize("writer", WRITERS)
def test_with_room_each_of_them_writes(
    writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    assert run_command([word.format(tmp_path / "target") for word in WRITERS[writer][0]]) == 0
    (written,) = files_of(tmp_path).values()
    assert len(written) > _LITTLE


def test_man_pages_are_whole_or_not_there(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(OSError, match="too large"):
        write_pages(tmp_path)
    assert files_of(tmp_path) == {}


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_picture_is_drawn_before_its_file_is_begun(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture.{ending}"
    path.write_bytes(OLD)
    with full_disk(100), pytest.raises(PlotNotWritten, match="too large"):
        write_picture(empty_figure(2.0, 2.0), path)
    assert files_of(tmp_path) == {path.name: OLD}
    write_picture(empty_figure(2.0, 2.0), path)
    assert len(path.read_bytes()) > 100


def test_a_measurement_that_could_not_be_saved_makes_no_light(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # the port does not exist: had it been opened, the exit code would be 3
    with full_disk(100_000):
        words = ["acquire", "--port", "/dev/no-such-port", "-o", str(tmp_path / "a.csv")]
        assert run_command(words) == 1
    assert "a.csv cannot be written: File too large." in capsys.readouterr().err
    assert files_of(tmp_path) == {}


def test_a_folder_that_takes_no_file_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(OSError) as missing:
        check_takes(tmp_path / "no" / "such.csv", 1)
    assert missing.value.errno == errno.ENOENT
    check_takes(tmp_path / "such.csv", 100)
    assert files_of(tmp_path) == {}


# ---- nobody writes otherwise ----

# Where a file is written without `written_whole`, and why it is whole all the same.
OTHERWISE = {
    "device/durable.py": "the stream of written_whole itself",
    "device/link_key_file.py": "removed again where it cannot be finished",
    "device/records/device_key.py": "written under another name, linked when whole",
    "device/cli/spectrum_file.py": "a copy for readers, removed again",
    "device/cli/output.py": "the null device",
    "device/field_library/store.py": "under its lock, renamed when whole",
    "device/simulated/flash_file.py": "renamed when whole",
    "device/simulated/truth.py": "lines appended",
    "device/export/pdf.py": "into memory",
    "device/show/picture.py": "into memory, then written_whole",
}


def writes_of(source: str) -> list[int]:
    """Lines that open a file for writing, or write one by name."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        modes = [
            one.value
            for one in (*node.args, *(word.value for word in node.keywords if word.arg == "mode"))
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        opens = name in ("open", "fdopen") and any(set("wax") & set(mode) for mode in modes)
        if opens or name in ("write_text", "write_bytes", "savefig"):
            found.append(node.lineno)
    return found


def test_no_file_is_written_in_place() -> None:
    writers = {
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "device").rglob("*.py"))
        if writes_of(path.read_text(encoding="utf-8"))
    }
    assert writers == set(OTHERWISE)


@pytest.mark.parametrize(
    "planted",
    ["path.write_text('x')", "path.open('w')", "open(path, mode='ab')", "figure.savefig(path)"],
)
def test_one_that_did_would_be_found(planted: str) -> None:
    assert writes_of(planted) == [1]
    assert writes_of("path.open('rb'); open(path)") == []
