"""Do the 90% intervals hold the truth? On spectra from another generator than training's.

An interval counts when the compound is there and was named; what was missed has none. Beside the
part that holds the truth stands what the intervals would have to be multiplied by.
Next: `coverage_tables.py`, how they are counted.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from evidence.coverage_tables import (
    SMALLEST_SHARE,
    SMALLEST_VOLUME,
    STILL_SEEN,
    Interval,
    by_condition,
    by_size,
    conditions_table,
    cut_table,
    to_json,
    volumes_table,
)
from evidence.figure import Context, NothingToShow, Result
from evidence.pures import Pures
from evidence.scenes import Conditions, Scene, draw_shares, make_scene
from evidence.wording import counted

Floats = npt.NDArray[np.float64]

SNRS = (30.0, 100.0, 300.0)
COMPONENTS = (1, 4)
VOLUME_COMPONENTS = (2, 4)
_MOST_DRAWS = 1000  # two compounds of very unequal response may never both be seen
_STREAM = 6
_PLAIN = Conditions(shift_cm1=(-1.0, 1.0), baseline=0.5)
_MIXED = replace(_PLAIN, own_shift_cm1=1.0, intensity_jitter=0.1)
SETTINGS = {
    "as the pures": _PLAIN,
    "each its own shift and intensities": _MIXED,
    "and another instrument": replace(_MIXED, response=0.1, fwhm_factor=1.2, dark_structure=0.003),
}


def make(context: Context) -> Result:
    # intervals come from the fit: one network is enough, RaMixNet II where it is there
    label, identifier = list(context.identifiers().items())[-1]
    pures = context.pures()
    rng = np.random.default_rng([context.seed, _STREAM])
    known = _with_response(identifier)
    count = context.count(2, 80)
    volumes = context.count(3, 200) if len(known) >= VOLUME_COMPONENTS[0] else 0
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
        scene, truth = _volume_scene(rng, identifier, known, pures)
        fractions += volume_intervals(identifier, pures, scene, truth)
        context.progress(next(done), of_all)
    if not shares:
        return NothingToShow(why="Nothing that is there was named, so there is no interval.")
    tables = [
        conditions_table(shares, count, counted(COMPONENTS, len(pures.names))),
        cut_table(
            "components", "Shares by number of components", shares, lambda i: str(i.components)
        ),
        cut_table("true share", "Shares by size", shares, by_size),
        cut_table("compound", "Shares by compound", shares, lambda i: i.compound),
    ]
    if volumes:
        tables.append(
            volumes_table(fractions, volumes, counted(VOLUME_COMPONENTS, len(known), "compound"))
        )
    data = {
        "network": label,
        "shares": to_json(shares, by_condition),
        "volumes": to_json(fractions, lambda _: "all"),
    }
    return Result(tuple(tables), data=data)


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


def _with_response(identifier: Identifier) -> list[int]:
    """Compounds whose signal per volume is known."""
    compounds = identifier.bundle.manifest.compounds
    return [k for k, one in enumerate(compounds) if one.response_factor is not None]


def _volume_scene(
    rng: np.random.Generator, identifier: Identifier, known: list[int], pures: Pures
) -> tuple[Scene, Floats]:
    """A mixture of two to four by volume, each response factor off by its stated uncertainty."""
    compounds = identifier.bundle.manifest.compounds
    factor = np.array([compounds[k].response_factor or 0.0 for k in known])
    sd = np.array([compounds[k].response_factor_uncertainty or 0.0 for k in known])
    for _ in range(_MOST_DRAWS):
        volume = draw_shares(rng, len(known), VOLUME_COMPONENTS, SMALLEST_VOLUME)
        signal = volume * np.maximum(factor + sd * rng.standard_normal(len(known)), 0.1 * factor)
        signal /= signal.sum()
        if signal[volume > 0].min() >= STILL_SEEN:
            break
    shares, truth = np.zeros(len(pures.names)), np.zeros(len(pures.names))
    shares[known], truth[known] = signal, volume
    return make_scene(rng, pures, shares, _PLAIN), truth
