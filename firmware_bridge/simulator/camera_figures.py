"""What the simulated firmware tells of its camera, and the other cameras it may have.

The figures told are those that the detector really has; a firmware may also tell none. A replay's
counts come from another camera, of which only the width of its counts is known.

Next: `firmware.py`, the analyzer that has one of these.
"""

from typing import Final

from firmware_bridge.camera import MAX_CONVERTER_BITS, Camera, CameraFigures
from firmware_bridge.simulator.detector import DetectorModel
from firmware_bridge.simulator.scenes import ReplayScene, Scene

# A front-illuminated CMOS line of 12 bits with a well a thirtieth of the usual one: assumed, and
# unlike `DetectorModel()` in every figure, so that a host that assumes ours is found out.
CMOS: Final = DetectorModel(
    full_well_e=10_000.0,
    gain_e_per_count=2.6,
    read_noise_e=6.5,
    converter_bits=12,
    offset_counts=64.0,
    offset_spread_counts=1.0,
    dark_e_per_s_at_0c=400.0,
)
CAMERAS: Final = {"ccd": DetectorModel(), "cmos": CMOS}


def figures_of(model: DetectorModel, scene: Scene, pixel_count: int) -> Camera:
    """The true figures of the camera whose counts `scene` gives."""
    if isinstance(scene, ReplayScene):
        return Camera(known=CameraFigures.CONVERTER_BITS, converter_bits=MAX_CONVERTER_BITS)
    return Camera(
        known=~CameraFigures.NONE,
        converter_bits=model.converter_bits,
        gain_e_per_count=model.gain_e_per_count,
        read_noise_e=model.read_noise_e,
        full_well_e=model.full_well_e,
        offset_counts=model.offset_counts,
        dark_current_e_per_s=model.dark_e_per_s(model.tec_setpoint_c),
        first_useful_pixel=0,
        last_useful_pixel=pixel_count - 1,
    )
