"""One owner of analyzer, model, field library and store, for a day of measurements.

`ramix run` and `ramix identify --port` stand on it, and so can a screen: it tells what it does in
events (`../events.py`) and prints nothing. A lost analyzer is waited for and used again when the
same one is back; nothing is armed by that, and a press of the trigger meanwhile is not answered.

Next: `connection.py`, how the analyzer is found again; `../runtime.py`, one measurement.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from device import runtime
from device.answer.asked import Asked
from device.answer.identifier import Identifier
from device.countdown import DEFAULT_COUNTDOWN_S, MeasurementCancelled
from device.driver.analyzer import Analyzer
from device.driver.spectrometer import Spectrometer
from device.events import Answered, Failed
from device.inference.bundle import require_fits
from device.records.beside import Beside, before_light
from device.runtime import Settings, StoredAnswer, Tell, load_identifier
from device.spectra.container import Container
from device.station.connection import Connection
from device.station.logged import logged
from device.station.start import start_kept, started
from firmware_bridge.errors import CallerError, LinkError, RamixError

if TYPE_CHECKING:  # who does not store does not load SQLite
    from device.field_library.compound import FieldCompound
    from device.records.store import RecordStore

OpenAnalyzer = Callable[[str], Spectrometer]
ContainersFor = Callable[[Identifier], Sequence[Container]]
AskedOf = Callable[[Identifier], Asked]


class NoTrigger(RamixError):
    """The analyzer has no trigger: nothing would ever be pressed."""

    code = "no_trigger"
    default_remedy = "Measure with `ramix identify --port`."


def _no_containers(_identifier: Identifier) -> Sequence[Container]:
    return ()


@dataclass(frozen=True)
class Equipment:
    """What a station works with, beside the analyzer.

    runtime: which library runs the network.
    chosen: a model that answers instead of the analyzer's own, proven already.
    field_compounds: fitted beside the analyzer's own model.
    containers: that samples are measured through, made ready for a model; asked for with each.
    asked: what is asked beside the verdict, checked against a model; asked for with each.
    store: opened and closed with the station; None: nothing is kept.
    countdown_s: between a press of the trigger, or the call of `measure`, and the first light.
    beside: what people said and what the last self-test was, for each record.
    start_as: who starts ("run", "screen"), for the event that the store keeps; "": none is kept.
    """

    settings: Settings
    runtime: str = "auto"
    chosen: Identifier | None = None
    field_compounds: "Sequence[FieldCompound]" = ()
    containers: ContainersFor = _no_containers
    asked: AskedOf | None = None
    store: "RecordStore | None" = None
    countdown_s: float = DEFAULT_COUNTDOWN_S
    beside: Beside | None = None
    start_as: str = ""


class Station:
    """The instrument, open within a `with` statement.

    Args:
        port: as the operator typed it.
        open_analyzer: opens a port; what it returns is entered here.
        tell: is called with every event.
        pause: waits so many seconds between two tries to reach a lost analyzer.
    """

    def __init__(
        self,
        port: str,
        equipment: Equipment,
        open_analyzer: OpenAnalyzer,
        tell: Tell,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.equipment = equipment
        self._tell = logged(tell)
        self._port = port
        self._connection = Connection(port, open_analyzer, self._tell, pause)
        self._endings = ExitStack()
        self._identifier: Identifier | None = None
        self._containers: Sequence[Container] = ()

    def __enter__(self) -> Self:
        """Open store and analyzer, and let the model prove itself.

        Raises:
            SelfTestFailed, and as `ports.open_analyzer` and `runtime.load_identifier`.
        """
        with ExitStack() as endings:
            if self.equipment.store is not None:
                endings.enter_context(self.equipment.store)
            with start_kept(self.equipment.store, self.equipment.start_as, self._port) as kept:
                endings.enter_context(self._connection)
                before_light(None, self.equipment.beside, self.analyzer)
                self._load_model()
                kept |= started(self.analyzer, self.identifier, self.equipment.settings)
            self._endings = endings.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._endings.__exit__(kind, error, trace)

    @property
    def analyzer(self) -> Spectrometer:
        return self._connection.analyzer

    @property
    def identifier(self) -> Identifier:
        """The model that answers now; another one after a lost analyzer came back with another."""
        if self._identifier is None:
            raise CallerError("The station is not open: use it in a `with` statement.")
        return self._identifier

    def measure(self) -> StoredAnswer:
        """Measure once, identify and store.

        Raises:
            MeasurementCancelled: the trigger was pressed during the countdown.
            as `runtime.measure` otherwise.
        """
        self.analyzer.wait_trigger(0.0)  # what was pressed before cancels nothing
        done = runtime.measure(
            self.analyzer, self.identifier, self.equipment.store, self.equipment.settings,
            self._tell, self._containers, self.equipment.countdown_s, self.equipment.beside,
        )  # fmt: skip
        self._tell(Answered(str(done.answer.identification.verdict), done.record_id))
        return done

    def run(
        self,
        *,
        show: Callable[[StoredAnswer], None],
        show_failure: Callable[[RamixError], None],
        triggers: int | None = None,
    ) -> int:
        """Answer every press of the trigger; returns how many presses got an answer.

        A press whose measurement fails, also because the analyzer is gone or because a second
        press during the countdown cancels it, is told by `show_failure`; a lost analyzer is waited
        for. `triggers` None: until interrupted.

        Raises:
            NoTrigger: the analyzer has none.
            as `runtime.run`, but for a lost link.
        """
        pressed = answered = 0

        def count(done: StoredAnswer) -> None:
            nonlocal pressed, answered
            pressed, answered = pressed + 1, answered + 1
            self._tell(Answered(str(done.answer.identification.verdict), done.record_id))
            show(done)

        def count_failure(failure: RamixError) -> None:
            nonlocal pressed
            pressed += 1
            if not isinstance(failure, MeasurementCancelled):  # that was told already
                self._tell(Failed(failure))
            show_failure(failure)

        while triggers is None or pressed < triggers:
            self._check_trigger()
            try:
                runtime.run(
                    self.analyzer, self.identifier, self.equipment.store, self.equipment.settings,
                    show=count, show_failure=count_failure, progress=self._tell,
                    triggers=None if triggers is None else triggers - pressed,
                    containers=self._containers, countdown_s=self.equipment.countdown_s,
                    beside=self.equipment.beside,
                )  # fmt: skip
            except LinkError as lost:
                if triggers is not None and pressed >= triggers:
                    break  # nobody waits for another answer
                self.come_back(lost)
        return answered

    def _check_trigger(self) -> None:
        if not self.analyzer.capabilities.has_trigger:
            raise NoTrigger(f"The analyzer {self.analyzer.info.serial} has no trigger.")

    def come_back(self, lost: LinkError) -> None:
        """Wait for the analyzer, and answer with the model that it has then."""
        while True:
            self._connection.reconnect(lost)
            try:
                changed = self._model_changed()
                if changed:
                    self._load_model()
                self._connection.is_back(model_changed=changed)
                return
            except LinkError as again:
                lost = again

    def _model_changed(self) -> bool:
        analyzer = self.analyzer
        if self.equipment.chosen is not None or not isinstance(analyzer, Analyzer):
            return False
        slot = analyzer.active_slot()
        here = None if slot is None else analyzer.slot_info(slot).sha256.hex()
        return here != self.identifier.bundle.sha256

    def _load_model(self) -> None:
        chosen, analyzer = self.equipment.chosen, self.analyzer
        if chosen is None:
            self._identifier = load_identifier(
                analyzer, self.equipment.runtime, self._tell, self.equipment.field_compounds
            )
        else:
            info = analyzer.info
            require_fits(chosen.bundle.manifest, info.product, info.hardware_revision)
            self._identifier = chosen
        if self.equipment.asked is not None:
            self._identifier.asked = self.equipment.asked(self._identifier)
        self._containers = self.equipment.containers(self._identifier)
