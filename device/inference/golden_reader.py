"""The manifest's golden vectors, read strictly: inputs, outputs and decisions that agree.

Next: `golden.py`, which runs them.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from device import strict_json
from device.inference.manifest import Compound, Golden, Task, decide
from device.spectra.resampling import WavenumberGrid
from device.strict_json import Fields, StrictJsonError

MAX_GOLDEN: Final = 64
# Of an output of 256 steps: kernels differ by up to 10 of them, so less than one cannot hold and
# more than these would prove nothing.
TOLERANCE: Final = (1 / 256, 0.1)


def read_golden(
    fields: Fields,
    task: Task,
    grid: WavenumberGrid,
    compounds: tuple[Compound, ...],
    presence_thresholds: tuple[float, ...],
) -> Golden:
    """Take the object `golden` apart.

    Raises:
        StrictJsonError: it contradicts itself, the thresholds or the grid.
    """
    rows = fields.items("presence")
    count = len(rows)
    if not 1 <= count <= MAX_GOLDEN:
        raise StrictJsonError(f"it has {count} golden vectors, 1 to {MAX_GOLDEN} are legal")
    where = "manifest.golden"
    presence = _answers(rows, f"{where}.presence", count, len(compounds))
    dosage_rows = fields.take("dosage")
    if (dosage_rows is None) != (task is Task.PRESENCE):
        raise StrictJsonError(f"{where}.dosage does not fit the task {task.value!r}")
    golden = Golden(
        inputs=_golden_inputs(fields, count, grid.size),
        presence=presence,
        dosage=None
        if dosage_rows is None
        else _answers(dosage_rows, f"{where}.dosage", count, len(compounds)),
        tolerance=fields.number("tolerance", *TOLERANCE),
        decisions=tuple(
            tuple(strict_json.as_text(name, f"{where}.decisions") for name in names)
            for names in (
                strict_json.as_list(item, f"{where}.decisions")
                for item in fields.items("decisions", length=count)
            )
        ),
    )
    fields.done()
    names = tuple(compound.name for compound in compounds)
    for expected, row in zip(golden.decisions, golden.presence, strict=True):
        if expected != decide(names, presence_thresholds, row):
            raise StrictJsonError(f"{where}.decisions contradict presence and thresholds")
    return golden


def _answers(value: object, where: str, rows: int, columns: int) -> npt.NDArray[np.float32]:
    matrix = strict_json.as_matrix(value, where, rows, columns, 0.0, 1.0)
    return np.asarray(matrix, dtype=np.float32)


def _golden_inputs(fields: Fields, count: int, grid_size: int) -> npt.NDArray[np.int8]:
    where = fields.name_of("inputs_base64")
    raw = strict_json.as_bytes(fields.take("inputs_base64"), where)
    if len(raw) != count * grid_size:
        raise StrictJsonError(f"{where} holds {len(raw)} bytes, not {count} x {grid_size}")
    return np.frombuffer(raw, dtype=np.int8).reshape(count, grid_size)
