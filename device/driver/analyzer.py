"""The analyzer as an object: typed commands, and a laser that is off whenever we are not looking.

Use it as a context manager. Entering clears whatever an earlier host left behind; leaving, for
whatever reason, sends LASER_OFF. No thread renews the laser's lease: the loop that waits for the
frame does, so that a loop that hangs lets the laser go dark.

Next: `acquisition.py`, which measures with it; `model_transfer.py` for the model slots.
"""

from types import TracebackType
from typing import Self

from device.driver.calibration_transfer import write_page
from device.driver.claims import check_axis, check_state, check_words
from device.driver.condition import Condition
from device.driver.conversation import Conversation
from device.driver.exposure import LaserDropped, expose
from device.driver.introduction import Introduced, introduce
from device.driver.link_key import FindKey, admit, key_beyond_this_machine, no_key
from device.driver.model_transfer import ModelSlots
from device.driver.slow_work import until_done
from device.driver.transports.base import Transport
from device.driver.trigger import Trigger
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CallerError, LinkClosed, LinkTimeout, ProtocolError
from firmware_bridge.messages import (
    Abort,
    Flush,
    FrameReply,
    GetState,
    InstrumentState,
    LaserOff,
    ReadCalibration,
    ReplyT,
    Request,
    SetIntegrationTime,
    SetLaserPower,
    SetTec,
)
from firmware_bridge.session import Deadline, answer_time_s, frame_budget_s

__all__ = ["Analyzer", "Frame", "LaserDropped", "Restarted"]

Frame = FrameReply

# The longest that the laser may outlive this program.
_LEASE_MS = 500
_FAREWELL_S = 1.0
# ABORT may take one whole timeout, and the five questions behind it one and a half.
_OPENING_TIMEOUTS = 2.5
# A calibration page is short: this covers all its chunks and the reading back.
_PAGE_TIMEOUTS = 4.0
_TRIGGER_POLL_S = 0.05
# More than any request has: ends one that a crashed host left half sent, whatever its length.
_FILLER = bytes(8 * 1024)


class Restarted(LinkClosed):
    """The analyzer is there, and is not what was opened: it has to be opened again."""

    code = "restarted"
    default_remedy = "Press the trigger again, or start the command again."


