"""Which networks a search may try, and what each costs on the analyzer, known without training.

The costs are those of the int8 file: its bytes, and its multiply-accumulates, which stand for time.
Next: `search.py`, which trains the candidates.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from train.recipe import NetworkSettings, RecipeError, Task

# The paper's M, N and D (filters, sizes, dense), and our strides in place of its pooling.
BLOCKS: Final = (2, 3, 4)
FILTERS: Final = (8, 12, 16, 20, 24, 32, 40, 48)
SIZES: Final = tuple(range(5, 26, 2))
STRIDES: Final = (2, 3, 4, 5, 6, 8)
TOTAL_STRIDE: Final = (24, 64)
DENSE: Final = (48, 56, 64, 80, 96, 112, 128)

# Measured on eight converted networks of 37 to 260 thousand weights, none off by more than 1.6 kB:
# a channel has its bias, and scale and zero point of its weights; the rest is names and operators.
_BYTES_PER_CHANNEL = 28
_BYTES_BESIDE = 2300

_ATTEMPTS = 20_000  # draws after which limits that nothing meets are reported


@dataclass(frozen=True)
class Cost:
    """What a network costs on the analyzer."""

    file_bytes: int  # of the int8 file, estimated
    multiply_accumulates: int  # for one spectrum


@dataclass(frozen=True)
class Limits:
    """What a candidate may cost."""

    file_bytes: int
    multiply_accumulates: int

    def allow(self, cost: Cost) -> bool:
        return (
            cost.file_bytes <= self.file_bytes
            and cost.multiply_accumulates <= self.multiply_accumulates
        )


def cost_of(network: NetworkSettings, grid_size: int, compound_count: int, task: Task) -> Cost:
    """Cost of the int8 file of one network, without building it.

    The size is right within 2 kB; the multiply-accumulates are exact, biases and activations left
    out.
    """
    length, inputs = grid_size, 1
    weights = channels = work = 0
    for filters, size, stride in zip(network.filters, network.sizes, network.strides, strict=True):
        length = math.ceil(length / stride)  # padding "same"
        kernel = inputs * size * filters
        weights, channels, work = weights + kernel, channels + filters, work + kernel * length
        inputs = filters
    outputs = compound_count * (2 if task == "ramixnet2" else 1)
    dense = length * inputs * network.dense + network.dense * outputs
    channels += network.dense + outputs
    return Cost(
        file_bytes=weights + dense + _BYTES_PER_CHANNEL * channels + _BYTES_BESIDE,
        multiply_accumulates=work + dense,
    )


def candidates(
    start: NetworkSettings, count: int, limits: Limits, shape: tuple[int, int, Task], seed: int
) -> tuple[NetworkSettings, ...]:
    """`count` different networks within the limits, `start` first whatever it costs.

    Every second one is `start` with some numbers drawn anew, the others come from the whole space.
    `shape` is (grid points, compounds, task). The same seed gives the same networks.

    Raises:
        RecipeError: the limits leave too few networks.
    """
    rng = np.random.default_rng(seed)
    chosen = [start]
    for _ in range(_ATTEMPTS):
        if len(chosen) >= count:
            return tuple(chosen)
        found = _near(rng, start) if len(chosen) % 2 else _anywhere(rng)
        if found not in chosen and in_space(found) and limits.allow(cost_of(found, *shape)):
            chosen.append(found)
    raise RecipeError(
        f"only {len(chosen) - 1} other networks were found within {limits.file_bytes / 1000:g} kB "
        f"and {limits.multiply_accumulates} multiply-accumulates",
        remedy="Allow larger ones, or fewer trials.",
    )


def in_space(network: NetworkSettings) -> bool:
    """Whether a search may draw this network."""
    low, high = TOTAL_STRIDE
    return (
        len(network.filters) in BLOCKS
        and set(network.filters) <= set(FILTERS)
        and set(network.sizes) <= set(SIZES)
        and set(network.strides) <= set(STRIDES)
        and low <= math.prod(network.strides) <= high
        and network.dense in DENSE
    )


def _anywhere(rng: np.random.Generator) -> NetworkSettings:
    blocks = _one(rng, BLOCKS)
    return NetworkSettings(
        filters=tuple(_one(rng, FILTERS) for _ in range(blocks)),
        sizes=tuple(_one(rng, SIZES) for _ in range(blocks)),
        strides=tuple(_one(rng, STRIDES) for _ in range(blocks)),
        dense=_one(rng, DENSE),
    )


def _near(rng: np.random.Generator, start: NetworkSettings) -> NetworkSettings:
    """`start` with each number drawn anew at one chance in four."""

    def some(numbers: tuple[int, ...], choices: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(_one(rng, choices) if rng.random() < 0.25 else n for n in numbers)

    return replace(
        start,
        filters=some(start.filters, FILTERS),
        sizes=some(start.sizes, SIZES),
        strides=some(start.strides, STRIDES),
        dense=some((start.dense,), DENSE)[0],
    )


def _one(rng: np.random.Generator, choices: tuple[int, ...]) -> int:
    return int(rng.choice(choices))
