"""The parts of fit and decision that are tried, each with the question it answers.

Next: `experiments_training.py`, experiments on what comes before.
"""

from dataclasses import replace

from evidence.tallies import network
from notebook.experiments_decision import (
    Experiment,
    Replaced,
    without_network,
    without_stricter_sum,
)
from train.decision import decide, weights

_STIFF = 1e-6  # standard deviation of a prior that leaves no freedom

_FLEXIBLE, _SEARCH = "device.fit.flexible", "device.fit.search"
_LIBRARY_FIT = "device.fit.library"
_NO_SHIFT = Replaced(_FLEXIBLE, "_OWN_SHIFT_SIGMA_CM1", _STIFF)
_NO_WIDTH = Replaced(_FLEXIBLE, "_OWN_WIDTH_SIGMA_CM2", _STIFF)
_NO_RESPONSE = Replaced(_FLEXIBLE, "_RESPONSE_SIGMA", _STIFF)


def _model_error(value: float) -> tuple[Replaced, ...]:
    ends = ("SMALLEST_MODEL_ERROR", "LARGEST_MODEL_ERROR")
    return tuple(Replaced(_FLEXIBLE, name, value) for name in ends)


def _without_term(name: str) -> tuple[Replaced, ...]:
    """Its column is 0, and so is its fitted weight."""
    return (Replaced(weights.__name__, "UNIT", replace(weights.UNIT, **{name: 0.0})),)


def _error_rates(factor: float) -> tuple[Replaced, ...]:
    names = ("FALSE_NAMES", "FALSE_FOREIGN", "FALSE_NAMES_BESIDE")
    return tuple(Replaced(weights.__name__, n, factor * getattr(weights, n)) for n in names)


def _other_scenes() -> tuple[Replaced, ...]:
    return (Replaced(decide.__name__, "SEED", decide.SEED + 1),)


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
        (Replaced(_FLEXIBLE, "AXIS_SIGMA_CM1", _STIFF),),
    ),
    Experiment(
        "no more smoothing in noise",
        "Where noise hides how lines differ, do weak components show better in wider kernels?",
        (Replaced(_LIBRARY_FIT, "_NOISE_RULES", 1.0),),
    ),
    Experiment(
        "as much smoothing everywhere",
        "The same question, the other way.",
        (Replaced(_LIBRARY_FIT, "_NOISE_RULES", -1.0),),
    ),
    Experiment(
        "no common line width",
        "Does the search for the instrument's line width matter?",
        (Replaced(_SEARCH, "_RUNGS", 0),),
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
        (Replaced("device.fit.spikes", "_LARGE_ENOUGH", 1e9),),
    ),
    Experiment(
        "fit alone",
        "What does the network add? All compounds as if measured in the field.",
        change=without_network,
    ),
    Experiment("network alone", "What does the fit add?", method=network),
    Experiment(
        "decided anew, on other scenes",
        "What chance alone does to the numbers.",
        _other_scenes(),
        decided_anew=True,
        repeats=True,
    ),
    Experiment(
        "decided anew without the network's term",
        "Do evidence and support say the same?",
        _without_term("network"),
        decided_anew=True,
    ),
    Experiment(
        "decided anew without support",
        "Is a component's own-lines check needed beside its evidence?",
        _without_term("support"),
        decided_anew=True,
    ),
    Experiment(
        "decided anew, evidence as it is",
        "Does evidence tell more the closer the fit?",
        _without_term("evidence_if_close"),
        decided_anew=True,
    ),
    Experiment(
        "decided anew without the lone line",
        "Is a line away from all fitted ones foreign signal?",
        _without_term("lone_line"),
        decided_anew=True,
    ),
    Experiment(
        "decided anew without the worst line",
        "Is a misfit at one line foreign signal?",
        _without_term("worst_line"),
        decided_anew=True,
    ),
    Experiment(
        "no stricter sum beside something foreign",
        "Do foreign lines raise the evidence of library compounds?",
        change=without_stricter_sum,
    ),
    Experiment(
        "half the stated error rates",
        "Decided anew. What would fewer errors of each kind cost?",
        _error_rates(0.5),
        decided_anew=True,
    ),
    Experiment(
        "twice the stated error rates",
        "Decided anew. What would more of them gain?",
        _error_rates(2.0),
        decided_anew=True,
    ),
)
