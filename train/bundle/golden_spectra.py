"""Golden spectra for any library: scenes drawn from its references, kept if nothing can flip them.

Each scene has an answer that must come out: a pure compound and mixtures are IDENTIFIED, lines of
no compound are UNKNOWN, both together are PARTIAL. A scene is kept only if the identifier gives
that answer for it, and the same one under other noise, on an axis a little off and with every
presence moved by as much as two machines' outputs differ; shares must move by less than half of
what the device allows.
Next: `device/answer/golden_verdicts.py`, the comparison on the device; `export.py`, the caller.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from device.answer.golden_verdicts import difference, golden_spectrum
from device.answer.identifier import Identifier
from device.inference.bundle import Bundle
from device.inference.golden import DEFAULT_TOLERANCE
from device.inference.interpreter import Interpreter, Prediction
from device.inference.manifest import GoldenComponent, GoldenVerdict
from device.verdict.identification import Identification, Verdict
from firmware_bridge.errors import CallerError
from train.bundle.golden_scenes import KINDS, Scene

SHARE_TOLERANCE: Final = 0.02
_SEED: Final = 20261129  # the same bundle gives the same scenes, each kind by itself
_CANDIDATES: Final = 24  # of each kind, until one is clear enough
_NOISE_DRAWS: Final = 3
_AXIS_OFF_CM1: Final = 0.25
_TOP_COUNTS: Final = 40_000.0  # highest point of signal and baseline; the type ends at 65,535
_FLOOR_COUNTS: Final = 1_000.0  # below all of it, so that noise never reaches zero

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.uint16]


class NoGoldenSpectrum(CallerError):
    """No scene of this library has an answer that is safe from the last bits of a machine."""

    code = "no_golden_spectrum"
    default_remedy = (
        "Look at the network with `ramix-train evaluate` and train it longer, or take compounds "
        "that look alike out of the library."
    )


def golden_verdict_entries(draft: Bundle) -> list[dict[str, Any]]:
    """The manifest's `golden_verdicts` for a bundle that has none yet; at most one of each kind.

    Raises:
        NoGoldenSpectrum: none is IDENTIFIED for sure, or none UNKNOWN.
        BundleError: the bundle cannot be run.
    """
    identifier = Identifier(draft)
    found = [_first_clear(identifier, kind) for kind in range(len(KINDS))]
    kept = [golden for golden in found if golden is not None]
    for needed in (Verdict.IDENTIFIED, Verdict.UNKNOWN):
        if not any(golden.verdict == needed for golden in kept):
            raise NoGoldenSpectrum(
                f"{draft.manifest.name}: of {_CANDIDATES} spectra of each kind none is {needed} "
                "beyond doubt."
            )
    return [_entry(golden) for golden in kept]


def _first_clear(identifier: Identifier, kind: int) -> GoldenVerdict | None:
    rng = np.random.default_rng((_SEED, kind))
    for _ in range(_CANDIDATES):
        scene = KINDS[kind](identifier.bundle, rng)
        if scene is None:
            return None
        golden = _answered(identifier, scene, rng)
        if golden is not None and _is_clear(identifier, scene, golden, rng):
            return golden
    return None


def _answered(
    identifier: Identifier, scene: Scene, rng: np.random.Generator
) -> GoldenVerdict | None:
    """The scene with its answer; None if that is not the one the scene was made for."""
    counts = _measured(scene, 0.0, rng)
    found = _identified(identifier, counts)
    names = frozenset(one.name for one in found.components)
    if found.verdict is not scene.verdict or names != scene.names:
        return None
    return GoldenVerdict(
        counts=counts,
        verdict=str(found.verdict),
        components=tuple(
            GoldenComponent(one.name, one.cas, round(one.signal_share, 4))
            for one in found.components
        ),
        reasons=tuple(reason.code for reason in found.reasons),
        share_tolerance=SHARE_TOLERANCE,
    )


def _is_clear(
    identifier: Identifier, scene: Scene, golden: GoldenVerdict, rng: np.random.Generator
) -> bool:
    strict = replace(golden, share_tolerance=SHARE_TOLERANCE / 2)
    offsets = (*(0.0,) * _NOISE_DRAWS, -_AXIS_OFF_CM1, _AXIS_OFF_CM1)
    again = (_identified(identifier, _measured(scene, offset, rng)) for offset in offsets)
    return all(
        difference(strict, found) is None
        for found in (*again, *_with_other_outputs(identifier, golden.counts))
    )


def _with_other_outputs(identifier: Identifier, counts: Counts) -> Iterator[Identification]:
    """Answers if presence came out higher or lower by what golden vectors tolerate."""
    own = identifier.interpreter
    try:
        for moved in (-DEFAULT_TOLERANCE, DEFAULT_TOLERANCE):
            identifier.interpreter = cast(Interpreter, _Moved(own, moved))
            yield _identified(identifier, counts)
    finally:
        identifier.interpreter = own


@dataclass(frozen=True)
class _Moved:
    """Runs the network and moves every presence."""

    interpreter: Interpreter
    by: float

    def predict(self, model_input: npt.NDArray[np.int8]) -> Prediction:
        found = self.interpreter.predict(model_input)
        moved = np.clip(found.presence + np.float32(self.by), 0.0, 1.0)
        return replace(found, presence=moved)


def _identified(identifier: Identifier, counts: Counts) -> Identification:
    spectrum = golden_spectrum(counts, identifier.bundle.manifest.grid)
    return identifier.identify(spectrum).identification


def _measured(scene: Scene, offset_cm1: float, rng: np.random.Generator) -> Counts:
    """The scene as counts, on an axis that is off by `offset_cm1` (grid step 1 cm-1)."""
    position = np.arange(len(scene.signal), dtype=np.float64)
    signal = np.interp(position - offset_cm1, position, scene.signal)
    noisy = signal + rng.normal(0.0, 1.0 / scene.snr, len(signal))
    slope = scene.baseline * (1.0 - position / len(position)) ** 2
    counts = _FLOOR_COUNTS + (_TOP_COUNTS - _FLOOR_COUNTS) * (noisy + slope) / (
        1.0 + scene.baseline
    )
    result: Counts = np.clip(np.rint(counts), 0, 65_535).astype(np.uint16)
    return result


def _entry(golden: GoldenVerdict) -> dict[str, Any]:
    raw = golden.counts.astype("<u2").tobytes()
    return {
        "counts_base64": base64.b64encode(raw).decode("ascii"),
        "verdict": golden.verdict,
        "components": [
            {"name": one.name, "cas": one.cas, "signal_share": one.signal_share}
            for one in golden.components
        ],
        "reasons": list(golden.reasons),
        "share_tolerance": golden.share_tolerance,
    }
