"""`fault=` of a simulated port: what is understood, and what the host then sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.driver.analyzer import Analyzer
from device.driver.port import PortSyntaxError
from device.ports import open_analyzer
from device.simulated.planned import Planned
from firmware_bridge.errors import LinkClosed, LinkError, RamixError
from firmware_bridge.messages import FrameFlags

SAMPLE = "sim:scene=calcite&model=none&trigger_every_s=0"


@pytest.mark.parametrize(
    "wrong",
    ["", "fire", "late@0", "late@x", "late@", "late@1234567", "cooler@2", "late,,lost", "LATE"],
)
def test_what_is_no_fault_is_refused_with_a_sentence(wrong: str) -> None:
    with pytest.raises(PortSyntaxError) as caught:
        Planned.parse(wrong)
    assert "fault" in caught.value.text and caught.value.remedy


@given(st.text(alphabet="lateosinrck@,0123456789", max_size=30))
def test_any_text_is_a_plan_or_a_sentence(text: str) -> None:
    try:
        Planned.parse(text)
    except PortSyntaxError:
        return


def frames(analyzer: Analyzer, lit: bool = False) -> list[str]:
    """What becomes of four frames in a row."""
    seen = []
    for _ in range(4):
        try:
            analyzer.acquire_frame(lit)
            seen.append("frame")
        except RamixError as error:
            seen.append(error.code)
    return seen


@pytest.mark.parametrize("name", ["lost", "damaged", "short", "stall"])
def test_a_frame_that_does_not_arrive_is_missed_once(name: str) -> None:
    with open_analyzer(f"{SAMPLE}&fault={name}@2") as analyzer:
        assert frames(analyzer) == ["frame", "timeout", "frame", "frame"]


@pytest.mark.parametrize("name", ["late", "duplicated"])
def test_a_frame_that_is_late_or_doubled_is_taken_once(name: str) -> None:
    with open_analyzer(f"{SAMPLE}&fault={name}@2") as analyzer:
        assert frames(analyzer) == ["frame"] * 4


@pytest.mark.parametrize("name", ["interlock", "laser"])
def test_a_light_that_ends_is_no_frame(name: str) -> None:
    with open_analyzer(f"{SAMPLE}&fault={name}@2") as analyzer:
        assert frames(analyzer, lit=True)[:2] == ["frame", "laser_dropped"]


def test_a_cooler_that_does_not_hold_is_flagged() -> None:
    with open_analyzer(f"{SAMPLE}&fault=cooler") as analyzer:
        assert analyzer.acquire_frame(False).flags & FrameFlags.TEC_UNLOCKED


@pytest.mark.parametrize("link", ["inproc", "tcp", "pty", "usb"])
@pytest.mark.parametrize("name", ["unplug", "reboot"])
def test_a_lost_analyzer_comes_back_with_its_plan_behind_it(name: str, link: str) -> None:
    port = f"{SAMPLE}&link={link}&speed=100&fault={name}@2"
    with open_analyzer(port) as analyzer:
        analyzer.acquire_frame(False)
        with pytest.raises(LinkError):
            analyzer.acquire_frame(False)
    with open_analyzer(port) as analyzer:
        assert frames(analyzer) == ["frame"] * 4


def test_without_such_a_plan_each_port_is_an_analyzer_of_its_own() -> None:
    for _ in range(2):
        with open_analyzer(f"{SAMPLE}&fault=lost@2") as analyzer:
            assert frames(analyzer)[1] == "timeout"


def test_a_restart_is_told_in_process_too() -> None:
    with (
        open_analyzer(f"{SAMPLE}&fault=reboot@1&seed=3") as analyzer,
        pytest.raises(LinkClosed, match="restarted"),
    ):
        analyzer.acquire_frame(False)
