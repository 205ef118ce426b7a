"""The parts of fit and decision that are tried, each with the question it answers.

Next: `experiments_training.py`, experiments on what comes before.
"""

from device.verdict.identifier import Identifier
from evidence.tallies import network
from notebook.experiments_decision import (
    Experiment,
    Replaced,
    evidence_times,
    proposing_from,
    rest_times,
    with_thresholds,
    without_network,
)

_STIFF = 1e-6  # standard deviation of a prior that leaves no freedom


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
