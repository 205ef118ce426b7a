"""The registry: every format, with what recognises its bytes and what reads them.

The first that recognises a file reads it; columns of numbers come last, for any text may be that.
To add a format, write a module with both functions and name it here.
Next: `reading.py`, which asks in this order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from device.spectra.files import acquired_csv, acquired_json, bwtek, foreign
from device.spectra.files.choices import Choices
from device.spectra.files.refusal import TextFile
from device.spectra.files.source import Source
from device.spectra.spectrum import Spectrum


@dataclass(frozen=True)
class Format:
    """`read` raises SpectrumFileError, and nothing else, whatever the bytes are."""

    name: str
    recognises: Callable[[Source], bool]
    read: Callable[[Source, Choices], Spectrum]


def _of_lines(
    name: str, recognises: Callable[[TextFile], bool], parse: Callable[[TextFile], Spectrum]
) -> Format:
    """Of a module that works on lines and leaves nothing to choose."""
    return Format(
        name,
        lambda source: recognises(source.text),
        lambda source, _choices: parse(source.text),
    )


# A start that reads one format loads no other: what is below is imported where it is needed.


def _is_spc(source: Source) -> bool:
    if b"\0" not in source.data[:32]:
        return False
    from device.spectra.files import spc

    return spc.recognises(source)


def _read_spc(source: Source, choices: Choices) -> Spectrum:
    from device.spectra.files import spc

    return spc.read(source, choices)


def _is_jcamp(source: Source) -> bool:
    if b"##" not in source.data[:4000]:
        return False
    from device.spectra.files import jcamp

    return jcamp.recognises(source)


def _read_jcamp(source: Source, choices: Choices) -> Spectrum:
    from device.spectra.files import jcamp

    return jcamp.read(source, choices)


def _is_enlighten(source: Source) -> bool:
    return any("enlighten" in line[:40].lower() for line in source.text.lines[:5])


def _read_enlighten(source: Source, choices: Choices) -> Spectrum:
    from device.spectra.files import enlighten_csv

    if not enlighten_csv.recognises(source.text):
        return _read_columns(source, choices)
    return enlighten_csv.parse(source.text, choices)


def _is_exported(source: Source) -> bool:
    return source.data.startswith(b"{") and b'"ramix-spectrum-1"' in source.data[:200]


def _read_exported(source: Source, _choices: Choices) -> Spectrum:
    from device.spectra.files import exported_json

    return exported_json.parse(source.text)


def _read_columns(source: Source, choices: Choices) -> Spectrum:
    from device.spectra.files import plain_csv

    return plain_csv.parse(source.text, choices)


FORMATS: Final = (
    Format("SPC", _is_spc, _read_spc),
    Format("another program's file", foreign.recognises, foreign.read),
    Format("JCAMP-DX", _is_jcamp, _read_jcamp),
    _of_lines("B&W Tek", bwtek.recognises, bwtek.spectrum_in),
    Format("ENLIGHTEN", _is_enlighten, _read_enlighten),
    _of_lines("CSV of ramix acquire", acquired_csv.recognises, acquired_csv.parse),
    Format("JSON of ramix records", _is_exported, _read_exported),
    _of_lines("JSON of ramix acquire", acquired_json.recognises, acquired_json.parse),
    Format("columns", lambda _source: True, _read_columns),
)
