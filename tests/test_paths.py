"""Whatever stands at a path that was named: one sentence and an exit code, of every option."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.cli.main import run_command
from device.inference.trust import SigningKey
from device.installation import default_model_path, settings_paths
from tests.record_exhibits import COUNTS
from tests.record_stores import filled

SPECTRUM = str(COUNTS)
MODEL = str(default_model_path())
EMPTY = "sim:scene=empty"
Words = Callable[[str], list[str]]

# What stands at the path, and words of the sentence about it; empty: those of the system.
KINDS = {
    "loop": "leads to itself",
    "through a loop": "",
    "below a file": "",
    "too long": "too long",
    "zero byte": "zero byte",
    "folder": "",
    "forbidden": "",
    "pipe": "",
    "device": "",
}
READ: dict[str, Words] = {
    "spectrum": lambda p: ["identify", "--file", p],
    "blank": lambda p: ["identify", "--file", SPECTRUM, "--blank", p],
    "model": lambda p: ["identify", "--file", SPECTRUM, "--model", p],
    "model info": lambda p: ["model", "info", p],
    "watch list": lambda p: ["identify", "--file", SPECTRUM, "--watch-list", p],
    "method": lambda p: ["verify-material", "--file", SPECTRUM, "--method", p],
    "trust": lambda p: ["trust", "install", p],
    "link key": lambda p: ["simulate", "--tcp", "127.0.0.1:0", "--scene", "empty", "--key-file", p],
    "recording": lambda p: ["simulate", "--replay", p],
    "calibration page": lambda p: ["calibrate", "--port", EMPTY, "--restore", p],
    "store listed": lambda p: ["records", "list", "--store", p],
    "store shown": lambda p: ["records", "show", "1", "--store", p],
    "store verified": lambda p: ["records", "verify", "--store", p],
    "events": lambda p: ["records", "events", "--store", p],
    "noted head": lambda p: ["records", "verify", "--store", "good.sqlite", "--expect", p],
    "package": lambda p: ["records", "import", p],
    "person's key": lambda p: ["records", "sign", "1", "--store", "good.sqlite", "--key", p,
                               "--name", "A", "--meaning", "reviewed"],
    "recalled": lambda p: ["records", "reidentify", "--all", "--store", "good.sqlite",
                           "--model", p],
    "explained": lambda p: ["explain", "1", "--store", p],
    "certificate": lambda p: ["serve", "--port", EMPTY, "--tls-cert", p, "--tls-key", p],
}  # fmt: skip
WRITTEN: dict[str, Words] = {
    "store": lambda p: ["identify", "--file", SPECTRUM, "--store", p],
    "store of a measurement": lambda p: ["run", "--port", EMPTY, "--triggers", "1", "--store", p],
    "acquired": lambda p: ["acquire", "--port", EMPTY, "-o", f"{p}/x.csv"],
    "plot": lambda p: ["identify", "--file", SPECTRUM, "--plot", f"{p}/x.png"],
    "new link key": lambda p: ["link-key", f"{p}/x"],
    "export": lambda p: ["records", "export", "1", "--store", "good.sqlite", "--out", f"{p}/x.csv"],
    "export of the store": lambda p: ["records", "export-store", f"{p}/x", "--store",
                                      "good.sqlite"],
    "package": lambda p: ["records", "package", "1", "--store", "good.sqlite", "--out",
                          f"{p}/x.rrp"],
    "truths": lambda p: ["simulate", "--scene", "empty", "--truth", f"{p}/x"],
    "flash": lambda p: ["simulate", "--scene", "empty", "--flash", f"{p}/x"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    filled(tmp_path / "good.sqlite", 1)
    monkeypatch.chdir(tmp_path)
    yield
    for one in tmp_path.rglob("forbidden"):
        one.chmod(0o700)


def place(folder: Path, kind: str) -> str:
    """The path with this at it."""
    at = folder / "at"
    if kind in ("loop", "through a loop"):
        at.symlink_to(at)
    if kind == "below a file":
        at.write_text("x")
    if kind in ("through a loop", "below a file"):
        return str(at / "inside")
    if kind == "too long":
        return str(folder / ("n" * 300))
    if kind == "zero byte":
        return f"{folder}/a\0b"
    if kind == "folder":
        at.mkdir()
    if kind == "forbidden":
        at = folder / "forbidden"
        at.mkdir()
        at.chmod(0)
        return str(at / "inside")
    if kind == "pipe":
        os.mkfifo(at)
    return "/dev/full" if kind == "device" else str(at)


def one_sentence(capsys: pytest.CaptureFixture[str], words: list[str]) -> str:
    code = run_command(words)
    told = capsys.readouterr().err
    assert code in (1, 2, 4, 7), (code, told)
    for wrong in ("unexpected", "Errno", "Error)", "Traceback"):
        assert wrong not in told, told
    assert told.count("Error: ") == 1, told
    return told


def skip_for_root(kind: str) -> None:
    if kind == "forbidden" and _reads_everything():
        pytest.skip("this user may read everything")


def _reads_everything() -> bool:
    """Root, unless that capability was taken from it (CAP_DAC_OVERRIDE, bit 1)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return os.geteuid() == 0
    effective = next(one for one in status.read_text().splitlines() if one.startswith("CapEff"))
    return bool(int(effective.split()[1], 16) & 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("option", READ)
def test_what_cannot_be_read_is_one_sentence(
    option: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skip_for_root(kind)
    if (option, kind) == ("spectrum", "folder"):
        return  # its files are answered: there are none
    told = one_sentence(capsys, READ[option](place(tmp_path, kind)))
    assert KINDS[kind] in told, told


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("folder", "pipe")])
@pytest.mark.parametrize("option", WRITTEN)
def test_what_cannot_be_written_is_one_sentence(
    option: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skip_for_root(kind)
    one_sentence(capsys, WRITTEN[option](place(tmp_path, kind)))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "zero byte"])
