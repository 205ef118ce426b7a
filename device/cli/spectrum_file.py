"""A spectrum's file with the digest that stands for it in records.

Next: `../spectra/files/reading.py`, the formats.
"""

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from device.cli.options import STDIN
from device.plain_file import read_plain
from device.spectra.files.choices import NOTHING_CHOSEN, Choices
from device.spectra.files.reading import read_spectrum
from device.spectra.files.text import MAX_FILE_BYTES
from device.spectra.spectrum import Spectrum

if TYPE_CHECKING:
    from device.answer.identifier import Identifier
    from device.spectra.container import Container


def read_given(file: str, choices: Choices = NOTHING_CHOSEN) -> Spectrum:
    """The spectrum in a file, or in the bytes of stdin where the file is `-`.

    Raises:
        SpectrumFileError: there is no such file, or it holds no usable spectrum.
    """
    if file != STDIN:
        return read_spectrum(file, choices)
    import tempfile  # only now: it costs milliseconds

    data = b"" if sys.stdin is None else sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    with tempfile.TemporaryDirectory(prefix="ramix-") as folder:  # formats are told from files
        copy = Path(folder) / "stdin"
        copy.write_bytes(data)
        return read_spectrum(copy, choices)


def read_with_sha256(file: str) -> tuple[Spectrum, str]:
    """The spectrum in a file, and the SHA-256 of the file, hex.

    Raises:
        SpectrumFileError: there is no such file, or it holds no usable spectrum.
    """
    spectrum = read_spectrum(file)
    return spectrum, hashlib.sha256(read_plain(file, MAX_FILE_BYTES)).hexdigest()


def containers_for(
    identifier: "Identifier", blanks: Iterable[tuple[Spectrum, str]]
) -> "tuple[Container, ...]":
    """Blanks as `read_with_sha256` gives them, ready for `identifier`.

    Raises:
        UnusableBlank: one cannot stand for an empty container.
    """
    return tuple(identifier.container(spectrum, sha256) for spectrum, sha256 in blanks)
