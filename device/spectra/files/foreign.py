"""Files of other programs that are not read: each is named, with the way to a file that is.

Next: `format.py`, which asks here before it takes anything for text.
"""

from typing import NoReturn

from device.spectra.files.choices import Choices
from device.spectra.files.source import Source
from device.spectra.files.text import refuse
from device.spectra.spectrum import Spectrum

_AS_TEXT = "Open it in the program that made it and save it as text, CSV, JCAMP-DX or SPC."
_AS_CSV = "Save it as CSV."

# The first bytes, what it is, and the remedy. The formats' own documents and `file`'s manual page.
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"WDF1", "a Renishaw WiRE file (WDF)", "In WiRE, save it as text (.txt) or as SPC."),
    (b"WIT_PR", "a WITec project", "Export the spectrum from WITec Project as text or SPC."),
    (b"WIT^PR", "a WITec project", "Export the spectrum from WITec Project as text or SPC."),
    (b"\x0a\x0a\xfe\xfe", "a Bruker OPUS file", "Save it in OPUS as data points (.dpt)."),
    (b"Spectral Data File", "a Thermo OMNIC file (SPA)", _AS_TEXT),
    (b"Andor Technology Multi-Channel", "an Andor Solis file (SIF)", "Export it as ASCII (.asc)."),
    (b"PEPE", "a PerkinElmer file (SP)", _AS_TEXT),
    (b"AVS8", "an Avantes raw file", "Export it in AvaSoft as text."),
    (b"CPYA", "an Origin project", "Export the worksheet as ASCII."),
    (b"CPYUA", "an Origin project", "Export the worksheet as ASCII."),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (NeXus and others)", _AS_TEXT),
    (b"CDF\x01", "a NetCDF file", _AS_TEXT),
    (b"CDF\x02", "a NetCDF file", _AS_TEXT),
    (b"SQLite format 3\0", "an SQLite database", "Records are shown with `ramix records show`."),
    (b"MATLAB 5.0", "a MATLAB file", _AS_CSV),
    (b"\x93NUMPY", "a numpy array", _AS_CSV),
    (b"PAR1", "a Parquet table", _AS_CSV),
    (b"%PDF", "a PDF document", "A picture of a spectrum is none; export its numbers."),
    (b"\x89PNG", "a PNG picture", "A picture of a spectrum is none; export its numbers."),
    (b"\xff\xd8\xff", "a JPEG picture", "A picture of a spectrum is none; export its numbers."),
    (b"GIF8", "a GIF picture", "A picture of a spectrum is none; export its numbers."),
    (b"II*\0", "a TIFF picture", "A picture of a spectrum is none; export its numbers."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it."),
    (b"Rar!", "a RAR archive", "Unpack it."),
    (b"\x7fELF", "a program", _AS_TEXT),
    (b"\xd0\xcf\x11\xe0", "an old Office or JASCO file (OLE)", _AS_CSV),
)
_MARKUP = (
    (b"<?xml", "an XML file"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"{\\rtf", "a document of a word processor"),
)
_SPE_END = slice(4098, 4100)  # of the header of WinView and LightField: 0x5555


def recognises(source: Source) -> bool:
    return _kind(source.data) is not None


def read(source: Source, _choices: Choices) -> Spectrum:
    """Nothing.

    Raises:
        SpectrumFileError: always; it names the format.
    """
    _refuse(source)


def _refuse(source: Source) -> NoReturn:
    what, remedy = _kind(source.data) or ("another file", _AS_TEXT)
    binary = "" if what in dict(_MARKUP).values() else " (binary)"
    refuse(source.name, f"this is {what}{binary}, which is not read", remedy=remedy)


def _kind(data: bytes) -> tuple[str, str] | None:
    """What it is, and the remedy."""
    for magic, what, remedy in _MAGIC:
        if data.startswith(magic):
            return what, remedy
    if data.startswith(b"PK\x03\x04"):
        if b"xl/" in data[:4000]:
            return "an Excel workbook", "Save the sheet as CSV."
        if b"opendocument.spreadsheet" in data[:200]:
            return "an OpenDocument spreadsheet", "Save the sheet as CSV."
        return "a ZIP archive", "Unpack it."
    begin = data[:40].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for sign, what in _MARKUP:
        if begin.startswith(sign):
            return what, _AS_TEXT
    if data[_SPE_END] == b"UU" and b"\0" in data[:200]:
        return "a Princeton Instruments file (SPE)", "Export it as ASCII or CSV."
    return None
