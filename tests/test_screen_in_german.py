"""A German page is German: no English sentence on any card of the demo, in no state and no room."""

import re
from collections.abc import Iterator

import pytest

from device.driver.exposure import LaserDropped
from device.screen.phases import Phase, View
from device.screen.server import Screen
from device.screen.view_json import view_json
from device.simulated.scene_list import demo_list
from firmware_bridge.errors import LinkError, RamixError
from firmware_bridge.opcodes import Status
from firmware_bridge.simulator.samples import IDLE_S
from tests.chromium import PROGRAM, SMALL, browser, context, phase
from tests.screens import bench_of, count_down_from, running

if not PROGRAM.exists():
    pytest.skip("Chromium is not installed", allow_module_level=True)

from playwright.sync_api import Page

# Words that no German sentence has, and that hardly an English one lacks.
ENGLISH = re.compile(
    r"\b(the|of|and|is|are|were|with|without|not|no|this|that|these|from|for|it|its|be|by|or|"
    r"has|have|cannot|measure|measured|your|you|at|to|on)\b",
    re.IGNORECASE,
)
# What stays as it is: names, commands and paths; and words that are the same in both.
KEPT = re.compile(
    r"`[^`]*`|ramix[ -][\w -]*|sudo .*|\S*/\S*|--[\w-]+|\bE-?Mail\b|Emergency Response"
)
NAMES = re.compile(r"\S+\.(ramix|sqlite|json)\b")


def english_in(text: str) -> list[str]:
    """The lines with an English word."""
    lines = [NAMES.sub("", KEPT.sub("", line)) for line in text.splitlines()]
    return [line for line in lines if ENGLISH.search(line)]


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAMIX_HOME", str(home))
        with running(home, "sim:scenes=demo&speed=3", budget_s=1.0) as up:
            count_down_from(up, 0.0)
            yield up


@pytest.fixture(scope="module")
def page(screen: Screen) -> Iterator[Page]:
    with browser() as started:
        made = context(started, SMALL, language="de-DE").new_page()
        made.goto(screen.url)
        phase(made, "ready")
        yield made


def told(page: Page) -> str:
    """All that is read or heard, also in folds; without what the library calls its compounds."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    heard = page.evaluate(
        "[...document.querySelectorAll('[alt], [aria-label]')].map(one =>"
        " one.getAttribute('alt') || one.getAttribute('aria-label') || '')"
    )
    return "\n".join([page.inner_text("body"), *heard])


def test_no_card_of_the_demo_holds_an_english_sentence(screen: Screen, page: Page) -> None:
    seen, told_of, key = set(), set(), ""
    for _ in demo_list():
        page.wait_for_timeout(2000 * IDLE_S)  # else no hand has changed the sample meanwhile
        bench_of(screen).press_trigger()
        page.wait_for_selector(f"article.card:not([data-key='{key}'])")
        key = str(page.get_attribute("article.card", "data-key"))
        seen.add(page.get_attribute("article.card", "data-verdict"))
        told_of.add(page.inner_text("article.card h1") + page.inner_text(".why, .reasons"))
        page.wait_for_selector("article.card .u-over", state="attached")
        assert english_in(told(page)) == []
    assert seen >= {"IDENTIFIED", "UNKNOWN", "NO_RESULT"}
    assert len(told_of) == len(demo_list())


def test_no_room_holds_an_english_sentence(screen: Screen, page: Page) -> None:
    for room in ("history", "settings", "check"):
        page.click(f"#rooms a[href='#{room}']")
        page.wait_for_selector("main h1")
        assert english_in(told(page)) == []
    page.click("#do-check")
    phase(page, "checked")
    page.wait_for_selector(".findings li")
    assert english_in(told(page)) == []


@pytest.mark.parametrize(
    "failure",
    [
        LinkError("The analyzer was unplugged."),
        LaserDropped("The laser went off during the exposure.", status=Status.NOT_ARMED),
    ],
    ids=["unplugged", "interlock"],
)
def test_no_state_holds_an_english_sentence(
    screen: Screen, page: Page, failure: RamixError
) -> None:
    for view in (
        View(Phase.NOT_FIT, failure=failure), View(Phase.FAILED, failure=failure),
        View(Phase.RECONNECTING, failure=failure, attempt=3, stranger="X-2"),
        View(Phase.STARTING), View(Phase.COUNTDOWN, seconds_left=2.0),
        View(Phase.COOLING, seconds_left=9.0, detector_c=-5.0),
        View(Phase.MEASURING, look=1, looks=3, pair=2, pairs=4, margin=0.5, wanted=1.0),
        View(Phase.ASKING, asked="calcite", asked_lit=True),
        View(Phase.CALIBRATING, asked="calcite", asked_lit=True),
    ):  # fmt: skip
        screen.desk.board.pin("state", {**view_json(view), **screen.desk.seat.to_json()})
        phase(page, str(view.phase))
        assert english_in(told(page)) == []
    screen.desk.pin()


def test_an_english_sentence_is_found() -> None:
    assert english_in("Bereit\nNo Raman line stands out of the noise.\nGefahr") == [
        "No Raman line stands out of the noise."
    ]
    assert english_in("Schließen: chmod\n`ramix records verify` sagt, seit wann.") == []
