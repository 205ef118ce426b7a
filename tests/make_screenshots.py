"""Draws the screen's pictures of docs/: `python -m tests.make_screenshots [FOLDER]`.

With a folder, every state at both sizes, light and dark, for a look at all of them.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from device.screen.phases import Dismissed, Phase, View
from device.screen.server import Screen
from device.screen.view_json import view_json
from firmware_bridge.errors import LinkError
from tests.chromium import LAPTOP, SMALL, browser, context, phase
from tests.screens import bench_of, running

ROOT = Path(__file__).resolve().parent.parent
SCENES = ROOT / "tests" / "fixtures" / "screen_scenes.toml"
VERDICTS = ("identified", "partial", "unknown", "no-result")
Take = Callable[..., None]
_COLOURS = 96  # of a picture's palette: a quarter of the bytes, and nothing that is seen


def shrunk(path: Path) -> None:
    from PIL import Image

    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def measured(screen: Screen, page: Page, before: str) -> str:
    """The next scene's card."""
    bench_of(screen).press_trigger()
    page.wait_for_selector(f"article.card:not([data-key='{before}'])")
    page.wait_for_selector("article.card .u-over", state="attached")
    return str(page.get_attribute("article.card", "data-key"))


def of_document(page: Page, name: str) -> None:
    path = ROOT / "docs" / f"screen-{name}.png"
    page.screenshot(path=path)
    shrunk(path)


def of_documents(screen: Screen, chromium: Browser) -> None:
    small, laptop = (context(chromium, size).new_page() for size in (SMALL, LAPTOP))
    for page in (small, laptop):
        page.goto(screen.url)
        phase(page, "ready")
    key = ""
    for verdict in VERDICTS:
        key = measured(screen, small, key)
        laptop.wait_for_selector(f"article.card[data-key='{key}'] .u-over", state="attached")
        for page, size in ((small, "480"), (laptop, "1280")):
            of_document(page, f"{verdict}-{size}")
    small.click(".delivery summary")
    small.select_option("#material-1", "Toluene")
    small.click("#do-verify-begin")
    small.wait_for_selector("#mode strong")
    measured(screen, small, key)
    small.evaluate("scrollTo(0, 0)")
    of_document(small, "delivery-480")


def of_every_state(screen: Screen, chromium: Browser, folder: Path) -> None:
    """At both sizes, light and dark; the small dark one in German, whose words are longer."""
    pages = {
        f"{size[0]}-{'dark' if dark else 'light'}": context(
            chromium, size, dark=dark, language="de-DE" if dark and size == SMALL else "en-GB"
        ).new_page()
        for size in (SMALL, LAPTOP)
        for dark in (False, True)
    }

    def take(name: str, *, whole: bool = False) -> None:
        for which, page in pages.items():
            page.screenshot(path=folder / f"{name}-{which}.png", full_page=whole)

    def all_at(state: str) -> None:
        for page in pages.values():
            phase(page, state)

    for page in pages.values():
        page.set_default_timeout(60_000)  # four pages at once, on a machine that others use
        page.goto(screen.url)
    all_at("ready")
    take("ready")
    bench = bench_of(screen)
    first, key = next(iter(pages.values())), ""
    for verdict in VERDICTS:
        bench.press_trigger()
        first.wait_for_selector(f"article.card:not([data-key='{key}'])")
        key = str(first.get_attribute("article.card", "data-key"))
        for page in pages.values():
            page.wait_for_selector(f"article.card[data-key='{key}']")
        for page in pages.values():
            page.wait_for_selector("article.card .u-over", state="attached")
        take(f"card-{verdict}", whole=True)
        if verdict == "identified":
            of_many(screen, pages, take)
            key = "many"  # what stands there now
    of_passing_states(screen, pages, take)
    delivery(screen, pages, take, key)
    first.click("#do-arm")
    first.wait_for_selector("#do-measure")
    take("armed", whole=True)
    for room in ("history", "check", "settings"):
        for page in pages.values():
            page.click(f"#rooms a[href='#{room}']")
            page.wait_for_selector("main h1")
        first.wait_for_timeout(400)
        take(room, whole=True)
    for page in pages.values():
        page.click("#rooms a[href='#check']")
    first.click("#do-check")
    all_at("checked")
    take("checked", whole=True)
    bench.unplug()
    all_at("reconnecting")
    take("reconnecting")


