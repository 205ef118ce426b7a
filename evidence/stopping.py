"""When a measurement may stop: errors and laser-on time of looking again and again, and of not.

Scenes of many brightnesses lie under the simulated analyzer. Each is measured once to the end of
its budget, and every look on the way is identified: the product's rule, a rule without a margin and
the whole budget then differ in nothing but when they stop. Beside them stand fixed numbers of
frames: as bright as the camera allows, and of one exposure.
Next: `stopping_tables.py`, the tables and the picture.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.driver.acquisition import combined
from device.driver.analyzer import Analyzer
from device.driver.auto_exposure import SATURATED_COUNTS, Wanted, find_exposure
from device.driver.growing import DEFAULT_BUDGET_S, SequentialSettings, growing
from device.driver.spectrometer import Frame
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from device.runtime import why_stop
from device.spectra.spectrum import spectrum_from_acquisition
from device.verdict.identification import Identification, Verdict
from evidence.figure import Context, Result
from evidence.pures import AXIS_CM1, Pures
from evidence.scenes import draw_shares
from evidence.stopping_tables import by_brightness_table, draw, over_all_table
from evidence.stopping_types import BRIGHTNESS, FIXED, PLAIN, PLAIN_MS, Measured, Seen
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import SpectrumScene, mixture
from train.pages.table import Table

Floats = npt.NDArray[np.float64]

COMPONENTS, SMALLEST_SHARE = (1, 3), 0.03
_FULL_COUNTS_PER_S = 20_000.0  # of brightness 1, at the highest peak
_STRANGER_EVERY = 5  # scenes: one has lines of its own beside the library's
_STRANGER_LINES, _STRANGER_HEIGHT = 3, (0.05, 0.5)  # heights against the strongest line
_SETTLED_S = 60.0  # the cooler has reached its setpoint
_FIRST_MS = 20.0
_STREAM = 16


@dataclass(frozen=True, eq=False)
class Sample:
    """What lies under the analyzer, and what is true of it."""

    scene: SpectrumScene
    present: frozenset[str]
    foreign: bool
    seed: int


def make(context: Context) -> Result:
    identifiers, pures = context.identifiers(), context.pures()
    count = context.count(tiny=3, full=100)
    brightness = BRIGHTNESS if context.size.value == "full" else BRIGHTNESS[1:3]
    done = iter(range(1, count * len(brightness) * len(identifiers) + 1))
    tables: list[Table] = []
    plots: list[Path] = []
    data: dict[str, object] = {}
    for label, identifier in identifiers.items():
        found: list[Measured] = []
        for bright in brightness:
            rng = np.random.default_rng([context.seed, _STREAM, round(1e4 * bright)])
            for index in range(count):
                sample = drawn_sample(rng, pures, bright, index % _STRANGER_EVERY == 0)
                found.append(_measured(identifier, sample, bright))
                context.progress(next(done), count * len(brightness) * len(identifiers))
        tables += [over_all_table(label, found), by_brightness_table(label, found)]
        plots.append(draw(found, context.out / f"stopping-{len(plots) + 1}.png", label))
        data[label] = [one.as_data() for one in found]
    return Result(tuple(tables), tuple(plots), data)


def drawn_sample(rng: np.random.Generator, pures: Pures, bright: float, foreign: bool) -> Sample:
    """A mixture of that brightness; `foreign`: with lines that the library does not have."""
    shares = draw_shares(rng, len(pures.names), COMPONENTS, SMALLEST_SHARE)
    light = shares @ pures.spectra
    light = light / float(light.max())
    if foreign:
        light = light + _stranger(rng, pures.fwhm_cm1)
    return Sample(
        SpectrumScene(
            mixture(AXIS_CM1, [(1.0 / float(light.max()), light)]),
            resolution_cm1=pures.fwhm_cm1,
            counts_per_s=bright * _FULL_COUNTS_PER_S,
        ),
        frozenset(np.array(pures.names)[shares > 0].tolist()),
        foreign,
        int(rng.integers(2**31)),
    )


def _stranger(rng: np.random.Generator, fwhm_cm1: float) -> Floats:
    """Lines at random places, the strongest as high as drawn."""
    sigma_cm1 = fwhm_cm1 / np.sqrt(8.0 * np.log(2.0))
    highest = float(np.exp(rng.uniform(*np.log(_STRANGER_HEIGHT))))
    light = np.zeros(len(AXIS_CM1))
    for line in range(_STRANGER_LINES):
        part = 1.0 if line == 0 else rng.uniform(0.2, 1.0)
        at_cm1 = rng.uniform(AXIS_CM1[0] + 90.0, AXIS_CM1[-1] - 90.0)
        light += highest * part * np.exp(-0.5 * ((AXIS_CM1 - at_cm1) / sigma_cm1) ** 2)
    return light


def _measured(identifier: Identifier, sample: Sample, bright: float) -> Measured:
    """Every look of one measurement, which of them the product stops at, and plain frames."""
    seen: list[Seen] = []
    stopped: int | None = None
    settings = SequentialSettings(budget_s=DEFAULT_BUDGET_S, seen=identifier.bundle.manifest.grid)
    with lying_under(sample) as (host, analyzer):
        for look in growing(host, settings, lambda _: None):
            answer = identifier.identify(spectrum_from_acquisition(look.acquisition))
            seen.append(seen_of(answer.identification, sample, look.acquisition.frames, analyzer))
            why = why_stop(look, answer, identifier, lambda _: None)
            if stopped is None and why is not None:
                stopped = len(seen) - 1
    at = len(seen) - 1 if stopped is None else stopped
    return Measured(
        bright,
        sample.foreign,
        tuple(seen),
        at,
        tuple(_exposed(identifier, sample)),
        tuple(_plain(identifier, sample)),
    )


def _exposed(identifier: Identifier, sample: Sample) -> Iterator[Seen]:
    """So many pairs as bright as the camera allows and a tenth of the budget holds, as `--frames`,
    but for the first light at low power; and no more than the budget holds."""
    seen = identifier.bundle.manifest.grid
    lit: list[Frame] = []
    dark: list[Frame] = []
    with lying_under(sample) as (host, analyzer):
        page, began_s = host.calibration(), host.now_s()
        host.set_integration_time_ms(_FIRST_MS)
        wanted = Wanted(DEFAULT_BUDGET_S / 10.0, seen)
        lit.append(find_exposure(host, page, wanted, lambda _: None))
        while len(dark) < FIXED[-1]:
            if len(lit) == len(dark):
                lit.append(host.acquire_frame(laser_on=True))
            dark.append(host.acquire_frame(laser_on=False))
            spent = host.now_s() - began_s >= DEFAULT_BUDGET_S
            if len(dark) in FIXED or spent:
                counts = combined(lit, dark, page, host.camera, SATURATED_COUNTS)
                answer = identifier.identify(spectrum_from_acquisition(counts))
                yield seen_of(answer.identification, sample, len(dark), analyzer)
            if spent:
                return


def _plain(identifier: Identifier, sample: Sample) -> Iterator[Seen]:
    """So many frames of one exposure, lit ones first, as `--frames` and `--integration-time`."""
    lit: list[Frame] = []
    dark: list[Frame] = []
    with lying_under(sample) as (host, analyzer):
        page = host.calibration()
        host.set_integration_time_ms(PLAIN_MS)
        for number in PLAIN:
            while len(lit) < number:
                lit.append(host.acquire_frame(laser_on=True))
                dark.append(host.acquire_frame(laser_on=False))
            spectrum = spectrum_from_acquisition(combined(lit, dark, page, None, SATURATED_COUNTS))
            yield seen_of(identifier.identify(spectrum).identification, sample, number, analyzer)


@contextmanager
def lying_under(sample: Sample) -> Iterator[tuple[Analyzer, SimulatedAnalyzer]]:
    """A host that measures it, and the instrument itself."""
    analyzer = SimulatedAnalyzer(sample.scene, seed=sample.seed)
    clock = VirtualClock(_SETTLED_S)
    analyzer.receive(b"", clock.now_s)
    with Analyzer(InProcessTransport(analyzer, clock)) as host:
        yield host, analyzer


def seen_of(
    found: Identification, sample: Sample, frames: int, analyzer: SimulatedAnalyzer
) -> Seen:
    named = {one.name for one in found.components}
    identified = found.verdict is Verdict.IDENTIFIED
    told_foreign = found.verdict in (Verdict.PARTIAL, Verdict.UNKNOWN)
    false_name = bool(named - sample.present)
    right = identified and named == sample.present
    if sample.foreign:
        right = told_foreign and not false_name
    lit_s = sum(one.off_s - one.on_s for one in analyzer.laser_on_log if one.off_s is not None)
    return Seen(frames, lit_s, right, false_name, bool(named))
