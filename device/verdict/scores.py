"""Log odds: for every compound that it is there, for the spectrum that it holds something foreign.

Each is a sum of few named terms, weighted by the model's own numbers (`DecisionNumbers`):

    evidence   ln(1 + rise of chi squared without the compound); it weighs more the closer the fit:
               c = ln(largest model error / the fit's), for a misfit fakes evidence
    close fit  c, against: in a close fit what is there has evidence
    network    ln(p / (1 - p)) of the network's presence p
    support    part of the compound's own lines that the spectrum has

    lone line  ln(strongest line away from all of the fit's / strongest line)
    worst line ln(largest misfit at one line beyond noise / strongest line)

Next: `identification.py`, what follows from them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from device.fit.flexible import LARGEST_MODEL_ERROR
from device.fit.library_fit import LibraryFit
from device.inference.decision_numbers import DecisionNumbers

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Terms = dict[str, Floats]

SMALLEST_LINE = 5e-4  # of the strongest: less is no line, whatever the noise
HALF = 0.5  # of a compound's lines: where fewer were measured, a low presence means nothing


@dataclass(frozen=True, eq=False)
class Why:
    """Why a verdict is what it is: the log odds by term, and what the terms were made of."""

    compounds: Terms  # [C]
    cut: float  # of their sum, above which a compound is named
    foreign: dict[str, float]  # its sum above 0: something foreign is there
    fit: LibraryFit  # of which the terms are
    presence: npt.NDArray[np.floating[Any]]  # the network's, of the first compounds


def compound_terms(
    fit: LibraryFit, presence: npt.NDArray[np.floating[Any]], numbers: DecisionNumbers
) -> Terms:
    """Terms [C] of each compound's log odds.

    Args:
        presence: the network's, of the first compounds; those behind it were measured in the field
            and have the evidence of the fit alone, as has what the network could hardly see.
    """
    known = len(presence)
    answered = np.zeros(len(fit.coefficients), dtype=np.bool_)
    answered[:known] = network_counts(fit.visible[:known], presence)
    odds = np.zeros(len(answered))
    odds[:known] = logit(presence)
    close = closeness(fit)
    weight = np.where(answered, numbers.evidence, numbers.alone_evidence)
    weight = weight + numbers.evidence_if_close * close
    return {
        "evidence": weight * np.log1p(fit.evidence),
        "close fit": np.full(len(answered), -numbers.close_fit * close),
        "network": np.where(answered, numbers.network * odds, 0.0),
        "support": numbers.support * fit.support,
        "constant": np.where(answered, numbers.constant, numbers.alone_constant),
    }


def network_counts(visible: Floats, presence: npt.NDArray[np.floating[Any]]) -> Bools:
    """Where the network's answer takes part: half of the compound's lines were measured, `visible`
    being their part, or it calls the compound there although they were not."""
    result: Bools = (visible >= HALF) | (presence >= HALF)
    return result


def beside_terms(
    fit: LibraryFit, presence: npt.NDArray[np.floating[Any]], numbers: DecisionNumbers
) -> Terms:
    """The same beside something foreign, of which a line may coincide with a compound's: its own
    lines must be there, and above 0 it is named."""
    terms = compound_terms(fit, presence, numbers)
    stricter = numbers.beside_constant - numbers.constant
    return {
        **terms,
        "support": (numbers.support + numbers.beside_support) * fit.support,
        "constant": terms["constant"] + stricter,
    }


def foreign_terms(fit: LibraryFit, numbers: DecisionNumbers) -> dict[str, float]:
    """Terms of the log odds that `fit`, of what is named, leaves something foreign."""
    return {
        "lone line": numbers.lone_line * float(np.log(max(fit.lone_line, SMALLEST_LINE))),
        "worst line": numbers.worst_line * float(np.log(max(fit.worst_line, SMALLEST_LINE))),
        "constant": numbers.foreign_constant,
    }


def evidence_asked(fit: LibraryFit, numbers: DecisionNumbers) -> float:
    """Rise of chi squared from which a compound is named whose lines are all there, with the
    presence that networks have at that cut."""
    close = closeness(fit)
    others = numbers.network * numbers.network_at_limit + numbers.support + numbers.constant
    others -= numbers.close_fit * close
    asked = max(numbers.named_from - others, 0.0) / evidence_weight(fit, numbers)
    return float(np.expm1(min(asked, 50.0)))


def evidence_weight(fit: LibraryFit, numbers: DecisionNumbers) -> float:
    return numbers.evidence + numbers.evidence_if_close * closeness(fit)


def closeness(fit: LibraryFit) -> float:
    """ln(largest model error / the fit's), 0 and more."""
    return float(np.log(LARGEST_MODEL_ERROR / fit.model_error))


def total(terms: Terms) -> Floats:
    result: Floats = np.sum(list(terms.values()), axis=0)
    return result


def logit(probability: npt.ArrayLike) -> Floats:
    """ln(p / (1 - p)), p no nearer to 0 and 1 than an int8 output tells."""
    step = 2.0 ** -np.iinfo(np.int8).bits
    clipped = np.clip(np.asarray(probability, dtype=np.float64), step, 1.0 - step)
    result: Floats = np.log(clipped / (1.0 - clipped))
    return result


def probability(log_odds: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -50.0, 50.0)))
    return result
