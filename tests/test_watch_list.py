"""A listed compound is told when it is named, and when it cannot be excluded."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.answer.asked import Asked
from device.answer.identifier import Answer
from device.answer.result import result_json
from device.answer.watch import CANNOT_BE_EXCLUDED, NAMED, NOT_ABOVE, watch_json
from device.cli.main import run_command
from device.cli.watch_file import WatchList, WatchListError, parse_watch_list
from device.inference.manifest import Compound
from device.show.card import CardStyle, card
from device.spectra.reason import Reason
from device.verdict.identification import Verdict
from tests.sample_answers import TOLUENE, answer, no_result

PURE = "data/solvents13/components/Toluene.txt"
NAMES = ("toluene", "aniline", "pyridine", "o-xylene")
COMPOUNDS = tuple(Compound(name, "", (), "", None, None, "") for name in NAMES)
TWINS = Reason("a_or_b", "Either.", "Longer.", ("toluene", "o-xylene"), 1.0)


def watched(one: Answer, limits: tuple[float, ...] | None = None) -> Answer:
    found = one.identification
    if limits is not None:
        found = replace(found, limiting_shares=np.array(limits))
    return replace(
        one, identification=found, compounds=COMPOUNDS, asked=Asked(watch=NAMES, above=0.05)
    )


def seen(one: Answer) -> dict[str, str]:
    return {entry["name"]: entry["seen"] for entry in watch_json(one)}


def test_named_is_told_and_so_is_what_the_limit_does_not_exclude() -> None:
    one = watched(answer(components=(TOLUENE,)), (0.01, 0.02, 0.14, np.inf))
    assert seen(one) == {
        "toluene": NAMED,
        "aniline": NOT_ABOVE,
        "pyridine": CANNOT_BE_EXCLUDED,
        "o-xylene": CANNOT_BE_EXCLUDED,
    }
    text = card(result_json(one), style=CardStyle(colour=True))
    assert text.count("WATCH LIST:") == 3
    assert "would show only above 14 %" in text
    red = [line for line in text.splitlines() if "WATCH LIST:" in line]
    assert all("\x1b[1;37;41m" in line for line in red)


@pytest.mark.parametrize(
    "one", [no_result(), answer(Verdict.UNKNOWN, (), 1.0, ())], ids=["no_result", "unknown"]
)
def test_where_nothing_was_decided_nothing_is_excluded(one: Answer) -> None:
    assert set(seen(watched(one)).values()) == {CANNOT_BE_EXCLUDED}


def test_one_of_two_that_cannot_be_told_apart_is_not_excluded() -> None:
    one = watched(answer(Verdict.PARTIAL, (), 1.0, (TWINS,)), (0.01, 0.01, 0.01, 0.01))
    assert seen(one)["toluene"] == seen(one)["o-xylene"] == CANNOT_BE_EXCLUDED
    assert seen(one)["aniline"] == NOT_ABOVE


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"methanol\n\n# all\n71-36-3  # it\nmethanol\n", WatchList(("methanol", "71-36-3"))),
        (b"\xef\xbb\xbfmethanol\r\n", WatchList(("methanol",))),
        (b'watch = ["methanol", "EDC"]\nabove = 0.02\n', WatchList(("methanol", "EDC"), 0.02)),
    ],
)  # fmt: skip
def test_both_forms_are_read(data: bytes, expected: WatchList) -> None:
    assert parse_watch_list(data, "list") == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# nothing\n",
        b"\xff\xfe",
        b"watch = 3\n",
        b"watch = [1]\n",
        b'watch = ["a"]\nabove = 2\n',
        b'watch = ["a"]\nabove = true\n',
        b'watch = ["a"]\nother = 1\n',
        b"watch = [\n",
        b"tol\x1buene\n",
        b"a\n" * 60_000,
        b"\n".join(b"%d" % n for n in range(600)),
    ],
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(WatchListError):
        parse_watch_list(data, "list")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_one_sentence(data: bytes) -> None:
    try:
        assert parse_watch_list(data, "list").names
    except WatchListError as error:
        assert error.text.endswith(".")


def test_a_list_is_in_answer_and_record(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    wanted, store = tmp_path / "list.txt", tmp_path / "r.sqlite"
    wanted.write_text("toluol\n67-56-1\n")
    where = ["--watch-list", str(wanted), "--model", "models/solvents13-2.ramix"]
    port = ["--port", f"sim:replay={PURE}", "--store", str(store)]
    assert run_command(["identify", *port, *where, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["watch"]] == ["Toluene", "methanol"]
    assert told["watch"][0]["seen"] == NAMED
    assert run_command(["records", "show", "1", "--store", str(store)]) == 0
    assert "WATCH LIST: Toluene is there" in capsys.readouterr().out


def test_a_compound_that_could_never_be_seen_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wanted = tmp_path / "list.txt"
    wanted.write_text("sarin\n")
    assert run_command(["identify", "--file", PURE, "--watch-list", str(wanted)]) == 1
    assert "has no sarin" in capsys.readouterr().err
