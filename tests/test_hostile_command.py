"""The command against a firmware that lies: the right exit code and one sentence, never a defect.

Each lie is met by every verb that speaks with an analyzer.
"""

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from device.cli.main import run_command
from device.driver.transports.in_process import InProcessTransport
from device.simulated.port import build_analyzer
from device.simulated.spec import parse
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.framing import Framing, Packet
from firmware_bridge.messages import LaserState, Opcode, Status
from tests.hostile import Liar, Lie, Sent, dribbling, late, refusing, saying, silent
from tests.tiny_bundles import tiny_path

Capture = pytest.CaptureFixture[str]
RAW = Framing.RAW
PORT = f"sim:mix=fixture A:1&model={tiny_path(2)}"
VERBS = {
    "info": ["info"],
    "acquire": ["acquire", "-o", "out.csv"],
    "identify": ["identify", "--no-store"],
    "run": ["run", "--no-store", "--triggers", "1"],
}
EXIT_ERROR, EXIT_TIMEOUT, EXIT_PROTOCOL, EXIT_MODEL_REFUSED = 1, 5, 6, 7
MOST_MEMORY_BYTES = 100e6
MOST_SECONDS = 30.0  # of this machine; the link's own time is virtual


@pytest.fixture(autouse=True)
def _bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    begun_s = time.monotonic()
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY_BYTES
        assert time.monotonic() - begun_s < MOST_SECONDS
    finally:
        tracemalloc.stop()


