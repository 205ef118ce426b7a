"""The compiled kernel answers as numpy does, and numpy stands in wherever it cannot be used."""

import ctypes
import logging
from collections.abc import Iterator
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
from tests.measured import lines, references, scene

Floats = npt.NDArray[np.float64]

MIXTURE = {"Toluene": 0.5, "ethanol": 0.3, "Acetonitrile": 0.2}
elements = st.floats(-5.0, 5.0, allow_nan=False)
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


def test_the_kernel_was_built_wherever_there_is_a_compiler() -> None:
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
    sizes = [kernel.ramix_structure_bytes(which) for which in (0, 1)]
    assert sizes == [ctypes.sizeof(native_fit._Settings), ctypes.sizeof(native_fit._Fit)]


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


SCENES = {
    "a mixture": scene(MIXTURE),
    "in noise": scene(MIXTURE, snr=20.0),
    "off its axis": scene(MIXTURE, shift_cm1=4.0),
    "with a foreign line": scene(MIXTURE, foreign=lines(680.0, 1720.0, height=0.4)),
    "nothing known": scene({}, foreign=lines(470.0, 680.0, 1130.0)),
    "one liquid": scene({"Toluene": 1.0}, snr=1000.0),
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
    scalars = ("shift_cm1", "stretch_cm1", "model_error", "noise_part", "unexplained", "misfit")
    for scalar in scalars:
        assert getattr(native, scalar) == pytest.approx(getattr(numpy, scalar), abs=1e-3), scalar
    compare_precision(native, numpy)


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
