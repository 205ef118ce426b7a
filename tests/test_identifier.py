"""From a file's spectrum to an answer with the shipped models, under both runtimes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.answer.identifier import Identifier
from device.inference.bundle import read_bundle
from device.inference.trust import default_trust_policy
from device.installation import shipped_models_dir
from device.spectra.files.reading import read_spectrum
from device.spectra.spectrum import Spectrum
from device.verdict.identification import Verdict
from tests.measured import OTHER_INSTRUMENT

DATA = Path(__file__).parents[1] / "data"
PUBLISHED = {
    "FourSolvent-1": {"Toluene", "1,2-Dichloroethane", "Acetonitrile", "isopropanol"},
    "ThreeSolvent-1": {"1,2-Dichloroethane", "Acetonitrile", "isopropanol"},
}


@pytest.fixture(
    scope="module", params=[(m, r) for m in ("1", "2") for r in ("litert", "tflite")], ids=str
)
def identifier(request: pytest.FixtureRequest) -> Identifier:
    task, runtime = request.param
    data = (shipped_models_dir() / f"solvents13-{task}.ramix").read_bytes()
    return Identifier(read_bundle(data, default_trust_policy()), runtime)


@pytest.mark.parametrize("mixture", PUBLISHED)
def test_published_mixtures_are_identified_exactly(identifier: Identifier, mixture: str) -> None:
    path = DATA / "solvents13" / "mixtures" / f"{mixture}.txt"
    result = identifier.identify(read_spectrum(path)).identification
    assert result.verdict is Verdict.IDENTIFIED
    assert {component.name for component in result.components} == PUBLISHED[mixture]


@pytest.mark.parametrize("mixture", PUBLISHED)
def test_a_cosmic_ray_changes_neither_answer_nor_misfit(
    identifier: Identifier, mixture: str
) -> None:
    """Nobody knows what it hid, but that is no reason to take the rest for noise."""
    calm = read_spectrum(DATA / "solvents13" / "mixtures" / f"{mixture}.txt")
    intensity = calm.intensity.copy()
    intensity[1200] += 0.5 * float(intensity.max())
    struck = identifier.identify(replace(calm, intensity=intensity)).identification
    assert struck.verdict is Verdict.IDENTIFIED
    assert {component.name for component in struck.components} == PUBLISHED[mixture]
    without = identifier.identify(calm).identification
    assert struck.fit is not None
    assert without.fit is not None
    assert struck.fit.model_error == pytest.approx(without.fit.model_error, rel=0.15)
    assert struck.fit.worst_line == pytest.approx(without.fit.worst_line, rel=0.15)


@pytest.mark.parametrize("liquid", OTHER_INSTRUMENT)
def test_pure_solvents_of_another_instrument_are_identified(
    identifier: Identifier, liquid: str
) -> None:
    spectrum = read_spectrum(DATA / "wasatch785" / f"{liquid}.csv")
    result = identifier.identify(spectrum).identification
    assert result.verdict is Verdict.IDENTIFIED
    assert [component.name for component in result.components] == [OTHER_INSTRUMENT[liquid]]


def test_liquids_outside_the_library_are_not_identified(identifier: Identifier) -> None:
    identified = [
        path.stem
        for path in sorted((DATA / "wasatch785").glob("*.csv"))
        if path.stem not in OTHER_INSTRUMENT
        and identifier.identify(read_spectrum(path)).identification.verdict is Verdict.IDENTIFIED
    ]
    assert len(identified) <= 2, identified


def test_a_refused_spectrum_is_neither_predicted_nor_fitted(identifier: Identifier) -> None:
    short = Spectrum(np.arange(600.0, 900.0), np.ones(300))
    answer = identifier.identify(short)
    assert answer.identification.verdict is Verdict.NO_RESULT
    assert answer.identification.reasons[0].remedy
    assert answer.prediction is None


def test_timings_are_reported_in_parts(identifier: Identifier) -> None:
    answer = identifier.identify(
        read_spectrum(DATA / "solvents13" / "mixtures" / "FourSolvent-1.txt")
    )
    parts = [answer.timings_ms[part] for part in ("preprocess", "invoke", "fit")]
    assert all(part > 0 for part in parts)
    assert sum(parts) == pytest.approx(answer.timings_ms["total"])
