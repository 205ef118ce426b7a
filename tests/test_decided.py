"""The figure about the decision's numbers: what is held apart is not fitted on, but asked about."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from device.inference.decision_numbers import DecisionNumbers
from evidence import decided
from evidence.figure import Context, Result
from tests.bundles_under_test import TINY, tiny_context
from tests.tiny_bundles import NUMBERS
from train.decision.examples import Example
from train.decision.logistic import TooFewExamples

OWN, OTHER = "the references' own instrument", "other instruments"
Streams = Sequence[Sequence[Example]]


def figure(monkeypatch: pytest.MonkeyPatch, out: Path, **changed: float) -> tuple[Result, Any]:
    """Held apart, numbers are the bundle's own but for `changed`; those of one compound are not
    found. And the streams that each was to be fitted on."""
    asked: list[Streams] = []

    def fitted(streams: Streams, _rng: object) -> tuple[DecisionNumbers, dict[str, float]]:
        asked.append(streams)
        if len(asked) == 1:
            raise TooFewExamples("too few")
        return replace(NUMBERS, **changed), {}

    monkeypatch.setattr(decided, "fitted", fitted)
    monkeypatch.setattr(Context, "part", lambda _self, tiny, _full: tiny // 3)
    made = decided.make(tiny_context(out, TINY))
    assert isinstance(made, Result)
    return made, asked


def test_what_is_held_apart_is_in_no_stream_and_what_cannot_be_fitted_in_no_row(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made, asked = figure(monkeypatch, tmp_path)
    first, second, own, other = asked
    for streams, held_apart in (
        (first, lambda one: 0 in one.compounds),
        (second, lambda one: 1 in one.compounds),
        (own, lambda one: one.own_instrument),
        (other, lambda one: not one.own_instrument),
    ):
        assert [len(stream) > 0 for stream in streams] == [True] * 3
        assert not any(held_apart(one) for stream in streams for one in stream)
    scenes = [len(a) + len(b) for a, b in zip(own, other, strict=True)]
    assert scenes == [len({*a, *b}) for a, b in zip(own, other, strict=True)]  # each in one
    names = TINY.identifiers["II"].bundle.manifest.compound_names
    assert [row[0] for row in made.tables[1].rows] == [names[1], OWN, OTHER]


def test_the_same_numbers_lose_and_win_nothing_and_numbers_that_name_none_lose(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made, _ = figure(monkeypatch, tmp_path)
    for _, exact, exact_apart, change, false, false_apart in made.tables[1].rows:
        assert (exact, false, change) == (exact_apart, false_apart, "-0 +0")
    made, _ = figure(monkeypatch, tmp_path, named_from=1e6)
    for row in made.tables[1].rows:
        lost = int(row[3].split()[0])
        assert lost < 0 and row[5].startswith("0.0%")
