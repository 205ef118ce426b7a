"""What counts as a difference between experiments: chance does not, and says so."""

from collections.abc import Iterator

import numpy as np
import pytest

from notebook.experiments_calibration import Statements, best_temperature, gain
from notebook.experiments_pairs import (
    Column,
    Row,
    beyond_chance,
    differences,
    errors_beyond_chance,
    false_discovery_limit,
    mean_test,
    sign_test,
)
from notebook.experiments_tables import section

A, B = Column("a", "a right"), Column("b", "b wrong", unwanted=True)


def test_sign_test_is_exact() -> None:
    assert sign_test(0, 0) == 1.0
    assert sign_test(10, 0) == sign_test(0, 10) == pytest.approx(2 / 1024)
    assert sign_test(3, 3) == 1.0
    assert sign_test(7, 1) == pytest.approx(2 * 9 / 256)


def test_mean_test_sees_a_shift_and_no_shift_in_noise() -> None:
    rng = np.random.default_rng(2)
    first = rng.normal(size=400)
    assert mean_test(first, first) == 1.0
    assert mean_test(first, first + rng.normal(0.2, 0.5, 400)) < 1e-6
    assert mean_test(first, first + rng.normal(0.0, 0.5, 400)) > 0.01


def test_false_discoveries_are_held_down() -> None:
    assert false_discovery_limit([0.01, 0.04, 0.03, 0.5]) == 0.01  # by hand: 0.0125, 0.025, 0.0375
    assert false_discovery_limit([0.2, 0.9]) == -1.0
    assert false_discovery_limit([]) == -1.0
    uniform = np.random.default_rng(1).random(1000).tolist()
    assert false_discovery_limit(uniform) < 0.001


def _rows() -> Iterator[Row]:
    good = np.ones(60, dtype=np.bool_)
    yield Row("shipped", "", {"a": good, "b": good})
    yield Row("other seed", "", {"a": np.arange(60) >= 10, "b": good}, repeats=True)
    yield Row("a little worse", "", {"a": np.arange(60) >= 10, "b": good})
    yield Row("much worse", "", {"a": np.arange(60) >= 30, "b": good})
    yield Row("one more", "", {"a": np.arange(60) >= 1, "b": np.arange(60) >= 20})


def test_only_more_than_another_seed_does_stands_out() -> None:
    rows = tuple(_rows())
    bold = beyond_chance(differences(rows, (A, B)), rows)
    assert bold == {(3, "a"), (4, "b")}
    without_seed = tuple(row for row in rows if not row.repeats)
    bold = beyond_chance(differences(without_seed, (A, B)), without_seed)
    assert bold == {(1, "a"), (2, "a"), (3, "b")}  # the control: ten of sixty are beyond chance


def test_five_that_differ_show_nothing_and_do_not_hide_the_others() -> None:
    good = np.ones(60, dtype=np.bool_)
    few = [Row(f"row {n}", "", {"a": np.arange(60) >= 5}) for n in range(200)]
    six = Row("six", "", {"a": np.arange(60) >= 6})
    rows = (Row("shipped", "", {"a": good}), *few, six)
    assert beyond_chance(differences(rows, (A,)), rows) == {(len(rows) - 1, "a")}


def test_share_errors_count_when_they_move_by_more_than_another_seed_moves_them() -> None:
    rng = np.random.default_rng(3)
    base = np.abs(rng.normal(0.0, 0.01, 300))

    def row(label: str, added: float, repeats: bool = False) -> Row:
        errors = base + added + np.abs(rng.normal(0.0, 0.001, 300))
        return Row(label, "", {}, {"unequal": errors}, repeats)

    first = Row("first", "", {}, {"unequal": base})
    rows = (first, row("seed", 0.002, repeats=True), row("less", 0.0005), row("more", 0.004))
    assert errors_beyond_chance(rows) == {(3, "unequal")}
    assert errors_beyond_chance((first, *rows[2:])) == {(1, "unequal"), (2, "unequal")}


def test_what_few_spectra_cannot_tell_is_said_as_such() -> None:
    rows = (
        Row("first", "", {"a": np.ones(42, dtype=np.bool_)}),
        Row("four less", "", {"a": np.arange(42) >= 4}),
        Row("half", "", {"a": np.arange(42) >= 21}),
    )
    said, _ = section("t", rows, {"g": (A,)}, ())
    few = "No difference beyond chance. Too few to tell: a right 42 to 38 of 42."
    assert [row[2] for row in said.rows[1:]] == [few, "Worse: a right 100.0 to 50.0%."]


def test_sentences_say_what_the_figures_say() -> None:
    said, figures = section("t", tuple(_rows()), {"g": (A, B)}, ())
    by_label = {row[0]: row[2] for row in said.rows}
    assert by_label["much worse"] == "Worse: a right 100.0 to 50.0%."
    assert by_label["a little worse"] == "No difference beyond chance."
    assert by_label["one more"] == "Worse: b wrong 0.0 to 33.3%."
    assert "up to 10" in by_label["other seed"]
    cells = {row[0]: row[1:] for row in figures.rows}
    assert cells["much worse"][0].startswith("**50.0%")
    assert cells["much worse"][0].endswith("-30 +0")
    assert cells["one more"][1].startswith("**33.3% (22.7-45.9)**")


def _statements(temperature: float) -> Statements:
    """400 scenes whose log odds are true, then multiplied by `temperature`."""
    rng = np.random.default_rng(8)
    odds = rng.normal(0.0, 2.0, (400, 13))
    present = rng.random(odds.shape) < 1.0 / (1.0 + np.exp(-odds))
    said = 1.0 / (1.0 + np.exp(-temperature * odds))
    return Statements(said, present, np.ones_like(present))


def test_temperature_undoes_boldness_and_lets_true_probabilities_be() -> None:
    bold = _statements(2.0)
    assert best_temperature(bold) == pytest.approx(2.0, rel=0.1)
    size, low, high = gain(bold, bold.at(2.0), seed=1)
    assert low > 0.02 < size < high
    honest = _statements(1.0)
    assert best_temperature(honest) == pytest.approx(1.0, rel=0.1)
    _, low, high = gain(honest, honest.at(1.0), seed=1)
    assert low <= 0.001 and high >= -0.001
