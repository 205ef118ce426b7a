"""What decides wrongly does not pass: each fault is validly signed, and the old model stays.

Every bundle here differs from one good bundle in one thing. Refused at read or on trial, by the
start of a measurement as by `ramix-flash`; the good bundle itself passes both.
"""

import copy
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from device.answer import proof
from device.answer.golden_verdicts import check_golden_verdicts
from device.answer.identifier import Identifier
from device.answer.proof import prove, proven_identifier
from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport
from device.inference.bundle import Bundle, read_bundle
from device.inference.errors import (
    BundleError,
    GoldenMismatch,
    ModelFaulty,
    RuntimeMissing,
    VerificationFailed,
)
from device.inference.trust import default_trust_policy
from device.runtime import load_identifier
from device.spectra.spectrum import Spectrum
from firmware_bridge.messages import SlotState
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.flash import Flash
from firmware_bridge.simulator.scenes import EmptyScene
from firmware_bridge.simulator.slot_store import SlotStore, flash_bytes
from tests.tiny_bundles import signed_unchecked, tiny_parts, tiny_path, with_digests
from tools import flashing
from tools.flashing import Action, Plan

Manifest = dict[str, Any]
References = npt.NDArray[np.float32]
Fault = Callable[[Manifest, References], tuple[Manifest, References]]

