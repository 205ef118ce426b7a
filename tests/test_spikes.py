"""Spikes in a residual are told from Raman lines by their width."""

import numpy as np
import numpy.typing as npt
import pytest

from device.fit.derivative import derivative_kernel, smoothed_derivative
from device.fit.spikes import spikes_in

Floats = npt.NDArray[np.float64]

VARIANCE_CM2 = 9.0
KERNEL = derivative_kernel(VARIANCE_CM2)


def derivative(intensity: Floats, variance_cm2: float = VARIANCE_CM2) -> Floats:
    result: Floats = smoothed_derivative(intensity[None], variance_cm2)[0]
    return result


def spike(at: int, height: float = 100.0) -> Floats:
    """One pixel, interpolated onto the grid from pixels 2 cm-1 apart."""
    intensity = np.zeros(600)
    intensity[at - 1 : at + 2] = height * np.array([0.5, 1.0, 0.5])
    return intensity


def line(at: float, fwhm_cm1: float, height: float = 100.0) -> Floats:
    distance = (np.arange(600.0) - at) / fwhm_cm1
    result: Floats = height * np.exp(-4.0 * np.log(2.0) * distance**2)
    return result


def test_a_spike_is_taken_out_whole() -> None:
    residual = derivative(spike(300))
    found = spikes_in(residual, KERNEL, largest=np.abs(residual).max())
    assert np.linalg.norm(residual - found) < 0.1 * np.linalg.norm(residual)


def test_a_negative_spike_is_taken_out_too() -> None:
    residual = derivative(spike(300, height=-80.0))
    found = spikes_in(residual, KERNEL, largest=np.abs(residual).max())
    assert np.linalg.norm(residual - found) < 0.1 * np.linalg.norm(residual)


# of sharper instruments than the references', and of noisy spectra
@pytest.mark.parametrize("variance_cm2", [VARIANCE_CM2, 15.5, 25.0])
@pytest.mark.parametrize("fwhm_cm1", [4.0, 5.0, 6.5, 12.0])
def test_a_raman_line_is_left_alone(fwhm_cm1: float, variance_cm2: float) -> None:
    kernel = derivative_kernel(variance_cm2)
    for at in (300.0, 300.3, 300.5):
        residual = derivative(line(at, fwhm_cm1), variance_cm2)
        assert not spikes_in(residual, kernel, largest=np.abs(residual).max()).any()


@pytest.mark.parametrize("variance_cm2", [VARIANCE_CM2, 15.5, 25.0])
def test_a_spike_is_found_however_much_is_smoothed(variance_cm2: float) -> None:
    kernel = derivative_kernel(variance_cm2)
    residual = derivative(spike(300), variance_cm2)
    residual += derivative(spike(200, 30.0) + spike(400, 20.0), variance_cm2)
    found = spikes_in(residual, kernel, largest=np.abs(residual).max())
    assert np.linalg.norm(residual - found) < 0.1 * np.linalg.norm(residual)


def test_a_spike_beside_a_line_goes_and_the_line_stays() -> None:
    residual = derivative(spike(200) + line(400.0, 8.0))
    found = spikes_in(residual, KERNEL, largest=np.abs(residual).max())
    np.testing.assert_allclose(found[350:], 0.0)
    assert np.abs(found[180:220]).max() > 0.9 * np.abs(residual[180:220]).max()


def test_spikes_too_small_to_matter_are_not_looked_for() -> None:
    residual = derivative(spike(300))
    assert not spikes_in(residual, KERNEL, largest=20 * np.abs(residual).max()).any()


@pytest.mark.parametrize("at", [2, 597])
def test_a_spike_at_the_end_does_not_fail(at: int) -> None:
    residual = derivative(spike(at))
    assert np.isfinite(spikes_in(residual, KERNEL, largest=np.abs(residual).max())).all()
