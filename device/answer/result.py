"""One answer as an object for programs: what `--json` prints and a record holds.

Next: `device/show/card.py`, which lays it out for people.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from device.answer.hidden import volume_kept
from device.answer.material import material_json
from device.answer.nearest import nearest
from device.answer.watch import watch_json
from device.answer.why_json import why_json
from device.safety.advice import Advice, advice_for

if TYPE_CHECKING:  # what reads a stored result needs no interpreter
    from device.answer.answer import Answer, Signer
    from device.answer.detection_limits import DetectionLimit
    from device.verdict.identification import Component

_OPEN = ("PARTIAL", "UNKNOWN")  # verdicts beside which the nearest compounds are told
_NOTHING_NAMED = ("UNKNOWN", "NO_RESULT")
_SOMETHING_ELSE = ("unexplained_signal",)  # reasons that leave something nobody named


def result_json(answer: "Answer", record_id: str | None = None) -> dict[str, Any]:
    """The object of `ramix identify --json`; every number in it is finite or null.

    verdict       IDENTIFIED, PARTIAL, UNKNOWN or NO_RESULT
    components    the asserted compounds, largest first; uncertainties are half-widths of the 90%
                  interval, null is what is not known; signal_share_at_least and
                  volume_fraction_at_least hold even if one compound that is not named hides below
                  its detection limit; the latter misses in records from before it existed
    unexplained   0-1 of the signal: what the asserted compounds leave
    alternatives  [{names, signal_share}]: one of the names is there, and it is not known which; its
                  share is in `unexplained`; records from before it existed have none
    reasons       [{code, text, remedy}]
    safety        {worst, something_unknown, protection, ...}: what is known of the named
                  and of the alternatives (`device/safety/advice.py`), null of what is not known;
                  records from before it existed have none
    nearest       [{name, log_odds, lacking, because}]: of UNKNOWN and PARTIAL, the likeliest that
                  are not named (`nearest.py`); records from before it existed have none
    watch         [{name, cas, seen, limit, above}] of the watch list (`watch.py`), else empty
    material      {result, wanted, quantity, why, at_least, method_sha256}: is it this and nothing
                  else (`material.py`); null where that was not asked
    containers    [{file, sha256, part, amplitude, shift_cm1}] for each `--blank`: the part is a
                  multiple of the blank, the amplitude 0-1 of its own and the references' together;
                  null: not fitted (shift: nor seen); records from before it existed have none
    model         {name, version, sha256, task, signed_by: [{key_id, demo}]}; sha256 of the bundle
    decision      {software, version, sha256, runtime, fit_backend}: what turned spectrum and model
                  into this verdict; records from before it existed have none
    why           the sums that decided (`scores.py`), or null where nothing was decided; records of
                  before it existed have none
    settings      {integration_time_ms, frames, laser_power_mw, looks, stopped_because, countdown_s,
                  exposure, first_light_mw, detector_temperature_c, cooler_setpoint_c, overridden}
                  of a measurement (`answer.py`), null for a file; older records have fewer
                  settings.despite_self_test: true where the operator overrode a failed self-test
    self_test     {state, utc, record_id} of the analyzer's last self-test; state is passed, failed,
                  overdue or never; null for a file or where nothing is kept
    timings_ms    {preprocess, invoke, fit, total}
    record_id     where it is stored, or null; beside it the command line prints record_code, the
                  code of the chain's head at the record
    """
    found = answer.identification
    kept = volume_kept(found, answer.compounds)
    named = frozenset(one.name for one in found.components)
    why = None if found.why is None else why_json(found.why, answer.names, named)
    return {
        "verdict": str(found.verdict),
        "components": [_component(one, kept) for one in found.components],
        "unexplained": _number(found.unexplained),
        "alternatives": [
            {"names": list(reason.names), "signal_share": _number(reason.share)}
            for reason in found.reasons
            if reason.code == "a_or_b"
        ],
        "reasons": [
            {"code": reason.code, "text": reason.text, "remedy": reason.remedy}
            for reason in found.reasons
        ],
        "safety": advice_of(answer).to_json(),
        "nearest": nearest(why, _either(answer)) if found.verdict in _OPEN else [],
        "watch": watch_json(answer),
        "material": material_json(answer),
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
        "decision": vars(answer.decision).copy(),
        "why": why,
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


def _component(component: "Component", kept: float | None) -> dict[str, Any]:
    return {
        "name": component.name,
        "cas": component.cas,
        "presence": _number(component.presence),
        "signal_share": _number(component.signal_share),
        "signal_share_uncertainty": _number(component.signal_share_uncertainty),
        "signal_share_at_least": _number(component.signal_share_at_least),
        "volume_fraction": _number(component.volume_fraction),
        "volume_fraction_uncertainty": _number(component.volume_fraction_uncertainty),
        "volume_fraction_at_least": _volume_at_least(component, kept),
        # stands at compounds measured in the field alone
        **({} if component.network_validated else {"network_validated": False}),
    }


def _settings(answer: "Answer") -> dict[str, Any] | None:
    if answer.settings is None:
        return None
    overridden = answer.self_test is not None and answer.self_test.despite
    return {**vars(answer.settings), **({"despite_self_test": True} if overridden else {})}


def signers_json(signers: "Sequence[Signer]") -> list[dict[str, Any]]:
    """Who signed the model, and whether that was the published demo key."""
    return [vars(signer).copy() for signer in signers]


def limits_json(limits: "Sequence[DetectionLimit]") -> list[dict[str, Any]]:
    """The entry `limits` of the JSON object; a share is null where the information is zero."""
    return [
        {"name": one.name, "cas": one.cas, "signal_share": _number(one.signal_share)}
        for one in limits
    ]


def advice_of(answer: "Answer") -> Advice:
    """What is known of what is named, and of what is one or the other."""
    found = answer.identification
    text = {one.name: one.hazard for one in answer.compounds}
    cas = {one.name: one.cas for one in answer.compounds}
    return advice_for(
        [(one.name, one.cas, text.get(one.name, "")) for one in found.components],
        possible=[(name, cas.get(name, ""), text.get(name, "")) for name in _either(answer)],
        something_unknown=found.verdict in _NOTHING_NAMED
        or any(reason.code in _SOMETHING_ELSE for reason in found.reasons),
    )


def _either(answer: "Answer") -> tuple[str, ...]:
    """Compounds of which one is there, and it is not known which."""
    reasons = answer.identification.reasons
    return tuple(dict.fromkeys(name for reason in reasons for name in reason.names))


def _volume_at_least(component: "Component", kept: float | None) -> float | None:
    """The lower end of its interval, less what may hide."""
    volume, half_width = component.volume_fraction, component.volume_fraction_uncertainty
    if volume is None or half_width is None or kept is None:
        return None
    return _number(max(volume - half_width, 0.0) * kept)


def _number(value: float | None) -> float | None:
    """A plain Python number; what is not known, or not finite, is null."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), 6)
