"""The decision's numbers are fitted on scenes of the bundle's library, and always the same."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from device.answer.golden_verdicts import golden_spectrum
from device.answer.identifier import Identifier
from device.inference.bundle import Bundle
from device.inference.decision_numbers import Decision, decision_json, read_decision
from device.strict_json import Fields
from tests.lax_rates import RATES, SCENES, lax
from tests.tiny_bundles import NUMBERS, tiny_bundle
from train.decision import decide as module
from train.decision import weights
from train.decision.decide import UNFITTED, Undecidable, decide
from train.decision.examples import Example, ExampleMaker
from train.decision.logistic import logistic


def with_numbers(bundle: Bundle, decision: Decision) -> Bundle:
    return replace(bundle, manifest=replace(bundle.manifest, decision=decision))


@pytest.fixture(scope="module")
def decided() -> tuple[Decision, list[tuple[int, int]]]:
    steps: list[tuple[int, int]] = []
    with lax():
        found = decide(tiny_bundle(2), SCENES, 3, lambda done, of_all: steps.append((done, of_all)))
    return found, steps


def test_the_numbers_are_the_same_again_whatever_the_bundles_own_are(
    decided: tuple[Decision, Any],
) -> None:
    other = with_numbers(tiny_bundle(2), UNFITTED)
    with lax():
        assert decision_json(decide(other, SCENES, 3)) == decision_json(decided[0])


def test_every_number_is_read_again_and_has_an_error(decided: tuple[Decision, Any]) -> None:
    found = decided[0]
    assert read_decision(Fields(decision_json(found), "decision")) == found
    assert found.numbers.evidence > found.standard_errors["evidence"] > 0.0
    assert found.numbers.support > 2.0 * found.standard_errors["support"] > 0.0
    assert found.numbers.lone_line > found.standard_errors["lone_line"] > 0.0
    assert found.numbers.named_from >= 0.0
    assert sorted(found.rates.values()) == sorted(RATES.values())


def test_progress_counts_every_scene_of_three_streams(decided: tuple[Decision, Any]) -> None:
    steps = decided[1]
    assert steps == [(n + 1, 3 * SCENES) for n in range(3 * SCENES)]


def test_what_was_fitted_answers_the_golden_spectra(decided: tuple[Decision, Any]) -> None:
    bundle = tiny_bundle(2)
    identifier = Identifier(with_numbers(bundle, decided[0]))
    for golden in bundle.manifest.golden_verdicts:
        spectrum = golden_spectrum(golden.counts, bundle.manifest.grid)
        found = identifier.identify(spectrum).identification
        assert found.verdict == golden.verdict
        assert [one.name for one in found.components] == [one.name for one in golden.components]


def test_too_few_scenes_bound_no_rate() -> None:
    with pytest.raises(Undecidable, match=r"^tiny-2: \d+ scenes cannot show a rate of 0\.02") as no:
        decide(tiny_bundle(2), 20, 3)
    assert no.value.code == "undecidable"
    assert "more scenes" in no.value.remedy


# ---- what the weights come from ----


@pytest.fixture(scope="module")
def stream() -> list[Example]:
    return list(ExampleMaker(tiny_bundle(2), 9).examples(0, 100, lambda: None))


def test_evidence_tells_what_is_there(stream: list[Example]) -> None:
    numbers, errors = weights._weights(stream)
    assert numbers.evidence > 2.0 * errors["evidence"]
    assert numbers.constant < 0.0  # without evidence nothing is there
    unused = ("beside_support", "lone_line", "foreign_constant")
    assert not set(unused) & set(errors)  # of another stream


def test_a_truth_drawn_by_lot_gives_evidence_no_weight(stream: list[Example]) -> None:
    """Negative control: the weights come from the truth, not from the formulas."""
    rng = np.random.default_rng(1)
    lot = [replace(one, shares=rng.integers(0, 2, len(one.shares)) * 0.5) for one in stream]
    numbers, errors = weights._weights(lot)
    assert numbers.evidence <= 3.0 * errors["evidence"]
    assert numbers.evidence < 0.2 * weights._weights(stream)[0].evidence


def test_a_network_that_knows_the_truth_gets_weight(stream: list[Example]) -> None:
    knowing = [
        replace(one, presence=np.where(one.present, 0.9, 0.1).astype(np.float32)) for one in stream
    ]
    guessing = [replace(one, presence=np.full(len(one.present), 0.5, np.float32)) for one in stream]
    assert weights._weights(knowing)[0].network > 1.0
    assert weights._weights(guessing)[0].network == pytest.approx(0.0, abs=1e-6)


def test_a_weight_that_came_out_negative_is_0_and_the_rest_is_fitted_again() -> None:
    rng = np.random.default_rng(2)
    columns = np.column_stack([rng.standard_normal((4000, 2)), np.ones(4000)])
    chance = 1.0 / (1.0 + np.exp(-(columns @ np.array([1.0, -1.0, -0.5]))))
    labels = (rng.random(4000) < chance).astype(np.float64)
    found = weights._not_negative(columns, labels)
    assert found.weights[1] == found.errors[1] == 0.0
    alone = logistic(columns[:, [0, 2]], labels)
    assert found.weights[[0, 2]] == pytest.approx(alone.weights)
    assert found.weights[2] < 0.0  # a constant may be negative


def test_cuts_come_from_scenes_that_chose_no_weight(stream: list[Example]) -> None:
    """Names that are wrong raise the cut, and change no weight of the stream before."""
    found = weights._weights(stream)
    rng = np.random.default_rng(3)
    second = list(ExampleMaker(tiny_bundle(2), 9).examples(1, 80, lambda: None))
    with lax():
        before, _ = weights._weights_beside_foreign(second, found, rng)
    wrong = [
        replace(one, shares=np.zeros_like(one.shares)) if n % 4 == 0 else one
        for n, one in enumerate(second)
    ]
    with lax():
        after, _ = weights._weights_beside_foreign(wrong, found, rng)
    assert after.named_from > before.named_from
    for name in ("evidence", "evidence_if_close", "network", "support", "constant"):
        assert getattr(after, name) == getattr(before, name) == getattr(found[0], name)
    assert found[0] != NUMBERS


@pytest.fixture(scope="module")
def streams() -> list[list[Example]]:
    """Those of `decided`."""
    maker = ExampleMaker(tiny_bundle(2), 3)
    return [list(maker.examples(part, SCENES, lambda: None)) for part in range(3)]


@pytest.mark.parametrize("name", ["evidence_if_close", "network", "support"])
def test_a_term_left_out_has_no_weight(
    name: str, streams: list[list[Example]], decided: tuple[Decision, Any]
) -> None:
    """What experiments rely on: they show what each term is for."""
    with lax():
        whole, _ = weights.fitted(streams, np.random.default_rng([3, 2]))
    assert whole.evidence == pytest.approx(decided[0].numbers.evidence, abs=1e-4)
    with lax(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(weights, "UNIT", replace(weights.UNIT, **{name: 0.0}))
        found, _ = weights.fitted(streams, np.random.default_rng([3, 2]))
    assert getattr(found, name) == 0.0
    assert found.evidence != whole.evidence


def test_a_decision_is_fitted_at_the_product_s_own_rates(
    streams: list[list[Example]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each scene four times: as many as these rates need, in the time of making a quarter."""

    class Again:
        def __init__(self, *_: object) -> None: ...

        def examples(self, part: int, *_: object) -> list[Example]:
            return 4 * streams[part]

    monkeypatch.setattr(module, "ExampleMaker", Again)
    found = decide(tiny_bundle(2), 4 * SCENES, 3)
    assert found.rates == {
        "false_names": 0.02, "false_foreign": 0.05, "false_names_beside_foreign": 0.1,
    }  # fmt: skip
    assert found.numbers.evidence > found.standard_errors["evidence"] > 0.0
    assert found.numbers.named_from >= 0.0
