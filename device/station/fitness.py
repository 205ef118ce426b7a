"""May this analyzer make light? What its self-tests say, asked before each measurement.

Next: `../selftest/standing.py`, where that comes from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from device.answer.answer import SelfTested
from device.events import SelfTestDue
from device.runtime import Tell
from device.selftest.standing import AskStanding, SelfTestState, nothing_kept

_MAKE = "Make one: ramix selftest --port PORT --polystyrene"
_DESPITE = "It is measured with all the same, as asked."


@dataclass(frozen=True)
class SelfTests:
    """ask: how the analyzer of a serial number stands; asked anew before each measurement.
    despite: measure although the last self-test failed; stands in every answer.
    """

    ask: AskStanding = nothing_kept
    despite: bool = False


class Fitness:
    """Tells what is not a pass, once for each state, and refuses after a failure.

    Args:
        port: of a simulated analyzer one line is enough, for it was seldom tested.
        serial: of the analyzer that is open now.
    """

    def __init__(
        self, self_tests: SelfTests, port: str, serial: Callable[[], str], tell: Tell
    ) -> None:
        self._self_tests = self_tests
        self._is_simulated = port.startswith("sim:")
        self._serial = serial
        self._tell = tell
        self._warned: SelfTestState | None = None

    def now(self) -> SelfTested | None:
        """How the analyzer stands; None where nobody keeps self-tests.

        Raises:
            SelfTestFailed: and nobody measures despite it.
        """
        standing = self._self_tests.ask(self._serial())
        if standing is None:
            return None
        now, despite = datetime.now(UTC), self._self_tests.despite
        if not despite:
            standing.require(now)
        state = standing.state(now)
        if state is not self._warned and state is not SelfTestState.PASSED:
            quiet = self._is_simulated and state is SelfTestState.NEVER
            again = _DESPITE if state is SelfTestState.FAILED else _MAKE
            self._tell(SelfTestDue(standing.words(now), "" if quiet else again))
        self._warned = state
        return standing.told(now, despite=despite)
