"""SIGTERM, by which `kill`, `timeout` and a service manager stop a program, as Ctrl-C.

Next: `main.py`, which ends then.
"""

import signal
from types import FrameType


def stop_as_by_ctrl_c() -> None:
    """From here on SIGTERM raises `KeyboardInterrupt`: without it the process dies at once, with
    neither the laser off nor the store closed."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(_signal_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
