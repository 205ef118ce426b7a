"""The blanks of a measurement through containers: each kept whole beside the sample.

As of a sample, the rawest arrays there are, under names with the blank's number in front, and how
it was measured. So a record, also one that a colleague gets in a package, can be answered again.
A blank beyond `MOST_BYTES` is not kept, as those of records of before; its digest is in the result.
Next: `measured.py`, which gives them back.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from numpy.typing import NDArray

from device.records.arrays import arrays_of, measurement_of

if TYPE_CHECKING:  # the identifier loads an interpreter; looking at old records must not
    from device.answer.through_containers import ContainerFound

BLANKS: Final = "blanks"  # in a body: of each container, in the order of the result
# Of all of them together. One of 2,048 pixels has 80 kB; a file may have a million points. With the
# frames and the photo they are written twice: room.LEAST_FREE_BYTES is above that.
MOST_BYTES: Final = 3_000_000


def prefix_of(number: int) -> str:
    """What stands in front of the names of a blank's arrays; the first has number 0."""
    return f"blank_{number}_"


def blanks_kept(
    containers: "Sequence[ContainerFound]",
) -> tuple[dict[str, NDArray[Any]], list[dict[str, Any] | None]]:
    """All arrays of all blanks; and of each the digest of its file and how it was measured, None
    where it is not known or not kept."""
    arrays: dict[str, NDArray[Any]] = {}
    texts: list[dict[str, Any] | None] = []
    left = MOST_BYTES
    for number, one in enumerate(containers):
        own = {} if one.blank is None else arrays_of(one.blank)
        size = sum(array.nbytes for array in own.values())
        if one.blank is None or size > left:
            texts.append(None)
            continue
        left -= size
        arrays |= {f"{prefix_of(number)}{name}": array for name, array in own.items()}
        texts.append({"sha256": one.sha256, "measurement": measurement_of(one.blank)})
    return arrays, texts
