"""Which format is it? `read_spectrum` asks the registry and calls the format's reader.

Next: `format.py`, the registry; `bwtek.py`, the richest of the formats.
"""

import os

from device.spectra.files.choices import NOTHING_CHOSEN, Choices
from device.spectra.files.format import FORMATS
from device.spectra.files.source import Source, read_source
from device.spectra.files.text import SpectrumFileError, TextFile
from device.spectra.spectrum import Spectrum

__all__ = ["Choices", "SpectrumFileError", "parse_spectrum", "read_spectrum", "spectrum_of"]


def read_spectrum(path: str | os.PathLike[str], choices: Choices = NOTHING_CHOSEN) -> Spectrum:
    """The spectrum in a file of any format of the registry; `choices` say what the file does not.

    Raises:
        SpectrumFileError: there is no such file, or it holds no usable spectrum; the sentence
            names the file, the line where there is one, and the reason.
    """
    return spectrum_of(read_source(path), choices)


def spectrum_of(source: Source, choices: Choices = NOTHING_CHOSEN) -> Spectrum:
    """The same for bytes that are already in memory."""
    return next(one for one in FORMATS if one.recognises(source)).read(source, choices)


def parse_spectrum(file: TextFile, choices: Choices = NOTHING_CHOSEN) -> Spectrum:
    """The same for text that is already in memory."""
    return spectrum_of(Source(file.name, "\n".join(file.lines).encode()), choices)
