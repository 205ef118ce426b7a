"""Measure one sample, print what is in it, and keep the record.

    python examples/measure.py [PORT [STORE]]

PORT is a simulated analyzer unless you name another: usb:, /dev/ttyACM0, tcp://HOST:PORT.
"""

import sys

from device.api import (
    Equipment,
    RamixError,
    RecordStore,
    SequentialSettings,
    Station,
    open_analyzer,
)
from device.events import Event, words

SIMULATED = "sim:mix=toluene:0.3,ethanol:0.7&snr=100"


def tell(event: Event) -> None:
    """What the station does, as it does it: countdown, LASER ON, each look at the spectrum."""
    print(words(event), file=sys.stderr)


def main(port: str = SIMULATED, store: str = "example.sqlite") -> int:
    equipment = Equipment(
        SequentialSettings(budget_s=10.0),  # until the verdict is certain, for 10 s at most
        store=RecordStore(store),
        countdown_s=0.0,  # no time to step back: this is for a program beside a covered sample
    )
    try:
        with Station(port, equipment, open_analyzer, tell) as station:  # dark however this ends
            done = station.measure()  # stored before it is returned
    except RamixError as error:  # no analyzer, no sample, a full disk, a failed self-test, ...
        print(f"{error.text} {error.remedy}", file=sys.stderr)
        return 1
    found = done.answer.identification
    print(found.verdict, "record", done.record_id)
    for one in found.components:
        share, half_width = one.signal_share, one.signal_share_uncertainty
        print(f"  {one.name}: {share:.1%} ± {half_width:.1%} of the signal")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
