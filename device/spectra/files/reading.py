"""Which format is it? `read_spectrum` looks at the first lines and calls the format's reader.

One file a format, each giving a Spectrum or a SpectrumFileError with one sentence.
Next: `bwtek.py`, the richest of the formats; `text.py` for what they share.
"""

import os

from device.spectra.files import acquired_csv, acquired_json, bwtek, enlighten_csv, plain_csv
from device.spectra.files.text import SpectrumFileError, TextFile, read_text
from device.spectra.spectrum import Spectrum

__all__ = ["SpectrumFileError", "parse_spectrum", "read_spectrum"]


def read_spectrum(path: str | os.PathLike[str]) -> Spectrum:
    """The spectrum in a file of `ramix acquire`, B&W Tek, ENLIGHTEN CSV, or of two columns.

    Raises:
        SpectrumFileError: there is no such file, or it holds no usable spectrum; the sentence
            names the file, the line where there is one, and the reason.
    """
    return parse_spectrum(read_text(path))


def parse_spectrum(file: TextFile) -> Spectrum:
    """The same for text that is already in memory."""
    if bwtek.recognises(file):
        return bwtek.parse(file).to_spectrum()
    if enlighten_csv.recognises(file):
        return enlighten_csv.parse(file)
    if acquired_csv.recognises(file):
        return acquired_csv.parse(file)
    if acquired_json.recognises(file):
        return acquired_json.parse(file)
    return plain_csv.parse(file)
