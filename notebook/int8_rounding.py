"""Where the loss comes from: one kind of rounding at a time, simulated, against float.

Next: `train/int8/simulated.py`, the arithmetic.
"""

from typing import Any

from notebook.int8_marks import FOUND, INVENTED, Marks, alone, marks
from notebook.int8_networks import Network
from notebook.int8_scenes import Cell
from train.pages.table import Table

_NOTHING = "nothing"
_FILE = "the int8 file itself"


def rounding_table(network: Network, cells: list[Cell]) -> tuple[Table, dict[str, Any]]:
    """The gaps to float of one network on the weak cells, by kind of rounding."""
    found = _simulated(network, cells)
    found[_FILE] = {cell.name: alone(network.forms[1], cell) for cell in cells}
    rows = []
    for label, of in list(found.items())[1:]:
        cells_of_row = []
        for cell in cells:
            one, other = of[cell.name], found[_NOTHING][cell.name]
            cells_of_row += [str(one.gain(other, kind)) for kind in (FOUND, INVENTED)]
        rows.append((label, *cells_of_row))
    columns = [f"{cell.name}: {kind}" for cell in cells for kind in (FOUND, INVENTED)]
    table = Table(
        f"Where it comes from: {network.name} alone, one rounding at a time",
        ("rounded", *columns),
        tuple(rows),
        (
            "Percentage points against the float network given spectra that are not even rounded "
            "to the codes of its input, with the 95% interval of the paired difference. Simulated, "
            "but for the last row, which is the post-training file.",
            "Logits: presence 0.5 is a code of the file, and whatever is rounded to it counts as "
            "named, which shifts the limit by half a code.",
        ),
    )
    data = {label: {name: one.to_json() for name, one in of.items()} for label, of in found.items()}
    return table, data


def _simulated(network: Network, cells: list[Cell]) -> dict[str, dict[str, Marks]]:
    from train.int8.simulated import EVERYWHERE, NOWHERE, Ranges, Rounding, simulated_answers
    from train.network.ramixnet import DOSAGE, PRESENCE

    ranges = Ranges(network.model, network.calibration)

    def answer(inputs: Any, cell: Cell, rounding: Rounding, sigmoids: bool) -> Marks:
        found = simulated_answers(network.model, ranges, inputs, rounding, sigmoids)
        return marks(found[PRESENCE], found.get(DOSAGE), cell)

    kinds = {
        "weights": (Rounding(True, False, False), False),
        "activations": (Rounding(False, True, False), False),
        "logits": (Rounding(False, False, True), False),
        "sigmoids (1/256)": (NOWHERE, True),
    }
    result = {_NOTHING: {c.name: answer(c.unrounded, c, NOWHERE, False) for c in cells}}
    result["inputs (1/127)"] = {c.name: answer(c.inputs, c, NOWHERE, False) for c in cells}
    for label, (rounding, sigmoids) in kinds.items():
        result[label] = {c.name: answer(c.unrounded, c, rounding, sigmoids) for c in cells}
    result["everything"] = {c.name: answer(c.inputs, c, EVERYWHERE, True) for c in cells}
    return result
