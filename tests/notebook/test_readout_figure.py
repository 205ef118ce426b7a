"""The figure about readout: a factor is chosen by errors, then by light, and judged on others."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from device.driver.auto_exposure import OVER_READOUT
from notebook import readout
from notebook.readout import Ended, chosen
from tests.bundles_under_test import tiny_context
from tests.pages import ROOT, read


def ended(wrong: list[int], lit_s: float, of: int = 40) -> Ended:
    """Wrong on these scenes."""
    return Ended(np.isin(np.arange(of), wrong), np.full(of, lit_s))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({2.0: ended([0, 1, 2, 3], 1.0), 10.0: ended([0], 2.0)}, 10.0),  # three more, on one side
        ({2.0: ended([0, 1], 1.0), 10.0: ended([0], 2.0)}, 2.0),  # one more is one standard error
        ({2.0: ended([0, 1, 2, 3], 1.0), 10.0: ended([4, 5, 6], 2.0)}, 2.0),  # other scenes
        ({2.0: ended([0], 3.0), 10.0: ended([0], 2.0), math.inf: ended([0], 4.0)}, 10.0),
    ],
)
def test_least_light_of_all_that_err_no_more(found: dict[float, Ended], expected: float) -> None:
    assert chosen(found) == expected


def test_it_chooses_on_some_scenes_and_judges_on_others(tmp_path: Path) -> None:
    result = readout.make(tiny_context(tmp_path))
    fitted, judged = result.tables
    assert len(fitted.rows) == 3 and len(judged.rows) >= 4
    assert any("chosen" in row[0] for row in fitted.rows)
    assert result.data["in_use"] == OVER_READOUT
    for factor in ("5", "10", "inf"):
        assert result.data["fitted"][factor] != result.data["judged"][factor]


def test_the_page_tells_of_every_factor_and_which_is_in_use() -> None:
    page = read(ROOT / "docs" / "measuring.md")
    rows = re.findall(r"^\| (\d+)(?: \(([^)]*)\))? \| [\d.]+% \S+ \| [\d.]+ s", page, re.M)
    assert [float(factor) for factor, _ in rows] == [
        one for one in readout.FACTORS if one < math.inf
    ]
    assert [float(factor) for factor, mark in rows if mark == "in use"] == [OVER_READOUT]
