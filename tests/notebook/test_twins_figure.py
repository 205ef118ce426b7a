"""The `twins` figure: a lead is one, and every pair has its place."""

import json
from pathlib import Path

import numpy as np
import pytest

from device.spectra.spectrum import to_grid
from evidence.scenes import Conditions, make_scene
from notebook import twins
from tests.bundles_under_test import SOLVENTS, tiny_context
from tests.bundles_under_test import pures as solvent_pures


def test_a_compound_leads_over_another_as_far_as_the_other_trails_it() -> None:
    pures = solvent_pures()
    toluene, methanol = pures.names.index("Toluene"), pures.names.index("methanol")
    scene = make_scene(np.random.default_rng(2), pures, np.eye(13)[toluene], Conditions())
    gridded = to_grid(scene.spectrum)
    pair = SOLVENTS.identifiers["I"].library.references[[toluene, methanol]]
    right = twins.lead(gridded, pair)
    assert right > 100.0
    assert twins.lead(gridded, pair[::-1]) == pytest.approx(-right, rel=0.2)
    # the control: nothing speaks for one of two that are the same
    assert twins.lead(gridded, pair[[0, 0]]) == pytest.approx(0.0, abs=1e-6)


def test_share_needed_falls_with_the_root_of_the_lead() -> None:
    assert twins.share_needed(700.0, 7.0) == pytest.approx(0.1)
    assert twins.share_needed(70_000.0, 7.0) == pytest.approx(0.01)
    assert twins.share_needed(-5.0, 7.0) == 1.0  # the wrong one leads: never


def test_twins_has_a_matrix_without_diagonal_for_each_library_and_noise(tmp_path: Path) -> None:
    result = twins.make(tiny_context(tmp_path))
    assert len(result.data) == len(result.plots) == 3
    for found in result.data.values():
        for row, values in enumerate(found["lead"]):
            assert [column for column, value in enumerate(values) if value is None] == [row]
    json.dumps(result.data, allow_nan=False)
