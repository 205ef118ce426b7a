"""Log odds are the sums that the module says, and what a detection limit asks is their inverse."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.fit.aligned import nothing
from device.fit.flexible import LARGEST_MODEL_ERROR
from device.fit.library import LibraryFit
from device.inference.decision_numbers import DecisionNumbers
from device.verdict import scores
from device.verdict.scores import (
    SMALLEST_LINE,
    beside_terms,
    compound_terms,
    evidence_asked,
    foreign_terms,
    logit,
    probability,
    total,
)
from tests.asking import changed
from tests.measured import Floats
from tests.tiny_bundles import NUMBERS

SURE = np.array([0.9, 0.9])
_positive = st.floats(1e-3, 50.0)
_numbers = st.builds(
    DecisionNumbers,
    evidence=st.floats(0.05, 5.0),
    network=st.floats(0.0, 3.0),
    support=st.floats(0.0, 8.0),
    evidence_if_close=st.floats(0.0, 2.0),
    close_fit=st.floats(0.0, 2.0),
    constant=st.floats(-12.0, 3.0),
    named_from=st.floats(0.0, 5.0),
    alone_evidence=st.floats(0.05, 5.0),
    alone_constant=st.floats(-12.0, 3.0),
    beside_support=st.floats(0.0, 8.0),
    beside_constant=st.floats(-12.0, 3.0),
    lone_line=st.floats(0.0, 3.0),
    worst_line=st.floats(0.0, 3.0),
    foreign_constant=st.floats(-5.0, 10.0),
    network_at_limit=st.floats(-5.0, 5.0),
)


def fitted(lone_line: float = 0.0, worst_line: float = 0.0, **values: Any) -> LibraryFit:
    """A fit of two compounds that are all there, as far from the spectrum as one may be."""
    arrays = {"evidence": 100.0, "support": 1.0, "visible": 1.0, "own_shift_cm1": 0.0}
    model_error = values.pop("model_error", LARGEST_MODEL_ERROR)
    made: dict[str, Any] = {
        name: np.broadcast_to(np.asarray(value, dtype=np.float64), 2)
        for name, value in (arrays | values).items()
    }
    result = replace(nothing(np.zeros((2, 8))), model_error=model_error, **made)
    vars(result).update(lone_line=lone_line, worst_line=worst_line)
    return result


def score(fit: LibraryFit, presence: Floats = SURE, numbers: DecisionNumbers = NUMBERS) -> Floats:
    return total(compound_terms(fit, presence, numbers))


# ---- of a compound ----


def test_the_terms_are_those_of_the_formula() -> None:
    fit = fitted(evidence=[40.0, 9.0], support=[0.8, 0.3], model_error=0.05)
    close = np.log(LARGEST_MODEL_ERROR / 0.05)
    weight = NUMBERS.evidence + NUMBERS.evidence_if_close * close
    terms = compound_terms(fit, np.array([0.9, 0.2]), NUMBERS)
    expected = {
        "evidence": [weight * np.log1p(one) for one in (40.0, 9.0)],
        "close fit": [-NUMBERS.close_fit * close] * 2,
        "network": [NUMBERS.network * np.log(9.0), NUMBERS.network * np.log(0.25)],
        "support": [NUMBERS.support * 0.8, NUMBERS.support * 0.3],
        "constant": [NUMBERS.constant] * 2,
    }
    assert set(terms) == set(expected)
    for name, values in expected.items():
        assert terms[name] == pytest.approx(values), name
    assert score(fit, np.array([0.9, 0.2])) == pytest.approx(
        np.sum(list(expected.values()), axis=0)
    )


@given(_numbers, _positive, st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.001, 0.2))
def test_what_speaks_for_a_compound_never_lowers_its_odds(
    numbers: DecisionNumbers, evidence: float, presence: float, support: float, error: float
) -> None:
    at = {"evidence": evidence, "support": support, "model_error": error}
    there = np.array([presence, presence])

    def score_of(**other: float) -> float:
        return float(score(fitted(**(at | other)), there, numbers)[0])

    start = score_of()
    assert score_of(evidence=2.0 * evidence) >= start
    assert score_of(support=0.5 * support + 0.5) >= start
    surer = np.minimum(there + 0.1, 1.0)
    assert float(score(fitted(**at), surer, numbers)[0]) >= start


@pytest.mark.parametrize("term", ["evidence", "network", "support", "close_fit"])
def test_a_weight_of_0_takes_its_term_away(term: str) -> None:
    fit = fitted(model_error=0.05)
    others = {"evidence_if_close": 0.0} if term == "evidence" else {}
    terms = compound_terms(fit, SURE, changed(**{term: 0.0}, **others))
    name = term.replace("_", " ")
    assert (terms[name] == 0.0).all()
    assert (compound_terms(fit, SURE, NUMBERS)[name] != 0.0).all()


def test_evidence_weighs_more_the_closer_the_fit() -> None:
    weights = [
        float(compound_terms(fitted(model_error=m), SURE, NUMBERS)["evidence"][0])
        for m in (0.2, 0.1, 0.05, 0.01)
    ]
    assert weights == sorted(weights) and weights[0] < weights[-1]
    flat = changed(evidence_if_close=0.0)  # control
    same = {
        float(compound_terms(fitted(model_error=m), SURE, flat)["evidence"][0]) for m in (0.2, 0.01)
    }
    assert len(same) == 1


@pytest.mark.parametrize(
    ("visible", "presence", "answered"),
    [(0.6, 0.1, True), (0.5, 0.1, True), (0.4, 0.1, False), (0.4, 0.5, True), (0.0, 0.0, False)],
)
def test_a_low_presence_of_what_was_hardly_measured_means_nothing(
    visible: float, presence: float, answered: bool
) -> None:
    network = np.array([presence, 0.9])
    terms = compound_terms(fitted(visible=[visible, 1.0]), network, NUMBERS)
    alone = NUMBERS.alone_evidence * np.log1p(100.0), NUMBERS.alone_constant
    if answered:
        assert terms["network"][0] == NUMBERS.network * logit(presence)
        assert terms["constant"][0] == NUMBERS.constant
    else:
        assert terms["network"][0] == 0.0
        assert (terms["evidence"][0], terms["constant"][0]) == pytest.approx(alone)
    assert terms["network"][1] == NUMBERS.network * logit(0.9)  # the other is not touched


def test_compounds_behind_the_networks_have_the_evidence_of_the_fit_alone() -> None:
    terms = compound_terms(fitted(), SURE[:1], NUMBERS)
    assert terms["network"][0] > 0.0 == terms["network"][1]
    assert terms["constant"].tolist() == [NUMBERS.constant, NUMBERS.alone_constant]
    assert terms["evidence"][1] == pytest.approx(NUMBERS.alone_evidence * np.log1p(100.0))


def test_no_network_at_all_is_heard_for_none() -> None:
    terms = compound_terms(fitted(), np.zeros(0), NUMBERS)
    assert (terms["network"] == 0.0).all() and (terms["constant"] == NUMBERS.alone_constant).all()


# ---- beside something foreign, and of what is foreign ----


@given(_numbers, st.floats(0.0, 1.0))
def test_beside_something_foreign_lines_and_constant_are_others(
    numbers: DecisionNumbers, support: float
) -> None:
    fit = fitted(support=support)
    plain, beside = (make(fit, SURE, numbers) for make in (compound_terms, beside_terms))
    gained = numbers.beside_support * support + numbers.beside_constant - numbers.constant
    assert total(beside) - total(plain) == pytest.approx([gained] * 2, abs=1e-9)
    for name in ("evidence", "network", "close fit"):
        assert (plain[name] == beside[name]).all()


def test_beside_something_foreign_a_field_compound_keeps_its_own_constant() -> None:
    constant = beside_terms(fitted(), SURE[:1], NUMBERS)["constant"]
    stricter = NUMBERS.beside_constant - NUMBERS.constant
    assert constant == pytest.approx([NUMBERS.beside_constant, NUMBERS.alone_constant + stricter])


def test_the_terms_of_what_is_foreign_are_those_of_the_formula() -> None:
    terms = foreign_terms(fitted(lone_line=0.02, worst_line=0.1), NUMBERS)
    assert terms == pytest.approx(
        {
            "lone line": NUMBERS.lone_line * np.log(0.02),
            "worst line": NUMBERS.worst_line * np.log(0.1),
            "constant": NUMBERS.foreign_constant,
        }
    )


def test_a_line_below_the_smallest_is_none() -> None:
    none, least, more = (
        sum(foreign_terms(fitted(lone_line=line), NUMBERS).values())
        for line in (0.0, SMALLEST_LINE, 2.0 * SMALLEST_LINE)
    )
    assert none == least < more
    assert np.isfinite(none)


# ---- limits ----


@given(_numbers, st.floats(0.001, LARGEST_MODEL_ERROR))
def test_evidence_asked_is_the_inverse_of_the_score(
    numbers: DecisionNumbers, model_error: float
) -> None:
    asked = evidence_asked(fitted(model_error=model_error), numbers)
    assert asked >= 0.0
    at_limit = np.full(2, float(probability(np.array(numbers.network_at_limit))))

    def score_at(evidence: float) -> float:
        fit = fitted(evidence=evidence, model_error=model_error)
        return float(score(fit, at_limit, numbers)[0])

    if 0.0 < asked < 1e20:  # e^50 is the most that is asked
        assert score_at(asked) == pytest.approx(numbers.named_from, abs=1e-6)
        assert score_at(0.9 * asked) < numbers.named_from < score_at(1.1 * asked)
    elif asked == 0.0:
        assert score_at(0.0) >= numbers.named_from - 1e-9


def test_a_network_that_says_less_asks_for_more_evidence() -> None:
    """The control of the inverse: at other log odds it would miss the cut."""
    less, more = (evidence_asked(fitted(), changed(network_at_limit=odds)) for odds in (-2.0, -1.0))
    ratio = (1.0 + less) / (1.0 + more)
    assert np.log(ratio) == pytest.approx(NUMBERS.network / NUMBERS.evidence)


# ---- odds ----


@given(st.floats(1 / 256, 255 / 256))
def test_probability_and_logit_are_inverse(presence: float) -> None:
    assert float(probability(logit(presence))) == pytest.approx(presence)


def test_no_presence_is_nearer_to_certain_than_an_output_of_8_bits() -> None:
    assert logit(0.0) == logit(1 / 256) == -logit(1.0)
    assert float(probability(np.array([1e6]))[0]) <= 1.0


def test_half_of_the_lines_is_where_the_network_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of what was hardly measured: at 0 the network would be heard always."""
    monkeypatch.setattr(scores, "HALF", 0.0)
    terms = compound_terms(fitted(visible=0.1), np.array([0.1, 0.1]), NUMBERS)
    assert (terms["network"] < 0.0).all()
