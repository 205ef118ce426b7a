"""Draws the screen's pictures of docs/: `python -m tests.make_screenshots [FOLDER]`.

With a folder, every state at both sizes, light and dark, for a look at all of them.
"""

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from device.screen.server import Screen
from tests.chromium import LAPTOP, SMALL, browser, context, phase
from tests.screens import bench_of, running

ROOT = Path(__file__).resolve().parent.parent
SCENES = ROOT / "tests" / "fixtures" / "screen_scenes.toml"
VERDICTS = ("identified", "partial", "unknown", "no-result")
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
            path = ROOT / "docs" / f"screen-{verdict}-{size}.png"
            page.screenshot(path=path)
            shrunk(path)


def of_every_state(screen: Screen, chromium: Browser, folder: Path) -> None:
    pages = {
        f"{size[0]}-{'dark' if dark else 'light'}": context(chromium, size, dark=dark).new_page()
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
        page.goto(screen.url)
    all_at("ready")
    take("ready")
    bench = bench_of(screen)
    first, key = next(iter(pages.values())), ""
    for verdict in VERDICTS:
        bench.press_trigger()
        if verdict == "identified":
            all_at("countdown")
            take("countdown")
            phase(first, "measuring")
            take("measuring")
            all_at("result")
        first.wait_for_selector(f"article.card:not([data-key='{key}'])")
        key = str(first.get_attribute("article.card", "data-key"))
        for page in pages.values():
            page.wait_for_selector(f"article.card[data-key='{key}']")
        for page in pages.values():
            page.wait_for_selector("article.card .u-over", state="attached")
        take(f"card-{verdict}", whole=True)
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
