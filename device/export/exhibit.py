"""All that an export of one record may hold: record, measurement, curves and what proves them.

Pure functions make files of it. Next: `facts.py`, what is known of it as text; `formats.py`, the
list of all formats.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from device.records.content import Record
from device.records.entry import Entry
from device.records.errors import RecordStoreError
from device.records.measured import containers_of, spectrum_of
from device.records.readable import ReadableStore
from device.show.curves import FitCurves, curves_of
from device.spectra.spectrum import Spectrum
from firmware_bridge.errors import CallerError

if TYPE_CHECKING:  # an export as numbers needs no interpreter
    from device.answer.identifier import Identifier

NO_MODEL = "the fitted curves are not drawn: the model that answered is not on this machine"
OTHERWISE = (
    "the fitted curves are not drawn: this version of the program answers the same counts with "
    "another verdict"
)


@dataclass(frozen=True, eq=False)
class Exhibit:
    """One record, checked.

    curves: float64[G] on the model's grid; None where nothing is asserted, or it is not known.
    curves_note: why there are none though something is asserted; empty otherwise.
    """

    record: Record
    spectrum: Spectrum
    entry: Entry | None = None  # None: of a store of version 1, which signed nothing
    signatures: Sequence[Mapping[str, Any]] = ()
    answers: Sequence[Mapping[str, Any]] = ()  # of experts
    curves: FitCurves | None = None
    curves_note: str = ""

    @property
    def result(self) -> Mapping[str, Any]:
        return self.record.result

    @property
    def components(self) -> Sequence[Mapping[str, Any]]:
        """The asserted ones, largest first."""
        found: Sequence[Mapping[str, Any]] = self.result["components"]
        return found


def exhibit_of(
    store: ReadableStore, record_id: str, identifier: "Identifier | None" = None
) -> Exhibit:
    """What is exported of one record of a store.

    `identifier`: answers the stored counts once more, for the curves alone.

    Raises:
        RecordDamaged: it is not what was written, or was pruned.
        RecordStoreError: it is not there.
    """
    record = store.get(record_id)
    spectrum = spectrum_of(record)
    curves, note = _curves(record, spectrum, identifier)
    return Exhibit(
        record,
        spectrum,
        store.entry(record),
        store.signatures_of(record),
        store.answers_of(record),
        curves,
        note,
    )


def _curves(
    record: Record, spectrum: Spectrum, identifier: "Identifier | None"
) -> tuple[FitCurves | None, str]:
    """Only where the same model says the same again: else they would show another answer."""
    result = record.result
    if not result["components"]:
        return None, ""
    model = result["model"]
    answered_by = model.get("sha256") if isinstance(model, Mapping) else None
    if identifier is None or identifier.label.sha256 != answered_by:
        return None, NO_MODEL
    try:
        answer = identifier.identify(spectrum, containers_of(record, identifier))
    except (RecordStoreError, CallerError) as error:
        return None, f"the fitted curves are not drawn: {error.text[:1].lower()}{error.text[1:-1]}"
    found = answer.identification
    names = [one.name for one in found.components]
    if str(found.verdict) != record.verdict or set(names) != set(record.names):
        return None, OTHERWISE
    return curves_of(answer, identifier.bundle, identifier.field_compounds), ""
