"""The steps of a flash on the in-process link: what is decided, and what each interruption leaves.

Next: `test_flash_model.py`, the same as a command over TCP.
"""

import hashlib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport
from device.inference.bundle import read_bundle
from device.inference.errors import BundleError, VerificationFailed
from device.inference.trust import default_trust_policy
from device.simulated.flash_file import FlashFile
from firmware_bridge.messages import Capabilities, SlotInfo, SlotState
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import EmptyScene
from tests.tiny_bundles import tiny_path
from tools import flashing
from tools.flashing import Action, Plan


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))


def in_process(**limits: Any) -> tuple[SimulatedAnalyzer, Analyzer]:
    simulated = SimulatedAnalyzer(EmptyScene(), **limits)
    return simulated, Analyzer(InProcessTransport(simulated))


def steps(analyzer: Analyzer, data: bytes) -> Generator[flashing.Progress, None, None]:
    """A flash as the command does it, to be interrupted anywhere."""
    trust = default_trust_policy()
    bundle = read_bundle(data, trust)
    what = plan(flashing.slots_of(analyzer), data, bundle.manifest.security_counter)
    return flashing.carry_out(analyzer, what, data, bundle, trust, "auto")


def damage(simulated: SimulatedAnalyzer, data: bytes) -> None:
    """Clear a bit of the stored image, as worn-out cells do."""
    stored = simulated.flash.read(0, simulated.flash.size_bytes)
    place = stored.index(data[:256]) + 4096 - 4096 % 256
    byte = stored[place]
    simulated.flash.program(place, bytes([byte & (byte - 1)]))
    assert byte, "a cleared byte has no bit to lose"


def test_flash_that_stored_other_bytes_is_noticed_by_the_analyzer() -> None:
    simulated, analyzer = in_process()
    data = tiny_path(2).read_bytes()
    with analyzer:
        progress = steps(analyzer, data)
        while next(progress).done < len(data):
            pass
        damage(simulated, data)
        with pytest.raises(VerificationFailed, match="not what was sent"):
            next(progress)
        assert analyzer.active_slot() is None


def test_flash_that_rots_during_the_trial_is_noticed_by_the_read_back() -> None:
    simulated, analyzer = in_process()
    first, data = tiny_path(1).read_bytes(), tiny_path(2).read_bytes()
    with analyzer:
        list(steps(analyzer, first))
        progress = steps(analyzer, data)
        while next(progress).step != "on trial":
            pass
        assert analyzer.active_slot() == 1
        damage(simulated, data)
        with pytest.raises(VerificationFailed, match="rolled back"):
            list(progress)
        assert analyzer.active_slot() == 0


def test_an_interrupted_trial_goes_back_at_once() -> None:
    _, analyzer = in_process()
    with analyzer:
        list(steps(analyzer, tiny_path(1).read_bytes()))
        progress = steps(analyzer, tiny_path(2).read_bytes())
        while next(progress).step != "read back":
            pass
        progress.close()  # what Ctrl-C does to the loop over it
        assert analyzer.active_slot() == 0
        assert analyzer.slot_info(1).state is SlotState.VERIFIED


def test_the_power_may_go_while_the_analyzer_writes(tmp_path: Path) -> None:
    """Cut after various numbers of flash operations: always the old model or the new, whole."""
    old, new = tiny_path(1).read_bytes(), tiny_path(2).read_bytes()
    seen = set()
    for operations in range(0, 280, 23):
        flash = FlashFile.open(tmp_path / f"flash-{operations}.bin")
        simulated = SimulatedAnalyzer(EmptyScene(), flash=flash)
        with Analyzer(InProcessTransport(simulated), timeout_s=0.5) as analyzer:
            list(steps(analyzer, old))
        flash.cut_power_after(operations)
        cut = False
        try:
            with Analyzer(InProcessTransport(simulated), timeout_s=0.5) as analyzer:
                list(steps(analyzer, new))
        except OSError:
            cut = True
        flash.restore_power()
        simulated.reboot()
        with Analyzer(InProcessTransport(simulated)) as analyzer:
            slot = analyzer.active_slot()
            assert slot is not None
            assert b"".join(analyzer.read_slot(slot)) == (old if cut else new)
            list(steps(analyzer, new))
            assert b"".join(analyzer.read_slot(analyzer.active_slot() or 0)) == new
        flash.close()
        seen.add(cut)
    assert seen == {True, False}  # some cuts hit the upload, the last ones came after it


# ---- the decision alone ----

LIMITS = Capabilities(2048, 1, 10_000, 70, 10, 500, 2, 1000, 256, True, True)


def slot(index: int, state: SlotState, content: bytes = b"other", **changes: Any) -> SlotInfo:
    size = len(content) if state is not SlotState.EMPTY else 0
    digest = hashlib.sha256(content).digest() if size else bytes(32)
    return replace(SlotInfo(index, state, size, digest, 1 if size else 0, size, False), **changes)


def plan(
    slots: list[SlotInfo], data: bytes, counter: int, limits: Capabilities | None = None
) -> Plan:
    largest = limits or replace(LIMITS, slot_size=2**20)
    return flashing.plan(slots, largest, len(data), hashlib.sha256(data).digest(), counter)


E, S, V, T, C = SlotState


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ([slot(0, E), slot(1, E)], Plan(Action.UPLOAD, 0)),
        ([slot(0, C, active=True), slot(1, E)], Plan(Action.UPLOAD, 1)),
        ([slot(0, E), slot(1, C, active=True)], Plan(Action.UPLOAD, 0)),
        ([slot(0, C), slot(1, C, active=True)], Plan(Action.UPLOAD, 0)),
        ([slot(0, V), slot(1, S)], Plan(Action.UPLOAD, 1)),
        ([slot(0, C, active=True), slot(1, T, active=True)], Plan(Action.UPLOAD, 1, 0, 1)),
        ([slot(0, C, b"new", active=True), slot(1, E)], Plan(Action.NOTHING, 0, 3)),
        ([slot(0, C, b"new"), slot(1, C, active=True)], Plan(Action.ACTIVATE, 0, 3)),
        ([slot(0, C, b"new"), slot(1, T, active=True)], Plan(Action.ACTIVATE, 0, 3, 1)),
        ([slot(0, C), slot(1, T, b"new", active=True)], Plan(Action.CHECK, 1, 3)),
        ([slot(0, C, active=True), slot(1, V, b"new")], Plan(Action.TRY, 1, 3)),
        ([slot(0, C), slot(1, S, b"new", received=2)], Plan(Action.UPLOAD, 1, 2)),
        ([slot(0, C, active=True), slot(1, S, b"new", security_counter=9)], Plan(Action.UPLOAD, 1)),
    ],
)
def test_the_plan(slots: list[SlotInfo], expected: Plan) -> None:
    assert plan(slots, b"new", 1) == expected


def test_no_place_is_said_so() -> None:
    with pytest.raises(BundleError, match="in use"):
        plan([slot(0, C, active=True)], b"new", 1)
    with pytest.raises(BundleError, match="a slot holds 1000"):
        plan([slot(0, E)], bytes(1001), 1, LIMITS)
