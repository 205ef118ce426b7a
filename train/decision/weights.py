"""From three streams of examples to the numbers: weights, then cuts on scenes that chose no weight.

Next: `device/verdict/scores.py`, the formulas; `decide.py`, which makes the streams.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from device.inference.decision_numbers import DecisionNumbers
from device.verdict.scores import (
    beside_terms,
    closeness,
    compound_terms,
    foreign_terms,
    logit,
    network_counts,
    total,
)
from train.decision.examples import Example
from train.decision.limit_rows import limit_rows, network_at_limit
from train.decision.logistic import Fitted, Floats, cut_above, logistic
from train.decision.scenes import Kind

Bools = npt.NDArray[np.bool_]

# Scenes of compounds of the library alone that get a false name, and that are said to hold
# something foreign; scenes found to hold something foreign in which one gets a false name, many
# of them with a homologue of the library. At most so many, with 95% confidence.
FALSE_NAMES, FALSE_FOREIGN, FALSE_NAMES_BESIDE = 0.02, 0.05, 0.10
_NEVER = -100.0  # log odds of what cannot be named
_SMALLEST_WEIGHT = 1e-3  # of evidence: without it no detection limit could be stated
_WEIGHTS = ("evidence", "evidence_if_close", "close_fit", "network", "support", "constant")
_FOREIGN = ("lone_line", "worst_line", "foreign_constant")

UNIT = DecisionNumbers(*(1.0,) * len(fields(DecisionNumbers)))


@dataclass(frozen=True, eq=False)
class _Rows:
    """One row for each compound found in a scene: what the terms multiply, and the truth."""

    evidence: Floats  # ln(1 + rise of chi squared)
    close: Floats  # ln(largest model error / the fit's)
    others: Floats  # [N, 2]: network, support
    present: Floats
    answered: Bools  # the network's presence counts

    def of(self, chosen: Bools) -> "_Rows":
        return _Rows(*(getattr(self, one.name)[chosen] for one in fields(self)))

    @property
    def columns(self) -> Floats:
        """[N, 6], in the order of `_WEIGHTS`; a column is 0 where `UNIT` is: tried without it."""
        close = np.column_stack([self.evidence * self.close, -self.close])
        every = [self.evidence, close, self.others, np.ones(len(self.evidence))]
        taken = np.array([getattr(UNIT, name) for name in _WEIGHTS], dtype=np.float64)
        result: Floats = np.column_stack(every) * taken
        return result


Found = tuple[DecisionNumbers, dict[str, float]]  # numbers so far, and their standard errors


def fitted(streams: Sequence[Iterable[Example]], rng: np.random.Generator) -> Found:
    """The numbers and their standard errors, from three streams that share no scene.

    Raises:
        TooFewExamples: the error rates cannot be bounded.
    """
    first, second, third = streams
    return _cuts(third, _weights_beside_foreign(second, _weights(first), rng), rng)


def _weights(examples: Iterable[Example]) -> Found:
    """Weights of a compound's log odds, with and without a network."""
    rows = _rows(examples)
    with_network = rows.of(rows.answered)
    found = _not_negative(with_network.columns, with_network.present)
    known = dict(zip(_WEIGHTS, found.weights.tolist(), strict=True))
    known["evidence"] = max(known["evidence"], _SMALLEST_WEIGHT)
    errors = dict(zip(_WEIGHTS, found.errors.tolist(), strict=True))
    offset = rows.columns[:, [1, 2, 4]] @ found.weights[[1, 2, 4]]  # all but network's and alone's
    alone = logistic(_with_constant(rows.evidence), rows.present, offset)
    known |= {
        "alone_evidence": max(alone.weights[0], _SMALLEST_WEIGHT),
        "alone_constant": alone.weights[1],
    }
    errors |= {"alone_evidence": alone.errors[0], "alone_constant": alone.errors[1]}
    return replace(UNIT, **known), errors


