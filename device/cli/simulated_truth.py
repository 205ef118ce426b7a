"""What a simulated list of scenes is asked after an answer has been stored: what was really there.

Next: `../simulated/truth.py`, the log; `run.py`, which asks.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from device.driver.port import SimPort, parse_port
from device.ports import open_analyzer

if TYPE_CHECKING:
    from device.driver.analyzer import Analyzer

OpenAnalyzer = Callable[[str], "Analyzer"]
Truth = Callable[[], Mapping[str, Any] | None]


def opener_and_truth(port: str, timeout_s: float) -> tuple[OpenAnalyzer, Truth]:
    """How to open `port`, and what tells the truth of the sample last measured there.

    None is told of real analyzers, of those behind a link, and of single simulated samples. The
    log is made here, and only the opener holds it: neither analyzer nor station can ask.

    Raises:
        PortSyntaxError: `port` is malformed.
    """
    typed = parse_port(port)
    if not isinstance(typed, SimPort):
        return lambda at: open_analyzer(at, timeout_s), lambda: None
    from device.driver.analyzer import Analyzer
    from device.simulated.port import open_transport
    from device.simulated.truth import TruthLog

    log, specification = TruthLog(), typed.specification
    return lambda _: Analyzer(open_transport(specification, log.follow), timeout_s), log.latest
