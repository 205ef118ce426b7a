"""Files that are made to cost time or memory. Run as a program it says what they cost in memory.

Next: `test_hostile_files.py`.
"""

import resource

from device.spectra.files.reading import SpectrumFileError, spectrum_of
from device.spectra.files.source import Source
from device.spectra.files.text import MAX_FILE_BYTES, MAX_LINES

FULL = MAX_FILE_BYTES - 1
DX = b"##TITLE=x\n##JCAMP-DX=4.24\n##DATA TYPE=RAMAN SPECTRUM\n##XUNITS=1/CM\n"
ROWS = MAX_LINES - 100

HOSTILE = {
    "one line of numbers": b"300,1 " * (FULL // 6),
    "one line of a digit": b"1" * FULL,
    "objects in JSON": b'{"a":[' + b"{}," * (FULL // 3),
    "numbers in JSON": b'{"a":[' + b"1," * (FULL // 2),
    "lists in lists": b"{" + b"[" * FULL,
    "empty cells": b"300,1,,,,\n" * (FULL // 10),
    "as many rows as may be": b"".join(b"%d,1,,,,\n" % at for at in range(ROWS)),
    "empty lines": b"x\r\n" * (FULL // 3),
    "many columns": (b"1," * 24 + b"1\n") * ROWS,
    "quoted cells": b'"1","2","3","4","5","6","7"\n' * ROWS,
    "open quotes": b'"' * 49 + (b'"' * 48 + b",\n") * ROWS,
    "a header without end": b"wavelength nm laser\n" * ROWS + b"1,2\n" * 40,
    "text below without end": b"300,1\n" * 40 + (b"wave_" * 14 + b"\n") * ROWS,
    "long lines below": b"300,1\n" * 40 + (b"spectr" + b"_" * 394 + b"\n") * (FULL // 402),
    "colons above": (b":" * 400 + b"\n") * 1990 + b"300,1\n" * 40,
    "labels of one sign": (b"#" * 9 + b"spe" + b"t" * 388 + b"\n") * 1990 + b"300,1\n" * 40,
    "a spectrum in two rows": (b"1," * 1998 + b"1\n") * 2,
    "signs of four bytes": ("1,\U0001f600" * 8 + "\n").encode() * ROWS,
    "no encoding": b"\xc3\xa9\xff\x80" * 16 + (b"\xff\xfe\xff\n" * ROWS),
    "JCAMP-DX, many pairs": DX + b"##XYDATA=(XY..XY)\n" + b"1,2;3,4;5,6;7,8;9,10\n" * ROWS,
    "JCAMP-DX, many labels": b"##JCAMP-DX=4\n" + b"".join(b"##L%d=1\n" % at for at in range(ROWS)),
    "JCAMP-DX, differences": DX + b"##XYDATA=(X++(Y..Y))\n" + (b"1A" + b"%" * 60 + b"\n") * ROWS,
    "ENLIGHTEN": b"ENLIGHTEN Version,4\npixel,wavenumber,processed\n"
    + b"".join(b"%d,%d,1,,,,,\n" % (at, at) for at in range(ROWS)),
    "B&W Tek": b"File Version;BW\npixel_num;65535\npixel;wavelength;raman shift;dark;raw data #1\n"
    + b"1;1;1;1;1;;;;;;;;;;\n" * ROWS,
    "SPC": bytes([0, 0x4B, 0, 0x80]) + (10**6).to_bytes(4, "little") + bytes(FULL - 8),
}


def growth_mb() -> float:
    """By how much the process grew over all files, in MB; each is let go before the next."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in HOSTILE.values():
        try:
            spectrum_of(Source("sample.csv", data[:FULL]))
        except SpectrumFileError as error:
            del error
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


if __name__ == "__main__":
    print(growth_mb())
