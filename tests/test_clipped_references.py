"""A clipped measurement becomes no reference: not in the field, and not in training."""

from pathlib import Path

import numpy as np
import pytest

from device.cli.main import run_command
from device.field_library.compound import UnusableReference, field_compound
from device.spectra.files.reading import read_spectrum
from device.spectra.spectrum import Spectrum
from tests.clipped import DATA, clipped_files
from train.library.check import LibraryProblems
from train.library.references import load_library

TOLUENE = DATA / "solvents13" / "components" / "Toluene.txt"
TOP = 'name = "mine"\nresolution_cm1 = 9.0\ndata_license = "mine"\nfolder = "spectra"\n'


def exposed(times: float, axis: str = "native") -> Spectrum:
    """Raw minus dark of toluene, its strongest line so many times the detector's full scale."""
    (spectrum,) = (
        file.spectrum for file in clipped_files([TOLUENE], (times,), (10.0,)) if file.axis == axis
    )
    return spectrum


def save(spectrum: Spectrum, path: Path) -> Path:
    columns = np.c_[spectrum.wavenumber_cm1, spectrum.intensity]
    np.savetxt(path, columns, delimiter=",", fmt="%.3f")
    return path


@pytest.mark.parametrize("axis", ["native", "1 cm-1", "2 cm-1"])
def test_a_field_reference_with_a_clipped_line_is_refused(axis: str) -> None:
    assert field_compound(exposed(0.9, axis), name="liquid").name == "liquid"  # negative control
    with pytest.raises(UnusableReference, match="flat top") as caught:
        field_compound(exposed(2.0, axis), name="liquid")
    assert "integration time" in caught.value.remedy


def test_library_add_says_so_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    clipped = save(exposed(2.0), tmp_path / "clipped.csv")
    assert run_command(["library", "add", str(clipped), "--name", "liquid"]) == 1
    assert "The strongest line has a flat top" in capsys.readouterr().err
    assert run_command(["library", "list", "--json"]) == 0
    assert '"compounds": []' in capsys.readouterr().out
    whole = save(exposed(0.9), tmp_path / "whole.csv")
    assert run_command(["library", "add", str(whole), "--name", "liquid"]) == 0


def test_a_reference_from_acquire_is_judged_by_its_raw_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    saved = str(tmp_path / "saved.csv")
    port = ["--port", f"sim:replay={TOLUENE}&model=none", "-o", saved, "--force"]
    for time_ms, code in (("5000", 1), ("1000", 0)):
        assert run_command(["acquire", *port, "--integration-time", time_ms]) == 0
        assert run_command(["library", "add", saved, "--name", "liquid"]) == code
    assert "The detector is saturated" in capsys.readouterr().err


@pytest.mark.parametrize(("times", "refused"), [(2.0, True), (0.9, False)])
def test_training_refuses_a_clipped_reference(times: float, refused: bool, tmp_path: Path) -> None:
    (tmp_path / "spectra").mkdir()
    save(exposed(times), tmp_path / "spectra" / "toluene.csv")
    ethanol = read_spectrum(TOLUENE.with_name("ethanol.txt"))
    save(ethanol, tmp_path / "spectra" / "ethanol.csv")
    compounds = ("toluene", "ethanol")
    body = "".join(f'[[compound]]\nname = "{name}"\n' for name in compounds)
    (tmp_path / "mine.toml").write_text(TOP + body)
    if not refused:
        assert load_library(str(tmp_path / "mine.toml")).names == compounds
        return
    with pytest.raises(LibraryProblems) as caught:
        load_library(str(tmp_path / "mine.toml"))
    (problem,) = caught.value.problems
    assert problem.startswith("toluene: toluene.csv: The strongest line has a flat top")
