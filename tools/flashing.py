"""Putting a bundle on an analyzer: what to do, decided first; then done, step by step.

`plan` looks at the slots and decides, without touching anything. `carry_out` does it and yields
its progress; it never prints. Whatever interrupts it, the analyzer ends up with the old or the new
model, whole: the new one is on trial until the bytes read back from the flash give the golden
answers. Next: `flash_model.py`, the command around this.
"""

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from device.answer.proof import prove
from device.driver.analyzer import Analyzer
from device.inference.bundle import Bundle, read_bundle, require_fits, require_not_older
from device.inference.errors import BundleError, VerificationFailed, VersionTooOld
from device.inference.model_source import cache, slot_name
from device.inference.trust import TrustPolicy
from firmware_bridge.errors import InstrumentError, LinkError
from firmware_bridge.messages import Capabilities, SlotInfo, SlotState, Status


class Action(Enum):
    """Where a flash starts; each goes on with those below it."""

    NOTHING = "already the active model"
    ACTIVATE = "already confirmed in another slot: make it the active one"
    UPLOAD = "upload"
    TRY = "already uploaded and verified: put it on trial"
    CHECK = "already on trial: check it"


@dataclass(frozen=True)
class Plan:
    """What a flash will do."""

    action: Action
    slot: int
    resume_from: int = 0  # bytes that an earlier attempt left in the slot
    ends_trial_in: int | None = None  # another model is on trial there and has to go first


@dataclass(frozen=True)
class Progress:
    """`done` of `total` bytes in a step; a step without bytes has 1 of 1."""

    step: str
    done: int = 1
    total: int = 1


# The best place for a new model: nothing there, then leftovers, then the older confirmed one.
_PREFERENCE: Final = (SlotState.EMPTY, SlotState.STAGED, SlotState.VERIFIED, SlotState.CONFIRMED)


def slots_of(analyzer: Analyzer) -> list[SlotInfo]:
    """All slots, in their order."""
    return analyzer.slots()


def preflight(
    analyzer: Analyzer, bundle: Bundle, slots: Sequence[SlotInfo], *, allow_older: bool
) -> None:
    """Refuse what does not belong on this analyzer.

    Raises:
        ProductMismatch: made for another product or hardware revision.
        VersionTooOld: the analyzer has confirmed a higher security counter. `allow_older` leaves
            this decision to the firmware, which remembers the highest one it ever confirmed.
    """
    require_fits(bundle.manifest, analyzer.info.product, analyzer.info.hardware_revision)
    if not allow_older:
        confirmed = [s.security_counter for s in slots if s.state is SlotState.CONFIRMED]
        require_not_older(bundle.manifest, max(confirmed, default=0))


def plan(
    slots: Sequence[SlotInfo], limits: Capabilities, size: int, sha256: bytes, security_counter: int
) -> Plan:
    """Decide where the bundle goes and what an earlier attempt already did.

    Raises:
        BundleError: no slot can take it.
    """
    on_trial = next((s.slot for s in slots if s.state is SlotState.TRIAL), None)
    for held in slots:
        if (held.size, held.sha256, held.security_counter) != (size, sha256, security_counter):
            continue
        ends_trial_in = None if held.slot == on_trial else on_trial
        match held.state:
            case SlotState.CONFIRMED:
                action = Action.NOTHING if held.active else Action.ACTIVATE
                return Plan(action, held.slot, size, ends_trial_in)
            case SlotState.TRIAL:
                return Plan(Action.CHECK, held.slot, size)
            case SlotState.VERIFIED:
                return Plan(Action.TRY, held.slot, size, ends_trial_in)
            case SlotState.STAGED:
                return Plan(Action.UPLOAD, held.slot, held.received, ends_trial_in)
            case SlotState.EMPTY:
                continue
    if size > limits.slot_size:
        raise BundleError(f"The bundle has {size} bytes, a slot holds {limits.slot_size}.")
    if on_trial is not None:  # its slot is free once the trial has ended
        return Plan(Action.UPLOAD, on_trial, 0, on_trial)
    free = [s for s in slots if not s.active]
    if not free:
        raise BundleError("All slots of the analyzer are in use.")
    target = min(free, key=lambda s: (_PREFERENCE.index(s.state), s.slot))
    return Plan(Action.UPLOAD, target.slot)


