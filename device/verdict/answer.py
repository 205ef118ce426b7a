"""One identification with all that a record, a card or a plot needs to know about it.

Made by `identifier.py`. Next: `result.py`, the same as an object for programs.
"""

from dataclasses import dataclass

from device.inference.interpreter import Prediction
from device.spectra.spectrum import GridSpectrum, Spectrum
from device.verdict.identification import Identification


@dataclass(frozen=True)
class ModelLabel:
    """Which model answered; `sha256` is of the whole bundle."""

    name: str
    version: str
    sha256: str
    task: str


@dataclass(frozen=True)
class FieldLabel:
    """A compound measured in the field that the fit had beside the model's; see `field_library`."""

    name: str
    sha256: str


@dataclass(frozen=True, eq=False)
class Answer:
    """`timings_ms` has "preprocess", "invoke", "fit" and "total", as far as the work went."""

    identification: Identification
    timings_ms: dict[str, float]
    model: ModelLabel
    spectrum: Spectrum
    gridded: GridSpectrum
    prediction: Prediction | None = None  # None when the spectrum was not interpreted
    field_compounds: tuple[FieldLabel, ...] = ()  # beside the model's own, asserted or not
