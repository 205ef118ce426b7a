"""The figures' own generator: known truth, the SNR and shift it says, nothing of training's."""

import ast
from pathlib import Path

import numpy as np
import pytest

from evidence import natives as natives_module
from evidence import pures as pures_module
from evidence import scenes as scenes_module
from evidence.pures import AXIS_CM1, Floats, Pures, snip
from evidence.scenes import Conditions, Scene, draw_shares, make_scene
from evidence.wording import counted, spelled
from tests.bundles_under_test import SOLVENTS

QUIET = Conditions(snr=1e9, baseline=0.0)


def gaussian(center_cm1: float, fwhm_cm1: float = 8.5) -> Floats:
    result: Floats = np.exp(-4 * np.log(2) * ((AXIS_CM1 - center_cm1) / fwhm_cm1) ** 2)
    return result


TWO = Pures(("a", "b"), np.stack([gaussian(900.0), gaussian(1400.0)]), fwhm_cm1=8.5)


def scene_of(
    conditions: Conditions, seed: int = 1, shares: tuple[float, float] = (1.0, 0.0)
) -> Scene:
    return make_scene(np.random.default_rng(seed), TWO, np.array(shares), conditions)


def center_and_fwhm(intensity: Floats) -> tuple[float, float]:
    axis = np.arange(300.0, 2501.0)
    above = np.flatnonzero(intensity >= 0.5 * intensity.max())
    weight = np.where(np.abs(axis - 900.0) < 60.0, intensity, 0.0)
    return float(weight @ axis / weight.sum()), float(len(above))


def test_shift_moves_lines_by_what_it_says() -> None:
    for shift in (-5.0, 0.0, 0.4, 5.0):
        scene = scene_of(Conditions(snr=1e9, baseline=0.0, shift_cm1=(shift, shift)))
        assert center_and_fwhm(scene.raman)[0] == pytest.approx(900.0 + shift, abs=0.05)


def test_lines_get_as_much_wider_as_asked() -> None:
    plain = center_and_fwhm(scene_of(QUIET).raman)[1]
    wide = center_and_fwhm(scene_of(Conditions(snr=1e9, baseline=0.0, fwhm_factor=1.5)).raman)[1]
    assert wide / plain == pytest.approx(1.5, abs=0.15)


def test_noise_is_the_highest_peak_over_snr() -> None:
    scene = scene_of(Conditions(snr=50.0, baseline=0.0))
    far_from_lines = scene.spectrum.intensity[1300:]
    assert np.std(far_from_lines) == pytest.approx(scene.raman.max() / 50.0, rel=0.1)
    assert scene.noise_sd == pytest.approx(scene.raman.max() / 50.0)


def test_strong_baseline_stands_as_many_times_over_the_raman_as_asked() -> None:
    scene = scene_of(Conditions(snr=1e9, baseline=19.0, strong_baseline=True))
    baseline = scene.spectrum.intensity - scene.raman
    assert baseline.max() / scene.raman.max() == pytest.approx(19.0, rel=1e-6)
    assert baseline.min() >= -1e-3


def test_cosmic_ray_changes_three_points_at_most() -> None:
    struck = scene_of(Conditions(snr=1e9, baseline=0.0, cosmic_rays=1))
    changed = np.abs(struck.spectrum.intensity - struck.raman) > 1e-3 * struck.raman.max()
    assert 1 <= changed.sum() <= 3


def test_response_own_shift_jitter_and_dark_structure_leave_traces_only_when_asked() -> None:
    reference = scene_of(QUIET).spectrum.intensity
    for change in (
        Conditions(snr=1e9, baseline=0.0, response=0.2),
        Conditions(snr=1e9, baseline=0.0, own_shift_cm1=2.0),
        Conditions(snr=1e9, baseline=0.0, intensity_jitter=0.2),
        Conditions(snr=1e9, baseline=0.0, dark_structure=0.02),
    ):
        scene = scene_of(change, shares=(0.5, 0.5))
        assert np.abs(scene.spectrum.intensity - reference).max() > 10.0


def test_same_seed_gives_the_same_spectrum_and_another_does_not() -> None:
    first, again, other = (scene_of(Conditions(), seed).spectrum.intensity for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_drawn_shares_keep_count_sum_and_smallest_share() -> None:
    rng = np.random.default_rng(5)
    counts = set()
    for _ in range(300):
        shares = draw_shares(rng, 13, (1, 4), 0.08)
        present = shares[shares > 0]
        counts.add(len(present))
        assert shares.sum() == pytest.approx(1.0)
        assert present.min() >= 0.08
    assert counts == {1, 2, 3, 4}


def test_a_small_library_has_mixtures_of_as_many_as_there_are() -> None:
    rng = np.random.default_rng(6)
    drawn = [draw_shares(rng, 2, (1, 4), 0.08) for _ in range(50)]
    assert {int((shares > 0).sum()) for shares in drawn} == {1, 2}
    assert (counted((1, 4), 2), counted((1, 4), 1)) == ("1-2 components", "1 component")
    assert spelled((1, 3), 1, "known compound") == "one known compound"
    # the control: a large one is not held back
    assert counted((1, 4), 13) == "1-4 components"
    assert spelled((1, 3), 13, "known compound") == "one to three known compounds"


def test_snip_finds_a_slow_baseline_and_leaves_the_lines() -> None:
    line = gaussian(900.0)
    baseline = 2.0 + np.cos((AXIS_CM1 - 300.0) / 2500.0)
    assert np.abs(snip(line + baseline) - baseline)[100:-100].max() < 0.03
    assert (line + baseline - snip(line + baseline)).max() > 0.95


def test_measured_pures_agree_with_the_librarys_references_on_their_lines() -> None:
    pures, references = SOLVENTS.pures, SOLVENTS.references
    assert pures.names == references.names
    lines = slice(300, None)  # from 600 cm-1: below it the two baselines go different ways
    for own, reference in zip(pures.inside[:, lines], references.inside[:, lines], strict=True):
        assert np.abs(own - reference).max() < 0.06
        assert np.corrcoef(own, reference)[0, 1] > 0.99
    assert not np.array_equal(pures.inside, references.inside)


def test_the_test_generator_shares_no_code_with_the_training_generator() -> None:
    modules = (pures_module, natives_module, scenes_module)
    seen = set()
    for module in modules:
        tree = ast.parse(Path(str(module.__file__)).read_text())
        imported = {
            node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert not {name for name in imported if name.startswith("train.spectra")}
        seen |= imported
    assert {"train.library.check", "evidence.pures"} <= seen  # the control: imports are seen