def carry_out(
    analyzer: Analyzer, what: Plan, data: bytes, bundle: Bundle, trust: TrustPolicy, runtime: str
) -> Generator[Progress, None, None]:
    """Do what was planned; closed early, it takes a trial back and leaves the rest to resume.

    Raises:
        VersionTooOld: the firmware refuses the security counter.
        VerificationFailed: the new model failed; the analyzer is back on the one before.
        LinkError: the link failed; run again to go on where it stopped.
    """
    with _firmware_refusals(bundle):
        if what.ends_trial_in is not None:
            analyzer.revert(what.ends_trial_in)
            yield Progress(f"ended the trial in slot {slot_name(what.ends_trial_in)}")
        if what.action is Action.UPLOAD:
            for offset in analyzer.upload(what.slot, data, bundle.manifest.security_counter):
                yield Progress("upload", offset, len(data))
            analyzer.verify(what.slot)
            yield Progress("the analyzer verified what its flash holds")
        if what.action is Action.ACTIVATE:
            analyzer.activate(what.slot)
            yield Progress("made active")
        if what.action in (Action.UPLOAD, Action.TRY):
            analyzer.trial(what.slot)
            yield Progress("on trial")
    if what.action in (Action.UPLOAD, Action.TRY, Action.CHECK):
        yield from _confirmed_or_reverted(analyzer, what.slot, data, trust, runtime)
    cache(data)  # the next identification with this analyzer need not read it back


def rollback(analyzer: Analyzer) -> int:
    """Return to the model before: end a trial, else activate the other confirmed slot.

    Returns the slot that is active now.

    Raises:
        BundleError: there is no model to go back to.
        VersionTooOld: it is older than what the firmware accepts since the last confirmation.
    """
    slots = slots_of(analyzer)
    on_trial = next((s for s in slots if s.state is SlotState.TRIAL), None)
    if on_trial is not None:
        analyzer.revert(on_trial.slot)
        active = analyzer.active_slot()
        if active is None:
            raise BundleError("The trial has ended; there is no confirmed model to go back to.")
        return active
    others = [s for s in slots if s.state is SlotState.CONFIRMED and not s.active]
    if not others:
        raise BundleError(
            "There is no other confirmed model on the analyzer to go back to.",
            remedy="Flash the wanted bundle instead.",
        )
    target = max(others, key=lambda s: s.security_counter)
    try:
        analyzer.activate(target.slot)
    except InstrumentError as error:
        if error.status == Status.COUNTER_TOO_OLD:
            raise VersionTooOld(
                f"The model in slot {slot_name(target.slot)} has security counter "
                f"{target.security_counter}; the analyzer no longer accepts that.",
                remedy="A newer model closed a fault of this one. Flash a bundle that is as new.",
            ) from error
        raise
    return target.slot


def _confirmed_or_reverted(
    analyzer: Analyzer, slot: int, data: bytes, trust: TrustPolicy, runtime: str
) -> Iterator[Progress]:
    """Read the model on trial back, let it prove itself, and confirm or revert."""
    try:
        stored = bytearray()
        for chunk in analyzer.read_slot(slot):
            stored += chunk
            yield Progress("read back", len(stored), len(data))
        bundle = read_bundle(bytes(stored), trust)
        prove(bundle, runtime)
        yield Progress("golden vectors and golden spectra hold on what was read back")
        analyzer.confirm(slot)
    except BundleError as error:
        analyzer.revert(slot)
        raise VerificationFailed(
            f"The new model failed on trial and was rolled back: {error.text}"
        ) from error
    except BaseException:
        # Not proven, so not kept. Should the link be gone as well, the analyzer reverts by itself
        # when it restarts, or the next run picks the trial up.
        with contextlib.suppress(LinkError, InstrumentError):
            analyzer.revert(slot)
        raise
    yield Progress("confirmed")


@contextlib.contextmanager
def _firmware_refusals(bundle: Bundle) -> Iterator[None]:
    """Say in the operator's terms what a refusal by the firmware means."""
    try:
        yield
    except InstrumentError as error:
        if error.status == Status.COUNTER_TOO_OLD:
            raise VersionTooOld(
                f"The analyzer itself refuses security counter "
                f"{bundle.manifest.security_counter}: it has confirmed a higher one.",
                remedy="No option overrides this. Flash a bundle that is at least as new.",
            ) from error
        if error.status == Status.HASH_MISMATCH:
            raise VerificationFailed(
                "What the analyzer's flash holds is not what was sent; it was discarded.",
                remedy="Flash again; if it repeats, the analyzer's memory is failing.",
            ) from error
        raise
