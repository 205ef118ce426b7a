"""JCAMP-DX 5.01, the exchange format that spectrum libraries and chemists' programs read.

Plain numbers (AFFN): every reader has them. An even axis as XYDATA, another as XYPOINTS. The text
of the format is ASCII (Lampen et al., Appl. Spectrosc. 53, 1186 (1999)).
Next: `../spectra/files/jcamp.py`, the reader.
"""

import unicodedata

from device.export.spectrum import MEASURED, ExportedSpectrum, one_line

_LINE_WIDTH = 75
_PLACES = {"instrument": "SPECTROMETER/DATA SYSTEM", "acquired_utc": "LONGDATE"}


def jcamp_of(spectrum: ExportedSpectrum, curve: str = MEASURED) -> bytes:
    """The whole file of one curve.

    Raises:
        ValueError: there is no such curve.
    """
    if curve not in spectrum.curves:
        raise ValueError(f"no curve is called {curve!r}")
    axis, values = spectrum.wavenumber_cm1, spectrum.curves[curve]
    labels = [
        ("TITLE", spectrum.title or "Raman spectrum"),
        ("JCAMP-DX", "5.01"),
        ("DATA TYPE", "RAMAN SPECTRUM"),
        ("ORIGIN", spectrum.facts.get("origin", "ramix-edge")),
        ("OWNER", spectrum.facts.get("owner", "not stated")),
        *((_PLACES[key], spectrum.facts[key]) for key in _PLACES if key in spectrum.facts),
        *(
            (f"${key.upper()}", value)
            for key, value in spectrum.facts.items()
            if key not in (*_PLACES, "origin", "owner")
        ),
        ("XUNITS", "1/CM"),
        ("YUNITS", "ARBITRARY UNITS"),
        ("XFACTOR", "1"),
        ("YFACTOR", "1"),
        ("FIRSTX", _number(axis[0])),
        ("LASTX", _number(axis[-1])),
        ("FIRSTY", _number(values[0])),
        ("MAXY", _number(values.max())),
        ("MINY", _number(values.min())),
        ("NPOINTS", str(len(axis))),
    ]
    lines = [f"##{_ascii(label)}={_ascii(value)}" for label, value in labels]
    if spectrum.even:
        lines.append(f"##DELTAX={_number((axis[-1] - axis[0]) / (len(axis) - 1))}")
        lines.append("##XYDATA=(X++(Y..Y))")
        lines += _table(axis.tolist(), values.tolist())
    else:
        lines.append("##XYPOINTS=(XY..XY)")
        lines += [
            f"{_number(x)}, {_number(y)}"
            for x, y in zip(axis.tolist(), values.tolist(), strict=True)
        ]
    lines.append("##END=")
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _table(axis: list[float], values: list[float]) -> list[str]:
    """Lines of at most 75 signs, each with the shift of its first intensity."""
    lines, line = [], ""
    for x, y in zip(axis, values, strict=True):
        number = _number(y)
        if not line or len(line) + 1 + len(number) > _LINE_WIDTH:
            if line:
                lines.append(line)
            line = _number(x)
        line += f" {number}"
    return [*lines, line]


def _number(value: float) -> str:
    """Ten digits; an exponent has a sign, as the format asks."""
    return f"{float(value):.10g}".replace("e", "E")


def _ascii(text: str) -> str:
    """Accents are left out, other signs become `?`; `##` and `$$` would mean something."""
    plain = unicodedata.normalize("NFKD", one_line(text))
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return kept.encode("ascii", "replace").decode().replace("##", "# #").replace("$$", "$ $")
