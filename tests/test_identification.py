"""Network proposes, fit disposes: the four verdicts and what each asserts."""

import math
import re
from copy import copy
from dataclasses import Field, fields, replace

import numpy as np
import pytest

from device.fit.library import Library, LibraryFit
from device.inference.errors import BundleError
from device.inference.interpreter import Prediction
from device.spectra.quality import Reason
from device.spectra.spectrum import GridSpectrum
from device.verdict.identification import Identification, Verdict, identify, no_result
from device.verdict.thresholds import FitThresholds
from tests.measured import Floats, lines, names, references, scene, solvents

MIXTURE = {"Toluene": 0.5, "ethanol": 0.3, "Acetonitrile": 0.2}
THRESHOLDS = FitThresholds()
SCEPTICAL = replace(THRESHOLDS, disputable_model_error=0.0)  # asks the network of every fit


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(references())


def ask(
    library: Library,
    spectrum: GridSpectrum,
    *proposed: str,
    hesitating: str = "",
    thresholds: FitThresholds = THRESHOLDS,
) -> Identification:
    presence = np.array([0.95 if name in proposed else 0.02 for name in names()], np.float32)
    presence[[name == hesitating for name in names()]] = 0.2
    return identify(
        spectrum,
        Prediction(presence, None),
        library,
        solvents().manifest.compounds,
        np.full(len(presence), 0.5),
        thresholds,
    )


def named(answer: Identification) -> set[str]:
    return {component.name for component in answer.components}


def test_a_mixture_of_library_compounds_is_identified(library: Library) -> None:
    answer = ask(library, scene(MIXTURE), *MIXTURE)
    assert answer.verdict is Verdict.IDENTIFIED
    assert named(answer) == set(MIXTURE)
    assert answer.reasons == ()


def test_shares_and_the_unexplained_sum_to_one_and_are_sorted(library: Library) -> None:
    answer = ask(library, scene(MIXTURE, foreign=lines(680.0, height=0.2)), *MIXTURE)
    shares = [component.signal_share for component in answer.components]
    assert sum(shares) + answer.unexplained == pytest.approx(1.0, abs=1e-9)
    assert shares == sorted(shares, reverse=True)


def test_the_fit_overrules_a_network_that_names_too_much(library: Library) -> None:
    answer = ask(library, scene(MIXTURE), *MIXTURE, "n-Nonane", "cyclohexane")
    assert named(answer) == set(MIXTURE)


def test_the_fit_overrules_a_network_that_names_nothing(library: Library) -> None:
    answer = ask(library, scene(MIXTURE))
    assert named(answer) == set(MIXTURE)
    assert all(component.presence > 0.9 for component in answer.components)


def test_a_weak_component_needs_the_network_to_propose_it(library: Library) -> None:
    """Toluene at 3% and SNR 60: too little evidence alone, enough with a proposal."""
    spectrum = scene({"Dichloromethane": 0.97, "Toluene": 0.03}, snr=60.0, seed=3)
    fit = library.fit(spectrum)
    evidence = fit.evidence[names().index("Toluene")]
    assert THRESHOLDS.evidence_when_proposed < evidence < THRESHOLDS.evidence
    assert "Toluene" not in named(ask(library, spectrum, "Dichloromethane"))
    assert "Toluene" in named(ask(library, spectrum, "Dichloromethane", "Toluene"))


def test_foreign_lines_beside_known_ones_make_it_partial(library: Library) -> None:
    spectrum = scene(MIXTURE, foreign=lines(680.0, 1720.0, height=0.35))
    answer = ask(library, spectrum, *MIXTURE)
    assert answer.verdict is Verdict.PARTIAL
    assert named(answer) == set(MIXTURE)
    assert answer.unexplained > 0.11
    assert answer.reasons[0].code == "unexplained_signal"
    near = int(re.findall(r"near (\d+) cm-1", answer.reasons[0].text)[0])
    assert min(abs(near - 680), abs(near - 1720)) <= 3


