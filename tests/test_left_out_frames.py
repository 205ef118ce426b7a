"""Frames of left-out compounds: made by the whole analyzer, foreign only to who goes without."""

from pathlib import Path

import numpy as np
import pytest

from device.answer.identifier import Identifier
from device.inference.bundle import read_bundle_file
from device.inference.trust import default_trust_policy
from evidence.foreign_answers import ask
from evidence.left_out import without
from evidence.left_out_frames import KNOWN, PARTS, cases, frame
from tests.bundles_under_test import pures as solvent_pures

TOLUENE = 12


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return Identifier(read_bundle_file(Path("models/solvents13-2.ramix"), default_trust_policy()))


def test_each_part_leaves_out_the_compound_and_the_control_has_others_alone() -> None:
    pures = solvent_pures()
    assert pures.names[TOLUENE] == "Toluene"
    found = list(cases(np.random.default_rng(1), pures, TOLUENE, repeats=2))
    assert [case.kind for case in found] == [k for k in (*PARTS, KNOWN) for _ in range(2)]
    for case in found:
        assert case.foreign == "Toluene" and "Toluene" not in case.present
        assert len(case.present) == 0 if case.kind == "alone" else len(case.present) > 0


def test_a_frame_came_through_the_analyzer_with_its_line_width() -> None:
    pures = solvent_pures()
    spectrum = frame(np.random.default_rng(2), pures, np.eye(13)[TOLUENE])
    assert spectrum.raw is not None and spectrum.raw.laser_power_mw
    assert spectrum.variance is not None and spectrum.integration_time_ms == 1000.0
    at = (spectrum.wavenumber_cm1 > 980) & (spectrum.wavenumber_cm1 < 1025)
    axis, line = spectrum.wavenumber_cm1[at], spectrum.intensity[at]
    line = line - line.min()
    width = np.ptp(axis[line >= 0.5 * line.max()])
    assert 9.0 < width < 15.0  # of a line that was measured at 8.5


def test_a_frame_is_foreign_only_to_who_goes_without_its_compound(identifier: Identifier) -> None:
    pures = solvent_pures()
    case = next(cases(np.random.default_rng(3), pures, TOLUENE, repeats=1))
    knows = ask(identifier, case, lambda: None)
    goes_without = ask(without(identifier, TOLUENE), case, lambda: None)
    assert (knows.verdict, set(knows.named)) == ("IDENTIFIED", {"Toluene"})
    assert goes_without.verdict != "IDENTIFIED"
    assert not goes_without.named
