"""Curves of the fit: they add up to the measurement and stand where the lines are."""

from dataclasses import replace

import numpy as np

from device.fit.library import Library
from device.show.curves import fit_curves
from device.spectra.spectrum import Nuisance
from tests.measured import lines, names, references, scene


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


def test_what_is_no_sample_is_drawn_by_its_name_under_the_components() -> None:
    shape = lines(470.0, 690.0, 1130.0, height=500.0)
    plain = scene({"Toluene": 1.0})
    nuisances = (Nuisance("lamp", shape, 1.0), Nuisance("silent", 0.0 * shape, 1.0))
    lit = replace(plain, intensity=plain.intensity - 0.7 * shape, nuisances=nuisances)
    curves = fit_curves(lit, Library(references()).fit(lit), references(), names())
    assert list(curves.nuisances) == ["lamp"]
    np.testing.assert_allclose(curves.nuisances["lamp"], -0.7 * shape, atol=15.0)
    np.testing.assert_allclose(curves.ground, curves.baseline + curves.nuisances["lamp"])
    total = curves.ground + sum(curves.components.values()) + curves.residual
    np.testing.assert_allclose(total, curves.measured, rtol=1e-9, atol=1e-6)
