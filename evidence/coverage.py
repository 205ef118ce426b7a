"""Do the 90% intervals hold the truth? On spectra from another generator than training's.

An interval counts when the compound is there and was named; what was missed has none. Beside the
part that holds the truth stands what the intervals would have to be multiplied by.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from device.verdict.identifier import Identifier
from evidence.figure import Context, Result
from evidence.pures import Pures, measured_pures
from evidence.scenes import Conditions, Scene, draw_shares, make_scene
from evidence.tallies import percent
from evidence.unequal import LIBRARY
from train.network.evaluate import Proportion
from train.pages.table import Table

Floats = npt.NDArray[np.float64]

SNRS = (30.0, 100.0, 300.0)
COMPONENTS = (1, 4)
SMALLEST_SHARE = 0.05
SMALLEST_VOLUME = 0.10
_STILL_SEEN = 0.03  # of the signal: volumes of weak scatterers are drawn again below this
_NINETY_PERCENT = 1.645
_NO_WIDTH = 1e-6
_STREAM = 6
_PLAIN = Conditions(shift_cm1=(-1.0, 1.0), baseline=0.5)
_MIXED = replace(_PLAIN, own_shift_cm1=1.0, intensity_jitter=0.1)
SETTINGS = {
    "as the pures": _PLAIN,
    "each its own shift and intensities": _MIXED,
    "and another instrument": replace(_MIXED, response=0.1, fwhm_factor=1.2, dark_structure=0.003),
}


@dataclass(frozen=True)
class Interval:
    """One asserted component that is there."""

    setting: str
    snr: float
    components: int
    compound: str
    truth: float
    error: float  # answer less truth
    half_width: float

    @property
    def covers(self) -> bool:
        return abs(self.error) <= self.half_width


Cut = Callable[[Interval], str]


def make(context: Context) -> Result:
    # intervals come from the fit: one network is enough, RaMixNet II where it is there
    label, identifier = list(context.identifiers(LIBRARY).items())[-1]
    pures = measured_pures(LIBRARY)
    rng = np.random.default_rng([context.seed, _STREAM])
    count, volumes = context.count(2, 80), context.count(3, 200)
    of_all = count * len(SETTINGS) * len(SNRS) + volumes
    done = iter(range(1, of_all + 1))
    shares: list[Interval] = []
    for setting, conditions in SETTINGS.items():
        for snr in SNRS:
            for _ in range(count):
                drawn = draw_shares(rng, len(pures.names), COMPONENTS, SMALLEST_SHARE)
                scene = make_scene(rng, pures, drawn, replace(conditions, snr=snr))
                shares += share_intervals(identifier, pures, scene, setting, snr)
                context.progress(next(done), of_all)
    fractions: list[Interval] = []
    for _ in range(volumes):
        scene, truth = _volume_scene(rng, identifier, pures)
        fractions += volume_intervals(identifier, pures, scene, truth)
        context.progress(next(done), of_all)
    tables = (
        _by_setting(shares, count),
        _cut("components", "Shares by number of components", shares, lambda i: str(i.components)),
        _cut("true share", "Shares by size", shares, _size),
        _cut("compound", "Shares by compound", shares, lambda i: i.compound),
        _of_volumes(fractions, volumes),
    )
    data = {
        "network": label,
        "shares": _by(shares, _setting),
        "volumes": _by(fractions, lambda _: "all"),
    }
    return Result(tables, data=data)


def share_intervals(
    identifier: Identifier, pures: Pures, scene: Scene, setting: str, snr: float
) -> list[Interval]:
    """One interval for each named component that is in the scene."""
    found = identifier.identify(scene.spectrum).identification
    result = []
    for one in found.components:
        truth = float(scene.shares[pures.names.index(one.name)])
        if truth > 0:
            error = one.signal_share - truth
            width = one.signal_share_uncertainty
            number = int(scene.present.sum())
            result.append(Interval(setting, snr, number, one.name, truth, error, width))
    return result


def volume_intervals(
    identifier: Identifier, pures: Pures, scene: Scene, truth: Floats
) -> list[Interval]:
    """Only where exactly the right compounds are named: else the fractions are of another sum."""
    found = identifier.identify(scene.spectrum).identification
    number = int(scene.present.sum())
    if {one.name for one in found.components} != set(np.array(pures.names)[scene.present]):
        return []
    result = []
    for one in found.components:
        if one.volume_fraction is not None and one.volume_fraction_uncertainty is not None:
            true = float(truth[pures.names.index(one.name)])
            error, width = one.volume_fraction - true, one.volume_fraction_uncertainty
            result.append(Interval("volume", 100.0, number, one.name, true, error, width))
    return result


def _volume_scene(
    rng: np.random.Generator, identifier: Identifier, pures: Pures
) -> tuple[Scene, Floats]:
    """A mixture of two to four by volume, each response factor off by its stated uncertainty."""
    compounds = identifier.bundle.manifest.compounds
    known = np.array([k for k, one in enumerate(compounds) if one.response_factor is not None])
    factor = np.array([compounds[k].response_factor or 0.0 for k in known])
    sd = np.array([compounds[k].response_factor_uncertainty or 0.0 for k in known])
    while True:
        volume = draw_shares(rng, len(known), (2, 4), SMALLEST_VOLUME)
        signal = volume * np.maximum(factor + sd * rng.standard_normal(len(known)), 0.1 * factor)
        signal /= signal.sum()
        if signal[volume > 0].min() >= _STILL_SEEN:
            break
    shares, truth = np.zeros(len(pures.names)), np.zeros(len(pures.names))
    shares[known], truth[known] = signal, volume
    return make_scene(rng, pures, shares, _PLAIN), truth


def _setting(interval: Interval) -> str:
    return f"{interval.setting}, SNR {interval.snr:g}"


def _size(interval: Interval) -> str:
    for limit in (0.1, 0.3, 0.6):
        if interval.truth < limit:
            return f"below {limit:.0%}"
    return "60% and more"


def _by_setting(intervals: list[Interval], scenes: int) -> Table:
    groups = _grouped(intervals, _setting)
    worst = min(groups, key=lambda name: _held(groups[name]).value)
    return Table(
        "Shares: 90% intervals that hold the truth",
        ("spectra", *_COLUMNS),
        tuple((name, *_cells(part)) for name, part in groups.items()),
        (
            f"{scenes} mixtures each of 1-4 components of {SMALLEST_SHARE:.0%} and more, axis "
            "shift within +-1 cm-1, cubic baseline up to half the Raman height. An interval for "
            "each component that is there and was named.",
            "Each its own: shifts within +-1 cm-1, relative intensities within +-10% along the "
            "axis. Another instrument: its response within +-10% besides, lines 20% wider, "
            "columns 0.3% of the peak off.",
            f"Worst: {worst}, {percent(_held(groups[worst]))}.",
            "Error against sd: rms error over rms of what is reported as standard deviation "
            "(half-width / 1.645). To multiply by: what would make these intervals hold 90%. Both "
            "without intervals of no width, as a single component's may be; these hold nothing.",
            "In brackets: 95% Wilson interval and n, which counts intervals, not spectra.",
        ),
    )


def _cut(column: str, title: str, intervals: list[Interval], cut: Cut) -> Table:
    groups = _grouped(intervals, cut)
    return Table(
        title,
        (column, *_COLUMNS),
        tuple((name, *_cells(groups[name])) for name in sorted(groups)),
        ("Over all conditions of the first table.",),
    )


def _of_volumes(intervals: list[Interval], scenes: int) -> Table:
    groups = _grouped(intervals, lambda i: str(i.components))
    rows = [("all", *_cells(intervals))] if intervals else []
    rows += [(name, *_cells(groups[name])) for name in sorted(groups)]
    return Table(
        "Volume fractions: 90% intervals that hold the truth",
        ("components", *_COLUMNS),
        tuple(rows),
        (
            f"{scenes} mixtures of 2-4 compounds of {SMALLEST_VOLUME:.0%} of the volume and more "
            f"that give {_STILL_SEEN:.0%} of the signal and more; SNR 100. Every mixture is made "
            "with response factors of its own, normally distributed with the stated uncertainty.",
            "Counted where exactly the right compounds were named.",
        ),
    )


_COLUMNS = ("hold the truth", "rms error", "error against sd", "to multiply by")


def _cells(intervals: list[Interval]) -> tuple[str, ...]:
    numbers = _numbers(intervals)
    ratios = (numbers["error_against_sd"], numbers["to_multiply_by"])
    return (
        percent(_held(intervals)),
        f"{100 * (numbers['rms_error'] or 0.0):.2f}%",
        *("-" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
    )


def _held(intervals: list[Interval]) -> Proportion:
    return Proportion(sum(one.covers for one in intervals), len(intervals))


def _numbers(intervals: list[Interval]) -> dict[str, float | None]:
    """Ratios over the intervals that have a width: a single component's may have none."""
    error = np.array([one.error for one in intervals])
    width = np.array([one.half_width for one in intervals])
    wide = width > _NO_WIDTH
    result: dict[str, float | None] = {
        "rms_error": round(float(np.sqrt(np.mean(error**2))), 6),
        "without_width": float((~wide).mean()),
        "error_against_sd": None,
        "to_multiply_by": None,
    }
    if wide.any():
        error, width = error[wide], width[wide]
        rms, rms_width = np.sqrt(np.mean(error**2)), np.sqrt(np.mean(width**2))
        result["error_against_sd"] = round(float(_NINETY_PERCENT * rms / rms_width), 4)
        result["to_multiply_by"] = round(float(np.quantile(np.abs(error) / width, 0.9)), 4)
    return result


def _grouped(intervals: Iterable[Interval], cut: Cut) -> dict[str, list[Interval]]:
    groups: dict[str, list[Interval]] = {}
    for one in intervals:
        groups.setdefault(cut(one), []).append(one)
    return groups


def _by(intervals: list[Interval], cut: Cut) -> dict[str, Any]:
    return {
        name: {"held": _held(part).to_json(), **_numbers(part)}
        for name, part in _grouped(intervals, cut).items()
    }
