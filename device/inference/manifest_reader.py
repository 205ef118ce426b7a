"""Strict JSON -> Manifest: refuses what it does not know and what contradicts itself.

Runs only on bytes whose signature holds, and all the same trusts none of them: a publisher's
slip must end in a sentence, not in a wrong label.
Next: `golden_reader.py` and `golden_verdict_reader.py` for their entries, `bundle.py` for the
container around it all.
"""

import re
from datetime import datetime
from typing import Final

from device import strict_json
from device.inference.decision_numbers import read_decision
from device.inference.errors import BundleError, ProductMismatch
from device.inference.golden_reader import read_golden
from device.inference.golden_verdict_reader import read_golden_verdicts
from device.inference.manifest import MANIFEST_FORMAT, Compound, Manifest, Task
from device.spectra.resampling import WavenumberGrid
from device.strict_json import Fields, StrictJsonError

MAX_COMPOUNDS: Final = 512
MAX_GRID_SIZE: Final = 8192
MAX_COUNTER: Final = 2**32 - 1  # the firmware stores 32 bits
# The library fit counts in points of the grid and takes each for 1 cm-1: its kernels and shifts.
GRID_STEP_CM1: Final = 1.0
# With a standard uncertainty as large as the factor a volume fraction has no known digit.
MAX_RELATIVE_UNCERTAINTY: Final = 1.0


def decode_manifest(data: bytes) -> Manifest:
    """Read manifest bytes whose signature already holds; raises `BundleError`."""
    try:
        return _decode(Fields(strict_json.loads(data), "manifest"))
    except (StrictJsonError, ValueError) as error:
        raise BundleError(f"The manifest of the bundle is not valid: {error}.") from error


def _decode(fields: Fields) -> Manifest:
    _require_format(fields.text("format"))
    task = _task(fields.text("task"))
    compounds, digests = _compounds(fields.items("compounds"))
    grid = _grid(fields.fields("grid"))
    thresholds = _presence_thresholds(fields, len(compounds))
    golden = read_golden(fields.fields("golden"), task, grid, compounds, thresholds)
    hashes = fields.fields("sha256")
    manifest = Manifest(
        name=fields.text("name"),
        version=_matching(fields.text("version"), r"\d+\.\d+\.\d+", "manifest.version"),
        task=task,
        product=fields.text("product"),
        hardware_revisions=_hardware_revisions(fields),
        security_counter=fields.integer("security_counter", 0, MAX_COUNTER),
        created_utc=_utc(fields.text("created_utc")),
        compounds=compounds,
        compound_digests=digests,
        grid=grid,
        resolution_cm1=fields.number("resolution_cm1", 0.1, 100.0),
        preprocessing_id=fields.text("preprocessing_id"),
        presence_thresholds=thresholds,
        decision=read_decision(fields.fields("decision")),
        operators=_operators(fields),
        golden=golden,
        golden_verdicts=read_golden_verdicts(fields.items("golden_verdicts"), grid, compounds),
        model_sha256=_sha256(hashes, "model"),
        references_sha256=_sha256(hashes, "references"),
        data_license=fields.text("data_license"),
        provenance=fields.mapping("provenance"),
        figures=fields.mapping("figures"),
    )
    hashes.done()
    fields.done()
    return manifest


def _require_format(found: str) -> None:
    if found == MANIFEST_FORMAT:
        return
    if re.fullmatch(r"ramix-model-\d+", found, re.ASCII) is None:
        raise StrictJsonError(f"its format is {found!r}, this software reads {MANIFEST_FORMAT!r}")
    raise ProductMismatch(
        f"The bundle has the format {found}, this software reads {MANIFEST_FORMAT}.",
        remedy="Fetch the bundle for this version; its publisher makes one of an older file with "
        "`ramix-train reissue`.",
    )


def _task(text: str) -> Task:
    try:
        return Task(text)
    except ValueError as error:
        legal = " or ".join(repr(task.value) for task in Task)
        raise StrictJsonError(f"its task is {text!r}, not {legal}") from error


def _compounds(items: list[object]) -> tuple[tuple[Compound, ...], tuple[str, ...]]:
    """The compounds and the digest of each."""
    where = "manifest.compounds"
    if not 1 <= len(items) <= MAX_COMPOUNDS:
        raise StrictJsonError(f"it has {len(items)} compounds, 1 to {MAX_COMPOUNDS} are legal")
    read = [_compound(Fields(item, f"{where}[{index}]")) for index, item in enumerate(items)]
    compounds = tuple(compound for compound, _ in read)
    names = [name for c in compounds for name in (c.name, *c.synonyms)]
    strict_json.require_unique(names, where)
    strict_json.require_unique([c.cas for c in compounds if c.cas], where)
    return compounds, tuple(digest for _, digest in read)


