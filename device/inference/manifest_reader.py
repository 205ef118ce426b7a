"""Strict JSON -> Manifest: refuses what it does not know and what contradicts itself.

Runs only on bytes whose signature holds, and all the same trusts none of them: a publisher's
slip must end in a sentence, not in a wrong label. Next: `bundle.py`, the container around it.
"""

import base64
import re
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from device.inference import strict_json
from device.inference.errors import BundleError
from device.inference.manifest import (
    MANIFEST_FORMAT,
    Compound,
    Golden,
    Manifest,
    Task,
    Thresholds,
    decide,
)
from device.inference.strict_json import Fields, StrictJsonError
from device.spectra.resampling import WavenumberGrid

MAX_COMPOUNDS: Final = 512
MAX_GRID_SIZE: Final = 8192
MAX_GOLDEN: Final = 64
MAX_COUNTER: Final = 2**32 - 1  # the firmware stores 32 bits
MAX_TOLERANCE: Final = 0.1  # kernels differ by up to 10 LSB of 1/256; more would prove nothing


def decode_manifest(data: bytes) -> Manifest:
    """Read manifest bytes whose signature already holds; raises `BundleError`."""
    try:
        return _decode(Fields(strict_json.loads(data), "manifest"))
    except (StrictJsonError, ValueError) as error:
        raise BundleError(f"The manifest of the bundle is not valid: {error}.") from error


def _decode(fields: Fields) -> Manifest:
    found = fields.text("format")
    if found != MANIFEST_FORMAT:
        raise StrictJsonError(f"its format is {found!r}, this software reads {MANIFEST_FORMAT!r}")
    task = _task(fields.text("task"))
    compounds = tuple(
        _compound(Fields(item, f"manifest.compounds[{index}]"))
        for index, item in enumerate(fields.items("compounds"))
    )
    if not 1 <= len(compounds) <= MAX_COMPOUNDS:
        raise StrictJsonError(f"it has {len(compounds)} compounds, 1 to {MAX_COMPOUNDS} are legal")
    names = [name for c in compounds for name in (c.name, *c.synonyms)]
    strict_json.require_unique(names, "manifest.compounds")
    grid = _grid(fields.fields("grid"))
    thresholds = _thresholds(fields.fields("thresholds"), len(compounds))
    golden = _golden(fields.fields("golden"), task, grid, compounds, thresholds)
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
        grid=grid,
        resolution_cm1=fields.number("resolution_cm1", 0.1, 100.0),
        preprocessing_id=fields.text("preprocessing_id"),
        thresholds=thresholds,
        operators=_operators(fields),
        golden=golden,
        model_sha256=_sha256(hashes, "model"),
        references_sha256=_sha256(hashes, "references"),
        data_license=fields.text("data_license"),
        provenance=fields.mapping("provenance"),
        figures=fields.mapping("figures"),
    )
    hashes.done()
    fields.done()
    return manifest


def _task(text: str) -> Task:
    try:
        return Task(text)
    except ValueError as error:
        legal = " or ".join(repr(task.value) for task in Task)
        raise StrictJsonError(f"its task is {text!r}, not {legal}") from error


def _compound(fields: Fields) -> Compound:
    compound = Compound(
        name=fields.text("name"),
        cas=checked_cas(fields.text("cas", empty=True), fields.name_of("cas")),
        synonyms=fields.texts("synonyms"),
        hazard=fields.text("hazard", empty=True),
        response_factor=fields.optional_number("response_factor", 1e-6, 1e6),
        response_factor_uncertainty=fields.optional_number("response_factor_uncertainty", 0, 1e6),
        source=fields.text("source", empty=True),
    )
    fields.done()
    if compound.response_factor is None and compound.response_factor_uncertainty is not None:
        raise StrictJsonError(f"{compound.name} has the uncertainty of a factor it does not have")
    return compound


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
    first_cm1, last_cm1 = fields.number("first_cm1", 0, 1e5), fields.number("last_cm1", 0, 1e5)
    step_cm1 = fields.number("step_cm1", 0.01, 1e3)
    fields.done()
    if (last_cm1 - first_cm1) / step_cm1 >= MAX_GRID_SIZE:  # before the axis is computed
        raise StrictJsonError(f"manifest.grid has more than {MAX_GRID_SIZE} points")
    return WavenumberGrid(first_cm1, last_cm1, step_cm1)


def _thresholds(fields: Fields, compound_count: int) -> Thresholds:
    where = fields.name_of("presence")
    presence = tuple(
        strict_json.as_number(item, where, 0.0, 1.0)
        for item in fields.items("presence", length=compound_count)
    )
    fit = {
        name: strict_json.as_number(value, fields.name_of(f"fit.{name}"), -1e9, 1e9)
        for name, value in fields.mapping("fit").items()
    }
    fields.done()
    return Thresholds(presence, fit)


def _golden(
    fields: Fields,
    task: Task,
    grid: WavenumberGrid,
    compounds: tuple[Compound, ...],
    thresholds: Thresholds,
) -> Golden:
    rows = fields.items("presence")
    count = len(rows)
    if not 1 <= count <= MAX_GOLDEN:
        raise StrictJsonError(f"it has {count} golden vectors, 1 to {MAX_GOLDEN} are legal")
    where = "manifest.golden"
    presence = _answers(rows, f"{where}.presence", count, len(compounds))
    dosage_rows = fields.take("dosage")
    if (dosage_rows is None) != (task is Task.PRESENCE):
        raise StrictJsonError(f"{where}.dosage does not fit the task {task.value!r}")
    golden = Golden(
        inputs=_golden_inputs(fields, count, grid.size),
        presence=presence,
        dosage=None
        if dosage_rows is None
        else _answers(dosage_rows, f"{where}.dosage", count, len(compounds)),
        tolerance=fields.number("tolerance", 0.0, MAX_TOLERANCE),
        decisions=tuple(
            tuple(strict_json.as_text(name, f"{where}.decisions") for name in names)
            for names in (
                strict_json.as_list(item, f"{where}.decisions")
                for item in fields.items("decisions", length=count)
            )
        ),
    )
    fields.done()
    names = tuple(compound.name for compound in compounds)
    for expected, row in zip(golden.decisions, golden.presence, strict=True):
        if expected != decide(names, thresholds.presence, row):
            raise StrictJsonError(f"{where}.decisions contradict presence and thresholds")
    return golden


def _answers(value: object, where: str, rows: int, columns: int) -> npt.NDArray[np.float32]:
    matrix = strict_json.as_matrix(value, where, rows, columns, 0.0, 1.0)
    return np.asarray(matrix, dtype=np.float32)


def _golden_inputs(fields: Fields, count: int, grid_size: int) -> npt.NDArray[np.int8]:
    encoded = fields.take("inputs_base64")
    if not isinstance(encoded, str):
        raise StrictJsonError("manifest.golden.inputs_base64 must be text")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise StrictJsonError("manifest.golden.inputs_base64 is not base64") from error
    if len(raw) != count * grid_size:
        raise StrictJsonError(
            f"manifest.golden.inputs_base64 holds {len(raw)} bytes, not {count} x {grid_size}"
        )
    return np.frombuffer(raw, dtype=np.int8).reshape(count, grid_size)


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
