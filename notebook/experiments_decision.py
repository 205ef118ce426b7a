"""Experiments on the decision: one part of fit or thresholds changed, the shipped model kept.

Parts of the fit are constants of its modules and no settings, for nobody should turn them in the
field; here they are replaced for the time of one experiment. A constant that has moved or has
another name is an error, not an experiment that changes nothing.
Next: `experiments_list.py`, which parts are tried.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, fields, replace
from importlib import import_module
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from device.inference.interpreter import Interpreter, Prediction
from device.verdict.identifier import Identifier
from device.verdict.thresholds import FitThresholds
from evidence.tallies import Method, product
from notebook.experiments_cases import Case, mark
from notebook.experiments_pairs import Row

Change = Callable[[Identifier], Identifier]


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
    change: Change | None = None
    method: Callable[[Identifier], Method] = product


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
        right, errors = mark(every, experiment.method(changed), done)
    return Row(experiment.label, experiment.why, right, errors)


class _NoNetwork:
    """Has an output for no compound, as if every one had been measured in the field."""

    def predict(self, model_input: npt.NDArray[np.int8]) -> Prediction:
        return Prediction(np.zeros(0, dtype=np.float32), None)


def without_network(identifier: Identifier) -> Identifier:
    """Evidence of the fit alone decides."""
    result = copy(identifier)
    result.interpreter = cast(Interpreter, _NoNetwork())
    result.presence_thresholds = np.zeros(0)
    return result


def with_thresholds(change: Callable[[FitThresholds], dict[str, float]]) -> Change:
    def changed(identifier: Identifier) -> Identifier:
        result = copy(identifier)
        result.thresholds = replace(result.thresholds, **change(result.thresholds))
        return result

    return changed


def evidence_times(factor: float) -> Change:
    """Every threshold of evidence times `factor`."""

    def values(thresholds: FitThresholds) -> dict[str, float]:
        names = [field.name for field in fields(thresholds) if "evidence" in field.name]
        return {name: factor * getattr(thresholds, name) for name in names}

    return with_thresholds(values)


def rest_times(factor: float) -> Change:
    """What may be left unexplained, foreign or not, times `factor`."""
    names = ("identified_unexplained", "identified_misfit", "identified_lone_line")
    return with_thresholds(lambda t: {name: factor * getattr(t, name) for name in names})


def proposing_from(presence: float) -> Change:
    """The network proposes from this presence on."""

    def changed(identifier: Identifier) -> Identifier:
        result = copy(identifier)
        result.presence_thresholds = np.full_like(identifier.presence_thresholds, presence)
        return result

    return changed
