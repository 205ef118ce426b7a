"""Interleaved timing: every case once a round, so that a busy machine slows all of them alike.

Ratios of medians from one run mean something on a shared machine; absolute times only roughly.
Next: `bench.py`, which prints what the cases of `bench_pipeline.py`, `bench_processes.py` and
`bench_driver.py` gave.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from time import perf_counter

Case = Callable[[int], object]  # gets the round's number, to rotate its inputs


@dataclass(frozen=True)
class Row:
    """One line of the result. `ratio` is this median over the baseline's, in the same run."""

    group: str
    name: str
    unit: str
    median: float
    p95: float
    samples: int
    baseline: str | None = None
    ratio: float | None = None
    aim: str | None = None

    def to_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Aim:
    """What a case is compared with and the ratio that is aimed at, in words ("<= 1.2")."""

    baseline: str
    ratio: str | None = None


def interleaved(cases: Mapping[str, Case], rounds: int, warm_up: int = 3) -> dict[str, list[float]]:
    """Seconds of every call, in another order each round.

    What ran before leaves its data in the cache: in a fixed order one case would always profit.
    """
    order = list(cases)
    shuffle = random.Random(0).shuffle
    times: dict[str, list[float]] = {name: [] for name in order}
    for number in range(-warm_up, rounds):
        shuffle(order)
        for name in order:
            case = cases[name]
            start = perf_counter()
            case(number)
            elapsed = perf_counter() - start
            if number >= 0:
                times[name].append(elapsed)
    return times


def rows(
    group: str,
    samples: Mapping[str, Sequence[float]],
    *,
    unit: str,
    scale: float,
    aims: Mapping[str, Aim] | None = None,
) -> list[Row]:
    """Median and 95th percentile of each case, in `unit` = sample x `scale`, and the ratios."""
    aims = aims or {}
    made = []
    for name, values in samples.items():
        aim = aims.get(name)
        made.append(
            Row(
                group=group,
                name=name,
                unit=unit,
                median=scale * median(values),
                p95=scale * percentile_95(values),
                samples=len(values),
                baseline=aim.baseline if aim else None,
                ratio=median(values) / median(samples[aim.baseline]) if aim else None,
                aim=aim.ratio if aim else None,
            )
        )
    return made


def percentile_95(values: Sequence[float]) -> float:
    """The value that one in twenty exceeds; the largest of a handful."""
    return max(values) if len(values) < 20 else quantiles(values, n=20)[-1]
