"""What a file says of its axis in another line, script or language counts, its laser's does not.

Each refused file is the readable one beside it, with a line, a name or a sign changed.
"""

import pytest

from device.spectra.files.choices import Choices
from device.spectra.files.reading import SpectrumFileError, spectrum_of
from device.spectra.files.source import Source
from device.spectra.spectrum import Spectrum
from tests.refused_kinds import jcamp
from tests.spectrum_kinds import (
    COUNTS,
    FIXTURES,
    LASER_NM,
    SHIFTS,
    WAVELENGTHS,
    closeness,
    commas,
    rows,
)


def read(text: str, choices: Choices | None = None) -> Spectrum:
    return spectrum_of(Source("sample.txt", text.encode()), choices or Choices())


def refusal(text: str) -> SpectrumFileError:
    with pytest.raises(SpectrumFileError) as caught:
        read(text)
    return caught.value


def is_read(text: str) -> bool:
    spectrum = read(text)
    return closeness(spectrum.wavenumber_cm1) < 1.0 and abs(
        float(spectrum.intensity.max()) - max(COUNTS)
    ) < 0.05 * max(COUNTS)


LOW, HIGH = round(SHIFTS[0]), round(SHIFTS[-1])


@pytest.mark.parametrize(
    "name",
    [
        "Spectral position (nm)",
        "Spectrometer axis [nm]",
        "Signal wavelength",
        "Ｗａｖｅｌｅｎｇｔｈ（ｎｍ）",
        "lambda_nm",
        "周波数",
        "주파수 (THz)",
        "頻率",
        "Absolute wave number",
        "Wavenumbers (absolute)",
        "ms",
        "px",
        "\xb0C",
        "\xc9nergie (eV)",
    ],
)
def test_a_column_of_another_quantity_is_no_raman_shift(name: str) -> None:
    assert "must be Raman shift" in refusal(rows(";", header=f"{name};Counts")).text


@pytest.mark.parametrize(
    "name",
    ["Ｒａｍａｎ ｓｈｉｆｔ（ｃｍ－１）", "Spectral shift (cm-1)", "波数 (cm-1)", "Energy (cm-1)"],
)
def test_these_names_are_a_raman_shifts(name: str) -> None:
    assert is_read(rows(";", header=f"{name};Counts"))


@pytest.mark.parametrize(
    "line",
    [
        f"Range: {LOW} - {HIGH} nm",
        f"Scan from {LOW} nm to {HIGH} nm",
        f"Plage (nm) ; {LOW} ; {HIGH}",
        f"Диапазон: {LOW}-{HIGH} нм",
        f"範囲：{LOW}～{HIGH}ｎｍ",
        f"Beginn: {LOW} nm\nEnde: {HIGH} nm",
        f"lambda_min = {LOW}",
        "Ｘ axis: ｎｍ",
        "Abszisse: Energie",
        "Axe X : \xe9nergie",
        "X tengely: pixel",
    ],
)
@pytest.mark.parametrize("named", [False, True], ids=["no names", "names"])
def test_a_line_that_gives_the_axis_in_another_unit_is_enough(line: str, named: bool) -> None:
    if named and not line.startswith("lambda"):
        header = f"Demo\n{line}\nRaman shift (cm-1)\tCounts"
        assert "one of them is wrong" in refusal(rows("\t", header=header)).text
    assert "must be Raman shift" in refusal(rows("\t", header=f"Demo\n{line}\nDate: x")).text
    assert "must be Raman shift" in refusal(rows("\t", footer=f"{line}\n")).text


@pytest.mark.parametrize(
    "line",
    [
        "Spectrometer range: 790-1050 nm",
        "Particles of 250 nm",
        f"Range: {LOW} - {HIGH} cm-1 (800 - 980 nm)",
        "Center wavelength: 850 nm",
        "Laser wavelength: 785 nm",
        "Laserwellenl\xe4nge: 785 nm",
        "激光波长: 785 nm",
        "Длина волны: 785 нм",
        "X (\xb5m): 12.5",
        "Vertical binning: 4",
        "Lambda Solutions",
    ],
)
def test_other_lengths_say_nothing_of_the_axis_also_right_above_the_numbers(line: str) -> None:
    assert is_read(rows("\t", header=line))
    assert is_read(rows("\t", header=f"{line}\nRaman shift (cm-1)\tCounts"))


@pytest.mark.parametrize(
    "line",
    [
        "Type: IR",
        "Methode;MIR",
        "IR",
        "Spettro IR",
        "Widmo IR",
        "Mid-IR",
        "Фурье-спектрометр ИК",
        "ＦＴＩＲ",
        "%T",
        "Vertical axis\tAbs",
        "yaxis=OD",
        "Ordinate: T",
        "Absorptiespectrum",
        "Apsorpcija",
        "Remission",
        "R\xe9flexion",
        "Emission spectrum",
        "Spectre de fluorescence",
    ],
)
def test_another_kind_of_spectrum_is_told_by_any_line(line: str) -> None:
    for text in (
        rows("\t", header=f"{line}\nDate: x\ncm-1\tI"),
        rows("\t", header="cm-1\tI", footer=f"{line}\n"),
    ):
        error = refusal(text)
        assert "not a Raman spectrum" in error.text
        assert "`Raman spectrum`" in str(error.remedy)
        assert is_read("Raman spectrum\n" + text)


