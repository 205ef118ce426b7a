"""A locked method for incoming goods: what must be there, by which model, decision and settings.

The file is JSON, written once and never changed; a test by it is refused where anything that could
change the result differs from it. Next: `material.py`, the test itself.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from device.answer.asked import Material, Wanted
from device.answer.watch import canonical_names
from device.strict_json import Fields, StrictJsonError, as_text, loads
from firmware_bridge.errors import CallerError, RamixError

if TYPE_CHECKING:
    from device.answer.identifier import Identifier

FORMAT: Final = "ramix-material-method-1"
MAX_BYTES: Final = 100_000
QUANTITIES: Final = ("volume_fraction", "signal_share")
# NAME=50±5 or NAME=50+-5: percent, of volume where the library knows the responses, else of signal.
_WITH_SHARE = re.compile(r"(?P<name>.+)=(?P<share>[0-9.]+)(?:±|\+-|\+/-)(?P<tolerance>[0-9.]+)%?")


class MethodInvalid(CallerError):
    """The file is no method, or names a material that makes no sense."""

    code = "method_invalid"
    default_remedy = "Write it again: ramix verify-material NAME --save-method FILE."


class MethodDiffers(RamixError):
    """Something that could change the result is not what the method locks."""

    code = "method_differs"
    default_remedy = "Use the model and software of the method, or write and validate a new method."


@dataclass(frozen=True)
class Measuring:
    """How light is taken for a test; None: not given. Of files nothing is known."""

    budget_s: float | None = None
    frames: int | None = None
    integration_time: float | str | None = None  # ms, or "auto"
    laser_power_mw: int | None = None


@dataclass(frozen=True)
class Method:
    """Everything that is locked; `identity` is name to value, compared one by one."""

    material: Material
    identity: dict[str, str]
    measuring: Measuring

    def to_bytes(self) -> bytes:
        """The file."""
        content = {
            "format": FORMAT,
            "wanted": [asdict(one) for one in self.material.wanted],
            "quantity": self.material.quantity,
            "identity": self.identity,
            "measuring": asdict(self.measuring),
        }
        return (json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()

    def check(self, identifier: "Identifier", blanks: Sequence[str]) -> Material:
        """What to ask of the sample, if this identifier is the method's.

        Raises:
            MethodDiffers: it is not; says in what.
        """
        here = identity_of(identifier, blanks)
        kinds = [*here, *(self.identity.keys() - here.keys())]
        differing = [kind for kind in kinds if self.identity.get(kind) != here.get(kind)]
        if differing:
            first = differing[0]
            locked, found = (_short(one.get(first)) for one in (self.identity, here))
            raise MethodDiffers(
                f"The method differs from what is here in {', '.join(differing)} "
                f"({first}: locked {locked}, here {found})."
            )
        return self.material


def material_of(asked: Sequence[str], identifier: "Identifier") -> Material:
    """The material that `NAME` or `NAME=50±5` (percent), one or several, stand for.

    Raises:
        MethodInvalid: shares make no sense, or one of several compounds has none.
        NotInLibrary: the library has no such compound.
    """
    wanted = [_wanted(one) for one in asked]
    if not wanted:
        raise MethodInvalid("No material was named.", remedy="Name a compound of the library.")
    names = canonical_names(
        identifier.compounds, [one.name for one in wanted], identifier.label.name
    )
    if len(names) < len(wanted):
        raise MethodInvalid("A compound is named twice.", remedy="Name each once.")
    whole = sum(one.share or 0.0 for one in wanted)
    if len(wanted) > 1 and any(one.share is None for one in wanted):
        raise MethodInvalid(
            "Of several compounds each needs a share.", remedy="Write NAME=50±5 for each (percent)."
        )
    if whole > 1.0 + sum(one.tolerance or 0.0 for one in wanted):
        raise MethodInvalid("The shares sum to more than 100%.", remedy="Correct them.")
    known = {one.name: one.response_factor for one in identifier.compounds}
    by_volume = all(known[name] is not None for name in names)
    return Material(
        tuple(replace(one, name=name) for one, name in zip(wanted, names, strict=True)),
        QUANTITIES[0] if by_volume else QUANTITIES[1],
    )


def method_of(
    identifier: "Identifier", material: Material, measuring: Measuring, blanks: Sequence[str]
) -> Method:
    """Lock what is here; `blanks`: SHA-256 of the containers' files."""
    return Method(material, identity_of(identifier, blanks), measuring)


