"""Spectra the long way: light on the simulated camera, counts over the protocol, driver, axis.

Lit and dark frames come through the same driver and the same calibration page as on the handheld,
on the virtual clock. Next: `left_out_frames.py`, what lies under the laser.
"""

from device.driver.acquisition import AcquisitionSettings, acquire
from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport
from device.spectra.spectrum import Spectrum, spectrum_from_acquisition
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import SpectrumScene


def measure(scene: SpectrumScene, seed: int, seconds: float) -> Spectrum:
    """One acquisition of a specimen of the camera that `seed` draws; exposure in seconds."""
    link = InProcessTransport(SimulatedAnalyzer(scene, seed=seed))
    with Analyzer(link) as analyzer:
        settings = AcquisitionSettings(integration_time_ms=1e3 * seconds)
        return spectrum_from_acquisition(acquire(analyzer, settings))
