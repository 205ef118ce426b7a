"""Several processes train one network: each draws its part of every batch, TensorFlow sums.

`tf.distribute`'s MultiWorkerMirroredStrategy carries everything that goes between them: what each
makes of its part (gradients, loss and what the loss is divided by), and at the start the leader's
state. All then take the same step. Nothing here is imported by a training that is alone.
Next: `cluster.py` for who they are, `spectra/streams.py` for what each draws.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.python.distribute.collective_all_reduce_strategy import CollectiveAllReduceExtended
from tensorflow.python.eager import context

from train.network import checkpoint
from train.network.checkpoint import Checkpoint
from train.network.cluster import Cluster, ClusterError, WorkerLost, WorkersDiffer

ARRIVAL_S = 300.0  # for all workers to be there; TensorFlow alone may take a minute to load
# A worker that is gone is asked for every `_ASK_EVERY_S`, and given up after `_ASK_TIMES` answers
# that took longer than `_ANSWER_S`. One that is killed refuses at once.
_ASK_EVERY_S, _ASK_TIMES, _ANSWER_S = 5.0, 3, 10.0
_TASK = re.compile(r"/job:worker/replica:0/task:(\d+)")  # as TensorFlow names a worker
LOST_AFTER_S = _ASK_EVERY_S + _ASK_TIMES * _ANSWER_S


class Workers:
    """This process among all workers. Make it before anything else is done in TensorFlow."""

    def __init__(self, cluster: Cluster, arrival_s: float = ARRIVAL_S) -> None:
        """Wait for all others.

        Raises:
            ClusterError: the own address cannot be listened at.
            WorkerLost: not all came within `arrival_s`.
        """
        self._cluster = cluster
        self.index, self.count = cluster.index, len(cluster.addresses)
        self._strategy = _strategy(cluster, arrival_s)
        self._summed = tf.function(lambda values: self._strategy.run(self._sum, (values,)))

    def parts_summed(self, parts: Callable[..., list[Any]], *tensors: Any) -> list[Any]:
        """In a tf.function: `parts(total, *tensors)` of every worker, summed over all of them.

        `total` sums float scalars over the workers inside of it.
        """

        def of_this_worker(*own: Any) -> list[Any]:
            return self._total(parts(self._total, *own))

        summed: list[Any] = self._strategy.run(of_this_worker, tensors)
        return summed

    def agree(self, mark: str) -> None:
        """Go on only where all workers have the same `mark`.

        Raises:
            WorkersDiffer: naming those that have another than the leader.
        """
        digest = np.frombuffer(hashlib.sha256(mark.encode()).digest(), np.int32)
        marks = np.zeros((self.count, len(digest)), np.int32)
        marks[self.index] = digest
        found = self._integers(marks.ravel()).reshape(marks.shape)
        others = [index for index, row in enumerate(found) if (row != found[0]).any()]
        if others:
            named = ", ".join(f"{index} ({self._cluster.addresses[index]})" for index in others)
            raise WorkersDiffer(f"Another training than the leader's was given to worker {named}.")

    def leaders_state(self, own: Checkpoint, mark: str) -> Checkpoint:
        """The state from which the leader goes on, to the bit; every worker calls this."""
        stream = io.BytesIO()
        checkpoint.write(stream, own, mark)
        state = checkpoint.read(io.BytesIO(self._from_leader(stream.getvalue())), mark)
        if state is None:  # agree() was to see to that
            raise WorkersDiffer("The leader sent the state of another training.")
        return state

    def leaders_word(self, yes: bool) -> bool:
        """Whether the leader said yes; every worker calls this."""
        return bool(self._integers(np.array([yes and self._cluster.leads], np.int32))[0])

    def leave(self) -> None:
        """Wait for all: one that left during the last sum would be missed by the others.

        For the same reason this very sum may fail, and then nothing is lost by it.
        """
        with suppress(tf.errors.OpError):
            self._integers(np.zeros(1, np.int32))
        # From here on nobody needs to be there. The thread that asks is a daemon in mid-sleep;
        # without a name for it TensorFlow does not wait for it to wake.
        self._strategy.extended._check_health_thread_should_stop.set()
        self._strategy.extended._check_health_thread = None

    def _from_leader(self, data: bytes) -> bytes:
        # everyone else adds zeros
        leads = self._cluster.leads
        length = int(self._integers(np.array([len(data) if leads else 0], np.int32))[0])
        padded = np.zeros(-(-length // 4) * 4, np.uint8)
        if leads:
            padded[:length] = np.frombuffer(data, np.uint8)
        return self._integers(padded.view(np.int32)).tobytes()[:length]

    def _integers(self, values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """The sum over all workers, outside of any tf.function."""
        summed: npt.NDArray[np.int32] = self._summed(tf.constant(values)).numpy()
        return summed

    def _total(self, values: list[Any]) -> list[Any]:
        """Float tensors summed over all workers, in one message."""
        flat = self._sum(tf.concat([tf.reshape(value, [-1]) for value in values], axis=0))
        sizes = [value.shape.num_elements() for value in values]
        parts = tf.split(flat, sizes)
        return [tf.reshape(part, value.shape) for part, value in zip(parts, values, strict=True)]

    @staticmethod
    def _sum(value: Any) -> Any:
        here = tf.distribute.get_replica_context()
        return here.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(value))


@contextmanager
def working_together(cluster: Cluster, arrival_s: float = ARRIVAL_S) -> Iterator[Workers]:
    """The workers, for as long as they train.

    Raises:
        ClusterError, WorkerLost: as `Workers` does, and WorkerLost whenever one goes.
    """
    workers = Workers(cluster, arrival_s)
    try:
        yield workers
    except (
        tf.errors.UnavailableError,  # the peer's machine says that it is gone
        tf.errors.FailedPreconditionError,  # it was started again
        tf.errors.DeadlineExceededError,  # no answer
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.InternalError,
    ) as error:
        raise WorkerLost(_who_is_lost(str(error), cluster)) from error
    workers.leave()


def _who_is_lost(message: str, cluster: Cluster) -> str:
    for index in map(int, _TASK.findall(message)):
        if index != cluster.index and index < len(cluster.addresses):
            return f"Worker {index} ({cluster.addresses[index]}) is no longer there."
    return "Another worker is no longer there."


def _strategy(cluster: Cluster, arrival_s: float) -> Any:
    if cluster.threads:
        tf.config.threading.set_intra_op_parallelism_threads(cluster.threads)
    tf.get_logger().setLevel("CRITICAL")  # what it warns of ends in an error of ours
    tf.config.set_visible_devices([], "GPU")  # one replica a process is what is summed here
    # TensorFlow's coordination service waits for a missing worker without end and ignores signals.
    # The older health check, which it would replace, can be told how long.
    context.context().configure_coordination_service(service_type="")
    CollectiveAllReduceExtended._check_health_initial_timeout = arrival_s
    CollectiveAllReduceExtended._check_health_interval = _ASK_EVERY_S
    CollectiveAllReduceExtended._check_health_retry_limit = _ASK_TIMES
    CollectiveAllReduceExtended._check_health_timeout = int(_ANSWER_S)
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(cluster.addresses)}),
        task_type="worker",
        task_id=cluster.index,
        rpc_layer="grpc",
    )
    ring = tf.distribute.experimental.CommunicationOptions(
        implementation=tf.distribute.experimental.CommunicationImplementation.RING
    )
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(
            cluster_resolver=resolver, communication_options=ring
        )
    except RuntimeError as error:
        raise WorkerLost(
            f"Not all of {', '.join(cluster.addresses)} were there within {arrival_s:.0f} s.",
            remedy="Start every worker, and see that their machines reach each other's ports.",
        ) from error
    except tf.errors.OpError as error:
        own = cluster.addresses[cluster.index]
        raise ClusterError(
            f"This worker cannot listen at {own}: {error.message}.",
            remedy="Give an address of this machine with a port that is free.",
        ) from error
