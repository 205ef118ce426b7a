"""The screen twice as large, by keyboard alone, read aloud, and cut off from its station."""

import re
from collections.abc import Iterator

import pytest

from device.screen.phases import Dismissed, Phase, View
from device.screen.server import Screen
from device.screen.view_json import view_json
from firmware_bridge.errors import LinkError
from tests.chromium import PROGRAM, SMALL, browser, context, phase
from tests.make_screenshots import SCENES
from tests.screens import bench_of, count_down_from, running, wait_for

if not PROGRAM.exists():
    pytest.skip("Chromium is not installed", allow_module_level=True)

from playwright.sync_api import Browser, Page, expect

TWICE_AS_LARGE = {"480x800": (240, 400), "1280x800": (640, 400)}  # in pixels of the page
GONE = LinkError("The analyzer was unplugged.")
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAMIX_HOME", str(home))
        with running(home, f"sim:scenes={SCENES}&speed=3", budget_s=1.0) as up:
            count_down_from(up, 0.0)
            yield up


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def page(screen: Screen, chromium: Browser) -> Iterator[Page]:
    made = context(chromium, SMALL)
    tab = made.new_page()
    alarms: list[str] = []
    tab.on("dialog", lambda dialog: alarms.append(dialog.message))
    tab.goto(screen.url)
    tab.wait_for_selector("main h1")
    yield tab
    made.close()
    assert alarms == []


def measured(screen: Screen, page: Page) -> None:
    before = screen.desk.board.content("card").get("key", "")
    bench_of(screen).press_trigger()
    page.wait_for_selector(f"article.card:not([data-key='{before}'])")
    page.wait_for_selector("article.card .u-over", state="attached")


def out_of_sight(page: Page) -> list[str]:
    """What lies beside the page, where nobody scrolls to."""
    return list(
        page.evaluate(
            "[...document.querySelectorAll('body *')].filter(one => { const box ="
            " one.getBoundingClientRect(); return one.offsetParent && box.width && !one.closest("
            "'.heard, .skip') && (box.right > innerWidth + 1 || box.left < -1); })"
            ".map(one => `${one.tagName} ${one.className} ${one.textContent}`.slice(0, 80))"
        )
    )


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
@pytest.mark.parametrize("size", TWICE_AS_LARGE.values(), ids=TWICE_AS_LARGE)
def test_twice_as_large_nothing_is_cut_off_and_what_stops_the_light_is_in_sight(
    screen: Screen, chromium: Browser, size: tuple[int, int], language: str
) -> None:
    made = context(chromium, size, language=language)
    page = made.new_page()
    page.goto(screen.url)
    page.wait_for_selector("main h1")
    for view in (
        View(Phase.NOT_FIT, failure=GONE), View(Phase.READY, notice="back"),
        View(Phase.COOLING, seconds_left=9.0, detector_c=-5.0),
        View(Phase.COUNTDOWN, seconds_left=2.0), View(Phase.LASER_ON, laser_power_mw=70),
        View(Phase.MEASURING, look=1, looks=3, pair=2, pairs=4, margin=0.5, wanted=1.0),
        View(Phase.FAILED, failure=GONE), View(Phase.RECONNECTING, failure=GONE, attempt=3),
        View(Phase.ASKING, asked="calcite", asked_lit=True),
        View(Phase.CALIBRATING, asked="calcite", asked_lit=True),
    ):  # fmt: skip
        screen.desk.board.pin("state", {**view_json(view), **screen.desk.seat.to_json()})
        phase(page, str(view.phase))
        assert out_of_sight(page) == [], view.phase
        if view.laser or view.phase is Phase.COUNTDOWN:
            box = page.locator(".stop").bounding_box()
            assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= size[1]
    screen.desk.pin()
    page.goto(f"{screen.url.partition('?')[0]}#measure")
    measured(screen, page)
    for room in ("measure", "history", "check", "settings"):
        page.evaluate(f"location.hash = '{room}'")
        page.wait_for_selector("main h1")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert out_of_sight(page) == [], room
    made.close()


def test_a_card_is_read_aloud_in_one_sentence(screen: Screen, page: Page) -> None:
    measured(screen, page)
    read = page.locator("#heard")
    assert read.get_attribute("role") == "status"
    verdict = page.inner_text("#verdict")
    expect(read).to_have_text(re.compile(rf"^(DANGER|HAZARD UNKNOWN)\. {verdict}"))
    bench_of(screen).unplug()
    phase(page, "reconnecting")
    expect(read).to_be_empty()
    expect(page.get_by_role("alert").filter(has_text="closed the connection")).to_be_visible()
    bench_of(screen).plug_in()
    phase(page, "ready")


