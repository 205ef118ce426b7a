"""What `ramix-flash` prints about bundles, slots and plans: lines for people, objects for programs.

Next: `flashing.py`, where the plans are made.
"""

from device.inference.bundle import Bundle
from device.inference.errors import BundleError
from device.inference.model_source import cached_bundle, slot_name
from device.inference.trust import default_trust_policy
from firmware_bridge.messages import SlotInfo
from tools.flashing import Action, Plan


def described(bundle: Bundle, size: int) -> str:
    """What is about to be sent."""
    manifest = bundle.manifest
    return (
        f"{manifest.name} {manifest.version}: {manifest.task.value}, "
        f"{len(manifest.compounds)} compounds, {size:,} bytes, "
        f"security counter {manifest.security_counter}, signed by {', '.join(bundle.signed_by)}"
    )


def intention(plan: Plan, size: int) -> str:
    """What will be done, in which slot."""
    if plan.action is Action.UPLOAD and plan.resume_from:
        share = 100 * plan.resume_from / size
        return (
            f"slot {slot_name(plan.slot)}: resuming the upload at {plan.resume_from:,} of "
            f"{size:,} bytes ({share:.0f}%)"
        )
    return f"slot {slot_name(plan.slot)}: {plan.action.value}"


def slot_line(slot: SlotInfo) -> str:
    """State and content of a slot, with the model's name where this computer knows it."""
    state = slot.state.name.lower()
    if not slot.size:
        return f"slot {slot_name(slot.slot)}  {state}"
    arrived = "" if slot.received == slot.size else f" ({slot.received:,} have arrived)"
    return (
        f"slot {slot_name(slot.slot)}  {state}{', active' if slot.active else ''}: "
        f"{_name_of(slot)}{slot.size:,} bytes{arrived}, security counter {slot.security_counter}, "
        f"sha256 {slot.sha256.hex()[:16]}"
    )


def slot_json(slot: SlotInfo) -> dict[str, object]:
    """The same for programs."""
    return {
        "slot": slot_name(slot.slot),
        "state": slot.state.name.lower(),
        "active": slot.active,
        "size": slot.size,
        "received": slot.received,
        "security_counter": slot.security_counter,
        "sha256": slot.sha256.hex() if slot.size else None,
    }


def event(what: Plan, serial: str, new: Bundle) -> dict[str, object]:
    """What the record store keeps of a flash."""
    return {
        "action": what.action.name.lower(),
        "serial": serial,
        "slot": slot_name(what.slot),
        "name": new.manifest.name,
        "version": new.manifest.version,
        "sha256": new.sha256,
    }


def _name_of(slot: SlotInfo) -> str:
    """Name and version where the bundle is cached; the analyzer keeps no names."""
    try:
        known = cached_bundle(slot.sha256, default_trust_policy())
    except BundleError:
        return ""
    return f"{known.manifest.name} {known.manifest.version}, " if known else ""
