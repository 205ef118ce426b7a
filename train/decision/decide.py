"""Fits the numbers of the decision for one bundle, on scenes of its own library.

Three streams of scenes, each fresh: the first gives the weights of a compound's log odds, the
second those of what is foreign and of names beside it, and the cut for names; the third the two
other cuts. So every cut is chosen on scenes that chose no weight, and its error rate is bounded.
Next: `weights.py`, how; `examples.py`, from what.
"""

from collections.abc import Callable

import numpy as np

from device.inference.bundle import Bundle
from device.inference.decision_numbers import NAMES, Decision, DecisionNumbers
from firmware_bridge.errors import CallerError
from train.decision.examples import ExampleMaker
from train.decision.logistic import TooFewExamples
from train.decision.weights import FALSE_FOREIGN, FALSE_NAMES, FALSE_NAMES_BESIDE, UNIT, fitted

Progress = Callable[[int, int], None]

SEED, SCENES = 20261129, 3000  # of each stream
_DIGITS = 4

# For a bundle in the making, whose scenes are drawn before it has a decision.
UNFITTED = Decision(UNIT, dict.fromkeys(NAMES, 0.0), {})


class Undecidable(CallerError):
    """No decision can be fitted for this library."""

    code = "undecidable"
    default_remedy = "Fit it on more scenes, or take compounds that look alike out of the library."


def decide(
    bundle: Bundle, scenes: int = SCENES, seed: int = SEED, progress: Progress | None = None
) -> Decision:
    """The decision of `bundle`, whose own numbers take no part; deterministic.

    Raises:
        Undecidable: too few scenes, or too few of a kind, to bound the error rates.
        BundleError: the bundle cannot be run here.
    """
    maker, of_all = ExampleMaker(bundle, seed), 3 * scenes
    counted = iter(range(1, of_all + 1))

    def done() -> None:
        if progress is not None:
            progress(next(counted), of_all)

    rng = np.random.default_rng([seed, 2])
    streams = [maker.examples(part, scenes, done) for part in range(3)]
    try:
        numbers, errors = fitted(streams, rng)
    except (TooFewExamples, np.linalg.LinAlgError) as error:
        raise Undecidable(f"{bundle.manifest.name}: {error}.") from error
    if numbers.evidence <= 0.0:
        raise Undecidable(
            f"{bundle.manifest.name}: evidence of the fit tells nothing of what is there."
        )
    rates = {
        "false_names": FALSE_NAMES,
        "false_foreign": FALSE_FOREIGN,
        "false_names_beside_foreign": FALSE_NAMES_BESIDE,
    }
    rounded = {name: round(float(value), _DIGITS) for name, value in vars(numbers).items()}
    return Decision(
        DecisionNumbers(**rounded),
        {name: round(float(errors[name]), _DIGITS) for name in rounded},
        rates,
    )
