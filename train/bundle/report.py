"""What a training came to, on one page that needs nothing beside it: tables, plots, limits.

No clock and no path stands in it: the same training gives the same page.
Next: `report_plots.py`, its plots; `network/evaluate.py`, its figures.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from device.spectra.reference_spectrum import similarities
from train.bundle import report_plots
from train.library.references import TrainingLibrary
from train.network.evaluate import PRESENCE_THRESHOLD, Figures, predict_int8
from train.recipe import Recipe
from train.spectra.generator import Batch, Generator

_SPECTRA = 2000  # looked at again, for confusions and the reliability of presence
_MOST_PAIRS = 12

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2em auto;padding:0 1em;color:#1a1a1a}
table{border-collapse:collapse;margin:1em 0}td,th{border-bottom:1px solid #ddd;padding:.25em .8em;
text-align:left;vertical-align:top}img{max-width:100%}code{overflow-wrap:anywhere}
.warn{border-left:4px solid #D55E00;padding:.2em 1em;background:#fdf3ec}
"""


def html_report(
    library: TrainingLibrary,
    recipe: Recipe,
    model: bytes,
    figures: Figures,
    price: Mapping[str, Mapping[str, float | None]],
    history: Sequence[Mapping[str, float]],
    bundle: bytes | None,
    shortfall: str = "",
) -> str:
    """The page; `model` is the int8 file, `history` the looks of the training.

    Without a bundle `shortfall` says why there is none, and what to do.
    """
    batch = Generator(library, recipe, recipe.evaluation.seed + 1).batch(_SPECTRA)
    presence, _ = predict_int8(model, batch.inputs)
    alike = similarities(
        library.references.astype(np.float64), library.references.astype(np.float64)
    )
    labelled = batch.presence_weight > 0
    parts = [
        f"<h1>{escape(recipe.name)} {escape(recipe.version)}</h1>",
        *([f'<p class="warn">{escape(shortfall)}</p>'] if shortfall else []),
        _summary(library, recipe, bundle),
        *(f'<p class="warn">{escape(notice)}</p>' for notice in library.notices),
        "<h2>How good it is</h2>",
        "<p>Generated spectra of a seed that did not train, the int8 file through the code the "
        "analyzer runs, the network alone; with 95% Wilson intervals. This shows that the network "
        "learned its generator. It is not accuracy on real samples: measure some mixtures you "
        "know, and let <code>ramix-train validate</code> compare.</p>",
        _table(("what", "value"), _headline(figures)),
        _picture(
            report_plots.proportions(
                {str(count): part for count, part in figures.exact_by_components.items()},
                "components in the mixture",
            ),
            "every compound right, by the number of components",
        ),
        _picture(
            report_plots.proportions(
                figures.exact_by_snr, "SNR: highest Raman peak / noise sd per 1 cm-1"
            ),
            "every compound right, by SNR",
        ),
        "<h2>Compound by compound</h2>",
        _picture(report_plots.compounds(figures.compounds), "recall and precision"),
        "<h2>Mistaken for each other</h2>",
        _confusions(batch, presence, library.names),
        "<h2>References that look alike</h2>",
        _look_alikes(alike, library.names),
        _picture(report_plots.similarity_matrix(alike, library.names), "similarity of references"),
        "<h2>Is a presence of 0.8 there in 8 of 10 spectra?</h2>",
        _picture(
            report_plots.reliability(
                presence[labelled].astype(np.float64), batch.presence[labelled] > 0
            ),
            "presence as said against presence as found",
        ),
        "<h2>What int8 costs</h2>",
        _table(
            ("", *next(iter(price.values()))),
            [(kind, *map(str, row.values())) for kind, row in price.items()],
        ),
        "<h2>How it learned</h2>",
        _picture(report_plots.learning_curve(history), "loss and exact match")
        if history
        else "<p>Not recorded.</p>",
        "<h2>The references</h2>",
        _picture(
            report_plots.spectra(
                library.references.astype(np.float64), library.names, library.grid
            ),
            "reference spectra",
        ),
        _references(library),
    ]
    title = escape(recipe.name)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _summary(library: TrainingLibrary, recipe: Recipe, bundle: bytes | None) -> str:
    training = recipe.training
    signed = (
        "none"
        if bundle is None
        else f"{len(bundle)} bytes, SHA-256 {hashlib.sha256(bundle).hexdigest()}"
    )
    return _table(
        ("", ""),
        [
            ("library", f"{library.title}: {len(library.compounds)} compounds"),
            ("references", f"{library.references_are}; {library.source or 'source not stated'}"),
            ("data licence", library.data_license or "not stated"),
            ("network", f"{recipe.task}, dense layer of {recipe.network.dense}"),
            ("training", f"at most {training.steps} steps of {training.batch}, seed {recipe.seed}"),
            ("bundle", signed),
        ],
    )


def _headline(figures: Figures) -> list[tuple[str, str]]:
    rows = [
        ("every compound right, all spectra", str(figures.exact)),
        ("the same, no foreign signal, every share at least 5%", str(figures.exact_without_traces)),
        ("found of shares below 5%", str(figures.trace_recall)),
        ("nothing named for a foreign signal alone", str(figures.foreign_alone_silent)),
    ]
    if figures.dosage_error is not None:
        rows.append(
            (
                "mean absolute dosage error, present / absent",
                f"{figures.dosage_error} / {figures.dosage_error_absent}",
            )
        )
    return rows


def _confusions(batch: Batch, presence: npt.NDArray[np.float32], names: Sequence[str]) -> str:
    """Pairs where one compound was missed and another named in the same spectrum."""
    named, present = presence >= PRESENCE_THRESHOLD, batch.presence > 0
    labelled = batch.presence_weight > 0
    missed, added = (present & ~named & labelled), (named & ~present & labelled)
    pairs = missed.T.astype(np.int64) @ added.astype(np.int64)
    order = np.argsort(-pairs, axis=None, kind="stable")[:_MOST_PAIRS]
    rows = [
        (names[i], names[k], f"{pairs[i, k]} of {int(present[:, i].sum())}")
        for i, k in (np.unravel_index(flat, pairs.shape) for flat in order)
        if pairs[i, k]
    ]
    if not rows:
        return f"<p>None in {len(presence)} spectra.</p>"
    return _table(("missed", "named instead", "spectra with the missed one"), rows)


def _look_alikes(alike: npt.NDArray[np.float64], names: Sequence[str]) -> str:
    upper = np.triu(alike, k=1)
    order = np.argsort(-upper, axis=None, kind="stable")[: min(_MOST_PAIRS, len(names))]
    rows = [
        (names[i], names[k], f"{upper[i, k]:.2f}")
        for i, k in (np.unravel_index(flat, upper.shape) for flat in order)
        if upper[i, k] > 0
    ]
    if not rows:
        return "<p>None.</p>"
    return _table(("compound", "compound", "similarity (1: the same lines)"), rows)


def _references(library: TrainingLibrary) -> str:
    rows = [
        (
            spec.name,
            spec.cas,
            ", ".join(spec.synonyms),
            spec.hazard,
            "unknown" if spec.response_factor is None else f"{spec.response_factor:.3f}",
        )
        for spec in library.compounds
    ]
    return _table(("compound", "CAS", "synonyms", "hazard", "response factor"), rows)


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{escape(cell)}</th>" for cell in heading)
    head = f"<tr>{titles}</tr>" if any(heading) else ""
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table>{head}{body}</table>"


def _picture(png: bytes, what: str) -> str:
    data = base64.b64encode(png).decode()
    return f'<p><img alt="{escape(what)}" src="data:image/png;base64,{data}"></p>'
