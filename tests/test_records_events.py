"""`ramix records events` and `list` for people: short, as wide as the terminal, times named."""

from pathlib import Path

import pytest

from device.cli.main import run_command
from device.cli.records_events import event_lines
from device.records.content import StoredEvent
from device.records.store import RecordStore
from device.show.style import CardStyle

STYLE = CardStyle(width=64)
ID = "0000014-20261130T004553Z-e00b"


def event(kind: str, problem: str = "", **content: object) -> StoredEvent:
    return StoredEvent(ID, 14, "2026-11-30T00:45:53.120+00:00", kind, content, problem)


def test_an_event_is_when_and_what_and_below_it_what_was_said() -> None:
    model = {"name": "solvents13-2", "version": "1.1.0", "sha256": "ab" * 32}
    start = event("start", by="run", model=model, simulated=True, overrides={}, checks=[1, 2])
    assert event_lines(start, STYLE) == [
        f"{ID}  2026-11-30 00:45:53  start",
        "    by: run; model: solvents13-2 1.1.0; simulated: yes; checks:",
        "    2",
    ]


def test_a_digest_is_told_by_its_first_letters() -> None:
    assert event_lines(event("calibration", page_sha256="0f" * 32), STYLE)[1:] == [
        "    page sha256: 0f0f0f0f0f0f"
    ]


def test_a_long_content_is_cut_and_says_where_the_rest_is() -> None:
    lines = event_lines(event("failed_start", text="word " * 400), STYLE)
    assert len(lines) == 4 and lines[-1] == "    ... (the rest: --json)"
    assert max(map(len, lines)) <= STYLE.width


def test_a_damaged_event_is_never_told_as_if_it_were_what_was_written() -> None:
    lines = event_lines(event("start", "its hash does not fit", by="run"), STYLE)
    assert lines[0].startswith("! ") and lines[1:] == ["    damaged: its hash does not fit"]


def test_no_control_character_of_a_content_is_shown() -> None:
    assert "\x1b" not in "".join(event_lines(event("start", port="\x1b[2J", by=["\x07"]), STYLE))


@pytest.mark.parametrize("verb", ["list", "events"])
def test_the_zone_of_the_times_is_named_and_the_next_page(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.sqlite"
    with RecordStore(path) as store:
        store.append_event("start", {"by": "run"})
    if verb == "list":
        measured(path)
    capsys.readouterr()
    assert run_command(["records", verb, "--store", str(path)]) == 0
    assert capsys.readouterr().err.rstrip() == "Newest first, times in UTC."
    assert run_command(["records", verb, "--store", str(path), "--limit", "1"]) == 0
    assert "Older ones, if any: " in capsys.readouterr().err


def measured(path: Path) -> None:
    assert run_command(["identify", "--port", "sim:scene=empty", "--store", str(path)]) == 11
