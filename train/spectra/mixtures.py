"""How much of each compound: seeded compositions, from the paper's grid to unequal traces.

A composition is a row of signal shares: coefficients of unit-maximum references, summing to 1.
Next: `baselines.py`, what lies under the mixture; `generator.py` puts the two together.
"""

import itertools

import numpy as np
import numpy.typing as npt

from train.recipe import MixtureSettings, RecipeError

Singles = npt.NDArray[np.float32]

GRID_LEVELS = 10  # 0, 0.1 ... 0.9 of each compound (paper, training data)
GRID_COMPOUNDS_AT_MOST = 5  # 10^5 rows; one more compound and it no longer fits a small computer

_EQUAL_JITTER = 0.35  # standard deviation of ln(share) in the near-equal kinds
_SMALLEST_DIRICHLET, _LARGEST_DIRICHLET = 0.5, 4.0  # concentration, log-uniform


def paper_grid(compound_count: int) -> Singles:
    """Every row of levels 0 .. 0.9 but the all-zero one: float32[10^C - 1, C], *not* normalised.

    Raises:
        RecipeError: too many compounds for an explicit grid.
    """
    if compound_count > GRID_COMPOUNDS_AT_MOST:
        raise RecipeError(
            f"the t^n - 1 grid of {compound_count} compounds has 10^{compound_count} rows; "
            f"it is offered up to {GRID_COMPOUNDS_AT_MOST}"
        )
    levels = np.arange(GRID_LEVELS, dtype=np.float32) / 10
    rows = np.array(list(itertools.product(levels, repeat=compound_count)), dtype=np.float32)
    return rows[1:]


class MixtureSampler:
    """An endless stream of compositions for one library.

    `response` is each compound's relative height at equal volume; unknown ones are NaN and take
    part as the median.
    """

    def __init__(self, settings: MixtureSettings, response: npt.NDArray[np.float64]) -> None:
        self.settings = settings
        self.compound_count = len(response)
        counts = np.array(settings.component_count_weights[: self.compound_count])
        self._count_probability = counts / counts.sum()
        known = np.isfinite(response)
        middle = float(np.median(response[known])) if known.any() else 1.0
        self._response = np.where(known, response, middle)
        self._grid = paper_grid(self.compound_count) if settings.grid > 0 else None
        kinds = np.array(
            [
                settings.grid,
                settings.near_equal,
                settings.near_equal_volume,
                settings.dirichlet,
                settings.traces,
            ]
        )
        self._kind_probability = kinds / kinds.sum()

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Singles, Singles]:
        """(levels, shares), both float32[count, C].

        `shares` sum to 1 in every row. `levels` are the paper's absolute ratios (0..1): a grid
        row's own levels, else the shares scaled to a random largest level; they do not
        follow from the spectrum (RaMixNet's absolute target), so they serve that named option only.
        """
        kind = rng.choice(len(self._kind_probability), size=count, p=self._kind_probability)
        weights = self._random_components(rng, count) * self._amounts(rng, kind)
        shares = weights / weights.sum(axis=1, keepdims=True)
        # what fell below the smallest share is left out, and the rest fills up again
        shares[shares < self.settings.smallest_share] = 0.0
        shares /= shares.sum(axis=1, keepdims=True)
        largest = rng.uniform(0.1, 1.0, size=(count, 1))
        levels = shares / shares.max(axis=1, keepdims=True) * largest
        on_grid = np.flatnonzero(kind == 0)
        if self._grid is not None and len(on_grid):
            rows = self._grid[rng.integers(len(self._grid), size=len(on_grid))]
            levels[on_grid] = rows
            shares[on_grid] = rows / rows.sum(axis=1, keepdims=True)
        return levels.astype(np.float32), shares.astype(np.float32)

    def _random_components(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
        """1 for the compounds that take part, 0 for the others."""
        sizes = 1 + rng.choice(len(self._count_probability), size=count, p=self._count_probability)
        rank = rng.random((count, self.compound_count)).argsort(axis=1).argsort(axis=1)
        return (rank < sizes[:, None]).astype(np.float64)

    def _amounts(
        self, rng: np.random.Generator, kind: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        shape = (len(kind), self.compound_count)
        jitter = np.exp(rng.normal(0.0, _EQUAL_JITTER, size=shape))
        concentration = np.exp(
            rng.uniform(np.log(_SMALLEST_DIRICHLET), np.log(_LARGEST_DIRICHLET), (len(kind), 1))
        )
        dirichlet = rng.standard_gamma(np.broadcast_to(concentration, shape)) + 1e-12
        traces = np.exp(rng.uniform(np.log(self.settings.smallest_share), 0.0, size=shape))
        choices = [jitter, jitter, jitter * self._response, dirichlet, traces]
        return np.select([(kind == index)[:, None] for index in range(len(choices))], choices)


def presence_labels(
    shares_of_all_signal: Singles, settings: MixtureSettings
) -> tuple[Singles, Singles]:
    """(label, weight) of the presence outputs, both [N, C].

    A compound counts as present from `present_from` of all signal, as absent below
    `absent_below`; between them neither answer is wrong and the weight is 0.
    """
    present = (shares_of_all_signal >= settings.present_from).astype(np.float32)
    absent = (shares_of_all_signal < settings.absent_below).astype(np.float32)
    return present, present + absent