def test_beside_foreign_lines_a_name_needs_the_network_too(library: Library) -> None:
    """However much evidence the fit shows."""
    easy = replace(THRESHOLDS, partial_evidence=1.0, partial_evidence_per_logit=0.0)
    spectrum = scene(MIXTURE, foreign=lines(680.0, height=0.5))
    for thresholds in (THRESHOLDS, easy):
        assert named(ask(library, spectrum, *MIXTURE, thresholds=thresholds)) == set(MIXTURE)
        proposed = ("Toluene", "ethanol")
        for doubted in ("", "Acetonitrile"):
            answer = ask(library, spectrum, *proposed, hesitating=doubted, thresholds=thresholds)
            assert named(answer) == set(proposed)


def test_a_weak_line_where_nothing_else_stands_makes_it_partial(library: Library) -> None:
    """However much misfit is tolerated elsewhere."""
    patient = replace(THRESHOLDS, identified_unexplained=1.0, identified_misfit=1.0)
    spectrum = scene(MIXTURE, snr=1000.0, foreign=lines(1900.0, height=0.02))
    answer = ask(library, spectrum, *MIXTURE, thresholds=patient)
    assert answer.verdict is Verdict.PARTIAL
    assert named(answer) == set(MIXTURE)
    near = int(re.findall(r"near (\d+) cm-1", answer.reasons[0].text)[0])
    assert abs(near - 1900) <= 3
    blind = replace(patient, identified_lone_line=1.0)
    assert ask(library, spectrum, *MIXTURE, thresholds=blind).verdict is Verdict.IDENTIFIED


def test_beside_foreign_lines_a_hesitating_network_asks_for_more_evidence(
    library: Library,
) -> None:
    spectrum = scene(MIXTURE, foreign=lines(680.0, height=0.5), snr=60.0)
    certain, hesitating = (
        FitThresholds(partial_sure_presence=presence, partial_evidence_per_logit=1e4)
        for presence in (0.9, 0.97)  # `ask` proposes with 0.95
    )
    assert named(ask(library, spectrum, *MIXTURE, thresholds=certain)) == set(MIXTURE)
    answer = ask(library, spectrum, *MIXTURE, thresholds=hesitating)
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.components == ()


def ethanol_beside_foreign_lines(
    library: Library, ethanol: Floats, thresholds: FitThresholds
) -> set[str]:
    foreign = 0.4 * ethanol + lines(680.0, height=0.5)
    spectrum = scene({"Toluene": 0.6}, foreign=foreign)
    answer = ask(library, spectrum, "Toluene", "ethanol", thresholds=thresholds)
    assert answer.verdict is Verdict.PARTIAL
    return named(answer)


def test_beside_foreign_lines_a_component_out_of_place_needs_more_evidence(
    library: Library,
) -> None:
    ethanol = references()[names().index("ethanol")]
    wider = np.convolve(ethanol, np.exp(-0.5 * (np.arange(-12, 13) / 3.0) ** 2), mode="same")
    incomplete = np.where(np.arange(len(ethanol)) < 850, ethanol, 0.0)  # without a line at 1455
    for setting, asked, changed in (
        ("partial_evidence_per_cm3", 1e3, np.roll(ethanol, 3)),
        ("partial_evidence_per_cm4", 1e2, wider / wider.max()),
        ("partial_evidence_for_support", 5e4, incomplete),
    ):
        patient = replace(THRESHOLDS, smallest_known_part=0.0, unknown_smallest_known_part=0.0)
        strict = replace(patient, **{setting: asked})
        both = {"Toluene", "ethanol"}
        assert ethanol_beside_foreign_lines(library, ethanol, strict) == both
        assert ethanol_beside_foreign_lines(library, changed, patient) == both
        assert ethanol_beside_foreign_lines(library, changed, strict) == {"Toluene"}


def test_a_no_of_the_network_counts_for_more_where_the_fit_is_worse() -> None:
    lead, doubt = np.array([2.0, 1.0, -4.5, 0.0]), np.array([0.0, 1.0, 5.5, np.inf])
    at_home, worse, worst = (
        THRESHOLDS.evidence_asked(lead, doubt, error) for error in (0.01, 0.1, 0.2)
    )
    assert (np.diff(at_home[:3]) > 0).all()
    assert at_home[0] == worst[0] == THRESHOLDS.evidence_when_proposed
    assert (worse[1:3] > at_home[1:3]).all()
    assert (worst[1:3] > worse[1:3]).all()
    # a trace that fits to the noise needs little help, one in a bad fit overrules no network
    assert at_home[2] < 10.0
    assert worst[2] > 4 * THRESHOLDS.evidence
    # where no network speaks, the fit alone has the same to show everywhere
    assert {at_home[3], worse[3], worst[3]} == {THRESHOLDS.evidence}


