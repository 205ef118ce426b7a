"""docs/how-it-decides.md is what the shipped bundles and the code say."""

import inspect
from dataclasses import replace

import pytest

from device.inference.decision_numbers import NAMES
from device.verdict import scores
from evidence.decision_page import PAGE, all_constants, bundles, page
from tests.test_deciding_constants import OF_FIT_AND_VERDICT, own_constants

AGAIN = "run `python -m evidence.decision_page`"


def test_the_page_is_that_of_the_bundles_and_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(bundles()), AGAIN


def test_another_number_or_constant_would_be_another_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: of a bundle, of the code."""
    known = bundles()
    written = page(known)
    name, bundle = next(iter(known.items()))
    decision = bundle.manifest.decision
    moved = replace(decision, numbers=replace(decision.numbers, support=9.87))
    manifest = replace(bundle.manifest, decision=moved)
    assert page(known | {name: replace(bundle, manifest=manifest)}) != written
    monkeypatch.setattr(scores, "HALF", 0.51)
    assert page(known) != written


def test_every_number_of_every_bundle_and_every_constant_stands_there() -> None:
    text = page(bundles())
    assert "{" not in text
    for name in (*NAMES, *bundles()):
        assert name in text
    counted = {
        (module.__name__.removeprefix("device."), name)
        for module in OF_FIT_AND_VERDICT
        for name in own_constants(module, inspect.getsource(module))
    }
    assert {(module, name) for module, name, _ in all_constants()} == counted
