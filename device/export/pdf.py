"""A report of one record as PDF pages of A4, and its curves as a PNG picture.

matplotlib is an optional extra and draws into memory. Next: `account.py`, the words;
`../show/plot.py`, which draws the curves here too.
"""

import io
import textwrap
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any, Final

from device.export.account import Account, account_of, amounts_of
from device.export.errors import ExportUnavailable
from device.export.exhibit import Exhibit
from device.export.photo_pixels import pixels_of
from device.installation import how_to_install
from device.show.plot import draw

_A4_INCHES: Final = (8.27, 11.69)
_PICTURE_INCHES, _DPI = (11.0, 7.0), 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.07, 0.93, 0.955, 0.05  # parts of the page
_LINE: Final = 0.0133  # of the page's height, for text of 8.5 points
_PHOTO_HEIGHT: Final = 0.3  # of the page's; less where the page has less left, down to:
_LEAST_PHOTO_HEIGHT: Final = 0.15
_HEADING: Final = 3 * _LINE
_LETTERS: Final = 108  # in a line of 8.5 points
_COLOURS: Final = {
    "danger": "#b2182b", "warning": "#8a4500", "unknown": "#762a83", "none_known": "#1a1a1a",
}  # fmt: skip


def require_drawing() -> None:
    """
    Raises:
        ExportUnavailable: matplotlib is not installed.
    """
    try:
        import_module("matplotlib")
    except ImportError as error:
        raise ExportUnavailable(
            "PDF and PNG need matplotlib, which is not installed.",
            remedy=f"Install it: {how_to_install('matplotlib')}. HTML needs nothing.",
        ) from error


def png_file(exhibit: Exhibit) -> bytes:
    """The curves alone."""
    require_drawing()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_PICTURE_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    account = account_of(exhibit)
    axes = draw(figure, exhibit.spectrum, exhibit.curves, amounts_of(exhibit))
    axes.set_title(
        _plain(account.title), loc="left", fontsize=16, fontweight="bold",
        color=_COLOURS.get(account.worst, _COLOURS["unknown"]),
    )  # fmt: skip
    axes.set_title(_plain(account.hazard), loc="right", fontsize=10)
    figure.supxlabel(
        _plain(f"record {exhibit.record.record_id}, code {exhibit.record.code}"),
        fontsize=8, x=0.99, ha="right",
    )  # fmt: skip
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": "ramix-edge"})
    return stream.getvalue()


def pdf_file(exhibit: Exhibit) -> bytes:
    """The whole report."""
    require_drawing()
    from matplotlib.backends.backend_pdf import PdfPages

    account = account_of(exhibit)
    name = f"{account.title} - {exhibit.record.record_id}"
    about = {
        "Title": name, "Creator": "ramix-edge", "CreationDate": _stored(exhibit), "Producer": None,
    }  # fmt: skip
    stream = io.BytesIO()
    with PdfPages(stream, metadata=about) as pages:
        page = _Page(pages, name)
        _first_page(page, account, exhibit)
        page.photo(exhibit)
        for heading, rows in account.sections:
            page.heading(heading)
            for label, value in rows:
                page.row(label, value)
        if account.how_to_verify:
            page.heading("How to verify this")
            for text in account.how_to_verify:
                page.text(text)
        page.end()
    return stream.getvalue()


def _first_page(page: "_Page", account: Account, exhibit: Exhibit) -> None:
    colour = _COLOURS.get(account.worst, _COLOURS["unknown"])
    page.text(account.title, size=18.0, bold=True, colour=colour)
    if account.hazard:
        page.text(account.hazard, size=11.0, bold=True, colour=colour)
    page.text(account.headline, size=10.0)
    for note in account.notes:
        page.text(note)
    page.curves(exhibit)
    for heading, texts in (
        ("Hazards, and what to do", account.hazards),
        ("What was asked for", account.asked),
    ):
        if texts:
            page.heading(heading)
            for text in texts:
                page.text(text)
    if account.substances:
        page.heading("Substances")
        for one in account.substances:
            least = f", at least {one.at_least}" if one.at_least else ""
            cas = f"; CAS {one.cas}" if one.cas else ""
            told = f"{one.amount or '-'}{least}; signal {one.signal}; present {one.presence or '-'}"
            page.row(one.name, told + cas)
        page.row("not explained", account.unexplained)
        page.text(f"Amount: {account.amount_means}, with the half-width of its 90% interval.")
    if account.reasons:
        page.heading("Reasons")
        for text, remedy in account.reasons:
            page.text(f"{text} {remedy}")
    if account.nearest:
        page.heading("Nearest, and why not named (log odds)")
        for text in account.nearest:
            page.text(text)