def _weights_beside_foreign(
    examples: Iterable[Example], found: Found, rng: np.random.Generator
) -> Found:
    """The cut for names; weights of what is foreign, and of names beside it."""
    numbers, errors = found
    worst, near, lines, foreign, beside = [], [], [], [], []
    for one in examples:
        score = _score(one, numbers)
        if one.kind is Kind.KNOWN:
            worst.append(float(score[_absent(one)].max(initial=_NEVER)))
            near.append(limit_rows(one, score, replace(numbers, named_from=0.0)))
        asserted = score > 0.0
        if not asserted.any():
            continue
        final = one.refit(asserted)
        lines.append(list(foreign_terms(final, UNIT).values()))
        foreign.append(one.foreign > 0)
        if one.foreign > 0:
            terms = compound_terms(final, one.presence, numbers)
            columns = np.column_stack([total(terms) - terms["constant"], final.support])
            beside.append(np.column_stack([columns, one.present])[asserted & ~_alike(one)])
    cut, errors["named_from"] = cut_above(np.array(worst), FALSE_NAMES, rng)
    limits = np.concatenate(near)
    at_limit, errors["network_at_limit"] = network_at_limit(limits, max(cut, 0.0), rng)
    if numbers.network > 0.0:  # log odds under which the limits are the same beside the cut found
        at_limit += max(cut, 0.0) / numbers.network
    rest = _not_negative(np.array(lines), np.array(foreign, dtype=np.float64))
    rows = np.concatenate(beside) if beside else np.zeros((0, 3))
    named = logistic(_with_constant(rows[:, 1]), rows[:, 2], rows[:, 0])
    known = {"named_from": max(cut, 0.0), "beside_support": max(named.weights[0], 0.0)}
    known |= {"beside_constant": named.weights[1]}
    known |= dict(zip(_FOREIGN, rest.weights.tolist(), strict=True))
    known["network_at_limit"] = at_limit
    errors |= dict(zip(("beside_support", "beside_constant"), named.errors.tolist(), strict=True))
    errors |= dict(zip(_FOREIGN, rest.errors.tolist(), strict=True))
    return replace(numbers, **known), errors


def _cuts(examples: Iterable[Example], found: Found, rng: np.random.Generator) -> Found:
    """The constants above which something is foreign, and a name stands beside it."""
    numbers, errors = found
    own: list[float] = []
    others: list[tuple[float, float]] = []
    for one in examples:
        asserted = _score(one, numbers) > numbers.named_from
        if not asserted.any():
            continue
        final = one.refit(asserted)
        foreign = sum(foreign_terms(final, numbers).values())
        if one.kind is Kind.KNOWN:
            own.append(foreign)
        else:
            score = total(beside_terms(final, one.presence, numbers))
            false = asserted & _absent(one) & (final.coefficients > 0)
            others.append((foreign, float(score[false].max(initial=_NEVER))))
    foreign_cut, error = cut_above(np.array(own), FALSE_FOREIGN, rng)
    foreign_cut = max(foreign_cut, 0.0)
    worst = np.array([score for foreign, score in others if foreign > foreign_cut])
    beside_cut, beside_error = cut_above(worst, FALSE_NAMES_BESIDE, rng)
    errors["foreign_constant"] = float(np.hypot(errors["foreign_constant"], error))
    errors["beside_constant"] = float(np.hypot(errors["beside_constant"], beside_error))
    decided = replace(
        numbers,
        foreign_constant=numbers.foreign_constant - foreign_cut,
        beside_constant=numbers.beside_constant - max(beside_cut, 0.0),
    )
    return decided, errors


# ---- rows ----


def _rows(examples: Iterable[Example]) -> _Rows:
    parts: list[Floats] = []
    for one in examples:
        fit = one.fit
        answered = network_counts(fit.visible, one.presence)
        close = np.full(len(answered), closeness(fit))
        row = np.column_stack(
            [np.log1p(fit.evidence), close, logit(one.presence), fit.support, one.present, answered]
        )
        parts.append(row[(fit.evidence > 0) & ~_alike(one)])
    rows = np.concatenate(parts)
    return _Rows(rows[:, 0], rows[:, 1], rows[:, 2:4], rows[:, 4], rows[:, 5] > 0)


def _score(one: Example, numbers: DecisionNumbers) -> Floats:
    score = total(compound_terms(one.fit, one.presence, numbers))
    return np.where(one.fit.evidence > 0, score, _NEVER)


def _alike(one: Example) -> Bools:
    """Absent compounds that look like one that is there: A or B, which no score decides."""
    result = np.zeros(len(one.present), dtype=np.bool_)
    for first, second in one.library.look_alikes:
        result[first] |= one.present[second] and not one.present[first]
        result[second] |= one.present[first] and not one.present[second]
    return result


def _absent(one: Example) -> Bools:
    result: Bools = ~one.present & ~_alike(one)
    return result


def _with_constant(column: Floats) -> Floats:
    return np.column_stack([column, np.ones(len(column))])


def _not_negative(columns: Floats, labels: Floats) -> Fitted:
    """Of the weights but the last, which is a constant, those that came out negative are 0."""
    kept = np.ones(columns.shape[1], dtype=np.bool_)
    while True:
        found = logistic(columns[:, kept], labels)
        weights, errors = np.zeros(len(kept)), np.zeros(len(kept))
        weights[kept], errors[kept] = found.weights, found.errors
        wrong = (weights < 0.0) & kept
        wrong[-1] = False
        if not wrong.any():
            return Fitted(weights, errors, found.log_likelihood)
        kept &= ~wrong
