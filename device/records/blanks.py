"""The blanks of a measurement through containers: each kept whole beside the sample.

As of a sample, the rawest arrays there are, under names with the blank's number in front, and how
it was measured. So a record, also one that a colleague gets in a package, can be answered again.
Next: `measured.py`, which gives them back.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from numpy.typing import NDArray

from device.records.arrays import arrays_of, measurement_of

if TYPE_CHECKING:  # the identifier loads an interpreter; looking at old records must not
    from device.answer.through_containers import ContainerFound

BLANKS: Final = "blanks"  # in a body: of each container, in the order of the result


def prefix_of(number: int) -> str:
    """What stands in front of the names of a blank's arrays; the first has number 0."""
    return f"blank_{number}_"


def blank_arrays(containers: "Sequence[ContainerFound]") -> dict[str, NDArray[Any]]:
    """All arrays of all blanks that are known."""
    return {
        f"{prefix_of(number)}{name}": array
        for number, one in enumerate(containers)
        if one.blank is not None
        for name, array in arrays_of(one.blank).items()
    }


def blank_texts(containers: "Sequence[ContainerFound]") -> list[dict[str, Any] | None]:
    """Digest of the blank's file, and how it was measured; None where that is not known."""
    return [
        None
        if one.blank is None
        else {"sha256": one.sha256, "measurement": measurement_of(one.blank)}
        for one in containers
    ]
