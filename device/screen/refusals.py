"""What the screen refuses, and why.

Next: `desk.py`, which refuses.
"""

from firmware_bridge.errors import RamixError


class NotNow(RamixError):
    """The screen is busy with something else, or the analyzer is away."""

    code = "not_now"
    default_remedy = "Wait until it has ended, then try again."


class NotHere(RamixError):
    """Only who stands at the analyzer changes what it does."""

    code = "not_here"
    default_remedy = "Open the screen on the analyzer's own machine."


class NotArmed(RamixError):
    """Light was asked for without the press that arms it."""

    code = "not_armed"
    default_remedy = "Arm first, or press the trigger on the analyzer."


class Unexpected(RamixError):
    """A defect of ours; the log has it."""

    code = "unexpected"
    default_remedy = "Start again with --log-level debug and report what it prints."
