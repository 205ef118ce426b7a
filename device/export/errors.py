"""Why a record cannot be exported, or a package not be opened.

Next: `formats.py`, `package.py`.
"""

from firmware_bridge.errors import RamixError


class ExportRefused(RamixError):
    """The export cannot be made or written."""

    code = "export_refused"
    default_remedy = "Choose another --out or --format."


class ExportUnavailable(ExportRefused):
    """A library that this format needs is not installed."""

    code = "export_unavailable"


class PackageRefused(RamixError):
    """A file that is no package of records, or not the one that was packed."""

    code = "package_refused"
    default_remedy = "Ask for the package again; `ramix records package` writes it."
