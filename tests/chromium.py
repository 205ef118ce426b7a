"""Debian's Chromium without a window, for the tests of the screen and for its pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PROGRAM = Path("/usr/bin/chromium")
SMALL, LAPTOP = (480, 800), (1280, 800)
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(PROGRAM), args=list(_QUIET))
        try:
            yield started
        finally:
            started.close()


def context(
    of: Browser, size: tuple[int, int], *, dark: bool = False, language: str = "en-GB"
) -> BrowserContext:
    """A fresh set of cookies; motion is reduced, so that pictures are the same each time."""
    made = of.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        locale=language,
        reduced_motion="reduce",
    )
    made.set_default_timeout(15_000)
    return made


def phase(page: Page, name: str) -> None:
    """Wait until the page shows this state."""
    page.wait_for_selector(f"body[data-phase={name}]", state="attached")
