"""A firmware that lies or misbehaves costs bounded time and memory, and ends in one sentence.

Time is the link's virtual clock; `tests/hostile.py` is the firmware.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from device.driver.acquisition import acquire
from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport, VirtualClock
from firmware_bridge.calibration import CalibrationError, CalibrationPage
from firmware_bridge.errors import ProtocolError, RamixError
from firmware_bridge.framing import Framing
from firmware_bridge.messages import FrameReply, LaserState, Opcode
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import ReplayScene
from tests.hostile import Liar, Lie, saying

PIXELS = 64
PAGE = CalibrationPage((800.0, 160.0 / PIXELS), 785.0, 0, PIXELS - 1, PIXELS, serial="RX-0666")
SCENE = ReplayScene(np.linspace(3000.0, 9000.0, PIXELS).round(), np.full(PIXELS, 230.0), 20.0)
TIMEOUT_S = 0.5
RAW = Framing.RAW


def liar(*lies: tuple[Opcode | None, Lie], framing: Framing = RAW) -> Liar:
    honest = SimulatedAnalyzer(SCENE, calibration=PAGE, framing=framing)
    return Liar(honest, dict(lies))


@contextmanager
def opened(firmware: Liar, timeout_s: float = TIMEOUT_S) -> Iterator[Analyzer]:
    with Analyzer(InProcessTransport(firmware, VirtualClock()), timeout_s=timeout_s) as analyzer:
        yield analyzer


def sentence(error: RamixError) -> str:
    """The error's text, once it is found to be one sentence on one line."""
    text = error.text
    assert text.endswith(".") and text.isprintable() and error.remedy
    assert not re.search(r"unexpected|Errno|Exception|Traceback", text)
    return text


# ---- what binds both sides ----


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({"max_lease_ms": 501}, "501 ms after this program fell silent"),
        ({"max_lease_ms": 60_000}, "60000 ms"),
        ({"min_lease_ms": 501}, "501 to 500 ms"),
        ({"min_lease_ms": 0, "max_lease_ms": 0}, "0 to 0 ms"),
        ({"min_integration_time_us": 0}, "exposes for 0 to"),
        ({"max_integration_time_us": 2**32 - 1}, "to 4294967295 us; 1 us to an hour"),
        ({"max_integration_time_us": 1}, "to 1 us"),
        ({"pixel_count": 0}, "0 pixels"),
        ({"max_chunk": 0}, "chunks of 0 bytes"),
        ({"max_chunk": 31}, "31 bytes; 32 is the least"),
    ],
    ids=str,
)
def test_limits_that_break_the_protocol_are_refused_on_opening(
    claim: dict[str, int], words: str
) -> None:
    firmware = liar((Opcode.GET_CAPABILITIES, saying(RAW, **claim)))
    with pytest.raises(ProtocolError) as caught, opened(firmware):
        pass
    assert words in sentence(caught.value)
    assert Opcode.ARM_LASER not in firmware.asked


@pytest.mark.parametrize("claim", [{"max_lease_ms": 500}, {"max_chunk": 32}, {"min_lease_ms": 0}])
def test_limits_at_their_edge_are_accepted(claim: dict[str, int]) -> None:
    with opened(liar((Opcode.GET_CAPABILITIES, saying(RAW, **claim)))) as analyzer:
        assert np.array_equal(analyzer.acquire_frame(laser_on=True).counts, SCENE.raw_counts)


@pytest.mark.parametrize("field", ["product", "serial", "firmware_version"])
@pytest.mark.parametrize("text", ["\x1b[2J", "a\nb", "\u202egnp.exe", "\x9b5n"])
def test_names_that_command_a_terminal_are_refused(field: str, text: str) -> None:
    with (
        pytest.raises(ProtocolError) as caught,
        opened(liar((Opcode.HELLO, saying(RAW, **{field: text})))),
    ):
        pass
    assert "no line of text" in sentence(caught.value)


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({"integration_time_us": 2**32 - 1}, "set to 4294967295 us"),
        ({"integration_time_us": 0}, "set to 0 us"),
        ({"laser_power_mw": 65_535}, "set to 65535 mW"),
    ],
    ids=str,
)
def test_settings_beyond_its_own_limits_are_refused(claim: dict[str, int], words: str) -> None:
    with (
        pytest.raises(ProtocolError) as caught,
        opened(liar((Opcode.GET_STATE, saying(RAW, **claim)))),
    ):
        pass
    assert words in sentence(caught.value)


