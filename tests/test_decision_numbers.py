"""The numbers of the decision are read strictly: all of them, in their bounds, of one rule."""

import copy
import json
import math
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device import strict_json
from device.inference import decision_numbers
from device.inference.decision_numbers import (
    NAMES,
    RULE_VERSION,
    Decision,
    DecisionNumbers,
    decision_json,
    read_decision,
)
from device.strict_json import Fields, StrictJsonError
from tests.tiny_bundles import DECISION, NUMBERS

NOT_NEGATIVE = {"evidence", "evidence_if_close", "close_fit", "network", "support"}
NOT_NEGATIVE |= {"alone_evidence"}
NOT_NEGATIVE |= {"beside_support", "lone_line", "worst_line"}


def read(content: dict[str, Any]) -> Decision:
    return read_decision(Fields(strict_json.loads(json.dumps(content).encode()), "decision"))


def with_number(name: str, value: Any) -> dict[str, Any]:
    content = copy.deepcopy(DECISION)
    content["numbers"][name] = value
    return content


def test_the_shipped_numbers_are_read() -> None:
    decision = read(DECISION)
    assert decision.numbers == NUMBERS
    assert decision.standard_errors["support"] == DECISION["numbers"]["support"][1]
    assert decision.rates == DECISION["rates"]
    assert len(NAMES) == len(fields(DecisionNumbers)) == len(DECISION["numbers"])


@pytest.mark.parametrize("name", NAMES)
def test_each_number_must_be_there(name: str) -> None:
    content = copy.deepcopy(DECISION)
    del content["numbers"][name]
    with pytest.raises(StrictJsonError, match=rf"\b{name} is missing"):
        read(content)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [1e9, -1e9, True, "1", None, [1.0]])
def test_each_number_out_of_bounds_is_refused_with_its_name(name: str, value: Any) -> None:
    for wrong in ([value, 0.1], [0.5, value]):
        with pytest.raises(StrictJsonError, match=rf"\b{name}\b"):
            read(with_number(name, wrong))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_is_refused_with_its_name(name: str, value: float) -> None:
    """Where the JSON reader has let it pass."""
    for wrong in ([value, 0.1], [0.5, value]):
        with pytest.raises(StrictJsonError, match=rf"\b{name}\b"):
            read_decision(Fields(with_number(name, wrong), "decision"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [[1.0], [1.0, 0.1, 0.1], 1.0, {}, []])
def test_each_number_stands_with_its_error(name: str, value: Any) -> None:
    with pytest.raises(StrictJsonError, match=rf"\b{name}\b"):
        read(with_number(name, value))


@pytest.mark.parametrize("name", NAMES)
def test_what_speaks_for_something_is_not_negative_and_the_rest_may_be(name: str) -> None:
    content = with_number(name, [-0.5, 0.1])
    if name in NOT_NEGATIVE:
        with pytest.raises(StrictJsonError, match=rf"\b{name}\b"):
            read(content)
    else:
        assert getattr(read(content).numbers, name) == -0.5


@pytest.mark.parametrize("name", NAMES)
def test_no_error_is_negative(name: str) -> None:
    with pytest.raises(StrictJsonError, match=rf"\b{name}\b"):
        read(with_number(name, [0.5, -0.1]))


@pytest.mark.parametrize("name", ["evidence", "alone_evidence"])
def test_without_weight_no_evidence_could_ever_do(name: str) -> None:
    with pytest.raises(StrictJsonError, match=rf"\b{name} is 0"):
        read(with_number(name, [0.0, 0.1]))


def test_an_unknown_number_and_an_unknown_entry_are_refused() -> None:
    with pytest.raises(StrictJsonError, match="evidnce"):
        read(with_number("evidnce", [1.0, 0.1]))
    with pytest.raises(StrictJsonError, match="surprise"):
        read(DECISION | {"surprise": 1})


@pytest.mark.parametrize("rule", [0, RULE_VERSION + 1, 1.0, "1", True, None])
def test_another_rule_is_refused(rule: Any) -> None:
    with pytest.raises(StrictJsonError, match="rule"):
        read(DECISION | {"rule": rule})


def test_a_later_rule_is_refused_as_such() -> None:
    with pytest.raises(StrictJsonError, match="rule 2, this software knows rule 1"):
        read(DECISION | {"rule": 2})


@pytest.mark.parametrize("rate", [-0.01, 1.01, "0.1", None, True])
def test_a_rate_is_a_part_of_1(rate: Any) -> None:
    with pytest.raises(StrictJsonError, match="false_names"):
        read(DECISION | {"rates": {"false_names": rate}})


def test_without_its_bounds_a_negative_weight_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the bounds."""
    monkeypatch.setattr(decision_numbers, "_NOT_NEGATIVE", frozenset[str]())
    assert read(with_number("support", [-0.5, 0.1])).numbers.support == -0.5


_value = st.floats(-1e4, 1e4)
_error = st.floats(0.0, 1e4)
_weight = st.floats(0.001, 1e4)
_decisions = st.builds(
    lambda values, errors, rates: Decision(
        DecisionNumbers(**values), dict(zip(NAMES, errors, strict=True)), rates
    ),
    st.fixed_dictionaries({name: _weight if name in NOT_NEGATIVE else _value for name in NAMES}),
    st.lists(_error, min_size=len(NAMES), max_size=len(NAMES)),
    st.dictionaries(st.text(min_size=1, max_size=8), st.floats(0.0, 1.0), max_size=4),
)


@given(_decisions)
def test_what_is_written_is_read_as_it_was(decision: Decision) -> None:
    again = read(decision_json(decision))
    assert again == decision
    assert decision_json(again) == decision_json(decision)


_json = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4)


@given(st.sampled_from(NAMES), _json | st.lists(_json, max_size=3))
def test_anything_in_a_numbers_place_is_read_or_refused_with_its_name(
    name: str, value: Any
) -> None:
    try:
        read_decision(Fields(with_number(name, value), "decision"))
    except StrictJsonError as error:
        assert name in str(error)
