"""The list of formats: name, ending of a file, media type, and the function that makes the bytes.

For the command line and the screen alike: nothing here reads or writes a file.
Next: `tables.py`, `nexus.py`, `html.py` and `pdf.py`, the formats; `exhibit.py`, what they take.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, Final

from device.export.errors import ExportRefused
from device.export.exhibit import Exhibit

FILES_OF_AN_EVENT: Final = 200


@dataclass(frozen=True)
class Format:
    """`make` is "module:function": importing all would cost a start the time of matplotlib."""

    name: str
    suffix: str
    media_type: str
    make: str
    draws_fit: bool  # whether the fitted curves stand in it


@dataclass(frozen=True)
class ExportedFile:
    """One file, not written yet."""

    name: str
    media_type: str
    data: bytes

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


FORMATS: Final = {
    one.name: one
    for one in (
        Format("csv", ".csv", "text/csv", "tables:csv_file", False),
        Format("json", ".json", "application/json", "tables:json_file", False),
        Format("jcamp", ".jdx", "chemical/x-jcamp-dx", "tables:jcamp_file", False),
        Format("spc", ".spc", "application/octet-stream", "tables:spc_file", False),
        Format("nexus", ".nxs", "application/x-hdf5", "nexus:nexus_file", True),
        Format("html", ".html", "text/html", "html:html_file", True),
        Format("pdf", ".pdf", "application/pdf", "pdf:pdf_file", True),
        Format("png", ".png", "image/png", "pdf:png_file", True),
    )
}


def exported(exhibit: Exhibit, format_name: str) -> ExportedFile:
    """One record in one format; the file is named after the record.

    Raises:
        ExportRefused: no such format, or its numbers do not fit into it.
        ExportUnavailable: a library that it needs is not installed.
    """
    known = FORMATS.get(format_name)
    if known is None:
        raise ExportRefused(
            f"{format_name!r} is no format of an export.",
            remedy=f"Choose one of {', '.join(FORMATS)}.",
        )
    module, function = known.make.split(":")
    make: Callable[[Exhibit], bytes] = getattr(import_module(f"device.export.{module}"), function)
    try:
        data = make(exhibit)
    except ValueError as error:
        raise ExportRefused(
            f"Record {exhibit.record.record_id} does not fit into {known.name}: {error}."
        ) from error
    except (LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise ExportRefused(  # another device's store may hold anything, and be signed
            f"Record {exhibit.record.record_id} is not one that this version can read."
        ) from error
    return ExportedFile(f"{exhibit.record.record_id}{known.suffix}", known.media_type, data)


def require_format(format_name: str) -> None:
    """Before any work: its library is there.

    Raises:
        ExportRefused, ExportUnavailable: as above.
    """
    if format_name in ("pdf", "png"):
        from device.export.pdf import require_drawing

        require_drawing()
    if format_name == "nexus":
        from device.export.nexus import require_h5py

        require_h5py()


def said_of(exhibit: Exhibit, file: ExportedFile, format_name: str) -> dict[str, str]:
    """What the chain keeps of one exported file."""
    return {
        "name": file.name,
        "format": format_name,
        "sha256": file.sha256,
        "record_id": exhibit.record.record_id,
        "record_sha256": exhibit.record.hash.hex(),
    }


def event_contents(
    files: Sequence[Mapping[str, str]], at_once: int = FILES_OF_AN_EVENT
) -> Iterator[dict[str, Any]]:
    """The contents of the `export` events about these files, as many in each."""
    for start in range(0, len(files), at_once):
        yield {"what": "records", "files": [dict(one) for one in files[start : start + at_once]]}
