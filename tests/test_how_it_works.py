"""docs/how-it-works.md: its example is what the shipped model says; its pictures can be drawn."""

import re
from pathlib import Path

import numpy as np
import pytest

from device.answer.identifier import Identifier
from device.answer.proof import proven_identifier
from device.inference.model_source import load_default
from device.installation import default_model_path
from device.spectra.files.reading import read_spectrum
from device.verdict.identification import Verdict
from notebook.how_pictures import STRANGER, counts_picture, curves_of, stranger_picture

PAGE = (Path(__file__).parents[1] / "docs" / "how-it-works.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def model() -> Identifier:
    if not default_model_path().exists():
        pytest.skip("the shipped model has not been built")
    return proven_identifier(load_default())


def test_the_liquid_that_the_network_takes_for_another_is_unknown(model: Identifier) -> None:
    answer = model.identify(read_spectrum(STRANGER))
    assert answer.identification.verdict is Verdict.UNKNOWN
    assert answer.prediction is not None and answer.identification.full_fit is not None
    cyclohexane = answer.names.index("cyclohexane")
    presence = re.search(r"gives cyclohexane (0\.\d\d)", PAGE)
    support = re.search(r"Only (\d+)% of\s+cyclohexane's own lines", PAGE)
    assert presence is not None and support is not None
    assert answer.prediction.presence[cyclohexane] == pytest.approx(float(presence[1]), abs=0.01)
    found = answer.identification.full_fit.support[cyclohexane]
    assert 100 * found == pytest.approx(float(support[1]), abs=1.0)


def test_the_best_sum_leaves_the_strongest_line(model: Identifier) -> None:
    curves = curves_of(model, model.identify(read_spectrum(STRANGER)))
    top = int(np.nanargmax(curves.measured))
    assert curves.residual[top] > 0.9 * curves.measured[top]


def test_both_pictures_are_drawn(model: Identifier, tmp_path: Path) -> None:
    for draw, name in ((counts_picture, "how-counts.png"), (stranger_picture, "how-unknown.png")):
        assert draw(model, tmp_path / name).read_bytes().startswith(b"\x89PNG")
        assert f"({name})" in PAGE
