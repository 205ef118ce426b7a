"""What is known of a named substance is told with its source; what is not known is not guessed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.inference import model_source
from device.safety import facts as facts_module
from device.safety.advice import Level, advice_for
from device.safety.facts import facts, parse
from device.strict_json import StrictJsonError

RAW = Path(facts_module.__file__).with_name("facts.json").read_bytes()
TOLUENE = ("toluene", "108-88-3", "")
DICHLOROETHANE = ("1,2-dichloroethane", "107-06-2", "")
PYRIDINE = ("pyridine", "110-86-1", "")


@pytest.mark.parametrize("bundle", ["solvents13-2", "aromatics4-2"])
def test_every_compound_of_the_shipped_models_has_facts_with_a_source(bundle: str) -> None:
    for one in model_source.load_default(Path(f"models/{bundle}.ramix")).manifest.compounds:
        known = facts().substances[one.cas]
        assert known.source
        codes = {statement.code[:4] for statement in known.statements}
        told = advice_for([(one.name, one.cas, one.hazard)]).substances[0]
        # the table lacks no statement that the model's own text has
        assert {statement.code[:4] for statement in told.statements} == codes


@pytest.mark.parametrize(
    ("cas", "shown"),
    [
        ("108-88-3", ("GHS02", "GHS07", "GHS08")),
        ("67-56-1", ("GHS02", "GHS06", "GHS08")),
        ("62-53-3", ("GHS05", "GHS06", "GHS08", "GHS09")),
        ("71-36-3", ("GHS02", "GHS05", "GHS07")),
        ("110-82-7", ("GHS02", "GHS07", "GHS08", "GHS09")),
        ("75-05-8", ("GHS02", "GHS07")),
    ],
)
def test_pictograms_are_those_of_the_label(cas: str, shown: tuple[str, ...]) -> None:
    advice = advice_for([("x", cas, "")])
    assert advice.substances[0].pictograms == shown
    assert advice.worst is Level.DANGER


def test_the_worst_substance_and_its_worst_statement_stand_first() -> None:
    advice = advice_for([("xylene", "95-47-6", ""), TOLUENE, DICHLOROETHANE])
    assert [one.cas for one in advice.substances] == ["107-06-2", "108-88-3", "95-47-6"]
    worst = advice.substances[0]
    assert worst.statements[0].code == "H350"
    assert (worst.cmr, worst.un_number, worst.isolation_distance_m) == ("known", 1184, 50)
    assert worst.protection


def test_what_is_not_known_is_none_and_never_harmless() -> None:
    stranger = advice_for([("stranger", "", "")])
    assert stranger.worst is Level.UNKNOWN
    assert stranger.substances[0].un_number is None
    assert stranger.substances[0].isolation_distance_m is None
    glycine = advice_for([("glycine", "56-40-6", "")])
    assert glycine.worst is Level.NONE_KNOWN
    beside = advice_for([("glycine", "56-40-6", "")], something_unknown=True)
    assert beside.worst is Level.UNKNOWN
    assert advice_for([]).worst is Level.UNKNOWN
    assert advice_for([TOLUENE], something_unknown=True).worst is Level.DANGER


def test_a_compound_measured_in_the_field_has_what_the_codes_in_its_text_mean() -> None:
    one = advice_for([("mine", "", "H225 burns; H999; keep cold")]).substances[0]
    assert [statement.code for statement in one.statements] == ["H225"]
    assert (one.signal_word, one.pictograms) == ("Danger", ("GHS02",))
    assert one.hazard_text == "H225 burns; H999; keep cold"
    words = advice_for([("mine", "", "smells")]).substances[0]
    assert (words.level, words.statements) == (Level.UNKNOWN, ())


def test_pairs_that_react_are_told_and_others_are_not() -> None:
    advice = advice_for([DICHLOROETHANE, TOLUENE, PYRIDINE])
    assert [{pair.one, pair.other} for pair in advice.incompatible] == [
        {"1,2-dichloroethane", "pyridine"}
    ]
    peroxide = ("hydrogen peroxide", "7722-84-1", "")
    assert advice_for([peroxide, TOLUENE]).incompatible
    assert not advice_for([TOLUENE, ("ethanol", "64-17-5", "")]).incompatible


def test_one_of_two_that_cannot_be_told_apart_counts_in_full() -> None:
    advice = advice_for([], possible=[TOLUENE], something_unknown=True)
    assert advice.worst is Level.DANGER
    assert advice.substances[0].possible


@given(
    st.lists(
        st.tuples(
            st.text(max_size=20), st.sampled_from(["", *facts().substances]), st.text(max_size=40)
        ),
        max_size=5,
    )
)
def test_any_components_become_strict_json(components: list[tuple[str, str, str]]) -> None:
    told = advice_for(components).to_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"107-06-2"', b'"107-06-3"'),  # a digit that contradicts the others
        (b'"H350", "H331"', b'"H999", "H331"'),
        (b'"GHS02"', b'"GHS12"'),
        (b'"Danger"', b'"danger"'),
        (b'"un_number": 1184', b'"un_number": "1184"'),
        (b'"one": "amine"', b'"one": "amin"'),
        (b'"erg_guide": 131, ', b""),
        (b'"cas": "75-05-8"', b'"cas": "107-06-2"'),
    ],
)
def test_a_damaged_file_of_facts_is_refused(old: bytes, new: bytes) -> None:
    assert old in RAW
    with pytest.raises(StrictJsonError):
        parse(RAW.replace(old, new, 1))
    parse(RAW)  # the control
