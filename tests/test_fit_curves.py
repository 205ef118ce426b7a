"""Curves of the fit: they add up to the measurement and stand where the lines are."""

import numpy as np

from device.fit.library import Library
from device.show.curves import fit_curves
from tests.measured import names, references, scene


def test_the_parts_add_up_to_the_measurement() -> None:
    spectrum = scene({"Toluene": 0.6, "ethanol": 0.4}, baseline=0.5)
    curves = fit_curves(spectrum, Library(references()).fit(spectrum), references(), names())
    total = curves.baseline + sum(curves.components.values()) + curves.residual
    np.testing.assert_allclose(total, curves.measured, rtol=1e-9, atol=1e-6)


def test_the_residual_of_known_components_is_small() -> None:
    spectrum = scene({"Toluene": 0.6, "ethanol": 0.4}, baseline=0.5, shift_cm1=2.0)
    curves = fit_curves(spectrum, Library(references()).fit(spectrum), references(), names())
    strongest = next(iter(curves.components))
    assert strongest == "Toluene"
    peak = curves.wavenumber_cm1[int(np.argmax(curves.components["Toluene"]))]
    assert abs(peak - 1006.0) <= 1.5  # 1004 cm-1 on an axis that is off by 2
    assert np.abs(curves.residual).max() < 0.08 * np.ptp(curves.measured)


def test_nothing_is_drawn_where_nothing_was_measured() -> None:
    spectrum = scene({"Toluene": 1.0})
    spectrum.valid[:200] = False
    curves = fit_curves(spectrum, Library(references()).fit(spectrum), references(), names())
    assert np.isnan(curves.measured[:200]).all()
    assert np.isnan(curves.residual[:200]).all()
    assert np.isfinite(curves.measured[200:]).all()
