"""READ THIS FIRST: what happens between a press of the trigger and a stored answer.

    analyzer.wait_trigger          the operator presses                     driver/analyzer.py
    -> cooled                      the detector has its temperature        cooling.py
    -> count_down                  no light yet; a second press cancels    countdown.py
    -> growing                     lit and dark frames, averaged            driver/growing.py
    -> spectrum_from_acquisition   counts on a wavenumber axis              spectra/spectrum.py
    -> identifier.identify         quality gate, network, library fit       answer/identifier.py
    -> margin                      certain? else more frames                answer/certainty.py
    -> store.append                safe on disk                             records/store.py
    -> show                        and only now the operator sees the card  cli/outcome.py

`station/station.py` owns all of these, and brings a lost analyzer back. Before the first press the
model on the analyzer has to prove itself (`load_identifier`). The laser is on during an exposure
and at no other time; `Analyzer` sees to it on every way out.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from device.answer.certainty import margin, margin_asked, more_cannot_help
from device.answer.identifier import Answer, Identifier
from device.answer.measured_with import measured_with
from device.answer.proof import proven_identifier
from device.cooling import cooled
from device.countdown import MeasurementCancelled, count_down
from device.driver.acquisition import AcquisitionSettings
from device.driver.analyzer import Analyzer
from device.driver.averaging import MIN_FRAMES_FOR_COSMIC_RAYS
from device.driver.fixed import averaged
from device.driver.growing import Look, SequentialSettings, growing
from device.driver.heating import SampleHeats
from device.driver.spectrometer import Spectrometer
from device.events import Cancelled, Certainty, Event, Ready, SpectrumSoFar, Step, Waiting
from device.inference.errors import BundleError, RuntimeMissing, VerificationFailed
from device.inference.model_source import load_from_analyzer, slot_name
from device.measurement_id import numbered
from device.records.beside import Beside, before_light, stored
from device.spectra.spectrum import spectrum_from_acquisition
from firmware_bridge.errors import InstrumentError, LinkError, LinkTimeout, RamixError
from firmware_bridge.messages import SlotState

if TYPE_CHECKING:  # who does not store does not load SQLite
    from device.field_library.compound import FieldCompound
    from device.records.store import RecordStore
    from device.spectra.container import Container

TRIGGER_WAIT_S = 1.0  # how long one wait for the trigger lasts; Ctrl-C acts in between

Tell = Callable[[Event], None]
Settings = SequentialSettings | AcquisitionSettings  # until it is certain; so many frames
_log = logging.getLogger("ramix.runtime")


class NoModelSlots(RamixError):
    """The instrument keeps no model, and none was named."""

    code = "no_model_slots"
    default_remedy = "Name a model with --model."


@dataclass(frozen=True, eq=False)
class StoredAnswer:
    """One answer, and where it is kept (None: nowhere)."""

    answer: Answer
    record_id: str | None
    code: str = ""  # of the chain's head at it


def run(
    analyzer: Spectrometer,
    identifier: Identifier,
    store: "RecordStore | None",
    settings: Settings,
    *,
    show: Callable[[StoredAnswer], None],
    show_failure: Callable[[RamixError], None],
    progress: Tell,
    triggers: int | None = None,
    containers: "Sequence[Container]" = (),
    countdown_s: float = 0.0,
    beside: Beside | None = None,
) -> int:
    """Answer every press of the trigger; returns how many presses got an answer.

    A measurement that fails (interlock open, a sample that heats) is shown, and the next press is
    waited for; so is one that a second press cancels, before the light or during it. What would
    fail every time, or would lose results, is raised: a contradicting calibration page, a lost link
    (shown before, where a press is left without its answer), a store that does not take records.
    """
    answered = pressed = 0
    progress(Ready())
    while triggers is None or pressed < triggers:
        if analyzer.wait_trigger(TRIGGER_WAIT_S) is None:
            progress(Waiting())
            continue
        pressed += 1
        try:
            how = (settings, progress, containers, countdown_s, beside)
            outcome = measure(analyzer, identifier, store, *how)
        except MeasurementCancelled as cancelled:
            try:
                analyzer.laser_off()  # ABORT was sent; a lost one is no light left on
            finally:
                progress(Cancelled())
                show_failure(cancelled)
        except (InstrumentError, LinkError, SampleHeats) as failure:
            try:
                analyzer.laser_off()  # raises if the link itself is gone: there is no next press
            finally:
                show_failure(failure)
            if isinstance(failure, LinkError) and not isinstance(failure, LinkTimeout):
                raise
        else:
            answered += 1
            show(outcome)
        progress(Ready())
    return answered


@numbered
def measure(
    analyzer: Spectrometer,
    identifier: Identifier,
    store: "RecordStore | None",
    settings: Settings,
    tell: Tell,
    containers: "Sequence[Container]" = (),
    countdown_s: float = 0.0,
    beside: Beside | None = None,
) -> StoredAnswer:
    """Measure once, through `containers`, identify, and store before anybody sees the answer.

    No light is made before the detector is cool, if that is a matter of seconds, and `countdown_s`
    are over; a press of the trigger meanwhile raises `MeasurementCancelled`. A full store and a
    failed self-test refuse before that.
    """
    self_test = before_light(store, beside, analyzer)
    setpoint_c = cooled(analyzer, settings.safety.cooler, tell)
    count_down(analyzer, countdown_s, tell)
    settings = replace(settings, seen=identifier.bundle.manifest.grid)  # its brightest line counts
    if isinstance(settings, SequentialSettings):
        answer = _until_certain(analyzer, identifier, settings, tell, containers)
    else:
        answer = _so_many_frames(analyzer, identifier, settings, tell, containers)
    how = answer.settings and replace(
        answer.settings, countdown_s=countdown_s, cooler_setpoint_c=setpoint_c
    )
    answer = replace(answer, settings=how, self_test=self_test)
    record_id = stored(store, answer, analyzer, identifier, settings, beside)
    return StoredAnswer(answer, record_id, "" if store is None else store.newest_code)


def _until_certain(
    analyzer: Spectrometer,
    identifier: Identifier,
    settings: SequentialSettings,
    tell: Tell,
    containers: "Sequence[Container]",
) -> Answer:
    """More frames until every sum is far enough from its cut, or the budget is spent."""
    looks = growing(analyzer, settings, tell)
    while True:
        look = next(looks)
        tell(Step("identifying"))
        spectrum = spectrum_from_acquisition(look.acquisition)
        tell(SpectrumSoFar(spectrum))
        answer = identifier.identify(spectrum, containers)
        why = why_stop(look, answer, identifier, tell)
        if why is not None:
            return measured_with(answer, look, settings, why)


def why_stop(look: Look, answer: Answer, identifier: Identifier, tell: Tell) -> str | None:
    """Why measuring ends with this look (`MeasuredWith.stopped_because`); None: it goes on."""
    found = answer.identification
    frames = look.acquisition.frames
    away = margin(
        found,
        identifier.numbers,
        looks=look.of,
        light_at_end=look.pairs_at_most / frames,
        rays_told=frames >= MIN_FRAMES_FOR_COSMIC_RAYS,
    )
    asked = margin_asked(look.of)
    tell(Certainty(look.number, look.of, away, asked))
    if look.recorded:
        return "recording"
    if more_cannot_help(found):
        return "more_frames_cannot_help"
    if away is not None and away >= asked:
        return "certain"
    return "budget" if look.number == look.of else None


def _so_many_frames(
    analyzer: Spectrometer,
    identifier: Identifier,
    settings: AcquisitionSettings,
    tell: Tell,
    containers: "Sequence[Container]",
) -> Answer:
    look = averaged(analyzer, settings, tell)
    tell(Step("identifying"))
    answer = identifier.identify(spectrum_from_acquisition(look.acquisition), containers)
    return measured_with(answer, look, settings, "fixed")


def load_identifier(
    analyzer: Spectrometer,
    runtime: str,
    tell: Tell,
    field_compounds: "Sequence[FieldCompound]" = (),
) -> Identifier:
    """The model in the analyzer's active slot, once it has proved itself on this machine.

    A model on trial is confirmed by this, or sent back: then the one before it is active again.
    `field_compounds` are fitted beside the model's own and take no part in its proof.

    Raises:
        NoModelSlots: the instrument keeps no model.
        BundleError: the model must not be used, and why.
        VerificationFailed: it was on trial, failed and was rolled back.
        RuntimeMissing: nothing here can run a model; a trial is then ended all the same.
    """
    if not isinstance(analyzer, Analyzer):
        raise NoModelSlots(f"{analyzer.info.product} keeps no model.")
    tell(Step("reading the model from the analyzer"))
    slot = analyzer.active_slot()
    on_trial = slot is not None and analyzer.slot_info(slot).state is SlotState.TRIAL
    try:
        identifier = proven_identifier(load_from_analyzer(analyzer), runtime, field_compounds)
    except BundleError as error:
        if slot is None or not on_trial:
            raise
        analyzer.revert(slot)
        raise VerificationFailed(f"The model on trial was rolled back: {error.text}") from error
    except RuntimeMissing:
        if slot is not None and on_trial:
            analyzer.revert(slot)
        raise
    if slot is not None and on_trial:
        analyzer.confirm(slot)
        _log.info("the model in slot %s has passed its trial", slot_name(slot))
    return identifier
