"""Experiments on the decision: one part of fit or decision changed, the shipped model kept.

Parts of the fit are constants of its modules and no settings, for nobody should turn them in the
field; so are those of the program that fits the decision's numbers. Here they are replaced for the
time of one experiment. A constant that has moved or has another name is an error, not an experiment
that changes nothing. Next: `experiments_list.py`, which parts are tried.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from device.answer.identifier import Identifier
from device.inference.bundle import Bundle
from device.inference.interpreter import Interpreter, Prediction
from evidence.tallies import Method, product
from notebook.experiments_cases import Case, mark
from notebook.experiments_pairs import Row
from train.decision import decide
from train.decision.examples import Example, ExampleMaker
from train.decision.weights import fitted

STREAMS = 3  # of scenes that a decision is fitted on


class ConstantMissing(AttributeError):
    """An experiment replaces what is no longer there."""


@dataclass(frozen=True)
class Replaced:
    """A constant of a module, by name."""

    module: str
    name: str
    value: Any

    def target(self) -> Any:
        """The module; raises ConstantMissing where the constant is not in it."""
        module = import_module(self.module)
        if not hasattr(module, self.name):
            raise ConstantMissing(f"{self.module} has no {self.name}: mend the experiment")
        return module


@dataclass(frozen=True)
class Experiment:
    """What differs from the product as shipped."""

    label: str
    why: str
    constants: tuple[Replaced, ...] = ()
    change: Callable[[Identifier], Identifier] | None = None
    method: Callable[[Identifier], Method] = product
    decided_anew: bool = False  # the decision's numbers are fitted while the constants are replaced
    repeats: bool = False  # differs by nothing but chance


@contextmanager
def constants_replaced(constants: tuple[Replaced, ...]) -> Iterator[None]:
    """Other values while inside; the shipped ones after, whatever happens."""
    modules = [one.target() for one in constants]
    shipped = [getattr(module, one.name) for module, one in zip(modules, constants, strict=True)]
    try:
        for module, one in zip(modules, constants, strict=True):
            setattr(module, one.name, one.value)
        yield
    finally:
        for module, one, value in zip(modules, constants, shipped, strict=True):
            setattr(module, one.name, value)


def run(
    experiment: Experiment, identifier: Identifier, every: list[Case], done: Callable[[], None]
) -> Row:
    """The row of one experiment."""
    changed = identifier if experiment.change is None else experiment.change(identifier)
    with constants_replaced(experiment.constants):
        if experiment.decided_anew:
            changed = decided_anew(changed)
        right, errors = mark(every, experiment.method(changed), done)
    return Row(experiment.label, experiment.why, right, errors, experiment.repeats)


# ---- the decision fitted again ----


def decided_anew(identifier: Identifier, scenes: int = decide.SCENES) -> Identifier:
    """With the numbers that `train/decision/` fits on so many scenes of each stream, whatever its
    constants are now."""
    result = copy(identifier)
    streams = _examples(identifier.bundle, decide.SEED, scenes)
    errors_alone = np.random.default_rng(0)  # by resampling; no number depends on it
    result.numbers, _ = fitted(streams, errors_alone)
    return result


@lru_cache(maxsize=1)
def _examples(bundle: Bundle, seed: int, count: int) -> list[list[Example]]:
    """By stream, the same for every experiment: no number of a decision takes part. Without what
    the fit left over, which is most of an example and not asked for."""
    maker = ExampleMaker(bundle, seed)
    streams = [maker.examples(part, count, lambda: None) for part in range(STREAMS)]
    return [[replace(one, fit=replace(one.fit, left=None)) for one in each] for each in streams]


# ---- changes of an identifier ----


class _NoNetwork:
    """Has an output for no compound, as if every one had been measured in the field."""

    def predict(self, model_input: npt.NDArray[np.int8]) -> Prediction:
        return Prediction(np.zeros(0, dtype=np.float32), None)


def without_network(identifier: Identifier) -> Identifier:
    """Evidence of the fit alone decides."""
    result = copy(identifier)
    result.interpreter = cast(Interpreter, _NoNetwork())
    return result


def without_stricter_sum(identifier: Identifier) -> Identifier:
    """Beside something foreign a name is asked for no more than elsewhere."""
    result, numbers = copy(identifier), identifier.numbers
    usual = numbers.constant - numbers.named_from
    result.numbers = replace(numbers, beside_support=0.0, beside_constant=usual)
    return result
