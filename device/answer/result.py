"""One answer as an object for programs: what `--json` prints and a record holds.

Next: `device/show/card.py`, which lays it out for people.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from device.answer.why_json import why_json

if TYPE_CHECKING:  # what reads a stored result needs no interpreter
    from device.answer.answer import Answer, Signer
    from device.answer.detection_limits import DetectionLimit


def result_json(answer: "Answer", record_id: str | None = None) -> dict[str, Any]:
    """The object of `ramix identify --json`; every number in it is finite or null.

    verdict       IDENTIFIED, PARTIAL, UNKNOWN or NO_RESULT
    components    the asserted compounds, largest first; uncertainties are half-widths of the 90%
                  interval, null is what is not known; signal_share_at_least holds even if one
                  compound that is not named hides below its detection limit
    unexplained   0-1 of the signal: what the asserted compounds leave
    reasons       [{code, text, remedy}]
    containers    [{file, sha256, part, amplitude, shift_cm1}] for each `--blank`: the part is a
                  multiple of the blank, the amplitude 0-1 of its own and the references' together;
                  null: not fitted (shift: nor seen); records from before it existed have none
    model         {name, version, sha256, task, signed_by: [{key_id, demo}]}; sha256 of the bundle
    decision      {software, version, sha256, runtime, fit_backend}: what turned spectrum and model
                  into this verdict; records from before it existed have none
    why           the sums that decided (`scores.py`), or null where nothing was decided; records of
                  before it existed have none
    settings      {integration_time_ms, frames, laser_power_mw, looks, stopped_because, countdown_s}
                  of a measurement, null for a file; records from before it existed have none
                  settings.despite_self_test: true where the operator overrode a failed self-test
    self_test     {state, utc, record_id} of the analyzer's last self-test; state is passed, failed,
                  overdue or never; null for a file or where nothing is kept
    timings_ms    {preprocess, invoke, fit, total}
    record_id     where it is stored, or null
    """
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
                "signal_share_at_least": _number(component.signal_share_at_least),
                "volume_fraction": _number(component.volume_fraction),
                "volume_fraction_uncertainty": _number(component.volume_fraction_uncertainty),
                # stands at compounds measured in the field alone
                **({} if component.network_validated else {"network_validated": False}),
            }
            for component in found.components
        ],
        "unexplained": _number(found.unexplained),
        "reasons": [
            {"code": reason.code, "text": reason.text, "remedy": reason.remedy}
            for reason in found.reasons
        ],
        "containers": [
            {
                "file": one.source,
                "sha256": one.sha256,
                "part": _number(one.part),
                "amplitude": _number(one.amplitude),
                "shift_cm1": _number(one.shift_cm1),
            }
            for one in answer.containers
        ],
        "model": {
            "name": answer.model.name,
            "version": answer.model.version,
            "sha256": answer.model.sha256,
            "task": answer.model.task,
            "signed_by": signers_json(answer.model.signed_by),
        },
        "decision": asdict(answer.decision),
        "why": None
        if found.why is None
        else why_json(found.why, answer.names, frozenset(one.name for one in found.components)),
        "settings": _settings(answer),
        "self_test": None
        if answer.self_test is None
        else {
            "state": answer.self_test.state,
            "utc": answer.self_test.utc,
            "record_id": answer.self_test.record_id,
        },
        "timings_ms": {name: _number(value) for name, value in answer.timings_ms.items()},
        "record_id": record_id,
    }


def _settings(answer: "Answer") -> dict[str, Any] | None:
    if answer.settings is None:
        return None
    overridden = answer.self_test is not None and answer.self_test.despite
    return {**asdict(answer.settings), **({"despite_self_test": True} if overridden else {})}


def signers_json(signers: "Sequence[Signer]") -> list[dict[str, Any]]:
    """Who signed the model, and whether that was the published demo key."""
    return [asdict(signer) for signer in signers]


def limits_json(limits: "Sequence[DetectionLimit]") -> list[dict[str, Any]]:
    """The entry `limits` of the JSON object; a share is null where the information is zero."""
    return [
        {"name": one.name, "cas": one.cas, "signal_share": _number(one.signal_share)}
        for one in limits
    ]


def _number(value: float | None) -> float | None:
    """A plain Python number; what is not known, or not finite, is null."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), 6)
