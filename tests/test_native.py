"""The compiled kernel answers as numpy does, and numpy stands in wherever it cannot be used."""

import ctypes
import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from device.fit import native_fit
from device.fit.derivative import convolved, derivative_kernel, shifted
from device.fit.library import Library, LibraryFit
from device.fit.nonnegative import solve_nonnegative
from device.native import library
from device.spectra import cosmic_rays, resampling
from device.spectra.preprocessing import model_input, preprocess, quantize
from device.spectra.resampling import Resampler, WavenumberGrid
from device.spectra.spectrum import GridSpectrum, Nuisance
from tests.measured import lines, names, references, scene
from tools.bench_library import line_references

Floats = npt.NDArray[np.float64]

MIXTURE = {"Toluene": 0.5, "ethanol": 0.3, "Acetonitrile": 0.2}
# References have one scale: columns 1e90 smaller than others are no library.
elements = st.floats(-5.0, 5.0, allow_nan=False).map(lambda value: round(value, 3))
compiled = pytest.mark.skipif(
    library.kernel() is None, reason="no compiler was at hand when the project was installed"
)


@pytest.fixture(autouse=True)
def loaded_anew() -> Iterator[None]:
    library.kernel.cache_clear()
    yield
    library.kernel.cache_clear()


def in_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(library.VARIABLE, library.NONE)
    library.kernel.cache_clear()


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
def test_the_kernel_was_built_where_there_is_a_compiler() -> None:
    assert library.backend() == "native"


def test_the_variable_leaves_numpy_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    in_numpy(monkeypatch)
    assert library.backend() == "numpy"


@pytest.mark.parametrize("content", [b"", b"no library", b"\x7fELF" + bytes(60)])
def test_a_file_that_is_no_kernel_is_told_and_not_used(
    content: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "kernel.so"
    path.write_bytes(content)
    monkeypatch.setenv(library.VARIABLE, str(path))
    library.kernel.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert library.kernel() is None
    assert "numpy takes its place" in caplog.text


@compiled
def test_a_kernel_of_another_version_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "VERSION", library.VERSION + 1)
    assert library.kernel() is None


@compiled
def test_structures_are_as_long_here_as_in_the_kernel() -> None:
    kernel = library.kernel()
    assert kernel is not None
    here = (native_fit._Settings, native_fit._Fit, resampling._Grid, cosmic_rays._Range)
    sizes = [kernel.ramix_structure_bytes(which) for which in range(len(here))]
    assert sizes == [ctypes.sizeof(structure) for structure in here]


@compiled
@given(arrays(np.float64, 60, elements=elements), st.sampled_from([4.0, 9.0, 25.0, 33.0]))
def test_smoothing_is_the_same(values: Floats, variance_cm2: float) -> None:
    taps = derivative_kernel(variance_cm2)
    native = convolved(values, taps)
    with pytest.MonkeyPatch.context() as patch:
        in_numpy(patch)
        np.testing.assert_allclose(native, convolved(values, taps), atol=1e-12)
    library.kernel.cache_clear()


@compiled
@given(arrays(np.float64, 50, elements=elements), st.floats(-60.0, 60.0), st.floats(-5.0, 5.0))
def test_moving_along_the_axis_is_the_same(values: Floats, shift: float, stretch: float) -> None:
    native = shifted(values, shift, stretch)
    with pytest.MonkeyPatch.context() as patch:
        in_numpy(patch)
        np.testing.assert_allclose(native, shifted(values, shift, stretch), atol=1e-9)
    library.kernel.cache_clear()


@compiled
@given(
    arrays(np.float64, 40, elements=st.floats(0.3, 4.0)),
    arrays(np.float64, 40, elements=st.floats(-1e5, 1e5)),
    arrays(np.float64, 40, elements=st.floats(0.0, 1e5)),
)
def test_the_way_to_the_grid_is_the_same_to_the_bit(
    steps: Floats, intensity: Floats, variance: Floats
) -> None:
    resampler = Resampler(300.0 + np.cumsum(steps), WavenumberGrid(310.0, 360.0, 1.0))
    native = resampler.apply_both(intensity, variance)
    with pytest.MonkeyPatch.context() as patch:
        in_numpy(patch)
        for one, other in zip(native, resampler.apply_both(intensity, variance), strict=True):
            np.testing.assert_array_equal(one, other)
    library.kernel.cache_clear()


