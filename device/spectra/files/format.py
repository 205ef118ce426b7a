"""The registry: every format, with what recognises its bytes and what reads them.

The first that recognises a file reads it; columns of numbers come last, for any text may be that.
To add a format, write a module with both functions and name it here.
Next: `reading.py`, which asks in this order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from device.spectra.files import (
    acquired_csv,
    acquired_json,
    bwtek,
    enlighten_csv,
    foreign,
    jcamp,
    plain_csv,
    spc,
)
from device.spectra.files.choices import Choices
from device.spectra.files.source import Source
from device.spectra.files.text import TextFile
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


FORMATS: Final = (
    Format("SPC", spc.recognises, spc.read),
    Format("another program's file", foreign.recognises, foreign.read),
    Format("JCAMP-DX", jcamp.recognises, jcamp.read),
    _of_lines("B&W Tek", bwtek.recognises, bwtek.spectrum_in),
    _of_lines("ENLIGHTEN", enlighten_csv.recognises, enlighten_csv.parse),
    _of_lines("CSV of ramix acquire", acquired_csv.recognises, acquired_csv.parse),
    _of_lines("JSON of ramix acquire", acquired_json.recognises, acquired_json.parse),
    Format("columns", lambda _: True, lambda source, chosen: plain_csv.parse(source.text, chosen)),
)
