"""The model's own golden vectors and spectra, answered again on this machine.

Next: `report.py`, what all checks come to.
"""

from typing import Final

from device.answer.golden_verdicts import check_golden_verdicts
from device.answer.identifier import Identifier
from device.inference.errors import BundleError
from device.inference.golden import check_golden
from device.selftest.check import Bounds, Check, failed, judged, not_checked
from firmware_bridge.errors import RamixError

MODEL: Final = "golden answers"
_SOURCE: Final = "the model's manifest: its publisher's answers within its tolerances"
_REMEDY: Final = "Do not use this model here: write it again (ramix-flash), or another one."


def golden_answers(identifier: Identifier | RamixError | None) -> Check:
    """Whether the model answers as at its publisher's.

    Args:
        identifier: None: there is no model; an error: why there is none that may be used.
    """
    if identifier is None:
        return not_checked(MODEL, "The analyzer holds no model.", "Write one: ramix-flash")
    if isinstance(identifier, RamixError):
        return failed(MODEL, identifier.text, identifier.remedy or _REMEDY)
    manifest = identifier.bundle.manifest
    count = len(manifest.golden.decisions) + len(manifest.golden_verdicts)
    name = f"{manifest.name} {manifest.version}"
    try:
        check_golden(identifier.bundle, identifier.interpreter)
        # compounds of the field are not the publisher's and take no part
        plain = identifier
        if identifier.field_compounds:
            plain = Identifier(identifier.bundle, identifier.interpreter.runtime_name)
        check_golden_verdicts(manifest, plain.identify)
    except BundleError as error:
        return failed(MODEL, f"{name}: {error.text}", _REMEDY)
    bounds = Bounds((count, count), (count, count), _SOURCE)
    told = f"{name} gives all {count} answers with {identifier.interpreter.runtime_name}."
    return judged(MODEL, count, "answers", bounds, told, _REMEDY)
