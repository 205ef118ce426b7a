"""A compound measured in the field: what is kept of it, and the bytes it is kept as.

The entry is JSON with its own SHA-256: names as the operator gave them, the spectrum as it was
measured, and the reference made of it. No network has an output for such a compound, so the
library fit alone decides about it. Next: `store.py`, the folder of these.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from device import strict_json
from device.field_library.packing import packed, unpacked
from device.inference.manifest import Compound
from device.inference.manifest_reader import checked_cas
from device.spectra.quality import check
from device.spectra.reference_spectrum import NEARLY_IDENTICAL, reference_of, similarities
from device.spectra.resampling import WavenumberGrid
from device.spectra.spectrum import Spectrum, to_grid
from device.strict_json import Fields, StrictJsonError
from firmware_bridge.errors import CallerError

FORMAT: Final = "ramix-field-compound-1"
MAX_NAME_LENGTH: Final = 80
MAX_SYNONYMS: Final = 20
REFERENCE_GRID: Final = WavenumberGrid(300.0, 2500.0, 1.0)  # of the references in this format

Floats = npt.NDArray[np.float64]


class UnusableReference(CallerError):
    """This spectrum or this name must not become a reference."""

    code = "unusable_reference"
    default_remedy = "Measure the pure compound again, strong and not saturated."


@dataclass(frozen=True, eq=False)
class FieldCompound:
    """One entry; `sha256` is of everything in it and stands in the records that used it."""

    compound: Compound
    reference: npt.NDArray[np.float32]  # [G] on REFERENCE_GRID, non-negative, maximum 1
    wavenumber_cm1: Floats  # as measured
    intensity: Floats
    source: str
    source_sha256: str  # of the file it was read from; empty for a measurement
    added_utc: str
    sha256: str

    @property
    def name(self) -> str:
        return self.compound.name

    def reference_on(self, grid: WavenumberGrid) -> npt.NDArray[np.float32]:
        """float32[G], maximum 1: the stored one, or made anew for a model on another grid.

        Raises:
            UnusableReference: too little of that grid was measured, or nothing stands there.
        """
        if grid == REFERENCE_GRID:
            return self.reference
        return _reference(Spectrum(self.wavenumber_cm1, self.intensity), grid)


def field_compound(
    spectrum: Spectrum,
    *,
    name: str,
    cas: str = "",
    synonyms: Sequence[str] = (),
    hazard: str = "",
    source_sha256: str = "",
    added_utc: str | None = None,
) -> FieldCompound:
    """The entry for a measured pure compound.

    Raises:
        UnusableReference: the quality gate refuses the spectrum, or a name cannot be one.
    """
    reference = _reference(spectrum, REFERENCE_GRID)
    content = {
        "format": FORMAT,
        "name": unicodedata.normalize("NFC", name.strip()),
        "cas": cas.strip(),
        "synonyms": [unicodedata.normalize("NFC", synonym.strip()) for synonym in synonyms],
        "hazard": hazard.strip(),
        "source": "".join(filter(str.isprintable, spectrum.source))[:MAX_NAME_LENGTH],
        "source_sha256": source_sha256,
        "added_utc": added_utc or datetime.now(UTC).isoformat(timespec="seconds"),
        "wavenumber_cm1": packed(spectrum.wavenumber_cm1, "<f8"),
        "intensity": packed(spectrum.intensity, "<f8"),
        "reference": packed(reference, "<f4"),
    }
    try:
        return decode(_sealed(content))
    except StrictJsonError as error:  # a name that no reader would accept
        raise UnusableReference(
            f"This cannot be added: {error}.", remedy="Correct the names and try again."
        ) from error


def _reference(spectrum: Spectrum, grid: WavenumberGrid) -> npt.NDArray[np.float32]:
    """Raises UnusableReference where the quality gate refuses the spectrum on this grid."""
    reasons = check(spectrum, to_grid(spectrum, grid))
    if reasons:
        raise UnusableReference(reasons[0].text, remedy=reasons[0].remedy)
    reference, _ = reference_of(spectrum, grid)
    if not reference.max() > 0:
        raise UnusableReference("Nothing is left of this spectrum without its baseline.")
    scaled: npt.NDArray[np.float32] = (reference / reference.max()).astype(np.float32)
    return scaled


def encode(entry: FieldCompound) -> bytes:
    """The bytes `decode` reads: canonical JSON, so equal entries are equal files."""
    return _sealed(
        {
            "format": FORMAT,
            "name": entry.compound.name,
            "cas": entry.compound.cas,
            "synonyms": list(entry.compound.synonyms),
            "hazard": entry.compound.hazard,
            "source": entry.source,
            "source_sha256": entry.source_sha256,
            "added_utc": entry.added_utc,
            "wavenumber_cm1": packed(entry.wavenumber_cm1, "<f8"),
            "intensity": packed(entry.intensity, "<f8"),
            "reference": packed(entry.reference, "<f4"),
        }
    )


def decode(data: bytes) -> FieldCompound:
    """Read an entry; raises StrictJsonError with what is wrong about it."""
    parsed = strict_json.loads(data)
    fields = Fields(parsed, "the entry")
    if fields.text("format") != FORMAT:
        raise StrictJsonError(f"its format is not {FORMAT}")
    sha256 = fields.text("sha256")
    if sha256 != _digest({key: value for key, value in _object(parsed) if key != "sha256"}):
        raise StrictJsonError("its content does not match its SHA-256")
    source = fields.text("source", empty=True)
    compound = Compound(
        name=_short(fields.text("name"), "name"),
        cas=checked_cas(fields.text("cas", empty=True), "the CAS number"),
        synonyms=tuple(_short(synonym, "synonym") for synonym in fields.texts("synonyms")),
        hazard=fields.text("hazard", empty=True),
        response_factor=None,  # only pures of one session at one power tell it
        response_factor_uncertainty=None,
        source=f"measured in the field: {source}",
    )
    if len(compound.synonyms) > MAX_SYNONYMS:
        raise StrictJsonError(f"it has more than {MAX_SYNONYMS} synonyms")
    strict_json.require_unique((compound.name, *compound.synonyms), "the entry")
    entry = FieldCompound(
        compound=compound,
        reference=unpacked(fields, "reference", "<f4").astype(np.float32),
        wavenumber_cm1=unpacked(fields, "wavenumber_cm1", "<f8"),
        intensity=unpacked(fields, "intensity", "<f8"),
        source=source,
        source_sha256=fields.text("source_sha256", empty=True),
        added_utc=fields.text("added_utc"),
        sha256=sha256,
    )
    fields.done()
    _check_arrays(entry)
    return entry


def clash(compound: Compound, others: Iterable[Compound]) -> str | None:
    """Why `compound` cannot stand beside `others`: one of them has its name or CAS number."""
    names = {key_of(name) for name in (compound.name, *compound.synonyms)}
    for other in others:
        for name in (other.name, *other.synonyms):
            if key_of(name) in names:
                return f"{name!r} is a name of {other.name!r}, which is in the library"
        if compound.cas and compound.cas == other.cas:
            return f"CAS {compound.cas} is {other.name!r}, which is in the library"
    return None


def look_alikes(
    reference: npt.NDArray[Any], others: npt.NDArray[Any], names: Sequence[str]
) -> tuple[str, ...]:
    """Names of the references [N, G] nearly identical to this one: the same liquid, most likely."""
    if not len(others):
        return ()
    alike = similarities(reference[None], others)[0]
    order = np.argsort(-alike)
    return tuple(names[index] for index in order if alike[index] > NEARLY_IDENTICAL)


def key_of(name: str) -> str:
    """Names equal under this are one name to a reader."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


def _sealed(content: dict[str, Any]) -> bytes:
    return _canonical({**content, "sha256": _digest(content)})


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(b"ramix-field-compound\0" + _canonical(content)).hexdigest()


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _object(parsed: object) -> Iterable[tuple[str, Any]]:
    return parsed.items() if isinstance(parsed, dict) else ()


def _check_arrays(entry: FieldCompound) -> None:
    reference = entry.reference
    if len(reference) != REFERENCE_GRID.size or reference.min() < 0 or reference.max() != 1.0:
        raise StrictJsonError("its reference is not one of this software")
    if len(entry.wavenumber_cm1) != len(entry.intensity):
        raise StrictJsonError("its axis and intensities differ in length")
    if not (np.diff(entry.wavenumber_cm1) > 0).all():
        raise StrictJsonError("its axis does not increase")


def _short(text: str, what: str) -> str:
    if len(text) > MAX_NAME_LENGTH or text != text.strip():
        raise StrictJsonError(f"the {what} is longer than {MAX_NAME_LENGTH} characters or padded")
    return text
