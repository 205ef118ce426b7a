"""A bundle decides its grid: gate, fit, reasons, curves and field compounds follow, or refuse.

`tiny-narrow` has a network for 400-1800 cm-1; moving the range of `tiny-2` moves its compounds.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.answer.identifier import Identifier
from device.answer.proof import prove
from device.cli.main import run_command
from device.driver.auto_exposure import pixels_of_interest
from device.field_library.compound import field_compound
from device.inference.bundle import Bundle, read_bundle, read_bundle_file
from device.inference.errors import ProductMismatch
from device.inference.trust import default_trust_policy
from device.show.curves import fit_curves
from device.spectra.needed_range import needed_cm1
from device.spectra.quality import check
from device.spectra.resampling import MODEL_GRID, WavenumberGrid
from device.spectra.spectrum import Floats, Spectrum, to_grid
from device.verdict.identification import Verdict
from tests.sample_answers import acquired_spectrum
from tests.tiny_bundles import (
    FIXTURES,
    signed_unchecked,
    tiny_parts,
    tiny_variant,
    with_digests,
)

NARROW = FIXTURES / "tiny-narrow.ramix"
A, B = (620.0, 1000.0, 1600.0), (780.0, 1210.0, 1450.0)  # cm-1, as build_tiny_models.py has them


def narrow() -> Bundle:
    return read_bundle_file(NARROW, default_trust_policy())


def moved(first_cm1: float) -> Bundle:
    """tiny-2 with every line of its compounds `first_cm1` - 300 further up."""
    grid = {"first_cm1": first_cm1, "last_cm1": first_cm1 + 2200.0, "step_cm1": 1.0}
    manifest, references = tiny_parts(2)
    manifest = with_digests(manifest | {"grid": grid}, references)
    return read_bundle(signed_unchecked(manifest, references), default_trust_policy())


def measured(*parts: tuple[float, tuple[float, ...]], first: float, last: float) -> Spectrum:
    axis = np.arange(first, last + 1.0)
    intensity = np.full(len(axis), 500.0)
    for amount, lines in parts:
        for rank, line in enumerate(lines):
            intensity += 1e4 * amount * (1.0 - 0.2 * rank) / (1.0 + ((axis - line) / 6.0) ** 2)
    noise = np.random.default_rng(3).normal(0.0, 20.0, len(axis))
    return Spectrum(axis, intensity + noise, source="x.csv")


def names(identifier: Identifier, spectrum: Spectrum) -> list[str]:
    return [one.name for one in identifier.identify(spectrum).identification.components]


def test_a_model_of_another_range_identifies_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    spectrum = measured((0.6, A), (0.4, B), first=350.0, last=2000.0)
    file = tmp_path / "vial.csv"
    rows = zip(spectrum.wavenumber_cm1, spectrum.intensity, strict=True)
    file.write_text("\n".join(f"{x},{y}" for x, y in rows))
    words = ["identify", "--file", str(file), "--model", str(NARROW), "--json"]
    assert run_command(words) == 0
    result = json.loads(capsys.readouterr().out)
    shares = {one["name"]: one["signal_share"] for one in result["components"]}
    assert shares == pytest.approx({"fixture A": 0.6, "fixture B": 0.4}, abs=0.02)


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        (400.0, 1800.0, Verdict.IDENTIFIED),
        (500.0, 1800.0, Verdict.IDENTIFIED),
        (600.0, 1700.0, Verdict.IDENTIFIED),  # every line is there
        (900.0, 1800.0, Verdict.NO_RESULT),  # the highest line of either compound is not
        (400.0, 1100.0, Verdict.NO_RESULT),
    ],
)
def test_the_gate_asks_for_most_of_the_librarys_lines(
    first: float, last: float, verdict: Verdict
) -> None:
    found = Identifier(narrow()).identify(measured((1.0, A), first=first, last=last)).identification
    assert found.verdict is verdict
    assert [reason.code for reason in found.reasons] == (
        ["range"] if verdict is Verdict.NO_RESULT else []
    )


def test_a_grid_beyond_the_spectrum_gives_no_result() -> None:
    answer = Identifier(moved(1900.0)).identify(measured((1.0, A), first=300.0, last=1850.0))
    (reason,) = answer.identification.reasons
    assert answer.identification.verdict is Verdict.NO_RESULT
    assert reason.code == "range" and "shows 0% of the library's lines" in reason.text


def test_what_is_needed_is_intersected_with_the_grid() -> None:
    assert needed_cm1(MODEL_GRID) == (500.0, 1800.0)
    assert needed_cm1(WavenumberGrid(600.0, 1500.0)) == (600.0, 1500.0)
    assert needed_cm1(WavenumberGrid(1800.0, 2500.0)) == (1800.0, 2500.0)


def test_a_moved_range_moves_the_compounds_and_what_is_said_of_the_rest() -> None:
    identifier = Identifier(moved(200.0))
    prove(identifier.bundle)
    lines = tuple(line - 100.0 for line in A)
    spectrum = measured((1.0, lines), (0.6, (1955.0,)), first=200.0, last=2400.0)
    found = identifier.identify(spectrum).identification
    assert [one.name for one in found.components] == ["fixture A"]
    (reason,) = found.reasons
    assert reason.code == "unexplained_signal"
    near = float(reason.text.split("near ")[1].split()[0])
    assert near == pytest.approx(1955.0, abs=3.0)
    # negative control: on the default grid these lines are nobody's
    unmoved = Identifier(moved(300.0))
    assert names(unmoved, spectrum) == []


def test_curves_are_drawn_over_the_models_own_axis() -> None:
    identifier = Identifier(narrow())
    answer = identifier.identify(measured((1.0, A), first=300.0, last=2000.0))
    fit = answer.identification.fit
    assert fit is not None
    references: Floats = identifier.bundle.references.astype(np.float64)
    curves = fit_curves(answer.gridded, fit, references, ["fixture A", "fixture B"])
    assert curves.wavenumber_cm1.tolist() == narrow().manifest.grid.wavenumber_cm1.tolist()
    top = curves.wavenumber_cm1[np.argmax(curves.components["fixture A"])]
    assert top == pytest.approx(620.0, abs=1.0)


def test_saturation_counts_within_the_models_range_alone() -> None:
    spectrum = measured((1.0, A), first=300.0, last=2500.0)
    saturated = np.zeros(len(spectrum.intensity), dtype=np.bool_)
    saturated[1800:1803] = True  # 2100 cm-1
    spectrum = replace(spectrum, saturated=saturated)
    assert not check(spectrum, to_grid(spectrum, narrow().manifest.grid))
    (reason,) = check(spectrum, to_grid(spectrum))
    assert reason.code == "saturated"


def test_the_exposure_is_found_within_the_models_range() -> None:
    page = acquired_spectrum().raw
    assert page is not None
    axis = page.calibration.wavenumber_cm1()
    inside = axis[pixels_of_interest(page.calibration, narrow().manifest.grid)]
    assert inside.min() >= 400.0 and inside.max() <= 1800.0
    wider = axis[pixels_of_interest(page.calibration)]
    assert wider.min() < 400.0 and wider.max() > 1800.0


def test_a_field_compound_follows_the_models_grid() -> None:
    other = (700.0, 900.0, 1100.0)
    entry = field_compound(measured((1.0, other), first=300.0, last=2500.0), name="other")
    identifier = Identifier(narrow(), field_compounds=[entry])
    assert identifier.notices == ()
    mixture = measured((0.5, A), (0.5, other), first=350.0, last=2000.0)
    assert sorted(names(identifier, mixture)) == ["fixture A", "other"]
    assert names(Identifier(narrow()), mixture) != ["fixture A", "other"]  # negative control


def test_a_field_compound_measured_elsewhere_is_left_out_and_said() -> None:
    entry = field_compound(measured((1.0, B), first=500.0, last=1800.0), name="other")
    far = Identifier(moved(1900.0), field_compounds=[entry])
    assert far.field_compounds == ()
    (notice,) = far.notices
    assert "other" in notice and "grid" in notice and "ramix library remove" in notice


def test_adding_one_that_the_model_cannot_take_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    spectrum = measured((1.0, B), first=300.0, last=1800.0)
    file = tmp_path / "pure.csv"
    rows = zip(spectrum.wavenumber_cm1, spectrum.intensity, strict=True)
    file.write_text("\n".join(f"{x},{y}" for x, y in rows))
    manifest, references = tiny_parts(2)
    manifest["grid"] = {"first_cm1": 1900.0, "last_cm1": 4100.0, "step_cm1": 1.0}
    model = tmp_path / "far.ramix"
    model.write_bytes(signed_unchecked(with_digests(manifest, references), references))
    for name, path, warnings in (("one", model, 1), ("two", NARROW, 2)):
        words = ["library", "add", str(file), "--name", name, "--model", str(path), "--json"]
        assert run_command(words) == 0
        found = json.loads(capsys.readouterr().out)["warnings"]
        assert len(found) == warnings, found
        if path == model:
            assert found[0].startswith("Not used with tiny-2: The spectrum covers 300 to 1800")


def test_another_step_is_refused_when_read() -> None:
    grid = {"first_cm1": 300.0, "last_cm1": 4700.0, "step_cm1": 2.0}  # 2,201 points, too
    with pytest.raises(ProductMismatch, match="steps of 2 cm-1"):
        tiny_variant(2, grid=grid)
