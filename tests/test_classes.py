"""A stranger that resembles a class of the library is told to be of it, and of no other."""

from dataclasses import replace

import numpy as np
import pytest

from device.fit.library import Library
from device.inference.bundle import read_bundle
from device.inference.errors import BundleError
from device.inference.manifest import Compound
from device.inference.trust import default_trust_policy, demo_signing_key
from device.verdict.identification import Identification, Verdict
from tests.asking import ask
from tests.measured import names, references, scene, solvents
from tests.tiny_bundles import tiny_path
from train.bundle.reissue import reissue
from train.library.file import CompoundEntry, library_path, read_library_file

CHAIN = "a compound with an alkyl chain of five or more carbons"


def without(stranger: str, snr: float = 200.0, classes: bool = True) -> Identification:
    """Of a library that lacks the stranger, asked about it alone."""
    kept = [index for index, name in enumerate(names()) if name != stranger]
    compounds: list[Compound] = [solvents().manifest.compounds[index] for index in kept]
    if not classes:
        compounds = [replace(one, chemical_class="") for one in compounds]
    library = Library(references()[kept])
    return ask(library, scene({stranger: 1.0}, snr=snr), compounds=tuple(compounds))


@pytest.mark.parametrize("stranger", ["n-Heptane", "n-Nonane", "n-Heptanol"])
def test_a_homologue_is_told_by_its_class(stranger: str) -> None:
    answer = without(stranger)
    assert answer.verdict is Verdict.UNKNOWN and answer.components == ()
    (reason,) = answer.reasons
    assert reason.code == "of_a_class" and CHAIN in reason.text
    assert stranger not in reason.text
    unlabelled = without(stranger, classes=False)  # control: the labels are the library's
    assert "of_a_class" not in [reason.code for reason in unlabelled.reasons]


@pytest.mark.parametrize("stranger", ["Toluene", "Acetonitrile", "cyclohexane", "Dichloromethane"])
def test_what_resembles_no_class_is_of_none(stranger: str) -> None:
    """Of the last a library without it keeps one compound of its class: one is no class."""
    assert "of_a_class" not in [reason.code for reason in without(stranger).reasons]


def test_noise_is_of_no_class() -> None:
    rng = np.random.default_rng(5)
    only_noise = replace(scene({}), intensity=rng.normal(size=len(scene({}).intensity)))
    for spectrum in (only_noise, scene({"n-Heptane": 1.0}, snr=1.0)):
        answer = ask(Library(references()), spectrum)
        assert "of_a_class" not in [reason.code for reason in answer.reasons]


# ---- labels ----


def test_the_shipped_library_says_the_classes_that_its_bundles_have() -> None:
    entries = read_library_file(library_path("solvents13")).compound
    told = [one.chemical_class for one in solvents().manifest.compounds]
    assert told == [entry.chemical_class for entry in entries]
    assert CHAIN in told and "" in told


def test_a_bundle_issued_again_takes_the_labels_of_a_library_file() -> None:
    trust, key = default_trust_policy(), demo_signing_key()
    old = tiny_path(2).read_bytes()
    before = read_bundle(old, trust).manifest.compounds
    entries = [CompoundEntry(one.name, hazard="H225", chemical_class="a ketone") for one in before]
    made = reissue(old, trust, [key], labels=entries)
    after = read_bundle(made.data, trust).manifest.compounds
    assert {(one.hazard, one.chemical_class) for one in after} == {("H225", "a ketone")}
    assert [one.name for one in after] == [one.name for one in before]
    with pytest.raises(BundleError, match=before[-1].name):
        reissue(old, trust, [key], labels=entries[:-1])
