"""Records as files for a download: in each format of an export, or as a package for a colleague.

What goes out stands in the chain before it does. Next: `../export/formats.py`,
`../export/package.py`.
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from device.export.errors import ExportRefused
from device.export.exhibit import Exhibit, exhibit_of
from device.export.formats import (
    FORMATS,
    ExportedFile,
    event_contents,
    exported,
    require_format,
    said_of,
)
from device.export.package import SUFFIX, package_from, package_of
from device.export.package_said import package_content
from device.records.device_key import device_signer
from device.records.journal import chain_beside
from device.records.store import RecordStore

if TYPE_CHECKING:
    from device.answer.identifier import Identifier

PACKAGE: Final = "package"
NAMES: Final = (*FORMATS, PACKAGE)
_MEDIA_TYPE: Final = "application/octet-stream"
_one_at_a_time = threading.Lock()  # what draws is not made for threads, and takes memory


def check_format(name: str) -> bool:
    """Whether the fitted curves stand in it, so that the model has to answer once more.

    Raises:
        ExportRefused, ExportUnavailable: there is no such format, or not on this machine.
    """
    if name not in NAMES:
        raise ExportRefused("There is no such format.", remedy=f"One of {', '.join(NAMES)}.")
    require_format(name)
    return name in FORMATS and FORMATS[name].draws_fit


def exhibit_in(path: Path, record_id: str, identifier: "Identifier | None") -> Exhibit:
    """Raises as `exhibit_of`."""
    with RecordStore(path, read_only=True) as store:
        return exhibit_of(store, record_id, identifier)


def file_of(path: Path, exhibit: Exhibit, name: str, *, simulated: bool) -> ExportedFile:
    """The file, once the chain has it.

    Raises:
        RecordStoreError: the chain does not take it.
        as `exported`.
    """
    with _one_at_a_time:
        made = exported(exhibit, name)
    said = said_of(exhibit, made, name)
    with (
        RecordStore(path, read_only=True) as store,
        chain_beside(store, simulated=simulated) as chain,
    ):
        for content in event_contents([{**said, "name": download_name(made.name)}]):
            chain.append_event("export", {**content, "by": "screen"})
    return ExportedFile(download_name(made.name), made.media_type, made.data)


def package_in(path: Path, record_id: str, question: str, *, simulated: bool) -> ExportedFile:
    """One record whole, signed, for a colleague, once the chain has it.

    Raises:
        RecordStoreError, RecordDamaged: it is not there, or not what was written.
        PackageRefused: of a store of version 1.
        AboutRefused: the question is no line of text.
    """
    with RecordStore(path, read_only=True) as store:
        entry = store.entry(store.get(record_id))
        if entry is None:
            raise ExportRefused(
                "A store of version 1 signed nothing that a colleague could check.",
                remedy="Save the record as a report or as numbers.",
            )
        data = package_of([entry], device_signer(), question)
        name = download_name(f"{record_id}{SUFFIX}")
        package = package_from(data, name)  # as the colleague will
        with chain_beside(store, simulated=simulated) as chain:
            content = {**package_content(package), "file": name, "by": "screen"}
            chain.append_event("export", content)
    return ExportedFile(name, _MEDIA_TYPE, data)


def download_name(name: str) -> str:
    """Letters, digits, points and hyphens alone: it stands in a header and becomes a file."""
    safe = "".join(one for one in name if one.isascii() and (one.isalnum() or one in "-."))
    return f"ramix-{safe}"
