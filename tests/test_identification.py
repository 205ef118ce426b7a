"""Network and fit give log odds, and those the four verdicts: what each asserts."""

import re
from dataclasses import replace

import numpy as np
import pytest

from device.fit.library import Library
from device.verdict.identification import Verdict
from device.verdict.scores import SMALLEST_LINE, probability, total
from tests.asking import ask, changed, named
from tests.measured import lines, names, references, scene, solvents
from tests.tiny_bundles import NUMBERS

MIXTURE = {"Toluene": 0.5, "ethanol": 0.3, "Acetonitrile": 0.2}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(references())


# ---- who is named ----


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
    assert answer.verdict is Verdict.IDENTIFIED
    assert named(answer) == set(MIXTURE)
    believing = ask(library, scene(MIXTURE), numbers=changed(network=4.0))
    assert named(believing) == set()  # control: a network of more weight would not be overruled


def test_a_weak_component_needs_the_network(library: Library) -> None:
    """Toluene at 3% and SNR 60: too little evidence alone, enough with the network's."""
    spectrum = scene({"Dichloromethane": 0.97, "Toluene": 0.03}, snr=60.0, seed=3)
    assert named(ask(library, spectrum, "Dichloromethane")) == {"Dichloromethane"}
    assert "Toluene" in named(ask(library, spectrum, "Dichloromethane", "Toluene"))
    deaf = changed(network=0.0)
    assert "Toluene" not in named(
        ask(library, spectrum, "Dichloromethane", "Toluene", numbers=deaf)
    )


def test_what_has_no_evidence_is_not_named_whatever_else_speaks_for_it(library: Library) -> None:
    answer = ask(library, scene({"ethanol": 1.0}), *names(), numbers=changed(constant=50.0))
    assert answer.full_fit is not None
    assert named(answer) == {
        name
        for name, evidence in zip(names(), answer.full_fit.evidence, strict=True)
        if evidence > 0
    }
    assert len(named(answer)) < len(names())


def test_the_cut_decides_how_sure_a_name_must_be(library: Library) -> None:
    answer = ask(library, scene(MIXTURE), *MIXTURE)
    assert answer.why is not None
    scores = dict(zip(names(), total(answer.why.compounds), strict=True))
    ranked = sorted(MIXTURE, key=lambda name: -scores[name])
    between = 0.5 * (scores[ranked[1]] + scores[ranked[2]])
    fewer = ask(library, scene(MIXTURE), *MIXTURE, numbers=changed(named_from=between))
    assert named(fewer) <= set(ranked[:2])


def test_presence_is_the_probability_of_the_sum_of_its_terms(library: Library) -> None:
    answer = ask(library, scene(MIXTURE), *MIXTURE)
    assert answer.why is not None
    chances = dict(zip(names(), probability(total(answer.why.compounds)), strict=True))
    for component in answer.components:
        assert component.presence == pytest.approx(chances[component.name])
        assert component.presence > 0.98


# ---- what the network knows nothing of ----


def test_a_network_cannot_deny_what_was_not_measured(library: Library) -> None:
    """Acetonitrile without its line at 2250 cm-1."""
    whole = scene(MIXTURE, snr=100.0)
    inside = np.arange(len(whole.valid))
    short = replace(whole, valid=(inside > 100) & (inside < 1600))
    visible = dict(zip(names(), library.fit(short).visible, strict=True))
    assert visible["Acetonitrile"] < 0.5 and visible["Toluene"] > 0.95
    sceptical = changed(network=4.0)  # enough to deny what it sees
    assert named(ask(library, whole, "Toluene", "ethanol", numbers=sceptical)) == {
        "Toluene",
        "ethanol",
    }
    answer = ask(library, short, "Toluene", "ethanol", numbers=sceptical)
    assert named(answer) == set(MIXTURE)
    assert answer.verdict is Verdict.IDENTIFIED


@pytest.mark.parametrize(("share", "seen"), [(0.3, True), (0.05, True), (0.005, False)])
def test_a_compound_of_the_field_is_named_by_its_evidence_alone(share: float, seen: bool) -> None:
    """Ethanol behind those that the network knows."""
    last = names().index("ethanol")
    order = [*np.delete(np.arange(13), last), last]
    compounds = tuple(solvents().manifest.compounds[index] for index in order)
    spectrum = scene({"Toluene": 1.0 - share, "ethanol": share})
    field = Library(references()[order])

    answer = ask(field, spectrum, "Toluene", compounds=compounds, known=12)
    assert ("ethanol" in named(answer)) == seen
    assert named(answer) - {"ethanol"} == {"Toluene"}
    validated = {component.name: component.network_validated for component in answer.components}
    assert validated == {"Toluene": True} | ({"ethanol": False} if seen else {})
    codes = [reason.code for reason in answer.reasons]
    assert codes == (["not_network_validated"] if seen else [])
    unheard = changed(alone_constant=-50.0)  # control: its own numbers decide
    deaf = ask(field, spectrum, "Toluene", compounds=compounds, known=12, numbers=unheard)
    assert named(deaf) == {"Toluene"}