CAS = {"fixture A": "7732-18-5", "fixture B": "64-17-5"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


def good() -> tuple[Manifest, References]:
    """The tiny bundle with CAS numbers: the control of every fault."""
    manifest, references = tiny_parts(2)
    manifest["version"] = "2.0.0"
    for golden in manifest["golden_verdicts"]:
        for one in golden["components"]:
            one["cas"] = CAS[one["name"]]
    for one in manifest["compounds"]:
        one["cas"] = CAS[one["name"]]
    return with_digests(manifest, references), references


def exchanged(manifest: Manifest, *keys: str) -> Manifest:
    """Both compounds with each other's entries."""
    first, second = manifest["compounds"]
    for key in keys:
        first[key], second[key] = second[key], first[key]
    return manifest


def number(name: str, value: float) -> Fault:
    def fault(manifest: Manifest, references: References) -> tuple[Manifest, References]:
        manifest["decision"]["numbers"][name] = [value, 0.1]
        return manifest, references

    return fault


def no_support(manifest: Manifest, references: References) -> tuple[Manifest, References]:
    del manifest["decision"]["numbers"]["support"]
    return manifest, references


def other_rule(manifest: Manifest, references: References) -> tuple[Manifest, References]:
    manifest["decision"]["rule"] = 2
    return manifest, references


def no_presence_needed(manifest: Manifest, references: References) -> tuple[Manifest, References]:
    manifest["presence_thresholds"] = [0.0, 0.5]
    return manifest, references


def swapped(*keys: str) -> Fault:
    return lambda manifest, references: (exchanged(manifest, *keys), references)


def moved_grid(manifest: Manifest, references: References) -> tuple[Manifest, References]:
    manifest["grid"] = {"first_cm1": 310.0, "last_cm1": 2510.0, "step_cm1": 1.0}
    return manifest, references


def swapped_rows(manifest: Manifest, references: References) -> tuple[Manifest, References]:
    return manifest, references[::-1]


def swapped_rows_bound_again(
    manifest: Manifest, references: References
) -> tuple[Manifest, References]:
    """As by somebody who exports the wrong spectra: the digests fit, the answers do not."""
    return with_digests(manifest, references[::-1]), references[::-1]


def relabelled_throughout(
    manifest: Manifest, references: References
) -> tuple[Manifest, References]:
    """Labels exchanged, digests and golden vectors made to fit: golden spectra alone can tell."""
    exchanged(manifest, "name", "cas", "synonyms")
    names = [one["name"] for one in manifest["compounds"]]
    manifest["golden"]["decisions"] = [
        [name for name, value in zip(names, row, strict=True) if value >= 0.5]
        for row in manifest["golden"]["presence"]
    ]
    return with_digests(manifest, references), references


def golden(index: int, change: Callable[[Manifest], None]) -> Fault:
    def fault(manifest: Manifest, references: References) -> tuple[Manifest, References]:
        change(manifest["golden_verdicts"][index])
        return manifest, references

    return fault


def named_otherwise(entry: Manifest) -> None:
    other = ({"fixture A", "fixture B"} - {entry["components"][0]["name"]}).pop()
    entry["components"][0] |= {"name": other, "cas": CAS[other]}


FAULTS: dict[str, tuple[Fault, str]] = {
    "unknown number": (number("evidnce", 25.0), "unknown key 'evidnce'"),
    "missing number": (no_support, "support is missing"),
    "number of 0": (number("evidence", 0.0), "evidence is 0"),
    "number of 1e9": (number("evidence", 1e9), "evidence"),
    "other rule": (other_rule, "rule 2"),
    "legal number that changes answers": (number("named_from", 60.0), "verdict must be IDENTIFIED"),
    "presence threshold of 0": (no_presence_needed, "between 0 and 1"),
    "swapped CAS numbers": (swapped("cas"), "no such compound"),
    "swapped names": (swapped("name"), "decisions contradict"),
    "swapped labels": (swapped("name", "cas"), "decisions contradict"),
    "swapped rows": (swapped_rows, "digest"),
    "moved grid": (moved_grid, "digest"),
    "swapped rows, bound again": (swapped_rows_bound_again, "must name"),
    "labels swapped throughout": (relabelled_throughout, "must name"),
    "wrong verdict": (
        golden(0, lambda one: one.update(verdict="PARTIAL")),
        "verdict must be PARTIAL",
    ),
    "wrong name": (golden(0, named_otherwise), "must name fixture A"),
    "wrong share": (
        golden(0, lambda one: one["components"][0].update(signal_share=0.9)),
        "share of fixture B is off",
    ),
    "wrong reason": (golden(2, lambda one: one.update(reasons=["range"])), "reasons must be range"),
}


def image(fault: str | None) -> bytes:
    manifest, references = copy.deepcopy(good())
    if fault is not None:
        manifest, references = FAULTS[fault][0](manifest, references)
    return signed_unchecked(manifest, references)


def on_trial(data: bytes) -> SimulatedAnalyzer:
    """An analyzer with the tiny model confirmed in slot A and `data` on trial in slot B."""
    flash = Flash(flash_bytes())
    SlotStore(flash).install(0, tiny_path(2).read_bytes(), 1)
    simulated = SimulatedAnalyzer(EmptyScene(), flash=flash)
    with Analyzer(InProcessTransport(simulated)) as analyzer:
        list(analyzer.upload(1, data, 1))
        analyzer.verify(1)
        analyzer.trial(1)
    return simulated


def load(analyzer: Analyzer) -> Identifier:
    return load_identifier(analyzer, "auto", lambda _: None)


def check_by_flash_tool(analyzer: Analyzer, data: bytes) -> None:
    trust = default_trust_policy()
    bundle = read_bundle(tiny_path(2).read_bytes(), trust)  # not looked at once it is on trial
    list(flashing.carry_out(analyzer, Plan(Action.CHECK, 1), data, bundle, trust, "auto"))


def test_the_good_bundle_is_confirmed_by_both() -> None:
    data = image(None)
    with Analyzer(InProcessTransport(on_trial(data))) as analyzer:
        assert load(analyzer).label.version == "2.0.0"
        assert analyzer.slot_info(1).state is SlotState.CONFIRMED
    with Analyzer(InProcessTransport(on_trial(data))) as analyzer:
        check_by_flash_tool(analyzer, data)
        assert analyzer.slot_info(1).state is SlotState.CONFIRMED
        assert load(analyzer).label.version == "2.0.0"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_trial_is_rolled_back_by_the_next_measurement(fault: str) -> None:
    with Analyzer(InProcessTransport(on_trial(image(fault)))) as analyzer:
        with pytest.raises(VerificationFailed, match=FAULTS[fault][1]):
            load(analyzer)
        assert analyzer.active_slot() == 0
        assert load(analyzer).label.version == "1.0.0"  # and the one before answers again


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_trial_is_rolled_back_by_the_flash_tool(fault: str) -> None:
    data = image(fault)
    with Analyzer(InProcessTransport(on_trial(data))) as analyzer:
        with pytest.raises(VerificationFailed, match=FAULTS[fault][1]):
            check_by_flash_tool(analyzer, data)
        assert load(analyzer).label.version == "1.0.0"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_file_or_a_confirmed_model_is_a_bundle_error(fault: str) -> None:
    with pytest.raises(BundleError, match=FAULTS[fault][1]):
        proven_identifier(read_bundle(image(fault), default_trust_policy()))


def test_stale_digests_are_noticed_where_no_golden_answer_could() -> None:
    """CAS numbers exchanged everywhere but in the digests."""
    manifest, references = good()
    exchanged(manifest, "cas")
    now = {one["name"]: one["cas"] for one in manifest["compounds"]}
    for entry in manifest["golden_verdicts"]:
        for one in entry["components"]:
            one["cas"] = now[one["name"]]
    with pytest.raises(BundleError, match="digest"):
        read_bundle(signed_unchecked(manifest, references), default_trust_policy())
    again = signed_unchecked(with_digests(manifest, references), references)
    read_bundle(again, default_trust_policy())  # negative control: nothing else is wrong


@pytest.mark.parametrize("missing", ["IDENTIFIED", "UNKNOWN"])
def test_both_kinds_of_golden_spectra_are_needed(missing: str) -> None:
    manifest, references = good()
    manifest["golden_verdicts"] = [
        one for one in manifest["golden_verdicts"] if one["verdict"] != missing
    ]
    with pytest.raises(BundleError, match=missing):
        read_bundle(signed_unchecked(manifest, references), default_trust_policy())


# ---- what nobody foresaw ----


def _broken(_: Identifier, __: Spectrum) -> None:
    raise ValueError("operands could not be broadcast together")


def test_an_unforeseen_error_rolls_a_trial_back_and_refuses_a_confirmed_model(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    data = image(None)
    simulated = on_trial(data)
    with monkeypatch.context() as patched, Analyzer(InProcessTransport(simulated)) as analyzer:
        patched.setattr(Identifier, "identify", _broken)
        with caplog.at_level(logging.DEBUG), pytest.raises(VerificationFailed, match="ValueError"):
            load(analyzer)
        assert "broadcast" in caplog.text  # for those who ask; not in the operator's sentence
        assert analyzer.active_slot() == 0
        with pytest.raises(ModelFaulty) as caught:
            load(analyzer)  # slot A is confirmed: told, not reverted
        assert "broadcast" not in caught.value.text
        assert analyzer.active_slot() == 0
    with Analyzer(InProcessTransport(simulated)) as analyzer:
        assert load(analyzer).label.version == "1.0.0"


def test_an_unforeseen_error_rolls_back_what_the_flash_tool_tries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = image(None)
    with monkeypatch.context() as patched, Analyzer(InProcessTransport(on_trial(data))) as analyzer:
        patched.setattr(Identifier, "identify", _broken)
        with pytest.raises(VerificationFailed, match="ValueError"):
            check_by_flash_tool(analyzer, data)
        assert analyzer.active_slot() == 0


def test_a_trial_that_cannot_be_checked_here_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise RuntimeMissing("No runtime for the network.")

    for check in (load, lambda analyzer: check_by_flash_tool(analyzer, image(None))):
        simulated = on_trial(image(None))
        with monkeypatch.context() as patched, Analyzer(InProcessTransport(simulated)) as analyzer:
            patched.setattr(proof, "Identifier", missing)
            with pytest.raises(RuntimeMissing):
                check(analyzer)
            assert analyzer.active_slot() == 0


def test_compounds_of_the_field_take_no_part_in_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """An odd one must not roll a good model back."""
    seen: list[int] = []
    real = check_golden_verdicts

    def counted(manifest: Any, identify: Any) -> None:
        seen.append(len(identify.__self__.field_compounds))
        real(manifest, identify)

    from tests.test_field_library import entry

    monkeypatch.setattr(proof, "check_golden_verdicts", counted)
    bundle = read_bundle(image(None), default_trust_policy())
    found = proven_identifier(bundle, field_compounds=[entry()])
    assert [one.name for one in found.field_compounds] == ["acetone"]
    assert seen == [0]


def test_a_share_may_move_within_the_tolerance() -> None:
    def bundle(share: float) -> Bundle:
        manifest, references = good()
        manifest["golden_verdicts"][0]["components"][0]["signal_share"] = share
        return read_bundle(signed_unchecked(manifest, references), default_trust_policy())

    prove(bundle(0.985))
    with pytest.raises(GoldenMismatch, match="0.020 is allowed"):
        prove(bundle(0.975))