@compiled
def test_values_of_another_axis_are_refused() -> None:
    resampler = Resampler(np.arange(300.0, 360.0), WavenumberGrid(310.0, 350.0, 1.0))
    with pytest.raises(ValueError, match="60 points"):
        resampler.apply_both(np.zeros(59), np.zeros(60))


@compiled
@given(arrays(np.float64, st.integers(2, 300), elements=st.floats(-1e6, 1e6)))
def test_the_networks_input_is_the_same_to_the_bit(intensity: Floats) -> None:
    valid = np.ones(len(intensity), dtype=np.bool_)
    expected = quantize(preprocess(intensity, valid))
    np.testing.assert_array_equal(model_input(intensity, valid), expected)


@compiled
@given(
    arrays(np.float64, 90, elements=st.floats(0.0, 1.0)),
    st.lists(st.tuples(st.integers(0, 89), st.integers(1, 4), st.floats(0.0, 50.0)), max_size=4),
    st.sets(st.integers(1, 88), max_size=6),
    st.sampled_from([0.5, 1.0, 1.1, 2.5]),
    st.booleans(),
)
def test_the_same_rays_are_found(
    intensity: Floats,
    rays: list[tuple[int, int, float]],
    missing: set[int],
    pitch_cm1: float,
    even: bool,
) -> None:
    for place, width, height in rays:
        intensity[place : place + width] += height
    points = np.arange(90.0)
    axis = 400.0 + pitch_cm1 * (points if even else points - 1e-3 * points**2)
    kept = np.delete(np.arange(90), list(missing))
    variance = np.full(len(kept), 0.01)
    pixels = cosmic_rays._Pixels.of(axis[kept], WavenumberGrid())
    kernel = library.kernel()
    assert kernel is not None
    native, other = np.zeros(len(kept), dtype=np.bool_), np.zeros(len(kept), dtype=np.bool_)
    cosmic_rays._mark_in_c(kernel, pixels, intensity[kept], variance, native)
    cosmic_rays._mark(pixels, intensity[kept], variance, other)
    np.testing.assert_array_equal(native, other)


@compiled
def test_a_ray_is_found_at_all() -> None:
    intensity = np.zeros(90)
    intensity[40:42] = 5.0
    struck = np.zeros(90, dtype=np.bool_)
    kernel = library.kernel()
    assert kernel is not None
    pixels = cosmic_rays._Pixels.of(400.0 + np.arange(90.0), WavenumberGrid())
    cosmic_rays._mark_in_c(kernel, pixels, intensity, np.full(90, 0.01), struck)
    assert struck[40:42].all()
    assert struck.sum() < 10


@compiled
@given(arrays(np.float64, (12, 6), elements=elements), arrays(np.float64, 12, elements=elements))
def test_non_negative_amounts_explain_the_same(columns: Floats, data: Floats) -> None:
    gram, projection = columns.T @ columns, columns.T @ data
    native = solve_nonnegative(gram, projection)
    with pytest.MonkeyPatch.context() as patch:
        in_numpy(patch)
        other = solve_nonnegative(gram, projection)
    library.kernel.cache_clear()
    misfits = [float(np.sum((columns @ one - data) ** 2)) for one in (native, other)]
    assert abs(misfits[0] - misfits[1]) <= 1e-6 * (1.0 + float(data @ data))


@compiled
def test_a_call_without_memory_is_an_error() -> None:
    kernel = library.kernel()
    assert kernel is not None
    with pytest.raises(MemoryError):
        kernel.ramix_nonnegative(2**30, 0, 1, 0, 0.0, 0, 0)  # 8 EiB


def in_daylight() -> GridSpectrum:
    """Two nuisances: one is in it, the other resembles a component."""
    shape = 1000.0 * lines(470.0, 690.0, 1130.0)
    alike = 1000.0 * references()[names().index("ethanol")] + shape[::-1]
    spectrum = scene(MIXTURE, snr=50.0, shift_cm1=2.0)
    nuisances = (Nuisance("lamp", shape, 1.0), Nuisance("alike", alike, 0.5))
    return replace(spectrum, intensity=spectrum.intensity - 0.8 * shape, nuisances=nuisances)


