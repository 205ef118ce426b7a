"""The page of a validation: report.md with its tables, and a picture of everything wrong.

No clock and no path of this machine stands in it: the same spectra give the same page.
Next: `scores.py`, what the numbers are.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from device.answer.answer import Answer
from device.durable import written_whole
from device.inference.bundle import Bundle
from device.show.picture import PlotUnavailable
from device.show.plot import plot
from firmware_bridge.errors import CallerError
from train.pages.drawing import COLOURS, GREY, canvas, save
from train.pages.table import markdown
from train.validation.outcomes import Outcome
from train.validation.score_tables import tables_of
from train.validation.scores import Scores

REPORT, AMOUNTS = "report.md", "amounts.png"
_MISS = "miss-"


class ReportNotWritten(CallerError):
    """The folder does not take the report."""

    code = "report_not_written"
    default_remedy = "Name another folder with --out."


class Report:
    """A folder that takes the pictures one by one, then the page.

    Raises:
        PlotUnavailable: matplotlib is not installed; said before anything is identified.
        ReportNotWritten: the folder cannot be made or written to.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import matplotlib  # noqa: F401
        except ImportError as error:
            raise PlotUnavailable("Drawing needs matplotlib, which is not installed.") from error
        self.folder = folder
        self.pictures: dict[int, str] = {}  # by row of truth.csv
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.glob(f"{_MISS}*.png"):  # of an earlier run: perhaps right today
                old.unlink()
            (folder / AMOUNTS).unlink(missing_ok=True)
        except OSError as error:
            raise _not_written(folder, error) from error

    def draw(self, outcome: Outcome, answer: Answer, bundle: Bundle) -> None:
        """Draw one answer into the folder."""
        stem = re.sub(r"[^\w.-]+", "-", Path(outcome.mixture.file).stem)[:60]
        name = f"{_MISS}{outcome.mixture.row}-{stem}.png"
        try:
            plot(answer, bundle, self.folder / name)
        except OSError as error:
            raise _not_written(self.folder, error) from error
        self.pictures[outcome.mixture.row] = name

    def write(
        self, bundle: Bundle, scores: Scores, outcomes: Sequence[Outcome], notices: Sequence[str]
    ) -> Path:
        """Write the page; returns its path."""
        manifest = bundle.manifest
        lines = [
            f"# {manifest.name} {manifest.version} on {len(outcomes)} mixtures",
            "",
            f"Bundle (SHA-256) `{bundle.sha256}`, through the code that the analyzer runs.",
            "",
            *(f"- {notice}" for notice in notices),
            *([""] if notices else []),
        ]
        for table in tables_of(scores, outcomes):
            lines += markdown(table)
        page = self.folder / REPORT
        try:
            if scores.amounts is not None:
                _draw_amounts(outcomes, self.folder / AMOUNTS)
                lines += ["## Volume fractions", "", f"![volume fractions]({AMOUNTS})", ""]
            lines += self._misses(outcomes)
            with written_whole(page) as stream:
                stream.write("\n".join(lines).encode("utf-8"))
        except OSError as error:
            raise _not_written(self.folder, error) from error
        return page

    def _misses(self, outcomes: Sequence[Outcome]) -> list[str]:
        lines = ["## What is wrong, drawn", ""]
        drawn = [one for one in outcomes if one.mixture.row in self.pictures]
        for one in drawn:
            there = ", ".join([*one.mixture.parts, *one.mixture.outside])
            lines += [f"Row {one.mixture.row}, {one.mixture.file}: {there}.", ""]
            lines += [f"![row {one.mixture.row}]({self.pictures[one.mixture.row]})", ""]
        return lines if drawn else [*lines, "Nothing is.", ""]


def _draw_amounts(outcomes: Sequence[Outcome], path: Path) -> None:
    """Found over true volume fractions with their 90% intervals, a colour for each compound."""
    amounts = [one for outcome in outcomes for one in outcome.amounts]
    figure = canvas(height_inches=5.5)
    axes = figure.subplots()
    axes.plot([0, 100], [0, 100], color=GREY, linewidth=0.8)
    markers = "osv^D"
    for index, name in enumerate(sorted({one.name for one in amounts})):
        own = [one for one in amounts if one.name == name]
        axes.errorbar(
            100 * np.array([one.true for one in own]),
            100 * np.array([one.found for one in own]),
            yerr=100 * np.array([one.half_width for one in own]),
            fmt=markers[index // len(COLOURS) % len(markers)],
            color=COLOURS[index % len(COLOURS)],
            markersize=4,
            linewidth=0.8,
            label=name,
        )
    axes.set_xlabel("volume fraction as prepared / %")
    axes.set_ylabel("volume fraction found, with its 90% interval / %")
    axes.legend(fontsize=8, frameon=False)
    save(figure, path)


def _not_written(folder: Path, error: OSError) -> ReportNotWritten:
    why = error.strerror or str(error)
    return ReportNotWritten(f"The report cannot be written into {folder}: {why}.")