def test_a_no_asks_for_more_evidence_even_of_a_perfect_fit() -> None:
    lead = np.array([0.5, 0.0, -0.5, -1.0, -4.0])
    asked = THRESHOLDS.evidence_asked(lead, np.zeros(5), 0.0) - THRESHOLDS.evidence_when_proposed
    assert asked == pytest.approx([0.0, 0.0, 1.0, 2.0, 2.0])


def test_noise_that_poses_as_a_component_needs_more_than_luck(library: Library) -> None:
    """Toluene at 5% and SNR 25: enough evidence unless the network says no."""
    spectrum = scene({"Dichloromethane": 0.95, "Toluene": 0.05}, snr=25.0, seed=4)
    evidence = library.fit(spectrum).evidence[names().index("Toluene")]
    assert THRESHOLDS.evidence_when_proposed + 1.0 < evidence < 12.0
    believing = replace(THRESHOLDS, evidence_more_after_no=0.0)
    assert "Toluene" not in named(ask(library, spectrum, "Dichloromethane"))
    assert "Toluene" in named(ask(library, spectrum, "Dichloromethane", thresholds=believing))


def test_a_proposed_component_may_be_smaller(library: Library) -> None:
    """1% of the signal, with evidence for more."""
    spectrum = scene({"Dichloromethane": 0.99, "Acetonitrile": 0.0105}, snr=2000.0)
    assert named(ask(library, spectrum, "Dichloromethane")) == {"Dichloromethane"}
    both = {"Dichloromethane", "Acetonitrile"}
    assert named(ask(library, spectrum, *both)) == both


def test_a_network_that_names_others_may_deny_a_large_component(library: Library) -> None:
    answer = ask(library, scene(MIXTURE), "Toluene", "ethanol", thresholds=SCEPTICAL)
    assert named(answer) == {"Toluene", "ethanol"}
    assert answer.verdict is Verdict.PARTIAL


def test_a_fit_to_the_noise_needs_no_second_voice(library: Library) -> None:
    answer = ask(library, scene(MIXTURE), "Toluene", "ethanol")
    assert named(answer) == set(MIXTURE)
    assert answer.verdict is Verdict.IDENTIFIED


def test_a_verdict_on_which_network_and_fit_do_not_agree_is_partial(library: Library) -> None:
    answer = ask(
        library,
        scene(MIXTURE),
        "Toluene",
        "ethanol",
        hesitating="Acetonitrile",
        thresholds=SCEPTICAL,
    )
    assert named(answer) == set(MIXTURE)
    assert answer.verdict is Verdict.PARTIAL
    assert [reason.code for reason in answer.reasons] == ["network_disagrees"]
    assert "Acetonitrile" in answer.reasons[0].text
    agreed = ask(library, scene(MIXTURE), *MIXTURE, thresholds=SCEPTICAL)
    assert agreed.verdict is Verdict.IDENTIFIED


def test_a_component_that_must_move_far_needs_the_network(library: Library) -> None:
    near, far = (
        scene({"Toluene": 0.6}, foreign=0.4 * np.roll(references()[names().index("ethanol")], by))
        for by in (1, 4)
    )
    assert named(ask(library, near)) == {"Toluene", "ethanol"}  # the fit alone convinces
    assert "ethanol" not in named(ask(library, far, "Toluene"))
    assert named(ask(library, far, "Toluene", "ethanol")) == {"Toluene", "ethanol"}


def judged(fit: LibraryFit, **values: float) -> LibraryFit:
    """The same fit with other values of what it would compute from its residual."""
    result = copy(fit)
    vars(result).update(values)
    return result


def sitting(
    fit: LibraryFit, own_shift_cm1: float, width_cm2: float = 0.0, **values: float
) -> LibraryFit:
    """The same fit with all components so far from their references' places."""
    everywhere = np.full(len(names()), own_shift_cm1)
    known = {name: getattr(fit, name) for name in ("unexplained", "misfit", "lone_line")}
    moved = replace(fit, own_shift_cm1=everywhere, width_cm2=width_cm2)
    return judged(moved, **(known | values))