Pages = dict[str, Page]


def delivery(screen: Screen, pages: Pages, take: Take, before: str) -> None:
    """How a delivery is verified, from the choice to the card; and what a record is saved as."""
    first = next(iter(pages.values()))
    for page in pages.values():
        page.click(".delivery summary")
    take("delivery-choice", whole=True)
    first.select_option("#material-1", "Toluene")
    first.click("#do-verify-begin")
    for page in pages.values():
        page.wait_for_selector("#mode strong")
    take("delivery-begun")
    bench_of(screen).press_trigger()
    for page in pages.values():
        page.wait_for_selector("article.card .judged")
        page.wait_for_selector("article.card .u-over", state="attached")
        page.click(".exports summary")
    take("delivery-card", whole=True)
    first.click("#do-verify-end")
    for page in pages.values():
        phase(page, "ready")


def of_passing_states(screen: Screen, pages: Pages, take: Take) -> None:
    """Those that are over before four pictures are taken, told to the pages by hand."""
    gone = LinkError("The analyzer was unplugged.", remedy="Plug the analyzer in again and retry.")
    for view in (
        View(Phase.NOT_FIT, failure=gone),
        View(Phase.COOLING, seconds_left=9.0, detector_c=-5.0),
        View(Phase.COUNTDOWN, seconds_left=2.0),
        View(Phase.MEASURING, look=1, looks=3, pair=2, pairs=4, margin=0.5, wanted=1.0,
             laser_power_mw=70, integration_time_ms=120.0),
        View(Phase.FAILED, failure=gone),
        View(Phase.ASKING, asked="polystyrene", asked_lit=True),
        View(Phase.CALIBRATING, asked="polystyrene", asked_lit=True),
    ):  # fmt: skip
        screen.desk.board.pin("state", {**view_json(view), **screen.desk.seat.to_json()})
        for page in pages.values():
            phase(page, str(view.phase))
        take(str(view.phase))
    screen.desk.show(Dismissed())
    for page in pages.values():
        page.goto(f"{screen.url.partition('?')[0]}#measure")
        phase(page, "ready")
        page.wait_for_selector(".delivery")


def of_many(screen: Screen, pages: Pages, take: Take) -> None:
    """A card that no sample gives: as many substances as the library has, one with a long name."""
    card = dict(screen.desk.board.content("card"))
    one = card["components"][0]
    long = "1,1'-(2,2,2-trichloroethane-1,1-diyl)bis(4-chlorobenzene)-tetrahydrofuran-adduct"
    names = [long, *(f"substance number {n}" for n in range(2, 14))]
    share = {"volume_fraction": 1 / 13, "volume_fraction_uncertainty": 0.03}
    card["components"] = [{**one, **share, "name": name} for name in names]
    screen.desk.board.pin("card", {**card, "key": "many"})
    screen.desk.board.pin("state", {**screen.desk.board.content("state"), "record_id": "many"})
    for page in pages.values():
        page.wait_for_selector("article.card[data-key='many']")
    take("card-many", whole=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["RAMIX_HOME"] = home  # the self-test looks at the records there
        draw(home)


def draw(home: str) -> None:
    with (
        running(Path(home), f"sim:scenes={SCENES}", budget_s=3.0, countdown_s=2.0) as screen,
        browser() as chromium,
    ):
        if len(sys.argv) > 1:
            folder = Path(sys.argv[1])
            folder.mkdir(parents=True, exist_ok=True)
            of_every_state(screen, chromium, folder)
        else:
            of_documents(screen, chromium)


if __name__ == "__main__":
    main()
