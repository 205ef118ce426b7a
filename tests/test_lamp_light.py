"""Light of a lamp in the lit frame alone: its lines are known, and named for no substance."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from device.answer.identifier import Identifier
from device.inference.bundle import read_bundle_file
from device.inference.trust import default_trust_policy
from device.installation import shipped_models_dir
from device.spectra.files.bwtek import BwtekFile, read_bwtek
from device.spectra.lamp_light import with_lamps
from device.spectra.spectrum import Spectrum, to_grid
from device.verdict.identification import Identification, Verdict
from firmware_bridge.lamp_lines import ARGON_AIR_NM, NEON_AIR_NM, vacuum_from_air_nm

Floats = npt.NDArray[np.float64]

DATA = Path(__file__).parents[1] / "data"


@cache
def identifier(name: str = "solvents13-2") -> Identifier:
    bundle = read_bundle_file(shipped_models_dir() / f"{name}.ramix", default_trust_policy())
    return Identifier(bundle)


@cache
def native(name: str) -> BwtekFile:
    return read_bwtek(DATA / "solvents13" / "components" / f"{name}.txt")


def lamp(file: BwtekFile, lines: tuple[tuple[float, float], ...], in_air: bool = False) -> Floats:
    """[pixels], the strongest line 1 high; each line as high as that of another lamp."""
    axis, laser_nm = file.calibration.wavenumber_cm1(), file.calibration.excitation_nm
    rng = np.random.default_rng(3)
    light = np.zeros(len(axis))
    for air_nm, height in lines:
        nm = air_nm if in_air else vacuum_from_air_nm(air_nm)
        apart = axis - (1e7 / laser_nm - 1e7 / nm)
        light += height * np.exp(0.3 * rng.normal()) * np.exp(-0.5 * np.square(apart / 3.8))
    result: Floats = np.nan_to_num(light / np.nanmax(light))
    return result


def real_lamp(file: BwtekFile) -> Floats:
    """A neon lamp as another instrument recorded it, on this one's pixels."""
    recorded = read_bwtek(DATA / "charisma785" / "Ne_785nm_x20_50ms.txt")
    inside = recorded.calibration.valid_range
    counts = np.maximum(recorded.raw_counts - recorded.dark_counts, 0.0)[inside]
    seen_nm, axis = file.calibration.wavelength_nm(), file.calibration.wavenumber_cm1()
    light = np.interp(seen_nm, recorded.calibration.wavelength_nm()[inside], counts)
    light[~(axis > 280.0)] = 0.0  # without the laser's own line
    result: Floats = light / light.max()
    return result


def lit(name: str, part: float, light: Floats) -> Spectrum:
    """A pure liquid at a part of its counts, with such a light in the lit frame alone."""
    file, rng = native(name), np.random.default_rng(11)
    signal = part * np.maximum(file.raw_counts - file.dark_counts, 0.0) + light
    noise = rng.normal(size=len(signal)) * np.sqrt(20.0 + signal / 4.0)
    return replace(file, raw_counts=np.rint(file.dark_counts + signal + noise)).to_spectrum()


def answer(spectrum: Spectrum, model: str = "solvents13-2") -> Identification:
    return identifier(model).identify(spectrum).identification


def named(found: Identification) -> set[str]:
    return {component.name for component in found.components}


def codes(found: Identification) -> list[str]:
    return [reason.code for reason in found.reasons]


LIGHTS = {
    "neon": lamp(native("Toluene"), NEON_AIR_NM),
    "argon": lamp(native("Toluene"), ARGON_AIR_NM),
    "argon, axis in air": lamp(native("Toluene"), ARGON_AIR_NM, in_air=True),
    "real neon": real_lamp(native("Toluene")),
}
LIQUIDS = ("Toluene", "isopropanol", "Acetonitrile", "1,2-Dichloroethane")


@pytest.mark.parametrize("liquid", LIQUIDS)
@pytest.mark.parametrize("light", LIGHTS)
def test_a_weak_sample_beside_a_lamp_is_named_and_nothing_else_is(light: str, liquid: str) -> None:
    found = answer(lit(liquid, 0.1, 500.0 * LIGHTS[light]))
    assert named(found) == {liquid}
    assert found.verdict in {Verdict.IDENTIFIED, Verdict.PARTIAL}
    assert "light_of_a_lamp" in codes(found)


def test_believed_to_be_the_samples_its_lines_hide_the_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control: no lamp is offered to the fit."""
    monkeypatch.setattr("device.answer.identifier.with_lamps", lambda gridded, _: gridded)
    found = [answer(lit(liquid, 0.1, 3000.0 * LIGHTS["neon"])) for liquid in LIQUIDS]
    assert [named(one) for one in found] != [{liquid} for liquid in LIQUIDS]
    assert all("unexplained_signal" in codes(one) or not named(one) for one in found)


def test_what_is_not_known_of_its_lines_is_named_for_no_substance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its strongest line stands where cyclohexane's does; the second part is the control."""
    spectra = [lit(liquid, 0.1, 300.0 * LIGHTS["neon"]) for liquid in LIQUIDS]
    assert not any(
        named(answer(one)) - {liquid} for liquid, one in zip(LIQUIDS, spectra, strict=True)
    )
    monkeypatch.setattr("device.fit.measured.HEIGHT_DOUBT", 0.0)
    assert any(named(answer(one)) - {liquid} for liquid, one in zip(LIQUIDS, spectra, strict=True))


def test_where_a_lamp_is_strong_nothing_is_identified() -> None:
    found = answer(lit("Toluene", 0.1, 1000.0 * LIGHTS["neon"]))
    assert found.verdict is Verdict.PARTIAL
    assert named(found) == {"Toluene"}
    faint = answer(lit("Toluene", 1.0, 300.0 * LIGHTS["neon"]))
    assert (faint.verdict, named(faint)) == (Verdict.IDENTIFIED, {"Toluene"})


def test_a_lamp_without_a_sample_is_no_result() -> None:
    recorded = read_bwtek(DATA / "charisma785" / "Ne_785nm_x20_50ms.txt").to_spectrum()
    found = answer(recorded)
    assert (found.verdict, codes(found)) == (Verdict.NO_RESULT, ["light_of_a_lamp"])


@pytest.mark.parametrize("model", ["solvents13-2", "aromatics4-2"])
@pytest.mark.parametrize("part", [1.0, 0.1])
def test_no_liquid_is_taken_for_a_lamp(model: str, part: float) -> None:
    """Cyclohexane has the strongest line of neon, and the aromatic library has no cyclohexane."""
    for path in (DATA / "solvents13" / "components").glob("*.txt"):
        spectrum = lit(path.stem, part, np.zeros(2048))
        fit = identifier(model).identify(spectrum).identification.full_fit
        assert fit is None or not fit.nuisance_parts.any(), path.stem


def test_where_no_laser_is_known_no_lamp_is_looked_for() -> None:
    spectrum = lit("Toluene", 0.1, 1000.0 * LIGHTS["neon"])
    assert len(with_lamps(to_grid(spectrum), spectrum).nuisances) == 1
    bare = Spectrum(spectrum.wavenumber_cm1, spectrum.intensity)
    assert with_lamps(to_grid(bare), bare).nuisances == ()
