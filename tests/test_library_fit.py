"""The library fit on mixtures of the measured references: amounts, shift, width, the rest."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from device.fit.derivative import SMOOTHING_CM1
from device.fit.library import Library, LibraryFit
from tests.measured import lines, names, references, scene

MIXTURE = {"Toluene": 0.5, "ethanol": 0.3, "Acetonitrile": 0.2}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(references())


def shares(fit: LibraryFit) -> dict[str, float]:
    total = fit.coefficients.sum()
    return {name: float(c / total) for name, c in zip(names(), fit.coefficients, strict=True)}


@pytest.fixture(scope="module")
def in_noise(library: Library) -> dict[float, list[LibraryFit]]:
    """The same scene measured many times, fitted with little and with more smoothing."""
    fits: dict[float, list[LibraryFit]] = {SMOOTHING_CM1: [], 5.0: []}
    for seed in range(30):
        spectrum = scene(MIXTURE, snr=30.0, seed=seed)
        found = library.fit(spectrum)
        for smoothing_cm1, every in fits.items():
            every.append(library.refit(spectrum, found, found.coefficients >= 0, smoothing_cm1))
    return fits


def test_shares_of_a_mixture_come_back(library: Library) -> None:
    fit = library.fit(scene(MIXTURE))
    for name, share in shares(fit).items():
        assert share == pytest.approx(MIXTURE.get(name, 0.0), abs=0.02)
    assert fit.explained > 0.99
    assert fit.unexplained < 0.01


@pytest.mark.parametrize("shift_cm1", [-5.0, -1.4, 0.0, 3.6, 5.0])
def test_a_shifted_axis_is_found(library: Library, shift_cm1: float) -> None:
    fit = library.fit(scene(MIXTURE, shift_cm1=shift_cm1))
    assert fit.shift_cm1 == pytest.approx(shift_cm1, abs=0.3)
    assert shares(fit)["Toluene"] == pytest.approx(0.5, abs=0.03)


def test_broader_lines_are_found(library: Library) -> None:
    sharp = scene(MIXTURE, snr=1000)
    sigma = 3.6  # 8.5 -> 12 cm-1 full width
    position = np.arange(-20, 21)
    kernel = np.exp(-0.5 * (position / sigma) ** 2)
    broad = np.convolve(np.pad(sharp.intensity, 20, mode="edge"), kernel / kernel.sum(), "valid")
    fit = library.fit(replace(sharp, intensity=broad))
    assert 9.0 <= fit.width_cm2 <= 18.0  # 3.6 squared is 13
    assert shares(fit)["Toluene"] == pytest.approx(0.5, abs=0.03)


def test_a_strong_smooth_baseline_changes_little(library: Library) -> None:
    fit = library.fit(scene(MIXTURE, baseline=10.0))
    assert shares(fit)["Toluene"] == pytest.approx(0.5, abs=0.03)
    assert fit.unexplained < 0.02


@pytest.mark.parametrize("stretch_cm1", [-3.0, -1.0, 0.0, 2.0, 3.0])
def test_a_stretched_axis_is_found(library: Library, stretch_cm1: float) -> None:
    spectrum = scene(MIXTURE)
    position = np.arange(len(spectrum.intensity), dtype=np.float64)
    measured_at = position + 1.0 + stretch_cm1 * np.linspace(-1.0, 1.0, len(position))
    fit = library.fit(
        replace(spectrum, intensity=np.interp(position, measured_at, spectrum.intensity))
    )
    assert fit.shift_cm1 == pytest.approx(1.0, abs=0.5)
    assert fit.stretch_cm1 == pytest.approx(stretch_cm1, abs=0.5)
    assert fit.axis_error_cm1[-1] == pytest.approx(fit.shift_cm1 + fit.stretch_cm1)
    assert fit.worst_line < 0.03
    assert fit.bent_cm1 < 0.5
    toluene, ethanol = (fit.shares[names().index(name)] for name in ("Toluene", "ethanol"))
    assert toluene == pytest.approx(0.5, abs=0.02)
    assert ethanol == pytest.approx(0.3, abs=0.02)


def test_scale_changes_coefficients_and_nothing_else(library: Library) -> None:
    once = scene(MIXTURE)
    tenfold = replace(
        once,
        intensity=10 * once.intensity,
        variance=100 * once.variance,
        white_variance=100 * once.white_variance,
    )
    small, large = library.fit(once), library.fit(tenfold)
    np.testing.assert_allclose(large.coefficients, 10 * small.coefficients, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(large.evidence, small.evidence, rtol=1e-4, atol=1e-6)


def test_present_components_have_evidence_and_absent_ones_do_not(library: Library) -> None:
    fit = library.fit(scene(MIXTURE))
    for name, evidence in zip(names(), fit.evidence, strict=True):
        assert (evidence > 50.0) == (name in MIXTURE), name


def test_foreign_lines_are_left_over_where_they_stand(library: Library) -> None:
    clean = library.fit(scene(MIXTURE))
    foreign = library.fit(scene(MIXTURE, foreign=lines(680.0, 1720.0, height=0.4)))
    assert foreign.unexplained > 0.15 > clean.unexplained
    strongest = 300 + int(np.argmax(np.abs(foreign.foreign)))
    assert min(abs(strongest - 680), abs(strongest - 1720)) < 10


def test_only_a_line_that_stands_alone_is_a_lone_line(library: Library) -> None:
    """The same small line where nothing is, inside a band of toluene, and not at all."""
    alone, inside = (
        library.fit(scene(MIXTURE, snr=1000.0, foreign=lines(at, height=0.03)))
        for at in (1900.0, 1006.0)
    )
    assert alone.lone_line > 0.02
    assert inside.lone_line == library.fit(scene(MIXTURE, snr=1000.0)).lone_line == 0.0
    assert abs(300 + int(np.argmax(np.abs(alone.foreign))) - 1900) < 10


def test_noise_is_no_lone_line(library: Library) -> None:
    """Nor is it where the stated variance is a hundredth of the true one."""
    noisy = scene(MIXTURE, snr=30.0)
    for variance in (noisy.variance, 0.01 * noisy.variance):
        assert library.fit(replace(noisy, variance=variance)).lone_line < 0.005


def test_a_component_whose_lines_are_missing_is_not_supported(library: Library) -> None:
    """Lines at two of toluene's positions alone: a fit takes them for a little toluene."""
    fit = library.fit(scene({}, foreign=lines(1004.0, 1450.0, 1720.0)))
    assert fit.support[names().index("Toluene")] < 0.5


