"""Scenes for the decision: their seed gives them, and nothing absent is in them."""

import numpy as np
import pytest

from device.spectra.resampling import WavenumberGrid
from tests.measured import Floats
from tests.tiny_bundles import tiny_bundle
from train.decision import liquids
from train.decision.examples import KIND_PARTS, Example, ExampleMaker
from train.decision.liquids import (
    among_others,
    broadened,
    homologue,
    log_uniform,
    random_liquid,
    smooth_curve,
)
from train.decision.scenes import DecisionScene, Kind, SceneMaker

GRID = WavenumberGrid(300.0, 1500.0)
AXIS_CM1 = 240.0 + np.arange(1321.0)


def line(at_cm1: float, fwhm_cm1: float = 10.0) -> Floats:
    result: Floats = 1.0 / (1.0 + ((GRID.wavenumber_cm1 - at_cm1) / (0.5 * fwhm_cm1)) ** 2)
    return result


REFERENCES = np.stack([line(500.0), line(800.0), line(1000.0), line(1250.0)])
MAKER = SceneMaker(REFERENCES, GRID, 10.0)


def made(kind: Kind, seed: int, left_out: int | None = None) -> DecisionScene:
    return MAKER.make(np.random.default_rng(seed), kind, left_out)


@pytest.mark.parametrize("kind", Kind)
def test_a_seed_gives_one_scene(kind: Kind) -> None:
    left_out = 1 if kind is Kind.LEFT_OUT else None
    once, again, other = (made(kind, seed, left_out) for seed in (1, 1, 2))
    assert (once.spectrum.intensity == again.spectrum.intensity).all()
    assert (once.shares == again.shares).all() and once.foreign == again.foreign
    assert not np.array_equal(once.spectrum.intensity, other.spectrum.intensity)


@pytest.mark.parametrize("kind", Kind)
def test_shares_and_what_is_foreign_are_the_whole_signal(kind: Kind) -> None:
    left_out = 2 if kind is Kind.LEFT_OUT else None
    for seed in range(60):
        scene = made(kind, seed, left_out)
        assert scene.shares.sum() + scene.foreign == pytest.approx(1.0)
        assert (scene.shares >= 0.0).all()
        assert (scene.foreign == 0.0) == (kind is Kind.KNOWN)
        assert scene.foreign == 0.0 or 0.03 <= scene.foreign <= 0.9 or scene.foreign == 1.0
        axis = scene.spectrum.wavenumber_cm1
        assert (np.diff(axis) > 0.0).all() and np.isfinite(scene.spectrum.intensity).all()


def test_the_one_left_out_is_never_said_to_be_there() -> None:
    for seed in range(200):
        assert made(Kind.LEFT_OUT, seed, left_out=3).shares[3] == 0.0
    there = [made(Kind.KNOWN, seed).shares[3] > 0.0 for seed in range(200)]
    assert any(there)  # control: where it is not left out, it is there at times


def test_the_one_left_out_is_what_is_foreign() -> None:
    """Where it has its line there is signal, if it is all that is there."""
    alone = [scene for seed in range(200) if (scene := made(Kind.LEFT_OUT, seed, 3)).foreign == 1.0]
    assert len(alone) > 20
    for scene in alone:
        axis, counts = scene.spectrum.wavenumber_cm1, scene.spectrum.intensity
        near = np.abs(axis - 1250.0) < 12.0
        if near.sum() > 3:
            beside = (np.abs(axis - 1250.0) > 25.0) & (np.abs(axis - 1250.0) < 60.0)
            if beside.sum() > 3:
                assert counts[near].max() > np.median(counts[beside])


def test_no_more_than_eight_compounds_and_none_below_its_smallest_share() -> None:
    many = SceneMaker(np.stack([line(320.0 + 35.0 * n) for n in range(33)]), GRID, 10.0)
    counts = []
    for seed in range(150):
        shares = many.make(np.random.default_rng(seed), Kind.KNOWN).shares
        counts.append(int((shares > 0).sum()))
        assert shares[shares > 0].min() >= 0.008
    assert 1 in counts and max(counts) <= 8


def test_a_library_of_one_compound_has_scenes_too() -> None:
    single = SceneMaker(REFERENCES[:1], GRID, 10.0)
    for kind in (Kind.KNOWN, Kind.RANDOM, Kind.HOMOLOGUE):
        scene = single.make(np.random.default_rng(1), kind)
        assert scene.shares.shape == (1,)


# ---- liquids ----


