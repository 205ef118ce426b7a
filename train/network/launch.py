"""Starts the processes that train one network together, on this machine, and each one's part in it.

Those of several machines are started by hand, each with the same addresses (`follow`).
Next: `workers.py`, how they work together.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Listener
from typing import Any

from firmware_bridge.errors import RamixError
from train.library.references import load_library
from train.network.cluster import Cluster
from train.recipe import Recipe


def follow(recipe: Recipe, cluster: Cluster) -> Any:
    """Do the part of a worker that does not lead; returns the network, which the leader has too.

    Raises:
        RecipeError: the library cannot be used.
        ClusterError, WorkerLost, WorkersDiffer: as `working_together`.
    """
    from train.network.fit import fit
    from train.network.workers import working_together

    library = load_library(recipe.library)
    with working_together(cluster) as workers:
        return fit(library, recipe, workers=workers).model


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the leader gets it too, and ends this process
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
