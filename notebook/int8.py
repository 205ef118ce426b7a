"""What int8 costs, on weak components under strong baselines and wherever else it might show.

Every network is compared with its own float weights on the same spectra, alone and on the device
path. Next: `int8_networks.py`, what is compared; `int8_tables.py`, how it is written down.
"""

from typing import Any

from evidence.figure import Context, Result
from notebook.int8_marks import alone, on_path
from notebook.int8_networks import FLOAT, networks, prepare
from notebook.int8_rounding import rounding_table
from notebook.int8_scenes import trial_cells, weak_cells
from notebook.int8_tables import (
    Answered,
    cells_table,
    compared_table,
    latency_table,
    size_table,
    to_json,
    verdict_table,
)
from notebook.latency import latencies_us
from train.pages.table import Table

_STREAM = 12


def make(context: Context) -> Result:
    pures, seed = context.pures(), [context.seed, _STREAM]
    whole = context.count(tiny=2, full=200)
    weak = weak_cells(seed, pures, context.count(tiny=6, full=4000), whole)
    trials = trial_cells(seed, pures, context.count(tiny=3, full=2000))
    by_itself: Answered = {}
    path: Answered = {}
    sizes: dict[str, dict[str, bytes]] = {}
    parameters: dict[str, int] = {}
    rounding: list[Table] = []
    rounding_data: dict[str, Any] = {}
    names = networks(context)
    for number, name in enumerate(names, start=1):
        network = prepare(name, context)
        by_itself[name] = {
            form.name: {cell.name: alone(form, cell) for cell in (*weak, *trials)}
            for form in network.forms
        }
        path[name] = {
            form.name: {cell.name: on_path(form, cell) for cell in weak} for form in network.forms
        }
        sizes[name] = {form.name: form.file for form in network.forms if form.name != FLOAT}
        parameters[name] = int(network.model.count_params())
        if not rounding:  # the default network's is enough
            table, rounding_data = rounding_table(network, weak)
            rounding.append(table)
        context.progress(number, len(names))
    files = {f"{name}, {form}": file for name, of in sizes.items() for form, file in of.items()}
    shares = [cell.name for cell in weak]
    return Result(
        (
            verdict_table(by_itself, path),
            cells_table("Networks alone", by_itself, shares),
            cells_table("Device path", path, shares),
            compared_table(by_itself, [cell.name for cell in trials]),
            *rounding,
            size_table(sizes, parameters),
        ),
        data={
            "alone": to_json(by_itself),
            "device path": to_json(path),
            "rounding": rounding_data,
            "bytes": {name: len(file) for name, file in files.items()},
        },
        times=(latency_table(latencies_us(files, context.count(tiny=3, full=400))),),
    )
