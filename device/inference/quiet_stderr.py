"""Keep a library's chatter in C++ off the operator's terminal, and its warnings on it.

LiteRT writes "INFO: Created TensorFlow Lite XNNPACK delegate for CPU." to file descriptor 2 at
every start and has no switch for it. Next: `interpreter.py`, the only user.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2
_CHATTER = b"INFO:"


@contextmanager
def without_chatter() -> Iterator[None]:
    """While inside, hold back what is written to descriptor 2; then pass on all but the chatter.

    Does nothing where there is no stderr to protect.
    """
    try:
        original = os.dup(_STDERR)
    except OSError:  # a service that closed it
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    held = os.memfd_create("stderr")
    os.dup2(held, _STDERR)
    try:
        yield
    finally:
        os.dup2(original, _STDERR)
        os.close(original)
        os.lseek(held, 0, os.SEEK_SET)
        with os.fdopen(held, "rb") as lines:
            for line in lines:
                if not line.startswith(_CHATTER):
                    os.write(_STDERR, line)
