"""The time between a press of the trigger and the first light, in which a second press cancels.

Next: `runtime.py`, which waits it out before it measures.
"""

from collections.abc import Callable

from device.driver.spectrometer import Spectrometer
from device.events import Countdown, Event
from firmware_bridge.errors import CallerError, RamixError

DEFAULT_COUNTDOWN_S = 2.0
MAX_COUNTDOWN_S = 60.0


class MeasurementCancelled(RamixError):
    """The trigger was pressed again, or somebody stopped it otherwise."""

    code = "cancelled"
    default_remedy = "Press the trigger again to measure."


def count_down(analyzer: Spectrometer, countdown_s: float, tell: Callable[[Event], None]) -> None:
    """Wait for so long, telling each second; nothing is set, armed or lit meanwhile.

    A press that `analyzer.wait_trigger` has not told yet cancels too. 0 does not wait.

    Raises:
        MeasurementCancelled: the trigger was pressed.
        CallerError: not 0 to `MAX_COUNTDOWN_S`.
        LinkError: the analyzer is gone, or restarted (`Restarted`): no light without a new press.
    """
    if not 0.0 <= countdown_s <= MAX_COUNTDOWN_S:  # also refuses NaN
        raise CallerError(f"The countdown must be 0 to {MAX_COUNTDOWN_S:g} s, not {countdown_s:g}.")
    if not countdown_s:
        return
    left_s = countdown_s
    while left_s > 0.0:
        tell(Countdown(left_s))
        step_s = left_s % 1.0 or 1.0
        if analyzer.wait_trigger(step_s) is not None:
            raise MeasurementCancelled(
                "The trigger was pressed again during the countdown: no light was made."
            )
        left_s -= step_s


def stop_measuring() -> None:
    """For `Trigger.stops`: a press while frames are taken ends the measurement.

    Raises:
        MeasurementCancelled: always.
    """
    raise MeasurementCancelled("The trigger was pressed again: laser off, nothing was kept.")