def test_lines_at_home_excuse_less_misfit_than_moved_or_narrower_ones(library: Library) -> None:
    fit = judged(library.fit(scene(MIXTURE)), unexplained=0.0, misfit=0.04)
    assert not THRESHOLDS.explains(sitting(fit, 0.0))
    assert THRESHOLDS.explains(sitting(fit, 0.5))
    assert THRESHOLDS.explains(sitting(fit, 0.0, width_cm2=-9.0))
    assert not THRESHOLDS.explains(sitting(fit, 0.0, width_cm2=18.0))  # smeared, so hidden
    assert not THRESHOLDS.explains(sitting(fit, 0.0, width_cm2=-9.0, misfit=0.06))


def test_only_moved_lines_excuse_what_looks_foreign(library: Library) -> None:
    """Another instrument leaves little that does, and the less the broader its lines."""
    fit = judged(library.fit(scene(MIXTURE)), unexplained=0.0, misfit=0.0, model_error=0.15)
    limits = ((0.0, 0.0, 0.0275), (0.0, -9.0, 0.0275), (0.0, 16.0, 0.008), (0.25, 16.0, 0.034))
    for moved_cm1, width_cm2, most in limits:
        at = sitting(fit, moved_cm1, width_cm2)
        assert not THRESHOLDS.explains(judged(at, unexplained=1.1 * most))
        assert THRESHOLDS.explains(judged(at, unexplained=0.5 * most))
    interacting = sitting(fit, 0.5)
    assert THRESHOLDS.explains(judged(interacting, unexplained=0.09))
    # where references match to the noise, a smaller rest is foreign
    assert not THRESHOLDS.explains(judged(interacting, unexplained=0.09, model_error=0.01))


def test_noise_is_nothing_foreign(library: Library) -> None:
    for seed in range(8):
        answer = ask(library, scene(MIXTURE, snr=15.0, seed=seed), *MIXTURE)
        assert answer.verdict is Verdict.IDENTIFIED


def test_where_lines_are_at_home_a_network_must_be_surer(library: Library) -> None:
    fit = library.fit(scene(MIXTURE))
    asked = THRESHOLDS.sureness_asked
    by = [float(asked(sitting(fit, cm1), 0.01)) for cm1 in (0.0, 0.3, 0.45, 0.6, 1.0)]
    assert by == pytest.approx([1.8, 1.8, 0.9, 0.0, 0.0])
    moved = asked(sitting(fit, 1.0), [0.01, 0.02, 0.025, 0.03, 0.5])
    assert moved == pytest.approx([0.0, 0.0, 0.9, 1.8, 1.8])  # traces alone escape networks

    # 0.95 is 2.9 log odds beyond the network's threshold
    spectrum = scene({"Dichloromethane": 0.97, "Toluene": 0.03}, snr=60.0, seed=3)
    for surer, expected in ((2.0, {"Toluene"}), (4.0, set())):
        asking = replace(THRESHOLDS, surer=surer, evidence_per_logit=1e9)
        answer = ask(library, spectrum, "Dichloromethane", "Toluene", thresholds=asking)
        assert named(answer) == {"Dichloromethane", *expected}


def test_a_network_cannot_deny_what_was_not_measured(library: Library) -> None:
    """Acetonitrile without its line at 2250 cm-1."""
    whole = scene(MIXTURE, snr=100.0)
    inside = np.arange(len(whole.valid))
    short = replace(whole, valid=(inside > 100) & (inside < 1600))
    fit = library.fit(short)
    assert fit.visible[names().index("Acetonitrile")] < 0.5
    assert fit.visible[names().index("Toluene")] > 0.95
    answer = ask(library, short, "Toluene", "ethanol", thresholds=SCEPTICAL)
    assert named(answer) == set(MIXTURE)
    assert answer.verdict is Verdict.IDENTIFIED
    blind = replace(SCEPTICAL, visible_to_networks=0.0)
    assert named(ask(library, short, "Toluene", "ethanol", thresholds=blind)) != set(MIXTURE)


def test_only_foreign_lines_are_unknown_whatever_the_network_says(library: Library) -> None:
    spectrum = scene({}, foreign=lines(470.0, 680.0, 1130.0, 1720.0))
    answer = ask(library, spectrum, *names())
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.components == ()
    assert answer.unexplained == 1.0
    assert answer.reasons[0].code == "not_in_library"


