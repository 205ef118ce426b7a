"""May this analyzer make light? What its self-tests say, asked before each measurement.

Next: `standing.py`, where that comes from.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from device.answer.answer import SelfTested
from device.events import Event, SelfTestDue
from device.selftest.standing import AskStanding, SelfTestState

_MAKE: Final = "Make one: ramix selftest --port PORT --polystyrene"
_DESPITE: Final = "It is measured with all the same, as asked."
_log = logging.getLogger("ramix.selftest")


class Fitness:
    """Tells what is not a pass, once for each state, and refuses after a failure.

    Args:
        ask: how the analyzer of a serial number stands; asked anew before each measurement.
        tell: is called with it.
        despite: measure although the last self-test failed; stands in every answer.
        quiet: one line is enough for an analyzer that never had one, such as a simulated one.
    """

    def __init__(
        self,
        ask: AskStanding,
        tell: Callable[[Event], None],
        *,
        despite: bool = False,
        quiet: bool = False,
    ) -> None:
        self._ask = ask
        self._tell = tell
        self._despite = despite
        self._quiet = quiet
        self._warned: SelfTestState | None = None

    def of(self, serial: str) -> SelfTested | None:
        """How the analyzer stands; None where nobody keeps self-tests.

        Raises:
            SelfTestFailed: and nobody measures despite it.
        """
        standing = self._ask(serial)
        if standing is None:
            return None
        now = datetime.now(UTC)
        if not self._despite:
            standing.require(now)
        state = standing.state(now)
        if state is not self._warned and state is not SelfTestState.PASSED:
            remedy = _DESPITE if state is SelfTestState.FAILED else _MAKE
            if self._quiet and state is SelfTestState.NEVER:
                remedy = ""
            _log.info(standing.words(now))
            self._tell(SelfTestDue(standing.words(now), remedy))
        self._warned = state
        return standing.told(now, despite=self._despite)
