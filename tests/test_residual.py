"""What counts as foreign of what a fit leaves over, on lines drawn by hand."""

import numpy as np
import numpy.typing as npt
import pytest

from device.fit.residual import Residual, squares_nearby, summed_squares

Floats = npt.NDArray[np.float64]

POINTS = 600
NOISE: Floats = np.full(POINTS, 1e-4)  # variance: sigma 0.01
KNOWN = np.ones(POINTS, dtype=np.bool_)
QUIET: Floats = np.full(POINTS, 1e-12)


def line(at: float, height: float = 1.0) -> Floats:
    """Derivative of a line, as the fit sees it."""
    away = (np.arange(POINTS) - at) / 6.0
    result: Floats = -height * away * np.exp(0.5 - 0.5 * away**2)
    return result


def test_a_fit_of_everything_leaves_nothing_foreign() -> None:
    left = Residual(line(200), line(200), NOISE, KNOWN)
    assert left.explained() == 1.0
    assert left.unexplained() == left.worst_line() == left.lone_line() == 0.0
    assert (left.doubt == 1.0).all()


def test_a_fit_of_nothing_leaves_everything_foreign() -> None:
    left = Residual(line(200), np.zeros(POINTS), NOISE, KNOWN)
    assert left.explained() == 0.0
    assert left.unexplained() == 1.0
    assert left.worst_line() == 1.0


def test_a_line_where_the_fit_has_none_is_foreign_and_doubted_there() -> None:
    left = Residual(line(200) + line(450, 0.3), line(200), NOISE, KNOWN)
    foreign_at = np.flatnonzero(left.foreign)
    assert foreign_at.min() > 430
    assert foreign_at.max() < 470
    assert left.lone_line() == pytest.approx(0.25, abs=0.05)
    assert left.doubt[450 - 6] < 0.3
    assert left.doubt[:400].min() == 1.0


def test_a_line_in_the_wrong_place_is_a_misfit_and_not_foreign() -> None:
    left = Residual(line(201), line(200), NOISE, KNOWN)
    assert 0.1 < left.worst_line() < 0.3
    assert left.lone_line() == 0.0
    assert left.unexplained() < 0.02


def test_the_worst_line_is_the_worst_and_not_their_sum() -> None:
    """Against the strongest line of the fit, by height."""
    strong, weak = line(200), line(450, 0.5)
    one = Residual(strong + 0.9 * weak, strong + weak, QUIET, KNOWN)
    both = Residual(0.95 * strong + 0.9 * weak, strong + weak, QUIET, KNOWN)
    assert one.worst_line() == pytest.approx(0.05, rel=0.01)
    assert both.worst_line() == pytest.approx(one.worst_line(), rel=0.01)
    worse = Residual(strong + 0.8 * weak, strong + weak, QUIET, KNOWN)
    assert worse.worst_line() == pytest.approx(0.1, rel=0.01)


def test_white_noise_of_known_variance_is_no_worst_line() -> None:
    rng = np.random.default_rng(5)
    for sd in (0.001, 0.03, 0.1):
        noisy = line(200) + sd * rng.standard_normal(POINTS)
        noise = np.full(POINTS, sd**2)
        assert Residual(noisy, line(200), noise, KNOWN).worst_line() < 0.3 * sd
        assert Residual(noisy, line(200), QUIET, KNOWN).worst_line() > sd  # control


def test_a_component_without_its_line_has_no_support() -> None:
    columns = np.stack([line(200), line(450)])
    left = Residual(line(200), columns.sum(axis=0), NOISE, KNOWN)
    there, missing = left.support(columns)
    assert there > 0.99
    assert missing < 0.1


def test_what_a_ray_hid_excuses_no_misfit() -> None:
    """Its doubt is no noise: it stands for a few points only."""
    doubted = NOISE.copy()
    doubted[500:520] = 1.0
    known = KNOWN.copy()
    known[500:520] = False
    moved = (line(202), line(200))
    calm, struck = Residual(*moved, NOISE, KNOWN), Residual(*moved, doubted, known)
    assert struck.worst_line() == pytest.approx(calm.worst_line(), rel=0.01)
    assert struck.model_error() == pytest.approx(calm.model_error(), rel=0.01)
    assert Residual(*moved, doubted, KNOWN).model_error() == 0.0  # as if all of it were noise


def test_the_mean_square_nearby_is_centred_and_ends_at_the_ends() -> None:
    values = np.zeros(21)
    values[[0, 10]] = 5.0
    result = squares_nearby(summed_squares(values), 5)
    np.testing.assert_allclose(result[8:13], 5.0, atol=1e-12)
    np.testing.assert_allclose(result[[7, 13]], 0.0, atol=1e-12)
    np.testing.assert_allclose(result[:4], [5.0, 5.0, 5.0, 0.0], atol=1e-12)