def test_bands_that_neither_move_nor_change_stay() -> None:
    spectrum = np.pad(REFERENCES[1], 60, mode="edge")
    same = among_others(np.random.default_rng(1), spectrum, 10.0, 0.0, 0.0)
    assert same == pytest.approx(spectrum, abs=1e-9)
    rng = np.random.default_rng(1)
    moved = [among_others(rng, spectrum, 10.0, 1.0, 0.0) for _ in range(200)]
    aside = np.array([int(one.argmax()) for one in moved]) - int(spectrum.argmax())
    # each band by 1 cm-1, and the compound by so many times that
    assert aside.std() == pytest.approx((1.0 + liquids._COMPOUND_MOVED**2) ** 0.5, rel=0.15)
    assert np.mean([fwhm(one) for one in moved]) > 1.03 * fwhm(spectrum)  # and lines are wider
    height = [float(among_others(rng, spectrum, 10.0, 0.0, 0.3).max()) for _ in range(200)]
    assert np.log(height).std() == pytest.approx(0.3, rel=0.15)


def test_a_smooth_curve_has_its_standard_deviation_and_no_steps() -> None:
    rng = np.random.default_rng(2)
    curves = np.array([smooth_curve(rng, 2000, 40.0, 3.0) for _ in range(50)])
    assert curves.std() == pytest.approx(3.0, rel=0.1)
    assert np.abs(np.diff(curves, axis=1)).max() < 1.5


def test_liquids_of_no_library_have_maximum_1_and_a_homologue_is_another_compound() -> None:
    rng = np.random.default_rng(3)
    known = np.pad(REFERENCES, ((0, 0), (60, 60)), mode="edge")
    for _ in range(40):
        for liquid in (
            random_liquid(rng, AXIS_CM1, 1500.0),
            homologue(rng, known, AXIS_CM1, 1500.0),
        ):
            assert liquid.max() == pytest.approx(1.0) and (liquid >= 0.0).all()
            alike = (known @ liquid) / np.linalg.norm(known, axis=1) / np.linalg.norm(liquid)
            assert alike.max() < 0.999


def fwhm(spectrum: Floats) -> float:
    fine = np.interp(np.arange(0.0, len(spectrum) - 1.0, 0.02), np.arange(len(spectrum)), spectrum)
    return 0.02 * int((fine > 0.5 * spectrum.max()).sum())


GAUSSIAN = np.exp(-4.0 * np.log(2.0) * ((AXIS_CM1 - 900.0) / 12.0) ** 2)  # 12 cm-1 wide


def test_a_poorer_resolution_makes_lines_wider_and_keeps_their_area() -> None:
    wide = broadened(GAUSSIAN, 12.0, 20.0)
    assert fwhm(wide) == pytest.approx(20.0, abs=0.2)
    assert wide.sum() == pytest.approx(GAUSSIAN.sum(), rel=0.01)
    assert broadened(GAUSSIAN, 12.0, 12.0) == pytest.approx(GAUSSIAN, abs=1e-9)


@pytest.mark.parametrize("to_cm1", [8.4, 10.0])
def test_a_better_resolution_makes_lines_narrower(to_cm1: float) -> None:
    """As far as it goes: at least half of the way."""
    assert fwhm(broadened(GAUSSIAN, 12.0, to_cm1)) < 0.5 * (12.0 + to_cm1)


def test_log_uniform_is_even_over_decades() -> None:
    rng = np.random.default_rng(4)
    drawn = np.array([log_uniform(rng, (0.01, 100.0)) for _ in range(4000)])
    assert drawn.min() >= 0.01 and drawn.max() <= 100.0
    assert (drawn < 1.0).mean() == pytest.approx(0.5, abs=0.03)


# ---- examples ----


def examples(part: int, count: int = 40, seed: int = 5) -> list[Example]:
    return list(ExampleMaker(tiny_bundle(2), seed).examples(part, count, lambda: None))


def test_a_stream_is_its_own_and_always_the_same() -> None:
    first, again, other = examples(0), examples(0), examples(1)
    assert all(
        np.array_equal(one.gridded.intensity, two.gridded.intensity)
        for one, two in zip(first, again, strict=True)
    )
    seen = {float(one.gridded.intensity[1000]) for one in first}
    assert not seen & {float(one.gridded.intensity[1000]) for one in other}


def test_every_scene_is_counted_and_all_kinds_come() -> None:
    done: list[None] = []
    made = list(ExampleMaker(tiny_bundle(2), 6).examples(0, 60, lambda: done.append(None)))
    assert len(done) == 60 >= len(made) > 45  # some are refused by the quality gate
    assert {one.kind for one in made} == set(Kind) == set(KIND_PARTS)
    assert sum(KIND_PARTS.values()) == pytest.approx(1.0)


def test_what_is_left_out_is_in_neither_library_nor_truth_nor_answer() -> None:
    for one in examples(0, 60):
        at_hand = 1 if one.kind is Kind.LEFT_OUT else 2
        assert len(one.present) == len(one.presence) == len(one.fit.evidence) == at_hand
        assert len(one.library.references) == at_hand
        assert one.present.any() or one.foreign == 1.0
