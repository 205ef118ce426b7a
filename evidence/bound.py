"""How near to what photons allow do the shares come? Network, fit, product and rival apart.

The same mixture is measured many times, and nothing differs but the counted photons: what the
answers scatter then, against the Cramer-Rao bound, is what a method throws away. Its bias over
the same spectra is its error besides, since its references were measured in other spectra.
Next: `photon_bound.py`, the bound; `bound_tables.py`, how it is shown.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.inference.manifest import Task
from device.spectra.spectrum import Spectrum
from evidence.asked import LEAST_SQUARES, network_of, product_of
from evidence.bound_pool import Cell
from evidence.bound_tables import (
    ANY,
    FIT,
    TOLD,
    bias_table,
    bounds_table,
    draw,
    exact_table,
    scatter_table,
    to_json,
)
from evidence.counting import Light
from evidence.figure import Context, NothingToShow, Result
from evidence.photon_bound import MixtureModel, State, Unknown, share_bound, shares_of
from evidence.pures import Pures
from evidence.rivals import LeastSquares
from evidence.scenes import Conditions, baseline_curve
from evidence.tallies import Said, network, rival
from train.network.evaluate import Proportion

Floats = npt.NDArray[np.float64]

SHARES = (0.50, 0.25, 0.20, 0.05)  # of the four components of every mixture
ELECTRONS = (2_000.0, 14_000.0, 120_000.0, 1_300_000.0)  # at the highest Raman peak: SNR 30 - 1000
MIXTURES, REPEATS = 6, 120
# Between the steps that library fit and rival try first, so that neither is lucky.
SHIFT_CM1, EXTRA_VARIANCE_CM2 = 0.4, 3.0
_BASELINE = Conditions(baseline=0.5)
_STREAM = 11


@dataclass(frozen=True, eq=False)
class Truth:
    """One mixture at one number of photons."""

    members: npt.NDArray[np.intp]  # of the library, in the order of SHARES
    model: MixtureModel  # of the members
    whole: MixtureModel  # of all compounds
    state: State  # in electrons
    light: Light
    electrons: float  # at the highest Raman peak
    snr: float  # there


def make(context: Context) -> Result:
    identifiers, pures = context.identifiers(), context.pures()
    label, identifier = list(identifiers.items())[-1]  # RaMixNet II, where it is there
    if identifier.bundle.manifest.task is not Task.PRESENCE_AND_DOSAGE:
        return NothingToShow(why="None of these networks says how much of a compound is there.")
    if len(pures.names) < len(SHARES):
        return NothingToShow(
            why=f"Mixtures have {len(SHARES)} components here, the library {len(pures.names)}."
        )
    mixtures = context.part(1, MIXTURES)
    photons = ELECTRONS[1:3] if context.size.value == "tiny" else ELECTRONS
    repeats = context.count(3, REPEATS)
    of_all = mixtures * len(photons) * repeats
    done = iter(range(1, of_all + 1))

    def step() -> None:
        context.progress(next(done), of_all)

    ask = asked(identifier, label)
    cells: list[Cell] = []
    for number in range(mixtures):
        rng = np.random.default_rng([context.seed, _STREAM, number])
        for truth in truths(rng, pures, photons):
            cells += measure(rng, pures, truth, ask, repeats, number, step)
    picture = draw(cells, context.out / "bound-error.png")
    tables = (
        scatter_table(cells, mixtures, repeats, "measured pures" if pures.apart else "pures"),
        bias_table(cells),
        bounds_table(cells),
        exact_table(cells),
    )
    return Result(tables, (picture,), to_json(cells))


Asked = Callable[[Spectrum], dict[str, Said]]


def asked(identifier: Identifier, label: str) -> Asked:
    """All that name compounds by themselves; `measure` adds the one that is told."""
    alone, least_squares = (
        network(identifier),
        rival(LeastSquares(identifier.library.references)),
    )
    count = len(identifier.compounds)

    def answer(spectrum: Spectrum) -> dict[str, Said]:
        found = identifier.identify(spectrum).identification
        shares = np.zeros(count)
        for component in found.components:
            at = identifier.bundle.manifest.compound_names.index(component.name)
            shares[at] = component.signal_share
        # amounts of the whole library's fit, before anybody decides what is there
        amounts = np.zeros(count) if found.full_fit is None else found.full_fit.coefficients
        everything = np.ones(count, dtype=np.bool_)  # it names nothing: zero is an answer
        return {
            network_of(label): alone(spectrum),
            FIT: Said(everything, amounts / max(float(amounts.sum()), 1e-300)),
            product_of(label): Said(shares > 0, shares, str(found.verdict)),
            LEAST_SQUARES: least_squares(spectrum),
        }

    return answer


def truths(
    rng: np.random.Generator, pures: Pures, photons: tuple[float, ...] = ELECTRONS
) -> Iterator[Truth]:
    """One random mixture with one baseline, at every number of photons."""
    members = rng.permutation(len(pures.names))[: len(SHARES)]
    model, whole = MixtureModel(pures.spectra[members]), MixtureModel(pures.spectra)
    shares = np.array(SHARES)
    flat = State(shares, SHIFT_CM1, EXTRA_VARIANCE_CM2, np.zeros(pures.inside.shape[1]))
    raman = model.expected(flat)
    curve = baseline_curve(rng, len(raman), _BASELINE)
    for electrons in photons:
        amounts = shares * electrons / raman.max()
        state = State(amounts, SHIFT_CM1, EXTRA_VARIANCE_CM2, electrons * curve)
        # a polynomial through next to no light may pass below zero by a rounding
        light = Light(np.maximum(model.expected(state), 0.0))
        snr = electrons / float(np.sqrt(light.variance[int(raman.argmax())]))
        yield Truth(members, model, whole, state, light, electrons, snr)


def bounds(truth: Truth) -> dict[str, Floats]:
    """[K] smallest standard deviations, by what is unknown."""
    state, variance = truth.state, truth.light.variance
    result = {
        str(unknown): share_bound(truth.model.jacobian(state, unknown), variance, state.amounts)
        for unknown in Unknown
    }
    everything = np.zeros(truth.whole.count)
    everything[truth.members] = state.amounts
    state = State(everything, state.shift_cm1, state.variance_cm2, state.baseline)
    of_all = share_bound(truth.whole.jacobian(state), variance, everything)
    return result | {ANY: of_all[truth.members]}


def measure(
    rng: np.random.Generator,
    pures: Pures,
    truth: Truth,
    ask: Asked,
    repeats: int,
    mixture: int,
    done: Callable[[], None],
) -> list[Cell]:
    """The same light counted `repeats` times; one cell for each component."""
    present = np.zeros(len(pures.names), dtype=np.bool_)
    present[truth.members] = True
    answers: dict[str, list[Floats]] = {}
    exact: dict[str, int] = {}
    for _ in range(repeats):
        spectrum, electrons = truth.light.counted(rng)
        found = truth.model.solve(electrons, truth.light.variance)
        answers.setdefault(TOLD, []).append(shares_of(found.amounts))
        for name, said in ask(spectrum).items():
            shares = np.where(said.named, said.shares, np.nan)[truth.members]
            answers.setdefault(name, []).append(shares)
            exact[name] = exact.get(name, 0) + bool(np.array_equal(said.named, present))
        done()
    every = {name: np.stack(rows) for name, rows in answers.items()}
    right = {name: Proportion(hits, repeats) for name, hits in exact.items() if name != FIT}
    smallest = bounds(truth)
    return [
        Cell(
            mixture=mixture,
            compound=pures.names[int(member)],
            electrons=truth.electrons,
            snr=truth.snr,
            share=share,
            bounds={name: float(sd[k]) for name, sd in smallest.items()},
            answers={name: rows[:, k] for name, rows in every.items()},
            exact=right,
        )
        for k, (member, share) in enumerate(zip(truth.members, SHARES, strict=True))
    ]
