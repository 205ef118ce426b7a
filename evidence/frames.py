"""Spectra the long way: light on the simulated camera, counts over the protocol, driver, axis.

Lit and dark frames come through the same driver and the same calibration page as on the handheld,
on the virtual clock. Next: `left_out_frames.py`, what lies under the laser.
"""

from device.driver.acquisition import AcquisitionSettings, acquire
from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport
from device.spectra.spectrum import Spectrum, spectrum_from_acquisition
from firmware_bridge.simulator.detector import DetectorModel
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import SpectrumScene


def measure(
    scene: SpectrumScene,
    seed: int,
    seconds: float | None = None,
    frames: int = 1,
    camera: DetectorModel | None = None,
) -> Spectrum:
    """One acquisition of a specimen of the camera that `seed` draws.

    Args:
        seconds: of exposure; None: what the analyzer is set to.
    """
    link = InProcessTransport(SimulatedAnalyzer(scene, detector=camera, seed=seed))
    exposure_ms = None if seconds is None else 1e3 * seconds
    with Analyzer(link) as analyzer:
        settings = AcquisitionSettings(integration_time_ms=exposure_ms, frames=frames)
        return spectrum_from_acquisition(acquire(analyzer, settings))


def measure_again(
    scene: SpectrumScene, seed: int, times: int, frames: int, camera: DetectorModel
) -> list[Spectrum]:
    """So many acquisitions by one specimen of the camera."""
    link = InProcessTransport(SimulatedAnalyzer(scene, detector=camera, seed=seed))
    with Analyzer(link) as analyzer:
        settings = AcquisitionSettings(frames=frames)
        return [spectrum_from_acquisition(acquire(analyzer, settings)) for _ in range(times)]