@pytest.mark.parametrize("line", ["User: Ir. de Vries", "Sample: IR780", "Glass filter: IR"])
def test_ir_as_a_part_of_something_else_is_no_infrared(line: str) -> None:
    assert is_read(rows("\t", header=f"{line}\ncm-1\tI"))


@pytest.mark.parametrize("name", ["T", "R", "E", "OD", "Refl.", "Trans", "-log R"])
def test_a_symbol_of_absorption_counts_beside_wavenumbers_and_is_a_sample_beside_a_shift(
    name: str,
) -> None:
    assert "absorption spectrum" in refusal(rows(",", header=f"Wavenumber (cm-1),{name}")).text
    assert is_read(rows(",", header=f"Raman shift (cm-1),{name}"))
    assert is_read(rows(",", header=f"# Raman, 785 nm\nWavenumber (cm-1),{name}"))


# --- numbers as spreadsheets of a country write them ----------------------------------------

WHOLE = [(round(x), round(y)) for x, y in zip(SHIFTS, COUNTS, strict=True)]


@pytest.mark.parametrize(
    ("sign", "separator"), [(".", ";"), (",", "\t"), ("\xa0", ";"), ("’", ";")]
)
@pytest.mark.parametrize("descending", [False, True], ids=["rising", "falling"])
def test_thousands_are_set_apart_in_whole_numbers(
    sign: str, separator: str, descending: bool
) -> None:
    points = WHOLE[::-1] if descending else WHOLE
    text = "\n".join(f"{x:,}{separator}{y:,}".replace(",", sign) for x, y in points)
    assert is_read(f"Raman shift{separator}Counts\n{text}\n")


def test_a_decimal_comma_in_one_column_makes_the_point_of_the_other_a_group() -> None:
    text = "\n".join(
        commas(f"{x:.2f}") + ";" + f"{y:,}".replace(",", ".")
        for x, (_, y) in zip(SHIFTS, WHOLE, strict=True)
    )
    assert is_read(f"Raman shift;Counts\n{text}\n")


# --- axes that count, rows that are columns -------------------------------------------------


@pytest.mark.parametrize("start", [0, 1])
def test_an_axis_that_counts_rows_is_a_shift_only_if_a_person_says_so(start: int) -> None:
    text = rows(",", axis=[float(start + i) for i in range(len(SHIFTS))], form="{x:.0f}{s}{y}")
    assert "counts pixels or rows" in refusal(text).text
    assert read(text, Choices(axis_column="1")).wavenumber_cm1[0] == start
    assert read("Raman shift,I\n" + text).wavenumber_cm1[0] == start


def test_a_spectrum_in_one_row_is_told_so_and_costs_no_search() -> None:
    for columns, problem in ((1500, "one point in each line"), (2040, "no single spectrum")):
        line = "\t".join(f"{x:.2f}" for x in SHIFTS[:columns])
        error = refusal(f"shift\t{line}\ncounts\t{line}\n")
        assert problem in error.text
        assert "Turn rows into columns" in str(error.remedy)


def test_enlighten_with_wavelengths_alone_is_converted_by_the_laser_it_states() -> None:
    header = "ENLIGHTEN Version,4.1.6\nLaser Wavelength,785\n\nPixel,Wavelength,Processed"
    text = rows(",", header=header, axis=WAVELENGTHS, form="{i}{s}{x:.4f}{s}{y:.2f}")
    assert f"--excitation {LASER_NM:g}" in str(refusal(text).remedy)
    converted = read(text, Choices(excitation_nm="header"))
    assert closeness(converted.wavenumber_cm1) < 0.5


def test_a_native_file_without_its_pixel_column_is_read_by_the_names() -> None:
    header = (
        "File Version;BWSpec4.02\nlaser_wavelength;785\nStartWL;787\nRaman Shift;Dark Subtracted #1"
    )
    assert is_read(rows(";", header=header))


# --- JCAMP-DX and SPC -----------------------------------------------------------------------


def test_a_label_of_jcamp_that_says_absorbance_contradicts_raman() -> None:
    text = jcamp().decode().replace("##YUNITS", "##YLABEL=Absorbance\n##YUNITS")
    assert "##YLABEL= is 'Absorbance': not a Raman spectrum" in refusal(text).text


def test_spc_of_a_fourier_spectrometer_in_wavenumbers_must_say_that_it_is_raman() -> None:
    data = bytearray((FIXTURES / "galactic_new_lsb.spc").read_bytes())
    technique, axis_type, comment = 2, 28, 88
    data[technique], data[axis_type] = 4, 1
    with pytest.raises(SpectrumFileError, match="FT-IR or FT-Raman in wavenumbers"):
        spectrum_of(Source("sample.spc", bytes(data)))
    shift, memo = bytearray(data), bytearray(data)
    shift[axis_type] = 13
    memo[comment : comment + 9] = b"FT-Raman\0"
    for said in (shift, memo):
        spectrum = spectrum_of(Source("sample.spc", bytes(said)))
        assert spectrum.wavenumber_cm1[[0, -1]].tolist() == [300.0, 2500.0]
