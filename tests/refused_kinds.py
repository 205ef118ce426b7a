"""The spectrum of `spectrum_kinds.py` in files that must be refused: each says that it is no Raman
shift, no Raman spectrum, or more than one. Next: `test_spectrum_kinds.py`, which reads them all.
"""

from tests.spectrum_kinds import LABSPEC, OCEANVIEW, SHIFTS, rows

# The names of wavelength, of its unit and of infrared spectra, and the encodings that have them.
WAVELENGTH = {
    "English": ("Wavelength", "ascii"),
    "plural": ("Wavelengths", "ascii"),
    "misspelt": ("Wave lenght", "ascii"),
    "German": ("Wellenl\xe4nge", "latin-1"),
    "German, written out": ("Wellenlaenge", "ascii"),
    "German, twice encoded": ("Wellenl\xc3\xa4nge", "utf-8"),
    "French": ("Longueur d'onde", "ascii"),
    "French, curly": ("Longueur d\u2019onde", "cp1252"),
    "Spanish": ("Longitud de onda", "ascii"),
    "Italian": ("Lunghezza d'onda", "ascii"),
    "Portuguese": ("Comprimento de onda", "ascii"),
    "Dutch": ("Golflengte", "ascii"),
    "Swedish": ("V\xe5gl\xe4ngd", "latin-1"),
    "Danish": ("B\xf8lgel\xe6ngde", "latin-1"),
    "Finnish": ("Aallonpituus", "ascii"),
    "Polish": ("D\u0142ugo\u015b\u0107 fali", "cp1250"),
    "Czech": ("Vlnov\xe1 d\xe9lka", "cp1250"),
    "Hungarian": ("Hull\xe1mhossz", "cp1250"),
    "Romanian": ("Lungime de und\u0103", "cp1250"),
    "Turkish": ("Dalga boyu", "ascii"),
    "Russian": ("\u0414\u043b\u0438\u043d\u0430 \u0432\u043e\u043b\u043d\u044b", "cp1251"),
    "Russian, KOI8": ("\u0434\u043b\u0438\u043d\u0430 \u0432\u043e\u043b\u043d\u044b", "koi8_r"),
    "Ukrainian": (
        "\u0414\u043e\u0432\u0436\u0438\u043d\u0430 \u0445\u0432\u0438\u043b\u0456",
        "utf-8",
    ),
    "Greek": (
        "\u039c\u03ae\u03ba\u03bf\u03c2 \u03ba\u03cd\u03bc\u03b1\u03c4\u03bf\u03c2",
        "cp1253",
    ),
    "Chinese, GBK": ("\u6ce2\u957f", "gbk"),
    "Chinese, UTF-8": ("\u6ce2\u957f", "utf-8"),
    "Chinese, Big5": ("\u6ce2\u9577", "big5"),
    "Japanese, Shift-JIS": ("\u6ce2\u9577", "shift_jis"),
    "Japanese, EUC": ("\u6ce2\u9577", "euc_jp"),
    "Korean": ("\ud30c\uc7a5", "euc_kr"),
    "Arabic": ("\u0627\u0644\u0637\u0648\u0644 \u0627\u0644\u0645\u0648\u062c\u064a", "utf-8"),
    "Thai, no word of ours": ("\u0e04\u0e27\u0e32\u0e21\u0e16\u0e35\u0e48", "utf-8"),
}
INFRARED = {
    "English": ("Infrared spectrum of toluene", "ascii"),
    "abbreviated": ("FT-IR, 32 scans", "ascii"),
    "ATR": ("ATR spectrum", "ascii"),
    "German": ("Infrarotspektrum", "ascii"),
    "French": ("Spectre infrarouge", "ascii"),
    "French, abbreviated": ("Spectre IR", "ascii"),
    "Spanish": ("Espectro infrarrojo", "ascii"),
    "Italian": ("Spettro infrarosso", "ascii"),
    "Portuguese": ("Espectro de infravermelho", "ascii"),
    "Swedish": ("infrar\xf6tt spektrum", "latin-1"),
    "Polish": ("widmo w podczerwieni", "ascii"),
    "Russian": (
        "\u0418\u041a-\u0441\u043f\u0435\u043a\u0442\u0440 \u0442\u043e\u043b\u0443\u043e\u043b\u0430",
        "cp1251",
    ),
    "Chinese": ("\u7ea2\u5916\u5149\u8c31", "gbk"),
    "Japanese": ("\u8d64\u5916\u30b9\u30da\u30af\u30c8\u30eb", "shift_jis"),
}
ABSORBANCE = ("Absorbance", "Transmittance (%)", "%T", "Extinktion", "Absorbancia", "Reflectance")
ABSORBANCE += (
    "\u5438\u5149\u5ea6",
    "\u900f\u904e\u7387",
    "\u041f\u0440\u043e\u043f\u0443\u0441\u043a\u0430\u043d\u0438\u0435",
    "Trasmittanza",
    "log(1/R)",
)
AXES = (
    "Wavelength (nm)",
    "nm",
    "x [nm]",
    "\u03bb / nm",
    "lambda",
    "wavelength_um",
    "\xb5m",
    "micron",
)
AXES += ("Frequency (THz)", "Energy (eV)", "Time (s)", "Pixel", "Raman shift (nm)", "m/z")
AXES += (
    "Stokes shift in nm",
    "Wavenumber (m-1)",
    "Shift (meV)",
    "Zeit",
    "\u65f6\u95f4",
    "\xc5ngstr\xf6m",
)
HEADERS = (
    "XAxis mode: Wavelengths",
    "X Axis: nm",
    "# x-axis unit = nanometers",
    "Abszisse: Wellenl\xe4nge",
    "Einheit: nm",
    "Unit\xe9: nm",
    "# spectrum over wavelength, in nanometers",
    "Axe X: longueur d'onde",
    "\u6a2a\u5750\u6807: \u6ce2\u957f",
    "\u041e\u0441\u044c X: \u0434\u043b\u0438\u043d\u0430 \u0432\u043e\u043b\u043d\u044b, \u043d\u043c",
    "X Units;Micrometers",
    "Y Axis: Absorbance",
    "Ordinate: %T",
    "nm",
)
_DX = "##TITLE=demo\n##JCAMP-DX=4.24\n##DATA TYPE={kind}\n##XUNITS={x}\n##YUNITS={y}\n"
_DX += "##NPOINTS={n}\n##XYDATA=(XY..XY)\n{rows}##END=\n"


