"""Answers with known content, for the tests of what is shown and what is kept."""

import numpy as np

from device.answer.answer import Answer, DecisionLabel, ModelLabel, Signer
from device.spectra.reason import Reason
from device.spectra.spectrum import Acquisition, Spectrum, spectrum_from_acquisition, to_grid
from device.verdict.identification import Component, Identification, Verdict
from firmware_bridge.calibration import CalibrationPage

SIGNER = Signer("0123456789abcdef", demo=False)
MODEL = ModelLabel("solvents13", "1.0.0", "ab" * 32, "ramixnet2", (SIGNER,))
DECISION = DecisionLabel("0.1.0", 1, "cd" * 32, "litert 2.3.0", "numpy")
TOLUENE = Component("toluene", "108-88-3", 0.9991, 0.60, 0.02, 0.45, 0.03)
ANILINE = Component("aniline", "62-53-3", 0.97, 0.38, 0.02, 0.55, 0.03)
REASON = Reason("saturated", "The detector is saturated.", "Shorten the integration time.")


def acquired_spectrum(seed: int = 1, pixel_count: int = 1024) -> Spectrum:
    """A noisy spectrum as an analyzer gives it, with the acquisition it came from."""
    rng = np.random.default_rng(seed)
    page = CalibrationPage(
        wavelength_coefficients_nm=(795.0, 0.20, -1e-5),
        excitation_nm=785.0,
        first_valid_pixel=0,
        last_valid_pixel=pixel_count - 1,
        pixel_count=pixel_count,
        dead_pixels=(5,),
        resolution_cm1=12.0,
        serial="RX-0001",
    )
    dead = np.zeros(pixel_count, bool)
    dead[5] = True
    acquisition = Acquisition(
        raw_counts=rng.normal(2000.0, 10.0, pixel_count),
        dark_counts=rng.normal(1000.0, 10.0, pixel_count),
        variance=np.full(pixel_count, 200.0),
        saturated=np.zeros(pixel_count, bool),
        dead=dead,
        integration_time_ms=1000.0,
        frames=3,
        laser_power_mw=70.0,
        detector_temperature_c=float("nan"),
        calibration=page,
        acquired_utc="2026-01-02T03:04:05+00:00",
        flags=frozenset({"recorded_average"}),
    )
    return spectrum_from_acquisition(acquisition)


def file_spectrum() -> Spectrum:
    """A spectrum from a file: an axis and intensities, nothing else is known."""
    axis = np.arange(300.0, 2301.0)
    return Spectrum(axis, 100.0 + np.exp(-(((axis - 1003.0) / 5.0) ** 2)) * 900.0, source="a.csv")


def answer(
    verdict: Verdict = Verdict.IDENTIFIED,
    components: tuple[Component, ...] = (TOLUENE, ANILINE),
    unexplained: float = 0.02,
    reasons: tuple[Reason, ...] = (),
    spectrum: Spectrum | None = None,
) -> Answer:
    spectrum = spectrum or acquired_spectrum()
    found = Identification(verdict, components, unexplained, reasons)
    timings = {"preprocess": 0.1, "invoke": 0.2, "fit": 3.0, "total": 3.3}
    return Answer(found, timings, MODEL, DECISION, spectrum, to_grid(spectrum))


def no_result() -> Answer:
    return answer(Verdict.NO_RESULT, (), 1.0, (REASON,))