def test_a_log_that_cannot_be_kept_is_one_warning_and_no_end(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skip_for_root(kind)
    words = ["identify", "--port", EMPTY, "--no-store", "--budget", "1", "--log-file"]
    assert run_command([*words, place(tmp_path, kind)]) == 11
    told = capsys.readouterr().err
    assert "no log is kept" in told and "Errno" not in told and KINDS[kind] in told


@pytest.mark.parametrize("kind", ["loop", "below a file", "too long", "pipe", "device"])
@pytest.mark.parametrize(
    "words",
    [
        ["identify", "--port", EMPTY, "--budget", "1"],
        ["records", "list"],
        ["library", "list"],
        ["config"],
    ],
    ids=lambda words: words[0],
)
def test_a_home_that_is_none_is_one_sentence_or_an_empty_home(
    words: list[str],
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RAMIX_HOME", place(tmp_path, kind))
    code = run_command(words)
    told = capsys.readouterr().err
    assert code in (0, 1, 4) and "unexpected" not in told and "Error)" not in told, (code, told)


def test_a_setting_with_a_zero_byte_is_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = settings_paths()[-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('[all]\nstore = "a\\u0000b"\n')
    assert "zero byte" in one_sentence(capsys, ["records", "list"])


def test_a_persons_key_is_not_taken_for_the_devices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rsa.pem").write_text("no key")
    words = ["records", "sign", "1", "--store", "good.sqlite", "--key", "rsa.pem"]
    told = one_sentence(capsys, [*words, "--name", "A", "--meaning", "reviewed"])
    assert "device key" not in told and "Ed25519" in told
    (tmp_path / "rsa.pem").write_bytes(SigningKey.generate().to_pem())
    assert run_command([*words, "--name", "A", "--meaning", "reviewed"]) == 0


def test_a_name_that_is_no_text_is_one_sentence_where_a_store_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if sys.getfilesystemencoding() != "utf-8":
        pytest.skip("any bytes are text here")
    words = ["records", "export-store", os.fsdecode(bytes(tmp_path) + b"/\xff"), "--store"]
    assert "no text" in one_sentence(capsys, [*words, "good.sqlite"])
