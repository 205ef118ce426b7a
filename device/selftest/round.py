"""A whole self-test over one analyzer: in the dark, then on a standard, then the model.

Without a standard no light is made. Nothing in the analyzer is changed but what each measurement
sets by itself; the laser is off at the end, however it ends. Whoever calls keeps the report.

Next: `detector.py`, `light.py` and `standard.py`, which judge.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.calibration.lamp_axis import LAMPS
from device.calibration.well_exposed import Exposed, Tell, lamp_frame, raman_frame
from device.driver.analyzer import Analyzer
from device.selftest import climate, detector, golden, light, standard
from device.selftest.bounds import NOT_CHECKED
from device.selftest.check import Check, Outcome, failed, not_checked
from device.selftest.report import SelfTestReport
from device.version import VERSION
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CallerError, InstrumentError, ProtocolError, RamixError

Ask = Callable[[str], None]

# The lines of polystyrene that decide the exposure; CH stretches and the laser's own light do not.
_RAMAN_WITHIN_CM1: Final = (500.0, 1800.0)
_LINE_PART: Final = 0.05  # of the strongest line: the pixels that light is compared on
_DARK: Final = (
    detector.LEVEL, detector.NOISE, detector.HOT_PIXELS, detector.NEW_HOT_PIXELS
)  # fmt: skip
_LIGHT: Final = (
    standard.POSITIONS, standard.WIDTH, light.NOISE, light.RISE, light.LEAK, light.READBACK
)  # fmt: skip
_MOST_NAMED: Final = "Repeat; if it stays so, `ramix doctor --port PORT` says more."


def nothing_to_ask(_sentence: str) -> None:
    """The standard lies before the probe already."""


def run_self_test(
    analyzer: Analyzer,
    identifier: Identifier | RamixError | None,
    tell: Tell,
    *,
    placed: str = "",
    ask: Ask = nothing_to_ask,
    before: SelfTestReport | None = None,
    now: datetime | None = None,
) -> SelfTestReport:
    """Run all checks that can be made; one that ends in a refusal of the analyzer has failed.

    Args:
        analyzer: open, and nobody else measures meanwhile.
        identifier: the model that answers, an error that says why none may, or None.
        tell: is called with one short line about each step.
        placed: the standard that the operator places, one of `standard.STANDARDS`; empty: none,
            and then no light is made.
        ask: is called with one sentence about what to put before the probe; returns when it is
            there.
        before: this analyzer's last self-test: its hot pixels are compared with, and what failed
            in it stays failed unless it is made again.

    Raises:
        CallerError: there is no such standard.
        LinkError: the analyzer is gone; there is no report then.
    """
    if placed and placed not in standard.STANDARDS:
        raise CallerError(f"There is no standard {placed!r}: {', '.join(standard.STANDARDS)}.")
    began = now or datetime.now(UTC)
    if placed in LAMPS:
        ask("Cover the probe. The laser stays off.")
    elif placed:
        ask(f"Put {placed} before the probe and cover it. THE LASER WILL SHINE.")
    checks: list[Check] = []
    found: list[int] = []
    try:
        checks += _guarded((climate.COOLER,), lambda: _climate(analyzer, tell))
        checks += _guarded(_DARK, lambda: _dark(analyzer, before, found, tell))
        if placed in LAMPS:
            ask(f"Put the {placed} lamp before the probe and light it. The laser stays off.")
            checks += _guarded(_LIGHT, lambda: _on_lamp(analyzer, placed, tell))
        elif placed:
            checks += _guarded(_LIGHT, lambda: _on_polystyrene(analyzer, found, tell))
        else:
            checks += standard.without_standard()
            checks += _guarded((light.READBACK,), lambda: [light.power_set(analyzer)])
            checks += _no_light("No standard was placed before the probe.")
    finally:
        checks += _guarded((light.OFF,), lambda: [light.laser_off(analyzer)])
    tell("the model's golden answers")
    checks.append(golden.golden_answers(identifier))
    info = analyzer.info
    report = SelfTestReport(
        info.serial, began, VERSION, info.firmware_version, placed, tuple(checks), tuple(found)
    )
    return report.after(before)


def _guarded(names: tuple[str, ...], checks: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """The checks; where the analyzer refuses or contradicts the protocol, the next of `names` has
    failed and the others are not made."""
    left = list(names)
    try:
        for check in checks():
            if check.name in left:
                left.remove(check.name)
            yield check
    except (InstrumentError, ProtocolError) as error:
        first, *others = left or names
        yield failed(first, error.text, error.remedy or _MOST_NAMED)
        for name in others:
            yield not_checked(name, f"It was not reached: {first} failed.", _MOST_NAMED)


def _climate(analyzer: Analyzer, tell: Tell) -> Iterator[Check]:
    climate.settled(analyzer, tell)
    yield climate.cooler(analyzer)
    yield from climate.temperatures(analyzer)


def _dark(
    analyzer: Analyzer, before: SelfTestReport | None, found: list[int], tell: Tell
) -> Iterator[Check]:
    dark = detector.dark_frames(analyzer, tell)
    yield detector.dark_level(dark, analyzer)
    yield detector.dark_noise(dark, analyzer)
    found += detector.hot_pixels(dark)
    dead = analyzer.calibration().dead_pixels
    yield from detector.hot_pixel_checks(
        tuple(found), len(dark.mean), dead, None if before is None else before.hot_pixels
    )


def _on_lamp(analyzer: Analyzer, lamp: str, tell: Tell) -> Iterator[Check]:
    page = _page(analyzer)
    seen = lamp_frame(analyzer, tell)
    yield from standard.lamp_checks(seen, lamp, page)
    yield light.light_noise(seen, analyzer)
    yield light.power_set(analyzer)
    yield from _no_light(f"The {lamp} lamp shines by itself: the laser stayed off.", 2)


def _on_polystyrene(analyzer: Analyzer, hot: list[int], tell: Tell) -> Iterator[Check]:
    page = _page(analyzer)
    axis = page.wavenumber_cm1()
    low, high = _RAMAN_WITHIN_CM1
    inside = (axis >= low) & (axis <= high) & ~page.dead_mask()
    inside[hot] = False
    full_mw = analyzer.capabilities.max_laser_power_mw
    seen = raman_frame(analyzer, np.asarray(inside), full_mw, tell)
    positions, *others = standard.polystyrene_checks(seen, page)
    yield positions
    yield from others
    yield light.light_noise(seen, analyzer)
    if positions.value is None:
        yield light.power_set(analyzer, seen.lit)
        yield from _no_light("Polystyrene's lines are not seen, so nothing is compared on them.", 2)
        return
    where = _lines(seen, np.asarray(inside))
    if full_mw:
        half, half_mw = light.half_power_frame(analyzer, tell)
        yield light.light_rises(seen, half, half_mw, full_mw, where)
        yield light.dark_when_off(seen, full_mw, where)
    yield light.power_set(analyzer, seen.lit)


def _lines(seen: Exposed, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    lines = np.where(inside & ~seen.full, light.lines_alone(seen.counts), 0.0)
    return np.asarray(lines >= _LINE_PART * lines.max())


def _no_light(why: str, fewer: int = 3) -> list[Check]:
    names = (light.RISE, light.LEAK, light.NOISE)[:fewer]
    return [not_checked(name, why, NOT_CHECKED) for name in names]


def _page(analyzer: Analyzer) -> CalibrationPage:
    page = analyzer.calibration()
    page.check_frame(analyzer.capabilities.pixel_count)
    return page


__all__ = ["Ask", "Outcome", "run_self_test"]
