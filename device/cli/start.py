"""Where `ramix` starts: Ctrl-C and SIGTERM are one sentence from the first import on.

Loading the command takes a second on a slow handheld. Next: `main.py`, the command.
"""

import sys
from typing import NoReturn

from device.cli.sigterm import stop_as_by_ctrl_c

# As in `exit_codes.py` and `output.py`, which are loaded with the rest; a test compares them.
EXIT_INTERRUPTED = 130
INTERRUPTED = "Stopped by the operator."


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
