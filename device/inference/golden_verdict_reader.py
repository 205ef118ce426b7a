"""The manifest's golden verdicts, read strictly: spectra with the whole answer each must get.

Golden vectors test the network alone; these also fix what thresholds, references, names and CAS
numbers make of it. Next: `device/answer/golden_verdicts.py`, which compares answers with them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from device import strict_json
from device.inference.errors import BundleError
from device.inference.manifest import Compound, GoldenComponent, GoldenVerdict, Manifest
from device.spectra.resampling import WavenumberGrid
from device.strict_json import Fields, StrictJsonError

MAX_GOLDEN_VERDICTS: Final = 16  # each is a whole identification at every start
VERDICTS: Final = ("IDENTIFIED", "PARTIAL", "UNKNOWN", "NO_RESULT")
NEEDED: Final = ("IDENTIFIED", "UNKNOWN")  # without both, a model that always says one passes
# Machines differ by less than the lower bound; a share off by more than the upper one is wrong.
SHARE_TOLERANCE: Final = (0.001, 0.05)


def read_golden_verdicts(
    items: Sequence[object], grid: WavenumberGrid, compounds: Sequence[Compound]
) -> tuple[GoldenVerdict, ...]:
    """Take the list `golden_verdicts` apart.

    Raises:
        StrictJsonError: an entry contradicts itself, the grid or the compounds.
    """
    if len(items) > MAX_GOLDEN_VERDICTS:
        raise StrictJsonError(f"it has {len(items)} golden verdicts, {MAX_GOLDEN_VERDICTS} at most")
    return tuple(
        _golden_verdict(Fields(item, f"manifest.golden_verdicts[{index}]"), grid, compounds)
        for index, item in enumerate(items)
    )


def require_golden_verdicts(manifest: Manifest) -> None:
    """Raise `BundleError` unless something must be identified and something must stay unknown."""
    there = Counter(golden.verdict for golden in manifest.golden_verdicts)
    missing = [verdict for verdict in NEEDED if not there[verdict]]
    if missing:
        raise BundleError(
            f"The bundle has no golden spectrum whose answer is {' or '.join(missing)}: "
            "nothing would prove that it decides right on this machine."
        )


def _golden_verdict(
    fields: Fields, grid: WavenumberGrid, compounds: Sequence[Compound]
) -> GoldenVerdict:
    where = fields.name_of("components")
    golden = GoldenVerdict(
        counts=_counts(fields, grid.size),
        verdict=fields.text("verdict"),
        components=tuple(
            _component(Fields(item, f"{where}[{index}]"), compounds)
            for index, item in enumerate(fields.items("components"))
        ),
        reasons=tuple(_code(code, fields.name_of("reasons")) for code in fields.items("reasons")),
        share_tolerance=fields.number("share_tolerance", *SHARE_TOLERANCE),
    )
    fields.done()
    if golden.verdict not in VERDICTS:
        raise StrictJsonError(f"{fields.name_of('verdict')} is {golden.verdict!r}")
    strict_json.require_unique([one.name for one in golden.components], where)
    total = sum(one.signal_share for one in golden.components)
    if total > 1.0 + golden.share_tolerance:
        raise StrictJsonError(f"the shares in {where} sum to {total:.3f}, more than 1")
    named = bool(golden.components)
    if (named and golden.verdict in ("UNKNOWN", "NO_RESULT")) or (
        not named and golden.verdict == "IDENTIFIED"
    ):
        raise StrictJsonError(f"{where} does not fit the verdict {golden.verdict}")
    return golden


def _component(fields: Fields, compounds: Sequence[Compound]) -> GoldenComponent:
    component = GoldenComponent(
        name=fields.text("name"),
        cas=fields.text("cas", empty=True),
        signal_share=fields.number("signal_share", 0.0, 1.0),
    )
    fields.done()
    if (component.name, component.cas) not in {(one.name, one.cas) for one in compounds}:
        raise StrictJsonError(
            f"{fields.name_of('name')} is {component.name!r} with the CAS number "
            f"{component.cas or '(none)'}; manifest.compounds has no such compound"
        )
    return component


def _code(value: object, where: str) -> str:
    code = strict_json.as_text(value, where)
    if re.fullmatch(r"[a-z][a-z_]*", code, re.ASCII) is None:
        raise StrictJsonError(f"{where} {code!r} is malformed")
    return code


def _counts(fields: Fields, size: int) -> npt.NDArray[np.uint16]:
    where = fields.name_of("counts_base64")
    raw = strict_json.as_bytes(fields.take("counts_base64"), where)
    if len(raw) != 2 * size:
        raise StrictJsonError(f"{where} holds {len(raw)} bytes, not 2 x {size}")
    return np.frombuffer(raw, dtype="<u2").astype(np.uint16)