def _compound(fields: Fields) -> tuple[Compound, str]:
    compound = Compound(
        name=fields.text("name"),
        cas=checked_cas(fields.text("cas", empty=True), fields.name_of("cas")),
        synonyms=fields.texts("synonyms"),
        hazard=fields.text("hazard", empty=True),
        response_factor=fields.optional_number("response_factor", 1e-6, 1e6),
        response_factor_uncertainty=fields.optional_number("response_factor_uncertainty", 0, 1e6),
        source=fields.text("source", empty=True),
        chemical_class=fields.text_if_any("class"),
    )
    digest = _sha256(fields, "sha256")
    fields.done()
    factor, uncertainty = compound.response_factor, compound.response_factor_uncertainty
    if factor is None and uncertainty is not None:
        raise StrictJsonError(f"{compound.name} has the uncertainty of a factor it does not have")
    if factor is not None and (uncertainty or 0.0) > MAX_RELATIVE_UNCERTAINTY * factor:
        raise StrictJsonError(
            f"the response factor of {compound.name} is {factor:g}, its uncertainty {uncertainty:g}"
        )
    return compound, digest


def checked_cas(text: str, where: str) -> str:
    """A CAS registry number; its last digit checks the others (weights 1, 2, 3... from the right).

    Source: CAS, "Check Digit Verification of CAS Registry Numbers".
    """
    if not text:
        return text
    _matching(text, r"\d{2,7}-\d{2}-\d", where)
    digits = [int(character) for character in reversed(text.replace("-", ""))]
    if sum(weight * digit for weight, digit in enumerate(digits)) % 10 != digits[0]:
        raise StrictJsonError(f"{where} {text} has a wrong check digit")
    return text


def _grid(fields: Fields) -> WavenumberGrid:
    first_cm1, last_cm1 = fields.number("first_cm1", 0, 1e4), fields.number("last_cm1", 0, 1e4)
    step_cm1 = fields.number("step_cm1", 0.01, 1e3)
    fields.done()
    if (last_cm1 - first_cm1) / step_cm1 >= MAX_GRID_SIZE:  # before the axis is computed
        raise StrictJsonError(f"manifest.grid has more than {MAX_GRID_SIZE} points")
    if step_cm1 != GRID_STEP_CM1:
        raise ProductMismatch(
            f"The bundle's grid has steps of {step_cm1:g} cm-1, this software's library fit needs "
            f"steps of {GRID_STEP_CM1:g} cm-1."
        )
    return WavenumberGrid(first_cm1, last_cm1, step_cm1)


def _presence_thresholds(fields: Fields, compound_count: int) -> tuple[float, ...]:
    where = fields.name_of("presence_thresholds")
    presence = tuple(
        strict_json.as_number(item, where, 0.0, 1.0)
        for item in fields.items("presence_thresholds", length=compound_count)
    )
    if not all(0.0 < value < 1.0 for value in presence):
        # at 0 every compound is proposed for every spectrum, at 1 none ever is
        raise StrictJsonError(f"{where} must lie between 0 and 1, neither of them included")
    return presence


def _hardware_revisions(fields: Fields) -> tuple[int, ...]:
    where = fields.name_of("hardware_revisions")
    revisions = tuple(
        strict_json.as_integer(item, where, 0, 0xFFFF)
        for item in fields.items("hardware_revisions")
    )
    if not revisions:
        raise StrictJsonError(f"{where} is empty: no analyzer could use this model")
    return revisions


def _operators(fields: Fields) -> tuple[str, ...]:
    operators = fields.texts("operators")
    strict_json.require_unique(operators, fields.name_of("operators"))
    return tuple(sorted(operators))


def _utc(text: str) -> str:
    # Not strptime: it loads locale tables at every start.
    _matching(text, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "manifest.created_utc")
    datetime.fromisoformat(text)  # raises ValueError on a 30th of February
    return text


def _sha256(fields: Fields, key: str) -> str:
    return _matching(fields.text(key), r"[0-9a-f]{64}", fields.name_of(key))


def _matching(text: str, pattern: str, where: str) -> str:
    if re.fullmatch(pattern, text, re.ASCII) is None:
        raise StrictJsonError(f"{where} {text!r} is malformed")
    return text
