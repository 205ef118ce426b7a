"""A model proves itself on this machine before anybody relies on it.

The one seam where running a model meets those who decide what a failure means: a trial is
reverted (`device/runtime.py`, `tools/flashing.py`), a confirmed model is refused. Whatever goes
wrong in here is the model's fault and comes out as a `BundleError`.
Next: `golden_verdicts.py`, the part of the proof that concerns whole answers.
"""

from collections.abc import Sequence

from device.answer.golden_verdicts import check_golden_verdicts
from device.answer.identifier import Identifier
from device.field_library.compound import FieldCompound
from device.inference.bundle import Bundle
from device.inference.errors import BundleError, ModelFaulty, RuntimeMissing
from device.inference.golden import check_golden


def proven_identifier(
    bundle: Bundle, runtime: str = "auto", field_compounds: Sequence[FieldCompound] = ()
) -> Identifier:
    """An identifier whose model has answered golden vectors and golden spectra right here.

    `field_compounds` take no part in the proof: they are not the publisher's.

    Raises:
        BundleError: it cannot be used here, or answers otherwise than at its publisher's.
        RuntimeMissing: the asked interpreter is not installed.
    """
    identifier = prove(bundle, runtime)
    return Identifier(bundle, runtime, field_compounds) if field_compounds else identifier


def prove(bundle: Bundle, runtime: str = "auto") -> Identifier:
    """Build an identifier of the model alone and hold its answers against the golden ones.

    Raises:
        BundleError, RuntimeMissing: as above; an unforeseen error is a `ModelFaulty`.
    """
    try:
        identifier = Identifier(bundle, runtime)
        check_golden(bundle, identifier.interpreter)
        check_golden_verdicts(bundle.manifest, identifier.identify)
    except (BundleError, RuntimeMissing):
        raise
    except Exception as error:
        import logging  # only now: most starts never log, and importing it costs milliseconds

        log = logging.getLogger("ramix.model")
        log.debug("model %s fails in an unforeseen way", bundle.manifest.name, exc_info=error)
        raise ModelFaulty(
            f"Running the model ends in an error ({type(error).__name__})."
        ) from error
    return identifier