# ---- beside something foreign ----


def test_foreign_lines_beside_known_ones_make_it_partial(library: Library) -> None:
    spectrum = scene(MIXTURE, foreign=lines(680.0, 1720.0, height=0.35))
    answer = ask(library, spectrum, *MIXTURE)
    assert answer.verdict is Verdict.PARTIAL
    assert named(answer) == set(MIXTURE)
    assert answer.unexplained > 0.11
    assert answer.reasons[0].code == "unexplained_signal"
    near = int(re.findall(r"near (\d+) cm-1", answer.reasons[0].text)[0])
    assert min(abs(near - 680), abs(near - 1720)) <= 3


def test_a_weak_line_where_nothing_else_stands_makes_it_partial(library: Library) -> None:
    spectrum = scene(MIXTURE, snr=1000.0, foreign=lines(1900.0, height=0.02))
    answer = ask(library, spectrum, *MIXTURE)
    assert answer.verdict is Verdict.PARTIAL
    assert named(answer) == set(MIXTURE)
    near = int(re.findall(r"near (\d+) cm-1", answer.reasons[0].text)[0])
    assert abs(near - 1900) <= 3
    assert answer.why is not None
    terms = answer.why.foreign
    without = NUMBERS.lone_line * np.log(SMALLEST_LINE)
    assert sum(terms.values()) > 0.0 > sum(terms.values()) - terms["lone line"] + without


def test_noise_is_nothing_foreign(library: Library) -> None:
    for seed in range(8):
        answer = ask(library, scene(MIXTURE, snr=15.0, seed=seed), *MIXTURE)
        assert answer.verdict is Verdict.IDENTIFIED


def test_beside_foreign_lines_a_name_needs_more(library: Library) -> None:
    """The network too, where the constant asks for it, however much evidence the fit shows."""
    spectrum = scene(MIXTURE, foreign=lines(680.0, height=0.5))
    doubted = ("Toluene", "ethanol")
    strict = changed(beside_constant=NUMBERS.beside_constant - 2.0)
    assert named(ask(library, spectrum, *MIXTURE, numbers=strict)) == set(MIXTURE)
    assert named(ask(library, scene(MIXTURE), *doubted, numbers=strict)) == set(MIXTURE)
    assert named(ask(library, spectrum, *doubted, numbers=strict)) == set(doubted)
    as_elsewhere = changed(beside_support=0.0, beside_constant=NUMBERS.constant)
    assert named(ask(library, spectrum, *doubted, numbers=as_elsewhere)) == set(MIXTURE)


def test_only_foreign_lines_are_unknown_whatever_the_network_says(library: Library) -> None:
    spectrum = scene({}, foreign=lines(470.0, 680.0, 1130.0, 1720.0))
    answer = ask(library, spectrum, *names())
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.components == ()
    assert answer.unexplained == 1.0
    codes = {reason.code for reason in answer.reasons}
    assert codes <= {"not_in_library", "signs_of"}  # the network's word may leave signs, no name


def test_liquids_outside_the_library_stay_unknown(library: Library) -> None:
    """The control: neither closer look takes a foreign liquid for a bad measurement."""
    for positions in [(470.0, 680.0, 1130.0), (600.0, 990.0, 1600.0), (830.0, 1450.0)]:
        answer = ask(library, scene({}, foreign=lines(*positions)))
        assert answer.verdict is Verdict.UNKNOWN
        assert answer.reasons[0].code == "not_in_library"


def test_signs_of_what_is_too_uncertain_beside_something_foreign_are_told(
    library: Library,
) -> None:
    """What the stricter sum keeps from a name is no name, and is not forgotten either."""
    spectrum = scene({"Toluene": 0.2}, foreign=lines(470.0, 680.0, 1130.0, 1720.0, height=0.8))
    strict = changed(beside_constant=-50.0)
    answer = ask(library, spectrum, "Toluene", numbers=strict)
    assert answer.verdict is Verdict.UNKNOWN and answer.components == ()
    (reason,) = answer.reasons
    assert reason.code == "signs_of" and "Toluene (at most" in reason.text
    mild = ask(library, spectrum, "Toluene", numbers=changed(beside_constant=50.0))
    assert named(mild) == {"Toluene"}  # control: the sum decides