class Analyzer(Introduced, ModelSlots, Condition):
    """One Raman analyzer behind a transport.

    `timeout_s` is the margin of every call: one budget for asking and answering, on top of the
    exposure where there is one. `find_key` is asked where the link needs a key (`link_key.py`).
    """

    def __init__(
        self, transport: Transport, timeout_s: float = 5.0, find_key: FindKey = no_key
    ) -> None:
        self.name = transport.name
        self.timeout_s = timeout_s
        self._talk = Conversation(transport)
        self._introduction = None
        self._find_key = find_key
        self._integration_time_us = 0
        self.trigger = Trigger()

    # ---- opening and leaving ----

    def __enter__(self) -> Self:
        try:
            with self._talk.within(_OPENING_TIMEOUTS * self.timeout_s):
                self._open()
            check_words(self.name, self.info)
        except BaseException:
            self._talk.transport.close()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        try:
            # Over a dead link nothing more can be said; the lease ends the laser by itself.
            self._talk.try_to(LaserOff(), _FAREWELL_S, error)
        finally:
            self._talk.close()

    def _open(self) -> None:
        """ABORT and FLUSH, whatever state the analyzer is in; then ask who it is."""
        transport = self._talk.transport
        if transport.is_remote:  # before the first byte
            key_beyond_this_machine(self.name, self._find_key)
        transport.discard_input()
        try:
            self._talk.insist(Abort(), self.timeout_s, filler=_FILLER)
        except LinkTimeout:
            version = self._talk.session.decoder.foreign_version
            if version is None:
                raise
            raise ProtocolError(f"{self.name} speaks packet version {version}.") from None
        self.call(Flush())
        told = introduce(self.name, self.call)
        admit(self.name, told, self.call, self._find_key, is_remote=transport.is_remote)
        self._introduction = told
        self.trigger.forget(self.state().trigger_count)

    # ---- asking ----

    def call(self, request: Request[ReplyT], deadline: Deadline | None = None) -> ReplyT:
        """Send one request and return its reply; `deadline` None means `timeout_s` from
        now, and what the flash needs where it is at work.

        Raises:
            LinkTimeout: no reply in time.
            LinkError: the link failed.
            InstrumentError: the analyzer refused, with the reason in `status`.
            ProtocolError: the reply makes no sense.
        """
        wait_s = self.timeout_s + answer_time_s(request.opcode)
        return until_done(self._talk, request, wait_s, deadline)

    @property
    def integration_time_ms(self) -> float:
        """The integration time of the next frame."""
        return self._integration_time_us / 1000.0

    def now_s(self) -> float:
        """Seconds on the link's clock."""
        return self._talk.now_s()

    def state(self) -> InstrumentState:
        """How it is now."""
        state = check_state(self.call(GetState()), self.capabilities)
        self._integration_time_us = state.integration_time_us
        return state

    def calibration(self) -> CalibrationPage:
        """The calibration page. Raises `CalibrationError` when there is no good one."""
        page = CalibrationPage.from_bytes(self.call(ReadCalibration()).page)
        check_axis(page)
        return page

    def write_calibration(self, page: CalibrationPage) -> int:
        """Keep `page` in the analyzer; its sequence number there. Raises as `write_page`."""
        with self._talk.within(_PAGE_TIMEOUTS * self.timeout_s):
            return write_page(self.call, self.calibration, page, self.capabilities)

    # ---- settings ----

    def set_integration_time_ms(self, integration_time_ms: float) -> None:
        """Exposure of the frames to come. Raises `CallerError` outside the analyzer's limits."""
        limits = self.capabilities
        low, high = limits.min_integration_time_us, limits.max_integration_time_us
        if not low <= integration_time_ms * 1000.0 <= high:  # also refuses NaN
            raise CallerError(
                f"The integration time must be {low / 1000:g} to {high / 1000:g} ms, "
                f"not {integration_time_ms:g}."
            )
        wanted_us = round(integration_time_ms * 1000.0)
        self.call(SetIntegrationTime(wanted_us))
        self._integration_time_us = wanted_us

    def set_laser_power_mw(self, laser_power_mw: int) -> None:
        """Power of the exposures to come; arms nothing. Raises `CallerError` above the limit."""
        limit = self.capabilities.max_laser_power_mw
        if not 0 <= laser_power_mw <= limit:
            raise CallerError(f"The laser power must be 0 to {limit} mW, not {laser_power_mw}.")
        self.call(SetLaserPower(laser_power_mw))

    def set_tec(self, enabled: bool, setpoint_c: float) -> None:
        """Switch the detector's cooler. Raises `CallerError` when there is none."""
        if not self.capabilities.has_tec:
            raise CallerError("This analyzer has no detector cooler.")
        self.call(SetTec(enabled, setpoint_c))

    # ---- measuring ----

    def acquire_frame(self, laser_on: bool) -> Frame:
        """Expose once and return that very frame, never an earlier one. The laser is off after it.

        Raises:
            LaserDropped: the laser went off before the exposure ended.
            StaleFrame: the analyzer returned a frame of other settings.
            as `call` otherwise; the exposure is then aborted.
        """
        try:
            if self._talk.session.settings_epoch is None:
                self.state()  # the reply to a setting was lost: ask what holds now
            budget_s = frame_budget_s(self._integration_time_us, margin_s=self.timeout_s)
            lease_ms = self._lease_ms() if laser_on else None
            frame = expose(self._talk, lease_ms, budget_s, self.trigger)
        except BaseException as error:
            self._talk.try_to(Abort(), _FAREWELL_S, error)  # ends the exposure, laser first
            raise
        if laser_on:
            self.laser_off()
        return frame

    def _lease_ms(self) -> int:
        limits = self.capabilities
        return min(max(_LEASE_MS, limits.min_lease_ms), limits.max_lease_ms)

    def laser_off(self) -> None:
        """Off and disarmed; repeated until the analyzer says so or the time is up."""
        self._talk.insist(LaserOff(), self.timeout_s)

    def wait_trigger(self, timeout_s: float) -> int | None:
        """Wait for the trigger; its count, or None after `timeout_s`.

        Presses since the last call count as one: nobody wants the laser to fire three times
        because an impatient operator pressed three times.

        Raises:
            Restarted: the analyzer did so meanwhile; what was pressed before means nothing now.
            as `call` otherwise.
        """
        deadline = self._talk.deadline(timeout_s)
        while True:
            epoch = self._talk.session.settings_epoch
            told = self.state()
            if epoch is not None and told.settings_epoch != epoch:  # nobody else counts it up
                raise Restarted(f"The analyzer {self.info.serial} restarted.")
            if self.trigger.is_press(told.trigger_count):
                return told.trigger_count
            left_s = deadline.remaining(self._talk.now_s())
            if not left_s:
                return None
            self._talk.pause(min(_TRIGGER_POLL_S, left_s))