SCENES = {
    "a mixture": scene(MIXTURE),
    "in noise": scene(MIXTURE, snr=20.0),
    "off its axis": scene(MIXTURE, shift_cm1=4.0),
    "with a foreign line": scene(MIXTURE, foreign=lines(680.0, 1720.0, height=0.4)),
    "nothing known": scene({}, foreign=lines(470.0, 680.0, 1130.0)),
    "one liquid": scene({"Toluene": 1.0}, snr=1000.0),
    "with nuisances": in_daylight(),
}


@compiled
@pytest.mark.parametrize("name", SCENES)
def test_a_fit_is_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spectrum = SCENES[name]
    native = Library(references()).fit(spectrum)
    in_numpy(monkeypatch)
    numpy = Library(references()).fit(spectrum)
    total = float(numpy.coefficients.sum())
    np.testing.assert_allclose(native.coefficients, numpy.coefficients, atol=1e-4 * total)
    np.testing.assert_allclose(native.coefficient_sd, numpy.coefficient_sd, atol=1e-4 * total)
    np.testing.assert_allclose(native.own_shift_cm1, numpy.own_shift_cm1, atol=0.01)
    np.testing.assert_allclose(native.evidence, numpy.evidence, rtol=1e-3, atol=0.05)
    np.testing.assert_allclose(native.support, numpy.support, atol=0.01)
    np.testing.assert_allclose(native.response, numpy.response, atol=1e-4)
    scalars = ("shift_cm1", "stretch_cm1", "model_error", "noise_part", "unexplained")
    for scalar in (*scalars, "worst_line", "lone_line"):
        assert getattr(native, scalar) == pytest.approx(getattr(numpy, scalar), abs=1e-3), scalar
    np.testing.assert_allclose(native.nuisance_parts, numpy.nuisance_parts, atol=1e-3)
    compare_precision(native, numpy)


@compiled
@pytest.mark.parametrize("count", [1, 2, 40])
def test_a_library_of_any_size_is_fitted_the_same(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = line_references(count)
    rng = np.random.default_rng(count)
    shares = rng.dirichlet(np.ones(count))
    spectrum = replace(
        scene({}), intensity=shares @ rows + 0.003 * rng.standard_normal(rows.shape[1])
    )
    native = Library(rows).fit(spectrum)
    in_numpy(monkeypatch)
    numpy = Library(rows).fit(spectrum)
    total = float(numpy.coefficients.sum())
    np.testing.assert_allclose(native.coefficients, numpy.coefficients, atol=1e-4 * total)
    np.testing.assert_allclose(native.evidence, numpy.evidence, rtol=1e-3, atol=0.05)


@compiled
def test_the_same_reference_twice_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.concatenate([references(), references()[:1]])
    for _ in range(2):
        fit = Library(rows).fit(scene({names()[0]: 0.6, "ethanol": 0.4}))
        both = fit.shares[0] + fit.shares[-1]
        assert both == pytest.approx(0.6, abs=0.03)
        assert np.isfinite(fit.coefficient_sd[fit.coefficients > 0]).all()
        in_numpy(monkeypatch)


def compare_precision(native: LibraryFit, numpy: LibraryFit) -> None:
    """Rows and columns of present ones, and the diagonal."""
    present = (native.coefficients > 0) & (numpy.coefficients > 0)
    scale = float(numpy.precision.diagonal().max())
    rows = native.precision[present], numpy.precision[present]
    np.testing.assert_allclose(*rows, atol=1e-4 * scale)
    diagonals = native.precision.diagonal(), numpy.precision.diagonal()
    np.testing.assert_allclose(*diagonals, rtol=1e-3)


@compiled
def test_another_constant_reaches_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The constants stand in Python alone."""
    spectrum = scene(MIXTURE, shift_cm1=1.0)
    shipped = Library(references()).fit(spectrum)
    monkeypatch.setattr("device.fit.flexible._OWN_SHIFT_SIGMA_CM1", 1e-6)
    rigid = Library(references()).fit(spectrum)
    assert np.abs(shipped.own_shift_cm1).max() > 1e-3
    assert np.abs(rigid.own_shift_cm1).max() < 1e-6
