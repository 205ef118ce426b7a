"""Where `ramix` starts: Ctrl-C and SIGTERM are one sentence from the first import on.

Loading the command takes a second on a slow handheld. Next: `main.py`, the command.
"""

import signal
import sys
from types import FrameType
from typing import NoReturn

# As in `exit_codes.py` and `output.py`, which are loaded with the rest; a test compares them.
EXIT_INTERRUPTED = 130
INTERRUPTED = "Stopped by the operator."


def stop_as_by_ctrl_c() -> None:
    """From here on SIGTERM raises `KeyboardInterrupt`: without it the process dies at once, with
    neither the laser off nor the store closed."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(_signal_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> NoReturn:
    """Entry point of the console script."""
    stop_as_by_ctrl_c()
    try:
        from device.cli.main import run_command
    except KeyboardInterrupt:
        if "--json" in sys.argv:
            print(f'{{"error": {{"code": "interrupted", "text": "{INTERRUPTED}", "remedy": ""}}}}')
        else:
            print(INTERRUPTED, file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
