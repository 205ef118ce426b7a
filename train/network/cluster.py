"""Which processes train one network together, and what can go wrong between them.

Read without TensorFlow: a wrong address must not wait for it.
Next: `launch.py`, which starts them; `workers.py`, how they work together.
"""

import re
from dataclasses import dataclass, replace

from firmware_bridge.errors import CallerError, RamixError
from train.recipe import Recipe

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):(?P<port>\d{1,5})")


class ClusterError(CallerError):
    """The workers, as given, cannot train together."""

    code = "cluster_invalid"
    default_remedy = "Give every machine the same --cluster HOST:PORT,... and its own --index."


class WorkerLost(RamixError):
    """A worker did not come, or is no longer there."""

    code = "worker_lost"
    default_remedy = (
        "Start the same command again on every machine: the training goes on from the last "
        "checkpoint of the first."
    )


class WorkersDiffer(RamixError):
    """The workers were not given the same training."""

    code = "workers_differ"
    default_remedy = (
        "Recipe, library and versions of TensorFlow and numpy must be the same on all machines."
    )


@dataclass(frozen=True)
class Cluster:
    """All workers, and which of them this process is; the first one leads."""

    addresses: tuple[str, ...]  # HOST:PORT, seen from every other
    index: int
    threads: int = 0  # for this worker's computing; 0: as many as TensorFlow takes

    @property
    def leads(self) -> bool:
        """The leader alone keeps checkpoint, history, weights and shows progress."""
        return self.index == 0


def cluster_of(addresses: str, index: int) -> Cluster:
    """From the command line.

    Raises:
        ClusterError: fewer than two, double or malformed addresses; no such index.
    """
    found = tuple(part.strip() for part in addresses.split(","))
    for address in found:
        match = _ADDRESS.fullmatch(address)
        if match is None or not 0 < int(match["port"]) < 65536:
            raise ClusterError(f"{address!r} is not HOST:PORT.")
    if len(found) < 2 or len(set(found)) < len(found):
        raise ClusterError("A cluster is two or more different addresses.")
    if not 0 <= index < len(found):
        raise ClusterError(f"Of {len(found)} workers the index is 0 to {len(found) - 1}.")
    return Cluster(found, index)


def spread(recipe: Recipe, workers: int) -> Recipe:
    """The recipe with streams for so many workers; one that divides already stays as it is.

    Raises:
        ClusterError: its streams or its batch do not divide.
    """
    training = recipe.training
    streams = workers if training.streams == 1 else training.streams
    if streams % workers or training.batch % streams:
        raise ClusterError(
            f"{workers} workers cannot share batches of {training.batch} spectra from {streams} "
            "streams.",
            remedy="Choose a number of workers that divides both.",
        )
    return replace(recipe, training=replace(training, streams=streams))
