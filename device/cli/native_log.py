"""Keeps the chatter of the interpreter's C++ side off the operator's terminal.

LiteRT writes "INFO: Created TensorFlow Lite XNNPACK delegate" straight to file descriptor 2 and
offers no switch. `--log-level` at any level lets it through. Next: `identify.py`.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_native_log() -> Iterator[None]:
    """Within it, only Python may write to stderr."""
    if _somebody_listens():
        yield
        return
    kept = os.dup(2)
    python_stderr = sys.stderr
    with open(os.devnull, "wb") as nowhere, open(kept, "w", buffering=1) as our_own:
        os.dup2(nowhere.fileno(), 2)
        sys.stderr = our_own
        try:
            yield
        finally:
            os.dup2(kept, 2)
            sys.stderr = python_stderr


def _somebody_listens() -> bool:
    """Logging was asked for, or stderr is not a descriptor of this process (a test's capture)."""
    logging = sys.modules.get("logging")
    if logging is not None and logging.getLogger().handlers:
        return True
    try:
        return sys.stderr.fileno() != 2
    except (AttributeError, OSError, ValueError):
        return True
