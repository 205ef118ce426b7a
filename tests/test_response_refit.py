"""New response factors in a bundle: planted ones come back, wrong rows are named."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.inference.bundle import read_bundle_file
from device.inference.trust import default_trust_policy
from device.installation import shipped_models_dir
from tests.measured import solvents
from tests.own_mixtures import MIXED, TIMES, Truth, answered, write_mixtures
from tests.tiny_bundles import tiny_bundle
from train.library.measured import EQUAL_PARTS, measured_spectra
from train.validation.response_data import Usable, groups_of
from train.validation.response_refit import NotEnoughMixtures, Refit, refit
from train.validation.response_tables import response_tables

AROMATICS = shipped_models_dir() / "aromatics4-2.ramix"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """A folder of MIXED, whose responses are TIMES those of the shipped solvents."""
    folder = tmp_path_factory.mktemp("own") / "mixtures"
    return folder, write_mixtures(folder, solvents(), MIXED, TIMES)


def ratio_errors(made: Refit, times: Mapping[str, float]) -> list[float]:
    """Of each pair of planted factors: error of the ratio in its stated uncertainties."""
    of = {one.name: one for one in made.factors}
    errors = []
    for one, other in zip(list(times), list(times)[1:], strict=False):
        a, b = of[one], of[other]
        assert a.before and b.before and a.after and b.after and a.after_sd and b.after_sd
        found = np.log(a.after / a.before) - np.log(b.after / b.before)
        planted = np.log(times[one] / times[other])
        errors.append(float((found - planted) / np.hypot(a.after_sd, b.after_sd)))
    return errors


def test_planted_factors_come_back_within_their_errors(
    written: tuple[Path, Truth],
) -> None:
    usable, unused = answered(solvents(), *written)
    assert not unused
    made = refit(usable, solvents().manifest.compounds)
    assert np.abs(ratio_errors(made, TIMES)).max() < 2.0
    assert made.contradicting == ()
    before, after = ([getattr(one, name) for one in made.compared] for name in ("before", "after"))
    assert np.mean(after) < 0.25 * np.mean(before)  # what was planted is 10 points of volume
    assert made.held(after=True).value > made.held(after=False).value
    assert set(made.changed) == set(TIMES)
    kept = [one for one in made.factors if one.name not in TIMES]
    assert all(one.after == one.before and one.standard_error is None for one in kept)


def test_a_wrong_row_is_named_and_does_not_count(
    written: tuple[Path, Truth],
) -> None:
    folder, truth = written
    wrong = truth | {"mix1.csv": {"Toluene": 8.0, "ethanol": 1.0}}  # written the wrong way round
    usable, _ = answered(solvents(), folder, wrong)
    made = refit(usable, solvents().manifest.compounds)
    (row,) = made.contradicting
    assert row.file == "mix1.csv" and "contradicts the others" in row.why
    assert "ethanol against Toluene comes out 6" in row.why  # 64 times
    assert np.abs(ratio_errors(made, TIMES)).max() < 2.0
    tables = response_tables(made, [])
    assert any("mix1.csv" in cell for row_ in tables[-1].rows for cell in row_)


def test_what_the_product_does_not_name_exactly_is_not_used(
    written: tuple[Path, Truth],
) -> None:
    folder, truth = written
    other = truth | {
        "mix0.csv": {"Toluene": 1.0, "methanol": 3.0},
        "mix1.csv": {"Toluene": 1.0, "ethanol": "x"},
        "mix3.csv": truth["mix3.csv"] | {"methanol": "x"},
    }
    usable, unused = answered(solvents(), folder, other)
    assert [one.file for one in unused] == ["mix0.csv", "mix1.csv"]
    assert "missed: methanol" in unused[0].why and "fewer than two" in unused[1].why
    # two known amounts of three still say what their ratio is
    three = next(one for one in usable if one.file == "mix3.csv")
    assert int(three.known.sum()) == 2


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ((0, 1, 2), "3 of the mixtures can be used"),
        ((0, 1, 5, 5, 5), "No chain of mixtures joins"),
    ],
)
def test_too_few_or_unconnected_mixtures_are_refused_in_a_sentence(
    written: tuple[Path, Truth], chosen: Sequence[int], said: str
) -> None:
    usable, _ = answered(solvents(), *written)
    with pytest.raises(NotEnoughMixtures, match=said):
        refit([usable[index] for index in chosen], solvents().manifest.compounds)


def test_groups_are_joined_by_mixtures_and_by_factors_of_before() -> None:
    def held(*volumes: float) -> Usable:
        return Usable(1, "a", np.array(volumes), np.array(volumes), np.array(volumes))

    two = [held(1, 1, 0, 0, 0), held(0, 0, 1, 1, 0)]
    assert groups_of(two, 5) == [{0, 1}, {2, 3}]
    assert groups_of([*two, held(0, 1, 1, 0, 0)], 5) == [{0, 1, 2, 3}]
    assert groups_of(two, 5, [1, 3, 4]) == [{0, 1, 2, 3, 4}]


def test_a_bundle_without_factors_gets_them_relative_to_its_strongest(tmp_path: Path) -> None:
    bundle = read_bundle_file(AROMATICS, default_trust_policy())
    times = {"toluene": 1.0, "pyridine": 0.5, "aniline": 0.25}
    mixed = [
        {"toluene": 1.0, "pyridine": 1.0},
        {"toluene": 1.0, "pyridine": 3.0},
        {"pyridine": 1.0, "aniline": 2.0},
        {"toluene": 1.0, "aniline": 2.0},
    ]
    folder = tmp_path / "mixtures"
    usable, unused = answered(bundle, folder, write_mixtures(folder, bundle, mixed, times))
    assert not unused
    made = refit(usable, bundle.manifest.compounds)
    factors = {name: factor for name, (factor, _) in made.changed.items()}
    assert factors == pytest.approx(times, rel=0.05)
    assert all(one.before is None and one.after is not None for one in made.compared)
    # a second part of the library has factors already, and no mixture joins both
    known = tiny_bundle(2).manifest.compounds
    with pytest.raises(NotEnoughMixtures, match="one mixture must hold both"):
        wider = [
            Usable(one.row, one.file, *(np.append(row, [0.0, 0.0]) for row in _rows(one)))
            for one in usable
        ]
        refit(wider, [*bundle.manifest.compounds, *known])


def test_of_the_measured_mixtures_those_labelled_unequal_are_found(tmp_path: Path) -> None:
    """All written down as equal parts, which for three of them is doubtful by their labels."""
    folder = tmp_path / "mixtures"
    folder.mkdir()
    doubtful, truth = set(), dict[str, dict[str, object]]()
    for one in measured_spectra(solvents().manifest):
        if len(one.expected) < 2 or one.others or one.group == "resampled, published":
            continue  # the last are the published ones once more
        table = np.c_[one.spectrum.wavenumber_cm1, one.spectrum.intensity]
        np.savetxt(folder / f"{one.name}.csv", table, delimiter=",", fmt="%.4f")
        truth[f"{one.name}.csv"] = dict.fromkeys(sorted(one.expected), 1)
        if one.group not in EQUAL_PARTS:
            doubtful.add(f"{one.name}.csv")
    usable, unused = answered(solvents(), folder, truth)
    made = refit(usable, solvents().manifest.compounds)
    assert (len(truth), len(doubtful)) == (45, 3)
    # those left PARTIAL, by rests of their dark frames, are not refitted with
    contradicting, left = ({one.file for one in some} for some in (made.contradicting, unused))
    assert contradicting <= doubtful <= contradicting | left
    assert len(left) <= 8
    # 90% intervals from the others' factors hold the truth, and are narrower than before
    low, high = made.held(after=True).interval
    assert low < 0.9 < high
    sd = np.array([(one.before_sd, one.after_sd) for one in made.factors], dtype=np.float64)
    assert sd[:, 1].mean() < 0.5 * sd[:, 0].mean()


def _rows(one: Usable) -> tuple[Any, Any, Any]:
    return one.shares, one.share_sd, one.volumes