def test_volume_fractions_need_every_factor_and_an_identified_verdict(library: Library) -> None:
    whole = ask(library, scene(MIXTURE), *MIXTURE)
    assert sum(c.volume_fraction or 0.0 for c in whole.components) == pytest.approx(1.0)
    partial = ask(library, scene(MIXTURE, foreign=lines(680.0, height=0.5)), *MIXTURE)
    assert all(c.volume_fraction is None for c in partial.components)

    compounds = tuple(
        replace(c, response_factor=None, response_factor_uncertainty=None)
        if c.name == "ethanol"
        else c
        for c in solvents().manifest.compounds
    )
    presence = np.array([name in MIXTURE for name in names()], np.float32)
    without_factor = identify(
        scene(MIXTURE),
        Prediction(presence, None),
        library,
        compounds,
        np.full(len(presence), 0.5),
        THRESHOLDS,
    )
    assert without_factor.verdict is Verdict.IDENTIFIED
    assert all(c.volume_fraction is None for c in without_factor.components)


def test_volume_follows_response_not_signal(library: Library) -> None:
    answer = ask(library, scene({"Toluene": 0.5, "ethanol": 0.5}), "Toluene", "ethanol")
    volume = {c.name: c.volume_fraction or 0.0 for c in answer.components}
    assert volume["ethanol"] > 3 * volume["Toluene"]  # toluene scatters about six times as much


def test_noise_widens_the_uncertainty(library: Library) -> None:
    quiet = ask(library, scene(MIXTURE, snr=500), *MIXTURE)
    noisy = ask(library, scene(MIXTURE, snr=8), *MIXTURE)

    def width(answer: Identification) -> float:
        return {c.name: c.signal_share_uncertainty for c in answer.components}["Toluene"]

    assert width(noisy) > 1.3 * width(quiet) > 0.0


def test_no_result_asserts_nothing() -> None:
    answer = no_result([Reason("saturated", "Too much light.", "Shorten the exposure.")])
    assert answer.verdict is Verdict.NO_RESULT
    assert answer.components == ()


def test_a_manifest_moves_thresholds_by_name_and_only_known_ones() -> None:
    assert FitThresholds.from_manifest({"support": 0.7}).support == 0.7
    with pytest.raises(BundleError, match="suport"):
        FitThresholds.from_manifest({"suport": 0.7})


@pytest.mark.parametrize("field", fields(FitThresholds), ids=lambda field: field.name)
def test_a_manifest_sets_a_threshold_within_its_interval(field: Field[float]) -> None:
    lowest, highest = field.metadata["lowest"], field.metadata["highest"]
    assert isinstance(field.default, float) and lowest <= field.default <= highest
    assert FitThresholds.from_manifest({field.name: field.default}) == FitThresholds()
    for value in (np.nextafter(lowest, -1e9), np.nextafter(highest, 1e9), 1e9, -1.0, math.nan):
        with pytest.raises(BundleError, match=field.name):
            FitThresholds.from_manifest({field.name: float(value)})


@pytest.mark.parametrize("shift_cm1", [-14.0, 11.0, 18.0])
def test_an_axis_far_off_is_called_that_and_not_unknown(library: Library, shift_cm1: float) -> None:
    answer = ask(library, scene(MIXTURE, shift_cm1=shift_cm1))
    assert answer.verdict is Verdict.NO_RESULT
    assert answer.reasons[0].code == "axis_out_of_calibration"
    moved = float(re.findall(r"([+-]\d+) cm-1", answer.reasons[0].text)[0])
    assert moved == pytest.approx(shift_cm1, abs=1.0)


def test_a_cosmic_ray_alone_is_called_that(library: Library) -> None:
    spectrum = scene({}, snr=100.0)
    spectrum.intensity[900:903] += 3000.0 * np.array([0.5, 1.0, 0.5])
    answer = ask(library, spectrum)
    assert answer.verdict is Verdict.NO_RESULT
    assert answer.reasons[0].code == "cosmic_ray"


def test_liquids_outside_the_library_stay_unknown(library: Library) -> None:
    """The control: neither closer look takes a foreign liquid for a bad measurement."""
    for positions in [(470.0, 680.0, 1130.0), (600.0, 990.0, 1600.0), (830.0, 1450.0)]:
        answer = ask(library, scene({}, foreign=lines(*positions)))
        assert answer.verdict is Verdict.UNKNOWN
