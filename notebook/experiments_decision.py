"""Experiments on the decision: one part of fit or thresholds changed, the shipped model kept.

Parts of the fit are constants of its modules and no settings, for nobody should turn them in the
field; here they are replaced for the time of one experiment. A constant that has moved or has
another name is an error, not an experiment that changes nothing.
Next: `experiments_training.py`, experiments on what comes before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, fields, replace
from importlib import import_module
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from device.inference.interpreter import Interpreter, Prediction
from device.verdict.identifier import Identifier
from device.verdict.thresholds import FitThresholds
from evidence.tallies import Method, network, product
from notebook.experiments_cases import Case, mark
from notebook.experiments_pairs import Row

Change = Callable[[Identifier], Identifier]

_STIFF = 1e-6  # standard deviation of a prior that leaves no freedom


class ConstantMissing(AttributeError):
    """An experiment replaces what is no longer there."""


@dataclass(frozen=True)
class Replaced:
    """A constant of a module, by name."""

    module: str
    name: str
    value: Any

    def target(self) -> Any:
        """The module; raises ConstantMissing where the constant is not in it."""
        module = import_module(self.module)
        if not hasattr(module, self.name):
            raise ConstantMissing(f"{self.module} has no {self.name}: mend the experiment")
        return module


@dataclass(frozen=True)
class Experiment:
    """What differs from the product as shipped."""

    label: str
    why: str
    constants: tuple[Replaced, ...] = ()
    change: Change | None = None
    method: Callable[[Identifier], Method] = product


@contextmanager
def constants_replaced(constants: tuple[Replaced, ...]) -> Iterator[None]:
    """Other values while inside; the shipped ones after, whatever happens."""
    modules = [one.target() for one in constants]
    shipped = [getattr(module, one.name) for module, one in zip(modules, constants, strict=True)]
    try:
        for module, one in zip(modules, constants, strict=True):
            setattr(module, one.name, one.value)
        yield
    finally:
        for module, one, value in zip(modules, constants, shipped, strict=True):
            setattr(module, one.name, value)


def run(
    experiment: Experiment, identifier: Identifier, every: list[Case], done: Callable[[], None]
) -> Row:
    """The row of one experiment."""
    changed = identifier if experiment.change is None else experiment.change(identifier)
    with constants_replaced(experiment.constants):
        right, errors = mark(every, experiment.method(changed), done)
    return Row(experiment.label, experiment.why, right, errors)


class _NoNetwork:
    """Has an output for no compound, as if every one had been measured in the field."""

    def predict(self, model_input: npt.NDArray[np.int8]) -> Prediction:
        return Prediction(np.zeros(0, dtype=np.float32), None)


def without_network(identifier: Identifier) -> Identifier:
    """Evidence of the fit alone decides."""
    result = copy(identifier)
    result.interpreter = cast(Interpreter, _NoNetwork())
    result.presence_thresholds = np.zeros(0)
    return result


def with_thresholds(change: Callable[[FitThresholds], dict[str, float]]) -> Change:
    def changed(identifier: Identifier) -> Identifier:
        result = copy(identifier)
        result.thresholds = replace(result.thresholds, **change(result.thresholds))
        return result

    return changed


def evidence_times(factor: float) -> Change:
    """Every threshold of evidence times `factor`."""

    def values(thresholds: FitThresholds) -> dict[str, float]:
        names = [field.name for field in fields(thresholds) if "evidence" in field.name]
        return {name: factor * getattr(thresholds, name) for name in names}

    return with_thresholds(values)


def rest_times(factor: float) -> Change:
    """What may be left unexplained, foreign or not, times `factor`."""
    names = ("identified_unexplained", "identified_misfit", "identified_lone_line")
    return with_thresholds(lambda t: {name: factor * getattr(t, name) for name in names})


def proposing_from(presence: float) -> Change:
    """The network proposes from this presence on."""

    def changed(identifier: Identifier) -> Identifier:
        result = copy(identifier)
        result.presence_thresholds = np.full_like(identifier.presence_thresholds, presence)
        return result

    return changed


def _fit_alone_asking_less(identifier: Identifier) -> Identifier:
    proposed = identifier.thresholds.evidence_when_proposed
    asking = with_thresholds(lambda _: {"evidence": proposed})
    return without_network(asking(identifier))


_FLEXIBLE, _SEARCH = "device.fit.flexible", "device.fit.search"
_LIBRARY_FIT = "device.fit.library"
_NO_SHIFT = Replaced(_FLEXIBLE, "_OWN_SHIFT_SIGMA_CM1", _STIFF)
_NO_WIDTH = Replaced(_FLEXIBLE, "_OWN_WIDTH_SIGMA_CM2", _STIFF)
_NO_RESPONSE = Replaced(_FLEXIBLE, "_RESPONSE_SIGMA", _STIFF)


def _model_error(value: float) -> tuple[Replaced, ...]:
    ends = ("SMALLEST_MODEL_ERROR", "LARGEST_MODEL_ERROR")
    return tuple(Replaced(_FLEXIBLE, name, value) for name in ends)


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment("as shipped", "RaMixNet and library fit."),
    Experiment("no own shifts", "Does a component have to move by itself?", (_NO_SHIFT,)),
    Experiment("no own widths", "Does a component have to widen by itself?", (_NO_WIDTH,)),
    Experiment("no response curve", "Are the cosines of the response needed?", (_NO_RESPONSE,)),
    Experiment(
        "none of these three",
        "Could rigid references at one shift and width do?",
        (_NO_SHIFT, _NO_WIDTH, _NO_RESPONSE),
    ),
    Experiment(
        "a rigid axis",
        "Do calibrations drift apart towards the ends of the axis?",
        (Replaced(_FLEXIBLE, "_AXIS_SIGMA_CM1", (_STIFF, _STIFF)),),
    ),
    Experiment(
        "no more smoothing in noise",
        "Where noise hides how lines differ, do weak components show better in wider kernels?",
        (Replaced(_LIBRARY_FIT, "_NOISE_RULES", 1.0),),
    ),
    Experiment(
        "as much smoothing everywhere",
        "The same question, the other way.",
        (
            Replaced(_LIBRARY_FIT, "_NOISE_RULES", -1.0),
            Replaced(_LIBRARY_FIT, "_MATCHED_MODEL_ERROR", 1.0),
        ),
    ),
    Experiment(
        "no common line width",
        "Does the search for the instrument's line width matter?",
        (Replaced(_SEARCH, "WIDTH_LADDER_CM2", (0.0,)), Replaced(_SEARCH, "_UNCHANGED", 0)),
    ),
    Experiment(
        "model error fixed at 0.02", "Does one small value do for all spectra?", _model_error(0.02)
    ),
    Experiment(
        "model error fixed at 0.20", "Does one large value do for all spectra?", _model_error(0.20)
    ),
    Experiment(
        "no spike removal",
        "Do cosmic rays disturb a robust fit? (It also finds frames of nothing but a ray.)",
        (Replaced("device.fit.spikes", "_MOST_SPIKES", 0),),
    ),
    Experiment(
        "fit alone", "What does the network add? Its presence is ignored.", change=without_network
    ),
    Experiment(
        "fit alone, asking less",
        "The same with the evidence that a proposed compound needs.",
        change=_fit_alone_asking_less,
    ),
    Experiment("network alone", "What does the fit add?", method=network),
    Experiment("network proposes from 0.3", "Is 0.5 the right line?", change=proposing_from(0.3)),
    Experiment("network proposes from 0.7", "Is 0.5 the right line?", change=proposing_from(0.7)),
    Experiment("network proposes from 0.9", "Is 0.5 the right line?", change=proposing_from(0.9)),
    Experiment(
        "no margin above the presence threshold",
        "Is one needed, except for traces and for lines that moved?",
        change=with_thresholds(lambda _: {"surer": 0.0}),
    ),
    Experiment(
        "the full margin everywhere",
        "The same question, the other way.",
        change=with_thresholds(lambda _: {"at_home_cm1": 100.0, "moved_cm1": 101.0}),
    ),
    Experiment("half the evidence", "Is too much asked?", change=evidence_times(0.5)),
    Experiment("twice the evidence", "Is too little asked?", change=evidence_times(2.0)),
    Experiment(
        "support not asked",
        "Is a component's own-lines check needed beside its evidence?",
        change=with_thresholds(lambda _: {"support": 0.0, "partial_support": 0.0}),
    ),
    Experiment(
        "no smallest share",
        "Could evidence alone decide on traces?",
        change=with_thresholds(lambda _: {"smallest_share": 0.0}),
    ),
    Experiment(
        "half the tolerated rest",
        "Would a lower limit find foreign signal?",
        change=rest_times(0.5),
    ),
    Experiment("twice the tolerated rest", "Would a higher one miss it?", change=rest_times(2.0)),
    Experiment(
        "the same rest tolerated everywhere",
        "Must it be less where lines have not moved?",
        change=with_thresholds(
            lambda _: {"smallest_unexplained_part": 1.0, "smallest_misfit_part": 1.0}
        ),
    ),
    Experiment(
        "no limit of the misfit",
        "Is the foreign part of the residual enough?",
        change=with_thresholds(lambda _: {"identified_misfit": 1.0}),
    ),
    Experiment(
        "no limit of a lone line",
        "Is a weak line away from all fitted ones foreign signal?",
        change=with_thresholds(lambda _: {"identified_lone_line": 1.0}),
    ),
    Experiment(
        "a low presence asks a fifth as much evidence",
        "How much evidence must a bad fit have against a low presence?",
        change=with_thresholds(
            lambda t: {
                "evidence_per_logit": 0.2 * t.evidence_per_logit,
                "evidence_against_no": 0.0,
            }
        ),
    ),
    Experiment(
        "little evidence asked beside foreign signal",
        "Do foreign lines raise the evidence of library compounds?",
        change=with_thresholds(
            lambda _: {
                "partial_evidence": 10.0,
                "partial_evidence_per_logit": 0.0,
                "partial_evidence_per_cm3": 0.0,
                "partial_evidence_per_cm4": 0.0,
                "partial_evidence_for_support": 0.0,
            }
        ),
    ),
    Experiment(
        "no more evidence below the threshold",
        "Does noise raise the evidence of absent compounds in a good fit?",
        change=with_thresholds(lambda _: {"evidence_more_after_no": 0.0}),
    ),
    Experiment(
        "a low presence changes no verdict",
        "Does it matter where the fit has evidence?",
        change=with_thresholds(lambda _: {"denied_presence": 0.0, "disputed_presence": 0.0}),
    ),
    Experiment(
        "no limit of the own shift",
        "Is a component with a large shift another substance?",
        change=with_thresholds(lambda _: {"largest_own_shift_cm1": 100.0}),
    ),
)
