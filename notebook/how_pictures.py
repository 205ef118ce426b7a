"""`python -m notebook.how_pictures`: the pictures of docs/how-it-works.md, from recorded files.

Nothing in them is simulated or drawn by hand. Next: `../evidence/decision_page.py`.
"""

from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from device.answer.identifier import Answer, Identifier
from device.answer.proof import proven_identifier
from device.inference.model_source import load_default
from device.show.curves import FitCurves, fit_curves
from device.spectra.files.reading import read_spectrum
from train.pages.drawing import BLUE, COLOURS, GREY, ORANGE, canvas, save

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
MIXTURE = ROOT / "data" / "solvents13" / "mixtures" / "FourSolvent-1.txt"
STRANGER = ROOT / "data" / "wasatch785" / "Diethylether.csv"
_RAMAN_SHIFT, _DARK = "Raman shift (cm$^{-1}$)", "#1a1a1a"
_LABELLED_PART = 0.15  # of the highest point: lines below it get no name


def counts_picture(model: Identifier, path: Path) -> Path:
    """What the camera counts with the laser on and off, and what is left of it by Raman shift."""
    answer = model.identify(read_spectrum(MIXTURE))
    raw = answer.spectrum.raw
    if raw is None:
        raise click.ClickException(f"{MIXTURE.name} holds no counts.")
    figure = canvas(height_inches=6.0)
    above, below = figure.subplots(2, 1)
    above.plot(raw.raw_counts, color=ORANGE, linewidth=0.9, label="laser on")
    above.plot(raw.dark_counts, color=GREY, linewidth=0.9, label="laser off, as long")
    above.set_xlabel("pixel")
    above.set_ylabel("counts")
    above.legend(frameon=False)
    curves = curves_of(model, answer)
    above.set_title("what the camera counts in one second", loc="left", fontsize=11)
    below.plot(curves.wavenumber_cm1, curves.measured, color=_DARK, linewidth=0.9)
    for index, one in enumerate(answer.identification.components):
        _label_lines(below, curves, one.name, COLOURS[index])
    below.set_title("less the dark counts, by Raman shift", loc="left", fontsize=11)
    below.set_xlabel(_RAMAN_SHIFT)
    below.set_ylabel("counts")
    below.set_ylim(top=1.25 * float(np.nanmax(curves.measured)))
    below.legend(frameon=False, loc="upper right")
    return save(figure, path)


def stranger_picture(model: Identifier, path: Path) -> Path:
    """A liquid that is in no library, and the best that all references together make of it."""
    answer = model.identify(read_spectrum(STRANGER))
    curves = curves_of(model, answer)
    figure = canvas(height_inches=4.5)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3.0, 1.0])
    above.plot(
        curves.wavenumber_cm1, curves.measured, color=_DARK, linewidth=0.9,
        label="measured: diethyl ether, which the library does not have",
    )  # fmt: skip
    above.plot(
        curves.wavenumber_cm1, curves.measured - curves.residual, color=BLUE, linewidth=1.1,
        label="the best that the 13 references together make of it",
    )  # fmt: skip
    above.legend(frameon=False)
    above.set_ylabel("intensity")
    below.plot(curves.wavenumber_cm1, curves.residual, color=ORANGE, linewidth=0.9)
    below.set_ylabel("left over")
    below.set_xlabel(_RAMAN_SHIFT)
    return save(figure, path)


def curves_of(model: Identifier, answer: Answer) -> FitCurves:
    """Of the named compounds; of the whole library where none is named."""
    found = answer.identification
    fit = found.fit if found.components else found.full_fit
    if fit is None:
        raise click.ClickException(f"{answer.spectrum.source} was not fitted.")
    references = model.bundle.references.astype(np.float64)
    return fit_curves(answer.gridded, fit, references, list(answer.names))


def _label_lines(axes: Any, curves: FitCurves, name: str, colour: str) -> None:
    """A dot over each of a component's strong lines."""
    own: npt.NDArray[np.float64] = curves.components[name]
    inner = own[1:-1]
    tops = 1 + np.flatnonzero((inner > own[:-2]) & (inner >= own[2:]))
    strong = tops[own[tops] > _LABELLED_PART * own.max()]
    height = curves.measured[strong] + 0.04 * float(np.nanmax(curves.measured))
    axes.plot(
        curves.wavenumber_cm1[strong], height, linestyle="", marker="v", color=colour, label=name
    )


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=DOCS)
def main(out: Path) -> None:
    """Draw both."""
    model = proven_identifier(load_default())
    out.mkdir(parents=True, exist_ok=True)
    for draw, name in ((counts_picture, "how-counts.png"), (stranger_picture, "how-unknown.png")):
        click.echo(f"Drawn: {draw(model, out / name)}")


if __name__ == "__main__":
    main()