def test_a_page_that_hears_nothing_says_so_and_not_ready(screen: Screen, page: Page) -> None:
    wait_for(screen, lambda: screen.desk.view.phase in (Phase.READY, Phase.RESULT))
    page.goto(f"{screen.url.partition('?')[0]}#measure")
    page.wait_for_selector("main h1")
    screen.desk.show(Dismissed())
    phase(page, "ready")
    expect(page.get_by_role("heading", name="Ready")).to_be_visible()
    page.context.set_offline(True)
    screen._web.streams.end_all()
    expect(page.get_by_role("alert").filter(has_text="No connection")).to_be_visible()
    expect(page.locator("#state")).to_have_text("No connection")
    expect(page.get_by_role("heading", name="Ready")).to_be_hidden()
    expect(page.locator("#do-arm")).to_be_hidden()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Ready")).to_be_visible(timeout=20_000)
    expect(page.locator("#state")).to_have_text("Ready")


def tab_to(page: Page, selector: str) -> None:
    """As somebody without a pointer."""
    for _ in range(80):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached")


def test_every_room_is_used_by_keyboard_alone(screen: Screen, page: Page) -> None:
    tab_to(page, ".sample summary")
    page.keyboard.press("Enter")
    tab_to(page, "#sample")
    page.keyboard.type("drum 7")
    tab_to(page, "#photo")
    wait_for(screen, lambda: screen.desk.seat.about.sample == "drum 7")
    measured(screen, page)
    tab_to(page, "#rooms a[href='#history']")
    page.keyboard.press("Enter")
    tab_to(page, "#search")
    page.keyboard.type("drum 7")
    expect(page.locator(".records li")).to_have_count(1)
    tab_to(page, ".records a")
    page.keyboard.press("Enter")
    page.wait_for_selector("article.card")
    tab_to(page, ".exports summary")
    page.keyboard.press("Enter")
    tab_to(page, "#do-export-json")
    with page.expect_download():
        page.keyboard.press("Enter")
    tab_to(page, "#do-reidentify")
    page.keyboard.press("Enter")
    expect(page.locator("article.card")).to_have_count(2)
    tab_to(page, "#rooms a[href='#check']")
    page.keyboard.press("Enter")
    tab_to(page, "#step-polystyrene")
    page.keyboard.press("Space")
    tab_to(page, "#do-calibrate")
    page.keyboard.press("Enter")
    phase(page, "asking")
    tab_to(page, "#do-cancel")
    page.keyboard.press("Enter")
    phase(page, "ready")
    tab_to(page, "#rooms a[href='#measure']")
    page.keyboard.press("Enter")
    tab_to(page, ".delivery summary")
    page.keyboard.press("Enter")
    tab_to(page, "#material-1")
    page.keyboard.type("Tol")
    tab_to(page, "#do-verify-begin")
    page.keyboard.press("Enter")
    page.wait_for_selector("#mode strong")
    tab_to(page, "#do-verify-end")
    page.keyboard.press("Enter")
    expect(page.locator("#mode strong")).to_have_count(0)
    screen.desk.seat.sign_out()


def test_no_text_of_anybody_becomes_a_part_of_the_page(screen: Screen, page: Page) -> None:
    """Sample, note, a compound's name, a reason, a file's name: all of them are only text."""
    screen.desk.seat.describe(HOSTILE, HOSTILE)
    screen.desk.pin()
    measured(screen, page)
    card = dict(screen.desk.board.content("card"))
    hostile = {"text": HOSTILE, "remedy": HOSTILE, "code": HOSTILE}
    card["components"] = [{**one, "name": HOSTILE, "cas": HOSTILE} for one in card["components"]]
    card |= {"key": HOSTILE, "reasons": [hostile], "notes": [HOSTILE], "level": HOSTILE}
    screen.desk.board.pin("card", card)
    screen.desk.board.pin("state", {**screen.desk.board.content("state"), "record_id": HOSTILE})
    page.wait_for_selector("article.card")
    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    screen.desk.pin()
    page.click("#rooms a[href='#history']")
    expect(page.locator(".records").get_by_text(HOSTILE).first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    screen.desk.seat.sign_out()