@pytest.fixture
def against(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Callable[..., tuple[int, str]]:
    """Runs a verb against lies; exit code and the error's text ("" when there is none)."""

    def run(verb: str, lies: dict[int | None, Lie], prepare: Callable[[Liar], None]) -> Any:
        def lying(specification: str, _follow: object = None) -> InProcessTransport:
            honest = build_analyzer(parse(specification), RAW)
            firmware = Liar(honest, lies)
            prepare(firmware)
            return InProcessTransport(firmware)

        monkeypatch.setattr("device.simulated.port.open_transport", lying)
        arguments = [*VERBS[verb], "--port", PORT, "--timeout", "1"]
        capsys.readouterr()
        code = run_command([*arguments, "--json"])
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        errors = [line["error"] for line in lines if "error" in line]
        assert len(lines) == 1
        for error in errors:
            assert error["code"] != "unexpected"
            assert error["text"].endswith(".") and error["text"].isprintable()
            assert "Errno" not in error["text"]
        return code, errors[0]["text"] if errors else ""

    return run


def _nothing(_firmware: Liar) -> None:
    pass


def _page(**values: Any) -> Callable[[Liar], None]:
    """Another calibration page, with a CRC that holds."""

    def put(firmware: Liar) -> None:
        page: CalibrationPage = firmware.honest.calibration
        firmware.honest.set_calibration_page(replace(page, **values).to_bytes())

    return put


def _lit(packet: Packet) -> list[Sent]:
    return list(saying(RAW, laser_state=LaserState.ON)(packet))


# Refused at the first contact, whatever the verb.
ON_OPENING: dict[str, tuple[dict[int | None, Lie], int, str]] = {
    "never answers": ({None: silent}, EXIT_TIMEOUT, "nothing came back"),
    "answers byte by byte": ({None: dribbling(RAW, 0.2)}, EXIT_TIMEOUT, "no end yet"),
    "is busy for ever": ({None: refusing(RAW, Status.BUSY)}, EXIT_PROTOCOL, "never be refused"),
    "greets busily": ({Opcode.HELLO: refusing(RAW, Status.BUSY)}, EXIT_ERROR, "HELLO (BUSY)"),
    "is late at each step": ({None: late(RAW, 0.9)}, EXIT_TIMEOUT, "did not answer"),
    "answers with nothing": ({None: lambda p: [Sent(b"")]}, EXIT_TIMEOUT, "nothing came back"),
    "grants a minute": (
        {Opcode.GET_CAPABILITIES: saying(RAW, max_lease_ms=60_000)}, EXIT_PROTOCOL, "60000 ms",
    ),
    "grants no lease": (
        {Opcode.GET_CAPABILITIES: saying(RAW, min_lease_ms=501)}, EXIT_PROTOCOL, "501 to 500 ms",
    ),
    "takes no chunk": (
        {Opcode.GET_CAPABILITIES: saying(RAW, max_chunk=0)}, EXIT_PROTOCOL, "chunks of 0 bytes",
    ),
    "has no pixel": (
        {Opcode.GET_CAPABILITIES: saying(RAW, pixel_count=0)}, EXIT_PROTOCOL, "0 pixels",
    ),
    "exposes for ever": (
        {Opcode.GET_CAPABILITIES: saying(RAW, min_integration_time_us=2**32 - 1)},
        EXIT_PROTOCOL, "1 us to an hour",
    ),
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("lie", ON_OPENING)
def test_a_lie_on_opening(lie: str, verb: str, against: Callable[..., tuple[int, str]]) -> None:
    lies, exit_code, words = ON_OPENING[lie]
    code, text = against(verb, lies, _nothing)
    assert (code, words in text) == (exit_code, True), text


Case = tuple[dict[int | None, Lie], Callable[[Liar], None], int, tuple[str, ...], str]
# Refused when a verb gets there: lies, what is done to the firmware, exit code, verbs, words.
LATER: dict[str, Case] = {
    "infinite axis": (
        {}, _page(wavelength_coefficients_nm=(5e-324, 1e-320)),
        EXIT_PROTOCOL, ("acquire", "identify", "run"), "infinite Raman shift",
    ),
    "unordered axis": (
        {}, _page(wavelength_coefficients_nm=(1e14, 0.1)),
        EXIT_PROTOCOL, ("acquire", "identify", "run"), "does not rise",
    ),
    "all pixels dead": (
        {}, _page(dead_pixels=tuple(range(2048))),
        EXIT_PROTOCOL, ("acquire", "identify", "run"), "0 of 2048 pixels",
    ),
    "a page of nothing": (
        {Opcode.READ_CALIBRATION: saying(RAW, page=b"")}, _nothing,
        EXIT_PROTOCOL, ("acquire", "identify", "run"), "no calibration page",
    ),
    "a long lease": (
        {Opcode.ARM_LASER: saying(RAW, lease_ms=60_000)}, _nothing,
        EXIT_PROTOCOL, ("acquire", "identify", "run"), "60000 ms where 500 ms",
    ),
    "a lit dark frame": (
        {Opcode.ACQUIRE_FRAME: _lit}, _nothing,
        EXIT_PROTOCOL, ("acquire", "identify", "run"), "laser was on during a dark frame",
    ),
    "a frame of no pixel": (
        {Opcode.ACQUIRE_FRAME: saying(RAW, counts=lambda frame: frame.counts[:0])}, _nothing,
        EXIT_PROTOCOL, ("acquire", "identify", "run"), "the frame has 0",
    ),
    "a slot of 4 GiB": (
        {Opcode.SLOT_INFO: saying(RAW, size=2**32 - 1, received=2**32 - 1)}, _nothing,
        EXIT_PROTOCOL, ("info", "identify", "run"), "4294967295 bytes",
    ),
    "another slot": (
        {Opcode.SLOT_INFO: saying(RAW, slot=9)}, _nothing,
        EXIT_PROTOCOL, ("info", "identify", "run"), "told of slot 9",
    ),
    "a slot that is none": (
        {Opcode.GET_STATE: saying(RAW, active_slot=7)}, _nothing,
        EXIT_PROTOCOL, ("identify", "run"), "slot 7 of 2",
    ),
    "chunks of other bytes": (
        {Opcode.SLOT_READ: saying(RAW, offset=1)}, _nothing,
        EXIT_PROTOCOL, ("identify", "run"), "from 1.",
    ),
    "chunks that never come": (
        {Opcode.SLOT_READ: silent}, _nothing, EXIT_TIMEOUT, ("identify", "run"), "SLOT_READ",
    ),
    "a model that reads back differently": (
        {Opcode.SLOT_READ: saying(RAW, data=lambda told: bytes(len(told.data)))}, _nothing,
        EXIT_MODEL_REFUSED, ("identify", "run"), "reads back differently",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("lie", "verb"), [(lie, verb) for lie, case in LATER.items() for verb in case[3]]
)
def test_a_lie_on_the_way(lie: str, verb: str, against: Callable[..., tuple[int, str]]) -> None:
    lies, prepare, exit_code, _, words = LATER[lie]
    code, text = against(verb, lies, prepare)
    assert (code, words in text) == (exit_code, True), text


@pytest.mark.parametrize("verb", VERBS)
def test_the_same_firmware_without_a_lie_is_served(
    verb: str, against: Callable[..., tuple[int, str]]
) -> None:
    code, text = against(verb, {}, _nothing)
    assert text == "" and code in (0, 9, 10, 11)