def test_unless_leases_are_checked_the_light_would_outlive_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: the same lie, and a host that believes it."""
    monkeypatch.setattr("device.driver.exposure.check_lease", lambda granted, asked: None)
    firmware = liar((Opcode.ARM_LASER, saying(RAW, lease_ms=60_000)))
    with opened(firmware) as analyzer:
        analyzer.acquire_frame(laser_on=True)
    assert firmware.honest.laser_on_log


def test_a_lease_longer_than_asked_is_refused_and_the_laser_is_off() -> None:
    firmware = liar((Opcode.ARM_LASER, saying(RAW, lease_ms=501)))
    with opened(firmware) as analyzer:
        with pytest.raises(ProtocolError) as caught:
            analyzer.acquire_frame(laser_on=True)
        assert firmware.honest.laser_state is LaserState.OFF
    assert "501 ms where 500 ms were asked for" in sentence(caught.value)
    assert not firmware.honest.laser_on_log


def test_a_renewal_longer_than_asked_ends_the_light() -> None:
    firmware = liar((Opcode.RENEW_LEASE, saying(RAW, lease_ms=60_000)))
    with opened(firmware) as analyzer:
        analyzer.set_integration_time_ms(1000.0)
        with pytest.raises(ProtocolError) as caught:
            analyzer.acquire_frame(laser_on=True)
    assert "60000 ms" in sentence(caught.value)
    (pulse,) = firmware.honest.laser_on_log
    assert pulse.off_s is not None and pulse.off_s - pulse.on_s < 0.2


def test_a_lease_of_nothing_is_refused() -> None:
    firmware = liar((Opcode.ARM_LASER, saying(RAW, lease_ms=0)))
    with opened(firmware) as analyzer, pytest.raises(ProtocolError) as caught:
        analyzer.acquire_frame(laser_on=True)
    assert "a lease of 0 ms" in sentence(caught.value)
    assert not firmware.honest.laser_on_log


def test_a_lease_of_a_millisecond_does_not_flood_the_link() -> None:
    leases = (Opcode.ARM_LASER, Opcode.RENEW_LEASE)
    firmware = liar(*((code, saying(RAW, lease_ms=1)) for code in leases))
    with opened(firmware) as analyzer:
        analyzer.set_integration_time_ms(2000.0)
        analyzer.acquire_frame(laser_on=True)
    assert firmware.asked.count(Opcode.RENEW_LEASE) <= 1 + 2.0 / 0.005


def _dark(**values: object) -> Callable[[FrameReply], object]:
    """A lie for dark frames alone: the lit one says ON."""
    ((key, value),) = values.items()
    return lambda frame: getattr(frame, key) if frame.laser_state is LaserState.ON else value


def test_a_dark_frame_that_was_lit_is_refused() -> None:
    firmware = liar((Opcode.ACQUIRE_FRAME, saying(RAW, laser_state=LaserState.ON)))
    with opened(firmware) as analyzer:
        assert analyzer.acquire_frame(laser_on=True).laser_state is LaserState.ON
        with pytest.raises(ProtocolError) as caught:
            analyzer.acquire_frame(laser_on=False)
        with pytest.raises(ProtocolError):
            acquire(analyzer)
    assert "laser was on during a dark frame" in sentence(caught.value)


@pytest.mark.parametrize("exposure_us", [0, 10_000, 20_300, 2**32 - 1])
def test_a_dark_frame_of_another_exposure_is_refused(exposure_us: int) -> None:
    lie = saying(RAW, exposure_us=_dark(exposure_us=exposure_us))
    with (
        opened(liar((Opcode.ACQUIRE_FRAME, lie))) as analyzer,
        pytest.raises(ProtocolError) as caught,
    ):
        acquire(analyzer)
    assert f"{exposure_us / 1000:g} ms" in sentence(caught.value)


def test_exposures_that_differ_by_a_timer_s_step_are_accepted() -> None:
    lie = saying(RAW, exposure_us=_dark(exposure_us=20_020))
    with opened(liar((Opcode.ACQUIRE_FRAME, lie))) as analyzer:
        assert acquire(analyzer).integration_time_ms == 20.0


# ---- calibration pages whose CRC holds ----

_STRANGE_PAGES = {
    "infinite": (replace(PAGE, wavelength_coefficients_nm=(5e-324, 1e-320)), "infinite"),
    "unordered": (replace(PAGE, wavelength_coefficients_nm=(1e14, 0.1)), "does not rise"),
    "all dead": (replace(PAGE, dead_pixels=tuple(range(PIXELS))), "0 of 64 pixels"),
    "dead where valid": (
        replace(PAGE, first_valid_pixel=10, last_valid_pixel=20, dead_pixels=tuple(range(9, 20))),
        "1 of 64 pixels",
    ),
    "resolution": (replace(PAGE, resolution_cm1=1e300), "1e+300 cm-1"),
    "serial number": (replace(PAGE, serial="\x1b[2J"), "no line of text"),
    "no resolution": (replace(PAGE, resolution_cm1=1e-300), "1e-300 cm-1"),
}


@pytest.mark.parametrize("kind", _STRANGE_PAGES)
def test_a_sealed_page_that_makes_no_sense_is_refused(kind: str) -> None:
    page, words = _STRANGE_PAGES[kind]
    firmware = liar()
    firmware.honest.set_calibration_page(page.to_bytes())
    with opened(firmware) as analyzer, pytest.raises(CalibrationError) as caught:
        acquire(analyzer)
    assert words in sentence(caught.value)
    assert not firmware.honest.laser_on_log
