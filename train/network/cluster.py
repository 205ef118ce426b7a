"""Which processes train one network together, and what can go wrong between them.

Read without TensorFlow: a wrong address must not wait for it. The processes of one machine are
started here; those of several are started by hand, each with the same addresses.
Next: `workers.py`, how they work together.
"""

import multiprocessing
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Listener

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


@contextmanager
def local_workers(recipe: Recipe, count: int) -> Iterator[Cluster]:
    """Start all workers but the leader, which is the caller, on this machine.

    The processor's threads are divided among them. On leaving, those that still run are ended.
    They call each other over the loopback; TensorFlow's server listens on all interfaces even so.
    """
    threads = max(1, len(os.sched_getaffinity(0)) // count)
    leader = Cluster(tuple(f"127.0.0.1:{port}" for port in _free_ports(count)), 0, threads)
    spawn = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    others = [
        spawn.Process(target=_follow, args=(recipe, replace(leader, index=index)), daemon=True)
        for index in range(1, count)
    ]
    for process in others:
        process.start()
    try:
        yield leader
        for process in others:
            process.join(_LEAVING_S)
    finally:
        for process in others:
            process.kill()
            process.join()
            process.close()


_LEAVING_S = 20.0  # for a worker whose work is done


def _follow(recipe: Recipe, cluster: Cluster) -> None:
    """In a process of its own."""
    from train.network.workers import follow

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the leader hears it too, and ends this process
    try:
        follow(recipe, cluster)
    except RamixError as error:
        # the leader will say that this worker was lost, and not why
        raise SystemExit(f"worker {cluster.index}: {error.text}") from error


def _free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens at, all different."""
    listeners = [Listener(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(listener.address[1]) for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()