def jcamp(kind: str = "RAMAN SPECTRUM", x: str = "1/CM", y: str = "COUNTS", cut: int = 0) -> bytes:
    text = _DX.format(kind=kind, x=x, y=y, n=len(SHIFTS) + cut, rows=rows(", "))
    return text.encode()


REFUSED: dict[str, bytes] = {}
for _language, (_word, _encoding) in WAVELENGTH.items():
    REFUSED[f"column, {_language}"] = rows(",", header=f"{_word},I").encode(_encoding)
    REFUSED[f"title, {_language}"] = rows("\t", header=f"Demo\n{_word} (nm)\nNote 3\nx\ty").encode(
        _encoding
    )
for _language, (_word, _encoding) in INFRARED.items():
    REFUSED[f"infrared, {_language}"] = rows(
        ",", header=f"{_word}\nwavenumber (cm-1),intensity"
    ).encode(_encoding)
for _word in ABSORBANCE:
    REFUSED[f"intensity, {_word}"] = rows(",", header=f"Wavenumber (cm-1),{_word}").encode()
for _word in AXES:
    REFUSED[f"axis, {_word}"] = rows(";", header=f"{_word};counts").encode()
for _word in HEADERS:
    REFUSED[f"header, {_word}"] = rows("\t", header=f"Demo\n{_word}\nUser: me\nx\ty").encode()
    REFUSED[f"header alone, {_word}"] = rows(" ", header=f"{_word}\n").encode()
REFUSED |= {
    "LabSpec in nm": rows("\t", header=LABSPEC.replace("1/cm", "nm")).encode("latin-1"),
    "OceanView in nm": rows("\t", header=OCEANVIEW.replace("Raman Shifts", "Wavelengths")).encode(),
    "name and header contradict each other": rows(
        ",", header="X axis: wavelength in nm\nRaman shift (cm-1),counts"
    ).encode(),
    "below the numbers": rows(",", header="x,y", footer="X axis: wavelength (nm)\n").encode(),
    "several points of a map": rows(
        "\t", header="#X\t#Y\t#Wave\t#Intensity", form="{i}{s}0.0{s}{x:.3f}{s}{y:.2f}"
    ).encode(),
    "several spectra, nothing chosen": rows(
        ",", header="shift,vial 1,vial 2", form="{x:.3f}{s}{y:.2f}{s}{i}"
    ).encode(),
    "two spectra, one below the other": (rows(",", header="shift,I") * 2).encode(),
    "axes swapped, no names": rows(",", form="{y:.2f}{s}{x:.3f}").encode(),
    "a hole in the middle": rows(",").replace("1003.", "nan,1003.", 1).encode(),
    "JCAMP-DX, infrared": jcamp(kind="INFRARED SPECTRUM"),
    "JCAMP-DX, micrometres": jcamp(x="MICROMETERS"),
    "JCAMP-DX, no unit": jcamp(x="ARBITRARY UNITS"),
    "JCAMP-DX, absorbance": jcamp(y="ABSORBANCE"),
    "JCAMP-DX, cut short": jcamp(cut=3),
    "JCAMP-DX, two blocks": jcamp() * 2,
    "JCAMP-DX, peaks": jcamp().replace(b"##XYDATA=(XY..XY)", b"##PEAK TABLE=(XY..XY)"),
    "a workbook": b"PK\x03\x04" + b"\0" * 22 + b"xl/workbook.xml" + bytes(range(256)),
    "OPUS, binary": b"\x0a\x0a\xfe\xfe" + bytes(range(256)),
}
