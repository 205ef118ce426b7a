"""From the last byte of the last frame to the stored verdict, beside the fit's own part of it.

A measurement with default options on the simulated analyzer, whose virtual clock costs nothing; the
store is a file. In between lie mean and variance of the frames, axis, quality gate, network, fit,
verdict, and the record with its hash and its way to the disk.
Next: `bench.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from device.answer.identifier import Identifier
from device.driver.analyzer import Analyzer
from device.driver.growing import SequentialSettings
from device.driver.transports.in_process import InProcessTransport
from device.fit.library import Library
from device.records.store import RecordStore
from device.runtime import measure as measure_once
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import SpectrumScene, mixture
from tools.bench_timing import Row, percentile_95

FIT, STORED, BESIDE = "library fit", "last frame byte -> stored", "the same without the fit"
AIM = "<= 10 ms"
_SNR = 50.0
_SHARES = (0.5, 0.5)  # of the library's first compounds


def measure(identifier: Identifier, rounds: int) -> list[Row]:
    """Rows of the group "stored", milliseconds; each round is a measurement with other noise."""
    stored, fits = [], []
    with TemporaryDirectory() as folder, RecordStore(Path(folder) / "records.sqlite") as store:
        for number in range(-1, rounds):  # the first one opens the store
            whole_s, fit_s = _once(identifier, store, number + 1)
            if number >= 0:
                stored.append(1e3 * whole_s)
                fits.append(1e3 * fit_s)
    beside = [whole - fit for whole, fit in zip(stored, fits, strict=True)]
    return [_row(FIT, fits, fits), _row(STORED, stored, fits), _row(BESIDE, beside, fits, AIM)]


def _row(name: str, values: list[float], fits: list[float], aim: str | None = None) -> Row:
    middle = sorted(values)[len(values) // 2]
    beside = sorted(fits)[len(fits) // 2]
    return Row(
        "stored", name, "ms", middle, percentile_95(values), len(values),
        baseline=None if name == FIT else FIT, ratio=None if name == FIT else middle / beside,
        aim=aim,
    )  # fmt: skip


def _once(identifier: Identifier, store: RecordStore, seed: int) -> tuple[float, float]:
    """Seconds from the last bytes that came to the stored record; of these, in the last fit."""
    bundle = identifier.bundle
    parts = list(zip(_SHARES, bundle.references, strict=False))
    scene = SpectrumScene(
        mixture(bundle.manifest.grid.wavenumber_cm1, parts),
        resolution_cm1=bundle.manifest.resolution_cm1,
        snr=_SNR,
    )
    link = _Timed(SimulatedAnalyzer(scene, seed=seed))
    with Analyzer(link) as analyzer, _fits_timed() as fits:
        measure_once(analyzer, identifier, store, SequentialSettings(), lambda _: None)
        done_s, came_s = perf_counter(), link.came_s  # leaving the analyzer asks it once more
    inside = [end_s - start_s for start_s, end_s in fits if start_s >= came_s]
    return done_s - came_s, sum(inside)


class _Timed(InProcessTransport):
    """Remembers when bytes came last."""

    came_s = 0.0

    def read(self, timeout_s: float) -> bytes:
        data = super().read(timeout_s)
        if data:
            self.came_s = perf_counter()
        return data


@contextmanager
def _fits_timed() -> Iterator[list[tuple[float, float]]]:
    """Start and end of every fit and refit meanwhile, and of what decides which response it has,
    in seconds."""
    spans: list[tuple[float, float]] = []
    whole = {name: getattr(Library, name) for name in ("fit", "refit", "as_taken")}

    def timed(work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            start_s = perf_counter()
            try:
                return work(*arguments, **named)
            finally:
                spans.append((start_s, perf_counter()))

        return run

    for name, work in whole.items():
        setattr(Library, name, timed(work))
    try:
        yield spans
    finally:
        for name, work in whole.items():
            setattr(Library, name, work)
