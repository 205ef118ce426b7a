"""One answer as an object for programs: what `--json` prints and a record holds.

Next: `device/show/card.py`, which lays it out for people.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what reads a stored result needs no interpreter
    from device.verdict.answer import Answer
    from device.verdict.limits import DetectionLimit


def result_json(answer: "Answer", record_id: str | None = None) -> dict[str, Any]:
    """The object of `ramix identify --json`; every number in it is finite or null."""
    found = answer.identification
    return {
        "verdict": str(found.verdict),
        "components": [
            {
                "name": component.name,
                "cas": component.cas,
                "presence": _number(component.presence),
                "signal_share": _number(component.signal_share),
                "signal_share_uncertainty": _number(component.signal_share_uncertainty),
                "volume_fraction": _number(component.volume_fraction),
                "volume_fraction_uncertainty": _number(component.volume_fraction_uncertainty),
                # a compound measured in the field says so; the model's own need not
                **({} if component.network_validated else {"network_validated": False}),
            }
            for component in found.components
        ],
        "unexplained": _number(found.unexplained),
        "reasons": [
            {"code": reason.code, "text": reason.text, "remedy": reason.remedy}
            for reason in found.reasons
        ],
        "model": {
            "name": answer.model.name,
            "version": answer.model.version,
            "sha256": answer.model.sha256,
            "task": answer.model.task,
        },
        "timings_ms": {name: _number(value) for name, value in answer.timings_ms.items()},
        "record_id": record_id,
    }


def limits_json(limits: "Sequence[DetectionLimit]") -> list[dict[str, Any]]:
    """The entry `limits` of the JSON object; a share is null where nothing could be seen."""
    return [
        {"name": one.name, "cas": one.cas, "signal_share": _number(one.signal_share)}
        for one in limits
    ]


def _number(value: float | None) -> float | None:
    """A plain Python number; what is not known, or not finite, is null."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), 6)
