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
    "Russian": ("Длина волны", "cp1251"),
    "Russian, KOI8": ("длина волны", "koi8_r"),
    "Ukrainian": (
        "Довжина хвилі",
        "utf-8",
    ),
    "Greek": (
        "Μήκος κύματος",
        "cp1253",
    ),
    "Chinese, GBK": ("波长", "gbk"),
    "Chinese, UTF-8": ("波长", "utf-8"),
    "Chinese, Big5": ("波長", "big5"),
    "Japanese, Shift-JIS": ("波長", "shift_jis"),
    "Japanese, EUC": ("波長", "euc_jp"),
    "Korean": ("파장", "euc_kr"),
    "Arabic": ("الطول الموجي", "utf-8"),
    "Thai, no word of ours": ("ความถี่", "utf-8"),
}
# Languages of which no word is known here: the name is none of a Raman shift, and that decides.
UNKNOWN_NAMES: tuple[str, ...] = (
    "Tonnfhad",
    "Bylgjulengd",
    "Uhin-luzera",
    "Longitud d'ona",
    "Viļņa garums",
    "Gjatësia e valës",
    "Haba ng alon",
    "Urefu wa wimbi",
    "Ondolongo",
    "Ubude begagasi",
    "lmbd",
    "Wave\xadlength",
    "nms",
    "n.m.",
)
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
        "ИК-спектр толуола",
        "cp1251",
    ),
    "Chinese": ("红外光谱", "gbk"),
    "Japanese": ("赤外スペクトル", "shift_jis"),
    "Icelandic": ("Innrautt litr\xf3f", "latin-1"),
    "Irish": ("Speictream infridhearg", "ascii"),
    "Croatian": ("Infracrveni spektar", "ascii"),
    "Indonesian": ("Spektrum inframerah", "ascii"),
    "Bulgarian": ("Инфрачервен спектър", "cp1251"),
    "Ukrainian": ("Інфрачервоний спектр", "cp1251"),
    "Persian": ("طیف فروسرخ", "utf-8"),
    "Hebrew": ("ספקטרום אינפרא אדום", "utf-8"),
    "Hindi": ("अवरक्त स्पेक्ट्रम", "utf-8"),
    "Vietnamese": ("Phổ hồng ngoại", "utf-8"),
    "dotted": ("F.T.I.R. spectrum", "ascii"),
}
ABSORBANCE: tuple[str, ...] = (
    "Absorbance",
    "Transmittance (%)",
    "%T",
    "Extinktion",
    "Absorbancia",
    "Reflectance",
)
ABSORBANCE += (
    "吸光度",
    "透過率",
    "Пропускание",
    "Trasmittanza",
    "log(1/R)",
    "A",
    "Abs.",
    "%Trans",
    "T (%)",
    "K-M",
    "O.D.",
    "Absorpcja",
    "Abszorbancia",
    "Soğurma",
    "Läpäisy",
    "Απορρόφηση",
    "Độ hấp thụ",
)
AXES: tuple[str, ...] = (
    "t / s",
    "delay (ps)",
    "WL",
    "Position (mm)",
    "Nanom\xe8tres",
    "q (1/nm)",
    "2θ (deg)",
    "Wavelength (nm)",
    "nm",
    "x [nm]",
    "λ / nm",
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
    "时间",
    "\xc5ngstr\xf6m",
)
HEADERS = (
    "XAxis mode: Wavelengths",
    "x_unit: nm",
    "units: [nm, counts]",
    "# columns: wavelength, intensity",
    "Data in nm",
    "Unit\xe9 de l'axe X: nanom\xe8tres",
    "Abscissa (nm)",
    "X轴：波长（纳米）",
    "横軸\t波長",
    "Raman intensity over wavelength",
    "# Stokes shift in nm",
    "Spectral axis: \xb5m",
    "Wellenl\xe4nge in Nanometern",
    "X Axis: nm",
    "# x-axis unit = nanometers",
    "Abszisse: Wellenl\xe4nge",
    "Einheit: nm",
    "Unit\xe9: nm",
    "# spectrum over wavelength, in nanometers",
    "Axe X: longueur d'onde",
    "横坐标: 波长",
    "Ось X: длина волны, нм",
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
for _word in UNKNOWN_NAMES:
    REFUSED[f"unknown name, {_word}"] = rows(",", header=f"{_word},counts").encode()
for _language, (_word, _encoding) in INFRARED.items():
    REFUSED[f"infrared alone, {_language}"] = rows(" ", header=_word).encode(_encoding)
    REFUSED[f"infrared beside, {_language}"] = rows(
        ";", header=f"Wavenumber [cm-1];{_word}"
    ).encode(_encoding)
    REFUSED[f"infrared above Raman shift, {_language}"] = rows(
        ",", header=f"{_word}\nRaman shift (cm-1),intensity"
    ).encode(_encoding)
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
    "JCAMP-DX, a label that contradicts its unit": jcamp().replace(
        b"##YUNITS", b"##XLABEL=Wavelength (nm)\n##YUNITS"
    ),
    "JCAMP-DX, peaks": jcamp().replace(b"##XYDATA=(XY..XY)", b"##PEAK TABLE=(XY..XY)"),
    "a workbook": b"PK\x03\x04" + b"\0" * 22 + b"xl/workbook.xml" + bytes(range(256)),
    "OPUS, binary": b"\x0a\x0a\xfe\xfe" + bytes(range(256)),
}
