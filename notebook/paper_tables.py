"""Tables 4 and 5 of the paper, with every rate by its definition and an interval on it."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evidence.tallies import percent
from notebook.paper_printed import COMPONENT_UL, COMPOUNDS, COUNTS, DOSAGES, SAMPLES
from notebook.paper_printed import truth as printed_truth
from notebook.regression import errors, r_squared, rescaled
from train.network.evaluate import Proportion
from train.pages.table import Table

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Data = dict[str, Any]

_RATES = ("TPR", "TNR", "PPV", "NPV", "accuracy")
_PAPER = "paper, printed (6 real samples)"


def exact_by_sample(
    samples: npt.NDArray[np.int64], truth: Floats, named: dict[str, Bools]
) -> tuple[Table, Data]:
    """All four presences right, by sample."""
    rows, data = [], {}
    for label, answer in named.items():
        right = (answer == (truth > 0)).all(axis=1)
        parts = [right[samples == number] for number in range(len(SAMPLES))]
        every = [Proportion(int(p.sum()), len(p)) for p in (*parts, right)]
        rows.append((label, *(percent(p) for p in every)))
        data[label] = {name: p.to_json() for name, p in zip((*SAMPLES, "all"), every, strict=True)}
    table = Table(
        "All four compounds right, simulated S1-S6",
        ("network", *SAMPLES, "all"),
        tuple(rows),
        (
            "Int8 files through the device's own inference; frames of the simulated analyzer, over "
            "the protocol. Every frame has liquids of its own: relative intensities and widths "
            "within +-20%, each liquid's axis within +-3 cm-1 of the line table, Voigt lines.",
            "The paper normalises only; here every network gets the device's one preprocessing "
            "(moving-average high-pass, then scaling), so its baselines hurt less than they did.",
            "Same architecture, batches and steps for all; M, N and D are ours, the paper prints "
            "none. The liquids are literature lines: nothing here was measured on a bottle.",
            "In brackets: 95% Wilson interval and n.",
        ),
    )
    return table, data


def classification(truth: Floats, named: dict[str, Bools]) -> tuple[Table, Data]:
    """Table 4: counts and rates of each compound."""
    rows: list[tuple[str, ...]] = []
    data: Data = {}
    for column, compound in enumerate(COMPOUNDS):
        rows.append((compound, _PAPER, *_cells(COUNTS[compound])))
        for label, answer in named.items():
            there, said = truth[:, column] > 0, answer[:, column]
            counts = (
                int((there & said).sum()),
                int((there & ~said).sum()),
                int((~there & said).sum()),
                int((~there & ~said).sum()),
            )
            rows.append((compound, label, *_cells(counts)))
            data.setdefault(label, {})[compound] = list(counts)
    table = Table(
        "Table 4: classification by compound",
        ("compound", "network", "TP", "FN", "FP", "TN", *_RATES, "F1"),
        tuple(rows),
        (
            "TPR = TP/(TP+FN), TNR = TN/(TN+FP), PPV = TP/(TP+FP), NPV = TN/(TN+FN). The paper "
            "prints a TNR of 0.50 and 0.33 where its own counts give 1.00: that TNR is wrong, and "
            "the row here is computed from its counts.",
        ),
    )
    return table, data


def rates(counts: tuple[int, int, int, int]) -> tuple[dict[str, Proportion], float]:
    """The five proportions and F1 of (TP, FN, FP, TN)."""
    tp, fn, fp, tn = counts
    found = (
        Proportion(tp, tp + fn),
        Proportion(tn, tn + fp),
        Proportion(tp, tp + fp),
        Proportion(tn, tn + fn),
        Proportion(tp + tn, sum(counts)),
    )
    return dict(zip(_RATES, found, strict=True)), 2 * tp / max(1, 2 * tp + fp + fn)


def dosages(samples: npt.NDArray[np.int64], ratios: dict[str, Floats]) -> tuple[Table, Data]:
    """Table 5: mean and spread of each dosage in microlitres."""
    rows: list[tuple[str, ...]] = []
    data: Data = {}
    for number, (name, (present, _)) in enumerate(SAMPLES.items()):
        true = tuple(f"{COMPONENT_UL * (c in present):.0f}" for c in COMPOUNDS)
        rows.append((name, "truth", *true))
        rows.append((name, _PAPER, *(f"{COMPONENT_UL * v:.0f}" for v in DOSAGES[number])))
        for label, found in ratios.items():
            part = COMPONENT_UL * found[samples == number]
            mean, spread = part.mean(axis=0), part.std(axis=0)
            cells = (f"{m:.0f} ± {s:.0f}" for m, s in zip(mean, spread, strict=True))
            rows.append((name, label, *cells))
            data.setdefault(label, {})[name] = [round(float(m), 2) for m in mean]
    table = Table(
        "Table 5: dosages in ul (mean ± standard deviation over the repeats)",
        ("sample", "network", *COMPOUNDS),
        tuple(rows),
        (
            "Ratio x 200 ul. For the relative target and for the product 200 ul is the largest "
            "component; equal parts are meant as equal heights of the pures.",
        ),
    )
    return table, data


def dosage_errors(truth: Floats, by_area: Floats, ratios: dict[str, Floats]) -> tuple[Table, Data]:
    """MSE, MAE and R2, raw and with each row divided by its largest."""
    rows, data = [], {}
    every = {_PAPER: (DOSAGES, printed_truth())} | {k: (v, truth) for k, v in ratios.items()}
    for label, (found, true) in every.items():
        for how, values in (("as it is", found), ("rows rescaled", rescaled(found))):
            e = errors(values, true)
            low, high = e.r2_interval
            area = r_squared(rescaled(values), rescaled(by_area)) if label in ratios else None
            rows.append(
                (
                    label,
                    how,
                    f"{e.mse:.4f}",
                    f"{e.mae:.3f}",
                    f"{COMPONENT_UL * e.mae:.1f}",
                    f"{e.r2:.3f} ({low:.3f}-{high:.3f}, n={len(true)})",
                    ", ".join(f"{value:.2f}" for value in e.r2_by_compound),
                    "-" if area is None or how == "as it is" else f"{area:.3f}",
                )
            )
            data[f"{label}, {how}"] = e.to_json() | {"r2_by_area_rescaled": area}
    table = Table(
        "What the target costs: errors of the dosages",
        ("network", "dosages", "MSE", "MAE", "MAE / ul", "R2", "R2 by compound", "R2 by area"),
        tuple(rows),
        (
            "[0.1, 0, 0, 0.1] and [0.7, 0, 0, 0.7] are one and the same normalised spectrum with "
            "two labels: an absolute target can only be answered with their mean. Rescaling each "
            "row by its own largest value gives back what can be given back.",
            "The truth is 1 for every component, of spectra scaled to unit maximum after their "
            "lines were perturbed, so a strongest line that came out 20% high makes everybody "
            "wrong. R2 by area: if equal amounts mean equal areas under all lines instead.",
            "R2: in brackets the 95% bootstrap interval over n frames (the paper's six rows "
            "included, where it means little).",
        ),
    )
    return table, data


def draw_dosages(samples: npt.NDArray[np.int64], ratios: dict[str, Floats], path: Path) -> None:
    """One panel a sample: boxes of each network's dosages by compound, crosses for the paper."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(13.0, 7.0), dpi=110, layout="constrained")
    FigureCanvasAgg(picture)
    panels = picture.subplots(2, 3, sharey=True)
    width = 0.8 / len(ratios)
    colours = ("#D55E00", "#E69F00", "#0072B2", "#009E73")
    for number, (panel, name) in enumerate(zip(panels.flat, SAMPLES, strict=True)):
        for place, (label, found) in enumerate(ratios.items()):
            at = np.arange(len(COMPOUNDS)) - 0.4 + width * (place + 0.5)
            boxes = panel.boxplot(
                COMPONENT_UL * found[samples == number],
                positions=at,
                widths=0.8 * width,
                patch_artist=True,
                showfliers=False,
                medianprops={"color": "black"},
            )
            for box in boxes["boxes"]:
                box.set_facecolor(colours[place])
            panel.plot([], [], color=colours[place], linewidth=6, label=label)
        panel.plot(COMPONENT_UL * DOSAGES[number], "kx", markersize=9, label=_PAPER)
        panel.set_title(f"{name}: {' + '.join(sorted(SAMPLES[name][0]))}", fontsize=10)
        panel.set_xticks(range(len(COMPOUNDS)), COMPOUNDS)
        panel.axhline(COMPONENT_UL, color="#999999", linewidth=0.8, linestyle="--")
        panel.set_ylim(-10, 1.15 * COMPONENT_UL)
    for panel in panels[:, 0]:
        panel.set_ylabel("dosage / ul")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)
    picture.savefig(path, metadata={"Software": None})


def _cells(counts: tuple[int, int, int, int]) -> tuple[str, ...]:
    found, f1 = rates(counts)
    return (*(str(count) for count in counts), *(percent(p) for p in found.values()), f"{f1:.3f}")
