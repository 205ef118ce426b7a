"""A press of the trigger while frames are taken ends the measurement, for who measures at a press.

Verbs that measure once without the trigger are ended by Ctrl-C and leave it alone.
Next: `../driver/trigger.py`, which notices the press; `stop_switch.py`, the stop of a screen.
"""

from device.countdown import stop_measuring
from device.driver.analyzer import Analyzer
from device.driver.spectrometer import Spectrometer
from device.station.station import OpenAnalyzer


def stopped_by_trigger(open_analyzer: OpenAnalyzer) -> OpenAnalyzer:
    """The same opener; an analyzer that can be asked during an exposure is."""

    def opened(port: str) -> Spectrometer:
        analyzer = open_analyzer(port)
        if isinstance(analyzer, Analyzer):
            analyzer.trigger.stops = stop_measuring
        return analyzer

    return opened
