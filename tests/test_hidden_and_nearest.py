"""What could hide below its limit is told with each amount; what was nearly named, with why not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from device.answer.hidden import volume_kept
from device.answer.nearest import nearest
from device.answer.result import result_json
from device.inference.manifest import Compound
from device.show.card import card
from device.verdict.identification import Component, Identification, Verdict
from tests.measured import scene, solvents
from tests.sample_answers import answer

STRONG = Compound("strong", "", (), "", 1.0, 0.1, "")
WEAK = Compound("weak", "", (), "", 0.1, 0.01, "")
NO_FACTOR = Compound("unknown", "", (), "", None, None, "")
ALONE = Component("strong", "", 0.999, 1.0, 0.01, 1.0, 0.0)


def found(limit: float) -> Identification:
    limits = np.array([0.005, limit])
    return Identification(Verdict.IDENTIFIED, (ALONE,), 0.0, (), limiting_shares=limits)


def test_a_weak_scatterer_hides_more_volume_than_signal() -> None:
    # 10% of the signal by a tenth of the response: 0.9 beside 0.1 / 0.1 = 1 of volume
    assert volume_kept(found(0.1), (STRONG, WEAK)) == pytest.approx(0.9 / 1.9)
    equal = replace(WEAK, response_factor=1.0)
    assert volume_kept(found(0.1), (STRONG, equal)) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("one", "compounds"),
    [
        (found(np.inf), (STRONG, WEAK)),
        (found(0.1), (STRONG, NO_FACTOR)),
        (replace(found(0.1), limiting_shares=None), (STRONG, WEAK)),
        (
            replace(found(0.1), components=(replace(ALONE, volume_fraction=None),)),
            (STRONG, WEAK),
        ),
    ],
)
def test_where_a_limit_or_a_response_is_not_known_no_bound_is_told(
    one: Identification, compounds: tuple[Compound, ...]
) -> None:
    assert volume_kept(one, compounds) is None


def test_a_real_answer_tells_at_least_how_much() -> None:
    from device.answer.identifier import Identifier
    from device.spectra.spectrum import Spectrum

    gridded = scene({"Toluene": 1.0})
    spectrum = Spectrum(gridded.grid.wavenumber_cm1, gridded.intensity, source="x")
    (one,) = result_json(Identifier(solvents()).identify(spectrum))["components"]
    assert one["volume_fraction"] == 1.0
    assert 0.5 < one["volume_fraction_at_least"] < one["signal_share_at_least"] < 1.0


def term(name: str, **changes: Any) -> dict[str, Any]:
    terms = {"evidence": 1.0, "network": 0.5, "support": 2.0, "constant": -6.0}
    one = {"name": name, "named": False, "log_odds": -2.5, "terms": terms, "support": 1.0}
    return {**one, "evidence": 3.0, "presence": 0.6, **changes}


def test_the_nearest_come_with_what_pulls_them_down() -> None:
    why = {
        "cut": 0.0,
        "compounds": [
            term("a", named=True),
            term("b", support=0.1),
            term("c", terms={**term("x")["terms"], "network": -3.0}),
            term("d"),
            term("e"),
        ],
    }
    told = nearest(why)
    assert [one["name"] for one in told] == ["b", "c", "d"]
    assert "not all there (10%)" in told[0]["because"]
    assert "network" in told[1]["because"]
    assert "too little" in told[2]["because"]
    assert all(one["lacking"] == 2.5 for one in told)
    assert nearest(None) == []


def test_they_stand_on_the_card_of_what_is_open_alone() -> None:
    told = {"name": "n-Nonane", "log_odds": -1.7, "lacking": 1.7, "because": "the network"}
    open_one = result_json(answer(Verdict.UNKNOWN, (), 1.0)) | {"nearest": [told]}
    assert "n-Nonane: lacks 1.7: the network" in card(open_one)
    assert result_json(answer())["nearest"] == []
