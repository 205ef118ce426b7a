"""What a header says of sample, person, place or laser keeps no Raman spectrum from being read.

Each is beside the line that must be refused: the words are the same, what they are said of is not.
"""

import pytest

from device.spectra.files.choices import Choices
from device.spectra.files.reading import SpectrumFileError, spectrum_of
from device.spectra.files.source import Source
from tests.spectrum_kinds import WAVELENGTHS, closeness, rows

SHIFT, WAVENUMBER, NO_NAMES = "Raman shift (cm-1)\tCounts", "cm-1\tI", "Date: 2026-01-03"


def is_read(header: str) -> bool:
    source = Source("sample.txt", rows("\t", header=header).encode())
    return closeness(spectrum_of(source, Choices()).wavenumber_cm1) < 1.0


def refusal(header: str, axis: list[float] | None = None) -> str:
    source = Source("sample.txt", rows("\t", header=header, axis=axis).encode())
    with pytest.raises(SpectrumFileError) as caught:
        spectrum_of(source, Choices())
    return caught.value.text


@pytest.mark.parametrize(
    "line",
    [
        "Sample: infrared dye",
        "Sample\tmethanol for HPLC, chromatography grade",
        "Sample: toluene-d8, NMR solvent",
        "Sample name: UV-Vis cuvette",
        "Substrate: silicon, reflective",
        "Comment: fluorescence spectrum subtracted",
        "Bemerkung: Vergleich mit FTIR",
        "File: C:\\lab\\FTIR\\toluene.csv",
        "試料; 赤外用KBr",
    ],
)
def test_what_a_remark_says_counts_only_where_no_column_is_called_raman_shift(line: str) -> None:
    assert is_read(f"{line}\n{SHIFT}")
    assert "not a Raman spectrum" in refusal(f"{line}\n{WAVENUMBER}")
    assert is_read(f"{line}\nRaman, 785 nm\n{WAVENUMBER}")


@pytest.mark.parametrize("line", ["Infrared", "Type: IR", "Technique: ATR", "Absorption"])
def test_a_line_that_is_no_remark_contradicts_a_column_called_raman_shift(line: str) -> None:
    assert "not a Raman spectrum" in refusal(f"{line}\n{SHIFT}")


@pytest.mark.parametrize(
    "line",
    [
        "Operator: I.R.",
        "Operator;I.R.",
        "Institut f\xfcr Infrarotspektroskopie",
        "Institute of Infrared Optics",
        "Lab: NMR facility",
        "Department of Chemistry, Mass Spectrometry Group",
    ],
)
@pytest.mark.parametrize("names", [SHIFT, WAVENUMBER, NO_NAMES])
def test_who_measured_and_where_says_nothing_of_the_spectrum(line: str, names: str) -> None:
    assert is_read(f"{line}\n{names}")
    assert is_read(line)


@pytest.mark.parametrize("line", ["Institute IR spectrum of toluene", "Department: IR spectra"])
def test_a_place_does_not_hide_that_it_is_an_infrared_spectrum(line: str) -> None:
    assert "not a Raman spectrum" in refusal(f"{line}\n{WAVENUMBER}")


@pytest.mark.parametrize(
    "line",
    [
        "Sample: water absorbed on silica",
        "Sample: ethanol, spectroscopy grade",
        "Detector: InGaAs, NIR enhanced",
        "Grating: 600 gr/mm, blaze 750 nm",
        "Baseline: polynomial, order 5",
        "Comment: after 5 minutes in the sun",
        "Project: energy storage",
        "样品: 甲苯",
        "Образец: толуол",
        "Wavelength 785",
        "Wavelength calibration: Ne",
        "Wellenl\xe4ngenkalibrierung: Neon",
    ],
)
def test_a_property_right_above_two_columns_names_none_of_them(line: str) -> None:
    assert is_read(line)
    assert is_read(f"{line}\n{WAVENUMBER}")


@pytest.mark.parametrize(
    "line",
    [
        "Wavelength 300",
        "Wavelength calibrated [nm]",
        "Wellenl\xe4nge (kalibriert)",
        "x: Wavelength, y: Counts",
        "Sample: toluene\n波长",
        "Comment: wavelength in nm",
        "Project: spectrum over wavelength (nm)",
        "Title: intensity against wavelength",
    ],
)
def test_a_line_that_names_the_wavelength_is_believed_wherever_it_is_said(line: str) -> None:
    assert "must be Raman shift" in refusal(line, WAVELENGTHS)


@pytest.mark.parametrize("quantity", ["Absorbance", "Transmittance", "%T"])
def test_an_ordinate_of_absorption_outweighs_raman_in_a_files_name(quantity: str) -> None:
    header = f"Data from RAMAN_001.txt\nXAxis mode: Raman Shifts\nYAxis mode: {quantity}"
    assert "absorption spectrum" in refusal(header)
    assert is_read(f"{header}\nRaman spectrum")


def test_infrared_beside_the_resolution_of_the_axis_is_told() -> None:
    assert "not a Raman spectrum" in refusal(f"Resolution 4 cm-1, FTIR\n{WAVENUMBER}")
