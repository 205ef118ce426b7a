"""docs/guide.md: what stands under its commands is what they print."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from device.cli.main import run_command
from device.installation import default_model_path
from tests.console_pages import Shown, alike, missing, shown_in

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
MOST_LINES = 190  # about one long page of print


def printed_by(command: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on stdout of `ramix`, or of a shell's own command."""
    if not command.startswith("ramix "):
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()
    run_command(shlex.split(command)[1:])
    return capsys.readouterr().out.splitlines()


def test_the_guide_prints_what_its_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not default_model_path().exists():
        pytest.skip("the shipped model has not been built")
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("RAMIX_SELF_TEST_INTERVAL", raising=False)
    monkeypatch.chdir(tmp_path)
    shown = list(shown_in(GUIDE))
    assert len(shown) > 6
    for one in shown:
        printed = printed_by(one.command, capsys)
        wrong = missing(one.lines, printed)
        assert wrong is None, f"$ {one.command}\n{wrong!r} is not where it should be in:\n" + (
            os.linesep.join(printed)
        )


def test_it_stays_one_page_and_has_each_verdict() -> None:
    assert len(GUIDE.splitlines()) <= MOST_LINES
    for verdict in ("IDENTIFIED", "PARTIAL", "UNKNOWN", "NO RESULT"):
        assert re.search(rf"^\| \*\*{verdict}\*\* \|", GUIDE, re.MULTILINE)


def test_what_it_says_when_it_refuses_is_what_the_program_says() -> None:
    quoted = re.findall(r'^\| "([^"]+)" \|', GUIDE, re.MULTILINE)
    assert len(quoted) > 5
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "device").rglob("*.py")]
    # sentences are broken into literals of one line
    joined = re.sub(r'"\s*f?"', "", "\n".join(sources))
    says = re.sub(r"\{[^{}]*\}", "", joined)
    parts = [part.strip() for phrase in quoted for part in phrase.split("…")]
    assert not [part for part in parts if part not in joined and part not in says]
    assert "The laser is on holiday" not in joined


def test_lines_are_alike_but_for_this_runs_names_and_last_digits() -> None:
    assert alike(
        "0000005-20261129T205546Z-9a52  2026-11-29 20:55:46  x",
        "0000005-20270101T000000Z-0001  2027-01-01 00:00:00  x",
    )
    assert alike("ethanol  ███▍··  86 % ±2", "ethanol  ███▎·····  85 % ±2")
    assert not alike("ethanol  ███▍··  86 %", "ethanol  ███▍··  46 %")
    assert not alike("ethanol 86 %", "methanol 86 %")


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (("a", "b", "c"), None),
        (("a", "...", "c"), None),
        (("...", "b", "..."), None),
        (("a", "c"), "c"),
        (("a", "b"), "c"),
        (("...", "d"), "d"),
        (("...", "c", "...", "a"), "a"),
    ],
)
def test_a_line_that_is_not_printed_is_found(lines: tuple[str, ...], wrong: str | None) -> None:
    assert missing(lines, ["a", "b", "c"]) == wrong


def test_commands_and_their_lines_are_read_from_console_blocks_alone() -> None:
    text = "```console\n$ ramix list\nnone\n$ ramix info\n```\n```sh\nramix run\n```\n"
    assert list(shown_in(text)) == [Shown("ramix list", ("none",)), Shown("ramix info", ())]
