"""What is known of a record, as names and texts: every export carries these.

Names with units, values as text, in the order in which people read them; an unknown fact is left
out. Next: `formats.py`, which writes them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from device.export.exhibit import Exhibit
from device.inference.trust import key_id_of
from device.records.frames_kept import KEPT


def facts_of(exhibit: Exhibit) -> dict[str, str]:
    """Instrument, circumstances, people, result, model, and what proves the record."""
    facts = {
        **_measured(exhibit),
        **_people(exhibit),
        **_result(exhibit),
        **_decided(exhibit.result),
        **_proof(exhibit),
    }
    return {name: _text(value) for name, value in facts.items() if value not in (None, "")}


def _measured(exhibit: Exhibit) -> dict[str, Any]:
    known: Mapping[str, Any] = exhibit.record.body["measurement"]
    analyzer: Mapping[str, Any] = exhibit.record.body.get("analyzer") or {}
    taken = exhibit.spectrum.taken
    raw = exhibit.spectrum.raw
    product, serial = analyzer.get("product", ""), known.get("analyzer_serial", "")
    instrument = " ".join(one for one in (product, serial) if one)
    acquired = str(known.get("acquired_utc") or (taken.acquired if taken is not None else ""))
    laser_nm = taken.excitation_nm if taken is not None else None
    power_mw = taken.laser_power_mw if taken is not None else None
    frames: Any = taken.averages if taken is not None else None
    if raw is not None:
        laser_nm, power_mw = raw.calibration.excitation_nm, raw.laser_power_mw
        frames = raw.frames
    return {
        "instrument": instrument or (taken.instrument if taken is not None else ""),
        "firmware": analyzer.get("firmware_version"),
        "simulated": "yes, no light was made" if exhibit.record.simulated else None,
        "acquired_utc": acquired if _has_zone(acquired) else None,
        "acquired_as_the_file_says": None if _has_zone(acquired) else acquired,
        "stored_utc": exhibit.record.created_utc,
        "source_file": known["source"] if known["source"] != "acquisition" else None,
        "laser_wavelength_nm": laser_nm,
        "laser_power_mw": power_mw,
        "laser_power_percent": taken.laser_power_percent if taken is not None else None,
        "intensity_corrected": _corrected(exhibit),
        "integration_time_ms": exhibit.spectrum.integration_time_ms,
        "frames": frames,
        "kept_of_them": _kept_frames(known),
        "measured_through": _containers(exhibit),
        "detector_temperature_c": known.get("detector_temperature_c"),
        "measurement_flags": ", ".join(sorted(exhibit.spectrum.flags)),
        "self_test": _state(
            exhibit.result.get("self_test") or exhibit.record.body.get("self_test")
        ),
        "calibration": _state(exhibit.record.body.get("calibration_state")),
        "calibration_page_sha256": known.get("calibration_page_sha256"),
    }


def _has_zone(when: str) -> bool:
    """A time without one is no UTC, and files seldom have one."""
    try:
        return datetime.fromisoformat(when).tzinfo is not None
    except ValueError:
        return False


def _state(said: Any) -> Any:
    """`passed`, `failed`, `overdue`, `never`; None where nobody knew."""
    return said.get("state") if isinstance(said, Mapping) else None


def _kept_frames(known: Mapping[str, Any]) -> str | None:
    """How many single ones are in the record, and how many of them a cosmic ray struck."""
    kept = known.get(KEPT)
    if not isinstance(kept, Mapping):
        return None
    struck = kept["struck_by_rays"]
    return f"{kept['lit']} lit and {kept['dark']} dark, {struck} struck by cosmic rays"


def _containers(exhibit: Exhibit) -> str:
    """The file of each blank, with its digest."""
    return "; ".join(
        f"{one['file']}, SHA-256 {one['sha256'] or 'not known'}"
        for one in exhibit.result.get("containers") or ()
    )


def _corrected(exhibit: Exhibit) -> str | None:
    """It takes part in the verdict, so a reader must find it."""
    taken = exhibit.spectrum.taken
    if taken is None or taken.intensity_corrected is None:
        return None
    return "yes" if taken.intensity_corrected else "no"


def _people(exhibit: Exhibit) -> dict[str, Any]:
    about, photo = exhibit.record.about, exhibit.record.photo
    signed = [
        f"{one['name']} ({one['meaning']}) {one['signed_utc'][:19]} UTC"
        for one in exhibit.signatures
    ]
    return {
        "operator": about.operator,
        "sample": about.sample,
        "note": about.note,
        "repeat_reason": about.repeat_reason,
        "photo_sha256": None if photo is None else photo.sha256,
        "signed_by": "; ".join(signed),
    }


def _result(exhibit: Exhibit) -> dict[str, Any]:
    result = exhibit.result
    return {
        "verdict": result["verdict"],
        "components": "; ".join(_component(one) for one in exhibit.components),
        "unexplained_share": result.get("unexplained"),
        "reasons": ", ".join(str(one["code"]) for one in result["reasons"]),
        "hazard": (result.get("safety") or {}).get("worst"),
    }


def _component(one: Mapping[str, Any]) -> str:
    """A name, its CAS number and its shares, each with the half-width of its 90% interval."""
    parts = [f"{one['name']} {one['cas'] or ''}".strip()]
    for key, label in (("signal_share", "signal"), ("volume_fraction", "volume")):
        value, spread = one.get(key), one.get(f"{key}_uncertainty")
        if value is not None:
            told = f"{label} {value:.4f}"
            parts.append(told if spread is None else f"{told} +- {spread:.4f}")
    return ", ".join(parts)


def _decided(result: Mapping[str, Any]) -> dict[str, Any]:
    model, decision = result["model"], result.get("decision") or {}
    signers = [one["key_id"] for one in model.get("signed_by", ())]
    return {
        "model": f"{model['name']} {model['version']}",
        "model_sha256": model["sha256"],
        "model_signed_by": ", ".join(signers),
        "software": f"ramix-edge {decision['software']}" if decision else None,
        "decision_version": decision.get("version"),
        "decision_sha256": decision.get("sha256"),
    }


def _proof(exhibit: Exhibit) -> dict[str, Any]:
    entry = exhibit.entry
    facts: dict[str, Any] = {
        "record_id": exhibit.record.record_id,
        "record_code": exhibit.record.code,
        "record_sha256": exhibit.record.hash.hex(),
    }
    if entry is not None:
        facts |= {
            "store_id": entry.head.store_id,
            "previous_sha256": entry.previous.hex(),
            "body_sha256": entry.body_sha256.hex(),
            "device_signature": entry.head.signature.hex(),
            "device_public_key": entry.head.public_key.hex(),
            "device_key_id": key_id_of(entry.head.public_key),
        }
    return facts


def _text(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
