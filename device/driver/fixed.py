"""A measurement of so many pairs of a lit and a dark frame, whatever they show.

It begins and is watched as one that grows; only when it ends is fixed. An integration time that
was not given is found, but for a recording, which is only itself at the time it was recorded with.

Next: `first_light.py`, how it begins; `growing.py`, which ends when it is certain.
"""

from collections.abc import Callable
from dataclasses import replace

from device.driver.acquisition import AcquisitionSettings, camera_of, combined
from device.driver.auto_exposure import checked, find_exposure, pixels_of_interest
from device.driver.first_light import first_light
from device.driver.growing import Look
from device.driver.keeping import keeper
from device.driver.spectrometer import Frame, Spectrometer
from device.driver.steadiness import Steadiness, told_of_dark
from device.events import Event, FrameTaken, LaserOn, Step


def averaged(
    analyzer: Spectrometer, settings: AcquisitionSettings, tell: Callable[[Event], None]
) -> Look:
    """The one look at a measurement of `settings.frames` pairs.

    Power and integration time are set here, whatever the analyzer was left at.

    Raises:
        SampleHeats: the light rises from frame to frame, or the lines move.
        as `acquisition.acquire` otherwise.
    """
    page = analyzer.calibration()
    page.check_frame(analyzer.capabilities.pixel_count)
    camera = camera_of(analyzer, settings.camera)
    keep = keeper()

    def frame(lit: bool) -> Frame:
        return keep(checked(analyzer.acquire_frame(laser_on=lit), page))

    begun = first_light(
        analyzer, page, settings.safety, settings.laser_power_mw, settings.seen, tell
    )
    lit: list[Frame] = []
    if settings.integration_time_ms is not None:
        analyzer.set_integration_time_ms(settings.integration_time_ms)
    elif not begun.recorded or settings.auto_exposure:
        found = find_exposure(
            analyzer, page, settings.exposure, lambda text: tell(Step(text)), begun.frame
        )
        lit.append(keep(found))
    tell(LaserOn(begun.power_mw, analyzer.integration_time_ms))
    steadiness = Steadiness(
        pixels_of_interest(page, settings.seen), told_of_dark(camera[0], settings.safety)
    )
    dark: list[Frame] = []
    while len(dark) < settings.frames:
        for frames, is_lit in ((lit, True), (dark, False)):
            if len(frames) <= len(dark):
                frames.append(frame(is_lit))
                tell(FrameTaken(len(frames), settings.frames, is_lit))
        if not begun.recorded:
            steadiness.pair(lit[len(dark) - 1], dark[-1])
            if begun.watch is not None:
                begun.watch.pair(lit[len(dark) - 1], dark[-1])
    taken = combined(lit, dark, page, *camera)
    taken = replace(taken, flags=taken.flags | steadiness.flags())
    return Look(1, 1, settings.frames, taken, begun)
