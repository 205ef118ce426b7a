"""Which numbers of each figure a model card quotes, taken from the figure's JSON.

One function a figure: its data and the network's label in, rows of (what, result) out.
A number that a figure does not have for this network is left out. Next: `card_evidence.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from device.inference.manifest import Task
from train.network.evaluate import Proportion

Quote = Iterator[tuple[str, str]]
Data = Mapping[str, Any]
Quoting = Callable[[Data, str], Quote]

_GROUPS = {
    "published": "Published mixtures, measured: IDENTIFIED exactly",
    "resampled, inferred_equal": "Measured mixtures, labels inferred: agreement, not accuracy",
    "other instrument, in library": "Pure compounds on another instrument: IDENTIFIED exactly",
}
# Four decimals give back the count: rounding them again could differ in the third.
_EXACT_BELOW = 5000
_OUTSIDE = "other instrument, not in library"


def network_label(task: Task) -> str:
    """What figures call a network."""
    return {Task.PRESENCE: "I", Task.PRESENCE_AND_DOSAGE: "II"}[task]


def proportion_text(part: Mapping[str, Any]) -> str:
    """A proportion that `Proportion.to_json` wrote, as `0.985 (0.957-0.995, n=200)`."""
    if part["n"] < _EXACT_BELOW:
        return str(Proportion(round((part["value"] or 0.0) * part["n"]), part["n"]))
    return f"{part['value']:.3f} ({part['low']:.3f}-{part['high']:.3f}, n={part['n']})"


def _product(label: str) -> str:
    return f"RaMixNet {label} and library fit"


def _share(rows: Sequence[Any], hit: Callable[[Any], bool]) -> str:
    return str(Proportion(sum(map(hit, rows)), len(rows)))


def _falsely_named(row: Data) -> bool:
    return not set(row["named"]) <= set(row["present"])


def measured(data: Data, label: str) -> Quote:
    rows = data.get(_product(label), [])
    for group, what in _GROUPS.items():
        part = [row for row in rows if row["group"] == group]
        if part:
            yield what, _share(part, lambda row: row["agrees"])
    outside = [row for row in rows if row["group"] == _OUTSIDE]
    if outside:
        yield (
            "Liquids and solids outside the library: called IDENTIFIED",
            _share(outside, lambda row: row["verdict"] == "IDENTIFIED"),
        )
        yield "The same: given any name", _share(outside, lambda row: bool(row["named"]))


def sums(data: Data, label: str) -> Quote:
    rows = data.get(_product(label), [])
    for kind in dict.fromkeys(row["kind"] for row in rows):
        part = [row for row in rows if row["kind"] == kind]
        what = f"Measured spectra added together, {kind}"
        if part[0]["foreign"]:
            identified = _share(part, lambda row: row["verdict"] == "IDENTIFIED")
            yield f"{what}: called IDENTIFIED", identified
        else:
            yield f"{what}: all named", _share(part, lambda row: row["named"] == row["present"])
        false = _share(part, _falsely_named)
        yield f"{what}: given a false name", false


def worsened(data: Data, label: str) -> Quote:
    for condition, found in data.get(_product(label), {}).items():
        if found["mixtures_exact"]["n"]:  # of a library that has measured mixtures
            yield (
                f"Measured mixtures, {condition}: all components and nothing else",
                _part(found, "mixtures_exact"),
            )


def unequal(data: Data, label: str) -> Quote:
    tallies = data["pures" if "pures" in data else "measured pures"]
    if _product(label) not in tallies:
        return
    found, rival = tallies[_product(label)], tallies["least squares, 3%"]
    counts = _component_counts(found, "1-4")
    yield f"Unequal mixtures, {counts} components of 8% and more, SNR 100", _exact(found)
    yield (
        "The same: mean absolute error of a share (least squares beside it)",
        f"{100 * found['share_error']:.2f}% ({100 * rival['share_error']:.2f}%) over n="
        f"{found['recall']['n']} components",
    )


def robustness(data: Data, label: str) -> Quote:
    for condition, tallies in data.items():
        if _product(label) in tallies:
            text = _exact(tallies[_product(label)])
            if "ideal linear detector" in tallies:
                text += f"; ideal detector {_exact(tallies['ideal linear detector'])}"
            counts = _component_counts(tallies[_product(label)], "1-5")
            yield f"{counts} components of 5% and more, {condition}", text


def traces(data: Data, label: str) -> Quote:
    for condition, tallies in data.items():
        if _product(label) in tallies:
            found = tallies[_product(label)]
            recall = proportion_text(found["recall_below_5_percent"])
            yield f"Components of 2-5% that were found, SNR 100, {condition}", recall
            false = proportion_text(found["false_positives"])
            yield "The same: compounds named that are not there", false


def unknowns(data: Data, label: str) -> Quote:
    rows = data[label]["spectra"] if label in data else []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        part = [row for row in rows if row["kind"] == kind]
        identified = _share(part, lambda row: row["verdict"] == "IDENTIFIED")
        if not part[0]["foreign"]:
            yield f"Spectra with {kind}: IDENTIFIED", identified
            continue
        yield f"Foreign signal, {kind}: called IDENTIFIED", identified
        if "20%" in kind:
            partial = _share(part, lambda row: row["verdict"] == "PARTIAL")
            yield f"Foreign signal, {kind}: PARTIAL", partial
        false = _share(part, _falsely_named)
        yield f"Foreign signal, {kind}: given a false name", false


def left_out_frames(data: Data, label: str) -> Quote:
    for kind, found in data.get(label, {}).items():
        if kind == "nothing left out":
            yield "Simulated frames, everything known: IDENTIFIED", _part(found, "identified")
        else:
            what = f"Simulated frames, a compound left out, {kind}"
            yield f"{what}: called IDENTIFIED", _part(found, "identified")
            yield f"{what}: given a false name", _part(found, "falsely_named")


def coverage(data: Data, label: str) -> Quote:
    if data["network"] != label:
        return
    for setting, found in data["shares"].items():
        yield f"90% intervals of shares that hold the truth, {setting}", _part(found, "held")
    for found in data["volumes"].values():
        yield "90% intervals of volume fractions that hold the truth", _part(found, "held")


def reliability(data: Data, label: str) -> Quote:
    if f"product {label}" in data:
        found = data[f"product {label}"]
        n = sum(one["true"]["n"] for one in found["bins"])
        error = found["expected_calibration_error"]
        yield "`presence`: expected calibration error", f"{error:.4f} over n={n} statements"


def limits(data: Data, label: str) -> Quote:
    rows = data.get(label, [])
    for factor, what in ((1.0, "at its detection limit"), (0.5, "at half of it")):
        part = [row for row in rows if row["factor"] == factor]
        if part:
            seen = _share(part, lambda row: row["seen"])
            yield f"A compound added to measured frames {what}: seen", seen


def bound(data: Data, label: str) -> Quote:
    for row in data["rows"]:
        found = row["methods"].get(_product(label))
        if found is not None and found["efficiency"] is not None and 50 < row["snr"] < 200:
            yield (
                f"Scatter of a share of {row['share']:.0%} at SNR {row['snr']:.0f} (the least that"
                " photons allow)",
                f"{100 * found['sd']:.2f}% ({100 * found['bound']:.2f}%)",
            )


def paper(data: Data, label: str) -> Quote:
    method = f"shipped aromatics4 {label} and library fit"
    if method in data["exact"]:
        what = "The paper's six samples, simulated from literature lines"
        yield f"{what}: all four compounds right", proportion_text(data["exact"][method]["all"])
        errors = data["errors"][f"{method}, as it is"]
        low, high = errors["r2_interval"]
        yield f"{what}: R2 of the ratios", f"{errors['r2']:.3f} ({low:.3f}-{high:.3f})"


def _component_counts(found: Data, usual: str) -> str:
    """`1-4`; of a small library fewer."""
    counts = sorted(map(int, found.get("exact_by_components", ())))
    return f"1-{counts[-1]}" if len(counts) > 1 else usual


def _exact(found: Data) -> str:
    return _part(found, "exact")


def _part(found: Data, key: str) -> str:
    return proportion_text(found[key])


QUOTES: Mapping[str, Quoting] = {
    "measured": measured,
    "sums": sums,
    "worsened": worsened,
    "unequal": unequal,
    "robustness": robustness,
    "traces": traces,
    "unknowns": unknowns,
    "left_out_frames": left_out_frames,
    "coverage": coverage,
    "reliability": reliability,
    "limits": limits,
    "bound": bound,
    "paper": paper,
}
