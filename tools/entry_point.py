"""How programs of this folder end: one sentence, not a traceback, for what was foreseen.

Next: `build_archive.py`, one of them.
"""

import sys
from collections.abc import Callable

from firmware_bridge.errors import RamixError


def run(command: Callable[[], object]) -> None:
    """Run a command with the program's arguments; exit code 1 after an error raised on purpose."""
    try:
        command()
    except RamixError as error:
        print(f"Error: {error.text}\n  -> {error.remedy}", file=sys.stderr)
        sys.exit(1)
