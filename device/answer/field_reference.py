"""A compound measured in the field as one more reference of the library that a model is fitted by.

Next: `identifier.py`, which fits; `../field_library/store.py`, where such compounds are kept.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.field_library.compound import FieldCompound, UnusableReference, clash
from device.inference.bundle import Bundle

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FieldReference:
    """A compound measured in the field with its reference on the model's grid."""

    entry: FieldCompound
    reference: Floats32  # [G]


def reference_beside(entry: FieldCompound, bundle: Bundle) -> FieldReference | str:
    """What the fit takes beside the model's own, or why it takes nothing.

    Two references of one compound would share its signal and leave neither with evidence.
    """
    reason = clash(entry.compound, bundle.manifest.compounds)
    if reason is None:
        try:
            return FieldReference(entry, entry.reference_on(bundle.manifest.grid))
        except UnusableReference as error:
            reason = f"not with its grid: {error.text.rstrip('.')}"
    return (
        f"{entry.name} of the field library is not used with this model: {reason}. "
        "`ramix library remove` takes it out."
    )
