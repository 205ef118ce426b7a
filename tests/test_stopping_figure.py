"""The figure about stopping: its rules stop where they say, and it counts what the product said."""

from pathlib import Path

import pytest

from evidence import stopping
from evidence.stopping_types import (
    FOUND,
    PRODUCT,
    RULES,
    WHOLE,
    Measured,
    Seen,
    no_more_errors,
    wrong,
)
from tests.bundles_under_test import tiny_context


def seen(pairs: int, right: bool, names: bool = True) -> Seen:
    return Seen(pairs, float(pairs), right, false_name=names and not right, names=names)


ONE = Measured(
    brightness=1.0,
    foreign=False,
    seen=(seen(1, False, names=False), seen(2, False), seen(4, True), seen(5, True)),
    stopped=2,
    exposed=(seen(1, False), seen(2, False), seen(4, True), seen(6, True)),
    plain=(seen(1, False), seen(4, True), seen(16, True), seen(48, True)),
)


@pytest.mark.parametrize(
    ("rule", "pairs"),
    [
        (PRODUCT, 4),
        ("until something is named", 2),
        ("1 pair", 1),
        ("2 pairs", 2),
        ("3 pairs", 4),
        ("16 pairs", 6),
        (WHOLE, 5),
        ("16 x 100 ms", 16),
    ],
)
def test_each_rule_stops_where_it_says(rule: str, pairs: int) -> None:
    assert RULES[rule](ONE).pairs == pairs


def test_fixed_averaging_is_compared_at_no_more_errors() -> None:
    assert wrong([ONE], RULES["2 pairs"]) == 1 > wrong([ONE], RULES[PRODUCT])
    assert no_more_errors([ONE], FOUND) == "3 pairs"
    assert no_more_errors([ONE], {"1 pair": RULES["1 pair"]}) is None


def test_every_look_of_a_measurement_is_there(tmp_path: Path) -> None:
    result = stopping.make(tiny_context(tmp_path))
    for answers in result.data.values():
        for one in answers:
            pairs = [look["pairs"] for look in one["seen"]]
            assert pairs == sorted(set(pairs)) and pairs[0] == 1
            assert 0 <= one["stopped"] < len(pairs)
            times = [look["laser_on_s"] for look in one["seen"]]
            assert times == sorted(times) and times[0] > 0 and times[-1] < 10.0
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in result.plots)
