"""The names that programs of your own may rely on, and `load_model`; described in `docs/python.md`.

A name is imported from where it lives when it is first asked for: who reads a file does not load
the driver. Nothing of the product imports this module. Next: `answer/identifier.py`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from device.answer.answer import Answer
    from device.answer.identifier import Identifier
    from device.answer.result import result_json
    from device.driver.acquisition import AcquisitionSettings
    from device.driver.analyzer import Analyzer
    from device.driver.growing import SequentialSettings
    from device.driver.spectrometer import Spectrometer
    from device.field_library.compound import FieldCompound
    from device.ports import open_analyzer
    from device.records.store import RecordStore
    from device.runtime import StoredAnswer
    from device.spectra.files.choices import Choices
    from device.spectra.files.reading import read_spectrum
    from device.spectra.files.text import SpectrumFileError
    from device.spectra.spectrum import Spectrum
    from device.station.station import Equipment, Station
    from device.verdict.identification import Component, Verdict
    from firmware_bridge.calibration import CalibrationPage
    from firmware_bridge.errors import RamixError

__all__ = [
    "AcquisitionSettings",
    "Analyzer",
    "Answer",
    "CalibrationPage",
    "Choices",
    "Component",
    "Equipment",
    "Identifier",
    "RamixError",
    "RecordStore",
    "SequentialSettings",
    "Spectrometer",
    "Spectrum",
    "SpectrumFileError",
    "Station",
    "StoredAnswer",
    "Verdict",
    "load_model",
    "open_analyzer",
    "read_spectrum",
    "result_json",
]

# `load_model` is below; the test compares these with the imports above.
_LIVES_IN = {
    "AcquisitionSettings": "device.driver.acquisition",
    "Analyzer": "device.driver.analyzer",
    "Answer": "device.answer.answer",
    "CalibrationPage": "firmware_bridge.calibration",
    "Choices": "device.spectra.files.choices",
    "Component": "device.verdict.identification",
    "Equipment": "device.station.station",
    "Identifier": "device.answer.identifier",
    "RamixError": "firmware_bridge.errors",
    "RecordStore": "device.records.store",
    "SequentialSettings": "device.driver.growing",
    "Spectrometer": "device.driver.spectrometer",
    "Spectrum": "device.spectra.spectrum",
    "SpectrumFileError": "device.spectra.files.text",
    "Station": "device.station.station",
    "StoredAnswer": "device.runtime",
    "Verdict": "device.verdict.identification",
    "open_analyzer": "device.ports",
    "read_spectrum": "device.spectra.files.reading",
    "result_json": "device.answer.result",
}


def load_model(
    path: "str | Path | None" = None, field_compounds: "Sequence[FieldCompound]" = ()
) -> "Identifier":
    """The model in `path` (None: the configured one, else the shipped one for solvents), proven.

    Its signature is checked, and it has to give its golden answers on this machine first.

    Raises:
        RamixError: there is no such file, or it must not be used, and why (`BundleError`), or
            nothing here can run it (`RuntimeMissing`).
    """
    from pathlib import Path

    from device.answer.proof import proven_identifier
    from device.inference.model_source import load_default

    bundle = load_default(None if path is None else Path(path))
    return proven_identifier(bundle, field_compounds=field_compounds)


def __getattr__(name: str) -> Any:
    home = _LIVES_IN.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