def test_a_missing_end_of_the_axis_is_not_fitted(library: Library) -> None:
    whole = scene(MIXTURE)
    valid = whole.valid.copy()
    valid[:250] = False
    held = whole.intensity.copy()
    held[:250] = held[250]
    fit = library.fit(replace(whole, intensity=held, valid=valid))
    assert shares(fit)["Toluene"] == pytest.approx(0.5, abs=0.03)
    assert not fit.residual[:250].any()


def test_a_constant_spectrum_has_no_components(library: Library) -> None:
    flat = replace(scene(MIXTURE), intensity=np.full(2201, 7.0))
    fit = library.fit(flat)
    assert not fit.coefficients.any()
    assert fit.unexplained == 1.0


def test_only_where_noise_rules_more_is_smoothed(library: Library) -> None:
    spectrum = scene(MIXTURE, snr=30.0)
    noisy = library.fit(spectrum)
    assert noisy.noise_part > 0.9
    assert noisy.smoothing_cm1 > SMOOTHING_CM1
    again = library.refit(spectrum, noisy, noisy.coefficients > 0)
    assert again.smoothing_cm1 == noisy.smoothing_cm1
    clear = library.fit(scene(MIXTURE, snr=5000.0))
    assert clear.noise_part < 0.1
    assert clear.smoothing_cm1 == SMOOTHING_CM1


def test_what_fits_nothing_is_not_smoothed_into_something() -> None:
    """Noise rules, but what is left over is more than noise."""
    others = np.delete(references(), [names().index(name) for name in MIXTURE], axis=0)
    fit = Library(others).fit(scene(MIXTURE, snr=15.0))
    assert fit.noise_part > 0.4
    assert fit.model_error > 0.1
    assert fit.worst_line > 0.1


def test_amounts_scatter_as_much_as_they_say(in_noise: dict[float, list[LibraryFit]]) -> None:
    present = [names().index(name) for name in MIXTURE]
    for fits in in_noise.values():
        scatter = np.std([fit.coefficients[present] for fit in fits], axis=0)
        said = np.mean([fit.coefficient_sd[present] for fit in fits], axis=0)
        assert scatter / said == pytest.approx(1.0, abs=0.4)


def test_more_smoothing_makes_amounts_surer(in_noise: dict[float, list[LibraryFit]]) -> None:
    little, more = (np.std([f.coefficients for f in fits], axis=0) for fits in in_noise.values())
    assert more.mean() < 0.95 * little.mean()


def test_doubt_stays_with_its_line_when_the_axis_is_off(library: Library) -> None:
    """The fit aligns the data; what is doubted must move along."""
    spectrum = scene(MIXTURE, shift_cm1=5.0)
    doubted = spectrum.white_variance.copy()
    doubted[1000] *= 1e6
    fit = library.fit(replace(spectrum, white_variance=doubted))
    near = np.arange(960, 1040)
    silent = near[fit.weight[near] < 0.01 * np.median(fit.weight[near])]
    assert np.mean(silent) == pytest.approx(1000 - 5, abs=0.6)


def test_refit_with_some_components_leaves_the_others_at_zero(library: Library) -> None:
    spectrum = scene(MIXTURE)
    only = np.array([name in ("Toluene", "ethanol") for name in names()])
    fit = library.refit(spectrum, library.fit(spectrum), only)
    assert not fit.coefficients[~only].any()
    assert (fit.coefficients[only] > 0).all()


def test_two_threads_with_one_library_fit_their_own_spectra(library: Library) -> None:
    spectra = [scene({"Toluene": 1.0}, seed=1), scene({"ethanol": 1.0}, seed=2)]
    expected = [library.fit(spectrum).coefficients for spectrum in spectra]
    with ThreadPoolExecutor(2) as threads:
        numbers = [number % 2 for number in range(40)]
        found = list(threads.map(lambda number: library.fit(spectra[number]), numbers))
    for number, fit in zip(numbers, found, strict=True):
        np.testing.assert_array_equal(fit.coefficients, expected[number])