class _Page:
    """Text from top to bottom; a new page where one is full."""

    def __init__(self, pages: Any, name: str) -> None:
        self._pages, self._name, self._number = pages, name, 0
        self._begin()

    def _begin(self) -> None:
        from matplotlib.backends.backend_pdf import FigureCanvasPdf
        from matplotlib.figure import Figure

        self._figure = Figure(figsize=_A4_INCHES)
        FigureCanvasPdf(self._figure)
        self._y = _TOP
        self._number += 1
        foot = _plain(f"{self._name}   page {self._number}   all times UTC")
        self._figure.text(_LEFT, 0.025, foot, fontsize=7, color="#444444")

    def end(self) -> None:
        self._pages.savefig(self._figure)

    def _room(self, height: float) -> None:
        if self._y - height < _BOTTOM:
            self.end()
            self._begin()

    def text(
        self, text: str, *, size: float = 8.5, bold: bool = False, colour: str = "#1a1a1a",
        x: float = _LEFT, letters: int = _LETTERS,
    ) -> None:  # fmt: skip
        for line in textwrap.wrap(text, max(int(letters * 8.5 / size), 10)) or [""]:
            height = _LINE * size / 8.5
            self._room(height)
            self._y -= height
            self._figure.text(
                x, self._y, _plain(line), fontsize=size, color=colour,
                fontweight="bold" if bold else "normal",
            )  # fmt: skip

    def heading(self, text: str) -> None:
        self._room(4 * _LINE)
        self._y -= 0.8 * _LINE
        self.text(text, size=11.0, bold=True)
        self._y -= 0.3 * _LINE

    def row(self, label: str, value: str) -> None:
        """Long names have a line of their own."""
        self._room(_LINE)
        if len(label) > 30:
            self.text(label, bold=True)
        else:
            self._figure.text(
                _LEFT, self._y - _LINE, _plain(label), fontsize=8.5, fontweight="bold"
            )
        self.text(value, x=_LEFT + 0.25, letters=int(_LETTERS * 0.62))

    def curves(self, exhibit: Exhibit) -> None:
        """The drawing, across the page."""
        height = 0.36 if exhibit.curves is not None else 0.28
        self._room(height)
        above, below = 1.0 - self._y + 0.005, self._y - 0.005 - height
        rows = self._figure.add_gridspec(3, 1, height_ratios=[above, height, below])
        part = self._figure.add_subfigure(rows[1, 0])
        draw(part, exhibit.spectrum, exhibit.curves, amounts_of(exhibit))
        part.subplots_adjust(left=0.12, right=0.93, top=0.96, bottom=0.14, hspace=0.08)
        self._y -= height + 0.005

    def photo(self, exhibit: Exhibit) -> None:
        """The sample, as high as a third of a page or as wide as its text, under its heading."""
        photo = exhibit.record.photo
        if photo is None:
            return
        pixels = pixels_of(photo)
        if pixels is not None:
            self._room(_HEADING + _LEAST_PHOTO_HEIGHT)
        self.heading("Photo of the sample")
        if pixels is None:
            self.text("The photo cannot be drawn; the HTML report holds it as it is.")
            return
        self._y -= 0.5 * _LINE
        width, height = _RIGHT - _LEFT, min(_PHOTO_HEIGHT, self._y - _BOTTOM)
        self._y -= height
        axes = self._figure.add_axes((_LEFT, self._y, width, height), anchor="NW")
        axes.imshow(pixels)
        axes.axis("off")


def _plain(text: str) -> str:
    """Text that matplotlib takes for no formula, of letters that its font has."""
    return "".join(letter if _drawn(letter) else "?" for letter in text).replace("$", r"\$")


@cache
def _drawn(letter: str) -> bool:
    from matplotlib.font_manager import findfont, get_font

    return bool(get_font(findfont("DejaVu Sans")).get_char_index(ord(letter)))


def _stored(exhibit: Exhibit) -> datetime:
    """The same record gives the same bytes, whenever it is exported."""
    try:
        return datetime.fromisoformat(exhibit.record.created_utc)
    except ValueError:
        return datetime(2000, 1, 1, tzinfo=UTC)