def identity_of(identifier: "Identifier", blanks: Sequence[str]) -> dict[str, str]:
    """All that could change a result, by kind."""
    decision, model = identifier.decision, identifier.label
    return {
        "model": f"{model.name} {model.version}",
        "model_sha256": model.sha256,
        "software": decision.software,
        "decision": str(decision.version),
        "decision_sha256": decision.sha256,
        "runtime": decision.runtime,
        "fit_backend": decision.fit_backend,
        "field_compounds": " ".join(sorted(one.sha256 for one in identifier.field_labels)),
        "blanks": " ".join(sorted(blanks)),
    }


def read_method(data: bytes) -> Method:
    """A method from the bytes of its file; its SHA-256 goes into every answer.

    Raises:
        MethodInvalid: it is not of its form.
    """
    try:
        top = Fields(loads(data), "method")
        if top.text("format") != FORMAT:
            raise StrictJsonError(f"method.format is not {FORMAT}")
        rows = [Fields(item, "wanted") for item in top.items("wanted")]
        quantity = top.text("quantity")
        identity = {
            as_text(kind, "identity"): as_text(value, kind, empty=True)
            for kind, value in top.mapping("identity").items()
        }
        measuring = _measuring(top.fields("measuring"))
        top.done()
        wanted = tuple(_wanted_row(row) for row in rows)
        if quantity not in QUANTITIES or not wanted:
            raise StrictJsonError("method.quantity or method.wanted makes no sense")
    except StrictJsonError as error:
        raise MethodInvalid(f"The method cannot be used: {error}.") from error
    material = Material(wanted, quantity, hashlib.sha256(data).hexdigest())
    return Method(material, identity, measuring)


def _wanted_row(row: Fields) -> Wanted:
    name = row.text("name")
    share, tolerance = (row.optional_number(key, 0.0, 1.0) for key in ("share", "tolerance"))
    row.done()
    if (share is None) != (tolerance is None):
        row.refuse("share", "and its tolerance belong together")
    return Wanted(name, share, tolerance)


def _measuring(row: Fields) -> Measuring:
    integration: Any = row.take("integration_time")
    if integration is not None and integration != "auto":
        if isinstance(integration, bool) or not isinstance(integration, int | float):
            row.refuse("integration_time", "must be milliseconds or auto")
        integration = float(integration)
        if not 0.0 < integration <= 600_000.0:
            row.refuse("integration_time", "is no exposure")
    frames = row.optional_integer("frames", 1, 1000)
    power = row.optional_integer("laser_power_mw", 1, 65_535)
    budget = row.optional_number("budget_s", 1e-3, 3600.0)
    if budget is not None and (frames is not None or integration is not None):
        row.refuse("budget_s", "finds frames and exposure, which must be null")
    row.done()
    return Measuring(budget, frames, integration, power)


def _wanted(asked: str) -> Wanted:
    match = _WITH_SHARE.fullmatch(asked)
    if match is None:
        return Wanted(asked.strip())
    try:
        share, tolerance = float(match["share"]) / 100.0, float(match["tolerance"]) / 100.0
    except ValueError:
        share = tolerance = 2.0
    if not 0.0 < share <= 1.0 or not 0.0 < tolerance < 1.0:
        raise MethodInvalid(
            f"{asked} has no share and tolerance between 0 and 100%.", remedy="Write NAME=50±5."
        )
    return Wanted(match["name"].strip(), share, tolerance)


def _short(value: str | None) -> str:
    return "nothing" if not value else value[:20]
