"""Why a file of the system was not written.

Next: `install.py`.
"""

from firmware_bridge.errors import RamixError


class SystemFileError(RamixError):
    """A file cannot be written, or would not serve."""

    code = "system_files"
    default_remedy = "Look at it first with `ramix install-system --preview`."


class RootNeeded(SystemFileError, PermissionError):
    """Only root may write there."""

    code = "permission"
    default_remedy = "Use sudo, or see what would be written: ramix install-system --preview"
