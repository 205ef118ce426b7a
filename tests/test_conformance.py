"""`ramix conformance`: passes on the simulator over every link, and names the rule that is broken.

In process on the virtual clock; the other links in real time, all three at once.
"""

import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from device.cli.exit_codes import EXIT_USAGE
from device.cli.main import run_command
from device.conformance import link_key
from device.conformance.bench import Bench
from device.conformance.catalogue import CHECKS
from device.conformance.check import SECTIONS, Check, Needs
from device.conformance.hands import Hands, LineHands
from device.conformance.outcome import CheckFailed, Outcome, Result
from device.conformance.report import Report, line
from device.conformance.runner import knock, run_checks
from device.driver.transports.base import Transport
from device.driver.transports.in_process import InProcessTransport
from device.driver.transports.tcp import TcpTransport
from firmware_bridge.calibration import CalibrationPage
from firmware_bridge.errors import CallerError
from firmware_bridge.framing import FLAG_REPLY, Framing, Packet, encode
from firmware_bridge.messages import AcquireFrame, ArmLaser, Hello, Opcode, Status
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.faults import FaultPlan
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.first_bytes import FirstBytes
from firmware_bridge.simulator.scenes import ReplayScene
from firmware_bridge.simulator.serve import TcpServer
from tests.c_build import CAN_BUILD, WHY_NOT, built
from tests.c_firmware import CFirmware
from tests.delayed_analyzer import DelayedAnalyzer
from tests.links import LINKS, open_bench
from tests.planted_at_the_door import KEY_FAULTS, ProofOutlivesChallenge
from tests.planted_faults import COBS_FAULTS, FAULTS
from tests.planted_in_memory import CapabilitiesChange, WorksOnlyWhenAsked
from tests.planted_in_the_light import CoverNotAsked, FaultForgotten
from tests.planted_on_the_wire import LinkLossUnnoticed
from tests.planted_over_a_restart import (
    CoverForgotten,
    CoverIgnored,
    CoverIsNews,
    RestartUntold,
)

PIXELS = 64
SCENE = ReplayScene(np.full(PIXELS, 5000.0), np.full(PIXELS, 230.0), 100.0)
PAGE = CalibrationPage((800.0, 160.0 / PIXELS), 785.0, 0, PIXELS - 1, PIXELS, serial="RX-0042")
EVERYTHING = Needs.LASER | Needs.FLASH | Needs.HINDERED
PATIENCE_S = 2.0
IMAGE = bytes(range(256)) * 20
CHECK_NAMES = {check.name for check in CHECKS}


def analyzer_of(
    kind: type[SimulatedAnalyzer] = SimulatedAnalyzer,
    equipment: Equipment | None = None,
    framing: Framing = Framing.RAW,
    link_key: bytes | None = None,
) -> SimulatedAnalyzer:
    """A small one, with a model in use in slot 0."""
    analyzer = kind(
        SCENE, calibration=PAGE, equipment=equipment, framing=framing, link_key=link_key
    )
    analyzer._instrument.upkeep.slots.install(0, IMAGE, 3)
    return analyzer


def run(
    connect: Callable[[], Transport],
    *,
    allowed: Needs = EVERYTHING,
    connect_again: Callable[[], Transport] | None = None,
    checks: tuple[Check, ...] = CHECKS,
    patience_s: float = PATIENCE_S,
    link_key: bytes | None = None,
    connect_unproven: Callable[[], Transport] | None = None,
    hands: Hands | None = None,
) -> list[Result]:
    bench = Bench(
        connect,
        patience_s,
        connect_again=connect_again,
        exchanges=60,
        link_key=link_key,
        connect_unproven=connect_unproven,
        hands=hands,
    )
    try:
        knock(bench)
        return list(run_checks(bench, checks, allowed))
    finally:
        bench.close()


def run_in_process(analyzer: SimulatedAnalyzer, allowed: Needs = EVERYTHING) -> list[Result]:
    return run(lambda: InProcessTransport(analyzer), allowed=allowed)


def named(results: list[Result], outcome: Outcome) -> set[str]:
    return {result.name for result in results if result.outcome is outcome}


def told(results: list[Result]) -> str:
    return "\n".join(line(result) for result in results if result.outcome is not Outcome.PASSED)


TCP_ALONE = {
    *("second-host-is-told", "other-protocols-are-closed"),
    *("lost-link-gives-up-the-frame", "lost-link-is-dark"),
}
COBS_ALONE = {"cobs-frames", "cobs-overlong-frame"}
HANDS_ALONE = {"open-cover-outlives-a-restart"}
HINDRANCES = {"open-cover-forbids-light", "laser-fault-forbids-light"}
KEY_ALONE = {check.name for check in link_key.CHECKS}
KEY = bytes(range(32))
SLOW_FLASH_ALONE = {"flash-works-by-itself"}
NOTHING_LACKS = "what-it-lacks-is-zero"


# ---- the simulator passes ----


@pytest.fixture(scope="module")
def over_links(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Result]]:
    # before the threads: the factory makes its own folder at the first call, and is not safe there
    folders = {link: tmp_path_factory.mktemp(link) for link in LINKS}

    def over(link: str) -> list[Result]:
        with open_bench(link, SCENE, FaultPlan.none(), folders[link]) as bench:
            behind = bench.simulated
            if isinstance(behind, SimulatedAnalyzer):
                bench.touch(lambda: behind._instrument.upkeep.slots.install(0, IMAGE, 3))
            return run(bench.connect, connect_again=bench.connect)

    # Two at a time: the checks run in real time, and simulator and host share this process.
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(LINKS, pool.map(over, LINKS), strict=True))


@pytest.mark.parametrize("link", LINKS)
def test_simulator_and_example_firmware_pass_over_every_link(
    link: str, over_links: dict[str, list[Result]]
) -> None:
    results = over_links[link]
    assert not named(results, Outcome.FAILED), told(results)
    assert [result.name for result in results] == [check.name for check in CHECKS]
    if link == "c":  # it has other parts than the simulator, and none of its checks failed
        return
    skipped = {NOTHING_LACKS, *HINDRANCES, *HANDS_ALONE, *KEY_ALONE, *SLOW_FLASH_ALONE}
    skipped |= set() if link == "tcp" else TCP_ALONE
    skipped |= {"late-commands-are-not-obeyed"} if link == "pty" else COBS_ALONE
    in_time = [result for result in results if "too busy" not in result.came]
    assert named(in_time, Outcome.SKIPPED) == skipped


@pytest.mark.parametrize(
    "equipment",
    [
        Equipment(
            tells_camera=False,
            has_tec=False,
            has_trigger=False,
            has_interlock=False,
            has_thermometer=False,
            battery_percent=None,
        ),
        Equipment(flash_work_s=0.35),
    ],
    ids=["lacking", "slow-flash"],
)
def test_an_analyzer_that_lacks_things_or_is_slow_passes_too(equipment: Equipment) -> None:
    results = run_in_process(analyzer_of(equipment=equipment))
    assert not named(results, Outcome.FAILED), told(results)


@pytest.mark.parametrize("delay_s", [0.1, 0.5])
def test_a_slow_link_is_no_fault_of_the_firmware(delay_s: float) -> None:
    slow = DelayedAnalyzer(analyzer_of(), delay_s)
    results = run(lambda: InProcessTransport(slow), patience_s=5.0)
    assert not named(results, Outcome.FAILED), told(results)


def test_an_analyzer_that_never_had_a_page_is_tried_and_gets_none() -> None:
    analyzer = analyzer_of()
    analyzer._instrument.upkeep._factory_page = b""
    checks = tuple(check for check in CHECKS if check.section == "11")
    results = run(lambda: InProcessTransport(analyzer), checks=checks)
    passed = {"page-is-whole", "page-without-its-crc", "page-bounds"}
    assert named(results, Outcome.PASSED) == passed, told(results)
    assert named(results, Outcome.SKIPPED) == {"page-is-written", "page-in-one-chunk"}
    assert analyzer._instrument.upkeep._page() == b""


def test_afterwards_the_analyzer_is_what_it_was() -> None:
    analyzer = analyzer_of()
    before = analyzer.slots, analyzer._instrument._settings.integration_time_us
    power_mw = analyzer._instrument.laser.power_mw
    results = run_in_process(analyzer)
    assert not named(results, Outcome.FAILED)
    assert (analyzer.slots, analyzer._instrument._settings.integration_time_us) == before
    assert analyzer._instrument.laser.power_mw == power_mw
    assert analyzer._instrument.upkeep._page() == PAGE.to_bytes()
    assert analyzer.laser_state.name == "OFF"
    assert analyzer._instrument.body.events.cleared_number == 0
    assert analyzer.laser_on_log, "the checks of light made some"


def test_an_interrupted_run_leaves_the_analyzer_dark_with_its_settings() -> None:
    def interrupted(bench: Bench) -> str:
        bench.set_exposure(700.0)
        bench.ok(ArmLaser(500))
        bench.wire.send(bench.packet(AcquireFrame(True)))
        bench.wire.pause(0.1)
        lit.append(analyzer.laser_is_on)
        raise KeyboardInterrupt

    lit: list[bool] = []
    analyzer = analyzer_of()
    check = Check("interrupted", "7", "None.", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(lambda: InProcessTransport(analyzer), checks=(check,))
    assert lit == [True]
    assert analyzer.laser_state.name == "OFF"
    assert analyzer._instrument._settings.integration_time_us == 100_000


def test_a_link_that_is_lost_ends_the_run_with_a_reason() -> None:
    def unplugged(bench: Bench) -> str:
        analyzer.unplug()
        return str(bench.ok(Hello()))

    analyzer = analyzer_of()
    checks = (Check("unplugged", "1", "None.", unplugged), *CHECKS[:2])
    results = run(lambda: InProcessTransport(analyzer), checks=checks)
    outcomes = [result.outcome for result in results]
    assert outcomes == [Outcome.FAILED, Outcome.SKIPPED, Outcome.SKIPPED]
    assert "unplugged" in results[0].came
    assert "lost in unplugged" in results[1].came


class Flooding(SimulatedAnalyzer):
    """Never stops to send the same refusal."""

    def poll(self, now_s: float) -> bytes:
        flood = encode(Packet(Opcode.HELLO, 7, Status.BUSY, FLAG_REPLY, b"no"))
        return super().poll(now_s) + 300 * flood


def test_a_flood_of_packets_is_told_and_survived() -> None:
    wanted = ("short-pause-inside-a-request", "replies-belong-to-requests")
    checks = tuple(check for check in CHECKS if check.name in wanted)
    results = run(lambda: InProcessTransport(Flooding(SCENE)), checks=checks)
    assert named(results, Outcome.FAILED) == set(wanted)
    assert "packets came for a handful of requests" in results[0].came


def test_without_leave_no_light_is_made_and_no_flash_is_written() -> None:
    analyzer = analyzer_of()
    flash = bytes(analyzer.flash.read(0, analyzer.flash.size_bytes))
    armed: list[float] = []
    laser = analyzer._instrument.laser
    arm = laser.arm
    laser.arm = lambda now_s, lease_ms: armed.append(now_s) or arm(now_s, lease_ms)  # type: ignore[method-assign,func-returns-value]
    results = run_in_process(analyzer, Needs.NOTHING)
    assert not named(results, Outcome.FAILED), told(results)
    needy = {check.name for check in CHECKS if check.needs}
    assert len(needy) > 15
    assert needy <= named(results, Outcome.SKIPPED)
    assert not armed
    assert not analyzer.laser_on_log
    assert bytes(analyzer.flash.read(0, analyzer.flash.size_bytes)) == flash


# ---- planted faults ----


def test_work_that_stops_until_it_is_asked_about_again_is_found() -> None:
    slow = Equipment(flash_work_s=0.35)
    checks = tuple(check for check in CHECKS if check.name in SLOW_FLASH_ALONE)
    for kind, outcome in (
        (SimulatedAnalyzer, Outcome.PASSED),
        (WorksOnlyWhenAsked, Outcome.FAILED),
    ):
        analyzer = analyzer_of(kind, equipment=slow)
        results = run(partial(InProcessTransport, analyzer), checks=checks)
        assert named(results, outcome) == SLOW_FLASH_ALONE, told(results)


def test_every_check_finds_a_planted_fault() -> None:
    assert len(FAULTS) >= 60
    faults = (*FAULTS.values(), *COBS_FAULTS.values(), *KEY_FAULTS.values())
    alone = (TCP_ALONE, HINDRANCES, HANDS_ALONE, SLOW_FLASH_ALONE, {"proof-ends-with-the-link"})
    found = set().union(*faults, *alone)
    assert found == CHECK_NAMES


def check_fault(analyzer: SimulatedAnalyzer, wanted: set[str]) -> None:
    results = run_in_process(analyzer)
    assert named(results, Outcome.FAILED) == wanted, told(results)
    assert len(named(results, Outcome.PASSED)) > len(CHECKS) // 2
    for result in results:
        if result.outcome is Outcome.FAILED:
            assert result.came
            assert result.section in SECTIONS


@pytest.mark.parametrize("kind", FAULTS, ids=[kind.__name__ for kind in FAULTS])
def test_a_planted_fault_fails_its_checks_and_no_others(kind: type[SimulatedAnalyzer]) -> None:
    check_fault(analyzer_of(kind), FAULTS[kind])


@pytest.mark.parametrize("kind", COBS_FAULTS, ids=[kind.__name__ for kind in COBS_FAULTS])
def test_a_fault_of_serial_lines_is_found_there(kind: type[SimulatedAnalyzer]) -> None:
    check_fault(analyzer_of(kind, framing=Framing.COBS), COBS_FAULTS[kind])


def run_keyed(
    connect: Callable[[], Transport], again: bool = False, checks: tuple[Check, ...] = CHECKS
) -> list[Result]:
    def proven() -> Transport:
        return link_key.admitted(connect(), lambda: KEY, PATIENCE_S)

    return run(
        proven,
        connect_again=proven if again else None,
        checks=checks,
        link_key=KEY,
        connect_unproven=connect if again else None,
    )


@pytest.mark.parametrize("kind", KEY_FAULTS, ids=[kind.__name__ for kind in KEY_FAULTS])
def test_a_fault_of_the_link_key_is_found(kind: type[SimulatedAnalyzer]) -> None:
    analyzer = analyzer_of(kind, link_key=KEY)
    results = run_keyed(lambda: InProcessTransport(analyzer), checks=link_key.CHECKS)
    assert named(results, Outcome.FAILED) == KEY_FAULTS[kind], told(results)


def test_a_link_that_needs_the_key_passes_behind_its_proof() -> None:
    analyzer = analyzer_of(link_key=KEY)
    results = run_keyed(lambda: InProcessTransport(analyzer))
    assert not named(results, Outcome.FAILED), told(results)
    assert named(results, Outcome.PASSED) >= KEY_ALONE - {"proof-ends-with-the-link"}


def test_over_tcp_its_connections_are_proven_one_by_one() -> None:
    def connect() -> Transport:
        return TcpTransport(server.host, server.port)

    chosen = KEY_ALONE | TCP_ALONE | {"hello-is-stable", "soak"}
    checks = tuple(check for check in CHECKS if check.name in chosen)
    with TcpServer(analyzer_of(link_key=KEY)) as server:
        results = run_keyed(connect, again=True, checks=checks)
    assert named(results, Outcome.PASSED) == chosen, told(results)


@pytest.mark.skipif(not CAN_BUILD, reason=WHY_NOT)
def test_the_example_firmware_passes_behind_its_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "link.key"
    path.touch(0o600)
    path.write_text(KEY.hex())
    with CFirmware("--port", "0", "--key-file", str(path)) as firmware:
        chosen = [word for check in KEY_ALONE | TCP_ALONE for word in ("--only", check)]
        words = ["conformance", "--port", firmware.address, "--hazardous", *chosen]
        assert run_command([*words, "--key-file", str(path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["passed"] == len(KEY_ALONE | TCP_ALONE)
        assert run_command(words) == 4  # without the key


def test_the_command_tries_what_only_a_tcp_port_can_without_a_key_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It asks who a second host is turned away by, and is turned away itself."""
    chosen = [word for check in TCP_ALONE for word in ("--only", check)]
    with TcpServer(analyzer_of()) as server:
        words = ["conformance", "--port", f"tcp://{server.host}:{server.port}", "--hazardous"]
        assert run_command([*words, *chosen, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] == len(TCP_ALONE)


def test_a_proof_that_outlives_its_link_is_found() -> None:
    def connect() -> Transport:
        return TcpTransport(server.host, server.port)

    checks = tuple(check for check in CHECKS if check.name == "proof-ends-with-the-link")
    with TcpServer(analyzer_of(ProofOutlivesChallenge, link_key=KEY)) as server:
        results = run_keyed(connect, again=True, checks=checks)
    assert named(results, Outcome.FAILED) == {"proof-ends-with-the-link"}, told(results)


class Unfriendly(TcpServer):
    """Closes the connection of a second host and tells nothing."""

    def _turn_away(self, client: socket.socket) -> None:
        client.close()


def test_a_second_host_that_is_told_nothing_is_found() -> None:
    checks = tuple(check for check in CHECKS if check.name == "second-host-is-told")
    with Unfriendly(analyzer_of()) as server:

        def connect() -> Transport:
            return TcpTransport(server.host, server.port)

        results = run(connect, connect_again=connect, checks=checks)
    assert named(results, Outcome.FAILED) == {"second-host-is-told"}


@pytest.mark.parametrize("read_on", [True, False], ids=["answers", "stays open"])
def test_a_firmware_that_hears_other_protocols_is_found(
    read_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(_self: FirstBytes, _data: bytes) -> bool:
        return True

    checks = tuple(check for check in CHECKS if check.name == "other-protocols-are-closed")
    monkeypatch.setattr(FirstBytes, "begin_a_packet", begin)
    if not read_on:
        monkeypatch.setattr(SimulatedAnalyzer, "receive", lambda _self, _data, _now_s: None)
    with TcpServer(analyzer_of()) as server:

        def connect() -> Transport:
            return TcpTransport(server.host, server.port)

        bench = Bench(connect, PATIENCE_S, connect_again=connect)
        (found,) = checks
        with pytest.raises(CheckFailed, match="came HELLO" if read_on else "left open"):
            found.run(bench)
        bench.close()


@pytest.mark.parametrize("hindrance", sorted(HINDRANCES))
@pytest.mark.parametrize("is_faulty", [False, True], ids=["right", "faulty"])
def test_what_forbids_light_is_tried_where_it_is(hindrance: str, is_faulty: bool) -> None:
    covered = hindrance == "open-cover-forbids-light"
    faulty = CoverNotAsked if covered else FaultForgotten
    analyzer = analyzer_of(faulty if is_faulty else SimulatedAnalyzer)
    if covered:
        analyzer.interlock(True)
    else:
        analyzer.break_laser()
    results = run_in_process(analyzer)
    assert named(results, Outcome.FAILED) == ({hindrance} if is_faulty else set()), told(results)
    lasers = {check.name for check in CHECKS if check.needs & Needs.LASER}
    assert is_faulty or lasers <= named(results, Outcome.SKIPPED)


class OnTheSimulator:
    """A person's hands, on an analyzer in this process."""

    def __init__(self, analyzer: SimulatedAnalyzer) -> None:
        self._analyzer = analyzer

    def open_cover(self) -> None:
        self._analyzer.interlock(True)

    def close_cover(self) -> None:
        self._analyzer.interlock(False)

    def restart(self) -> None:
        self._analyzer.reboot()


@pytest.mark.parametrize(
    ("kind", "came"),
    [
        (SimulatedAnalyzer, ""),
        (CoverForgotten, "it says closed after a restart; the cover is open"),
        (CoverIsNews, "an event tells of a cover that opened"),
        (CoverIgnored, "the cover was moved, and it still says closed"),
        (RestartUntold, "no event RESTARTED tells of its restart"),
    ],
)
def test_a_cover_that_is_open_over_a_restart_is_tried_where_somebody_has_hands(
    kind: type[SimulatedAnalyzer], came: str
) -> None:
    analyzer = analyzer_of(kind)
    results = run(lambda: InProcessTransport(analyzer), hands=OnTheSimulator(analyzer))
    (result,) = [one for one in results if one.name in HANDS_ALONE]
    assert result.outcome is (Outcome.FAILED if came else Outcome.PASSED), result.came
    assert came in result.came
    assert not analyzer._cover_is_open  # also where the check failed
    if not came:
        assert not named(results, Outcome.FAILED), told(results)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--port", "sim:", "--hazardous"], "has its own"),
        (["--port", "/dev/ttyACM99"], "needs --hazardous"),
    ],
)
def test_hands_that_would_do_nothing_are_refused(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_command(["conformance", *words, "--hands", str(tmp_path / "pipe")]) == EXIT_USAGE
    assert why in capsys.readouterr().err


def test_without_hands_it_is_said_why_it_was_not_tried() -> None:
    (result,) = [one for one in run_in_process(analyzer_of()) if one.name in HANDS_ALONE]
    assert result.outcome is Outcome.SKIPPED
    assert "not tried" in result.came and "--hands" in result.came


@pytest.mark.skipif(not CAN_BUILD, reason=WHY_NOT)
def test_the_example_firmware_takes_hands_through_a_pipe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "jig"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR)  # a writer, too: its input never ends before we say so
    command = [str(built() / "ramix-example"), "--port", "0"]
    with subprocess.Popen(command, stdin=reader, stdout=subprocess.PIPE, text=True) as firmware:
        os.close(reader)
        assert firmware.stdout is not None
        port = f"tcp://{firmware.stdout.readline().strip().removeprefix('tcp://')}"
        words = ["conformance", "--port", port, "--hazardous", "--only", *HANDS_ALONE, "--json"]
        try:
            code = run_command([*words, "--hands", str(pipe)])
        finally:
            firmware.kill()
    (told,) = json.loads(capsys.readouterr().out)["checks"]
    assert (code, told["outcome"], told["came"]) == (0, "passed", "open, and dark")


def test_a_pipe_that_nobody_reads_is_one_sentence(tmp_path: Path) -> None:
    pipe, file = tmp_path / "jig", tmp_path / "file"
    os.mkfifo(pipe)
    file.touch()
    for path, why in (
        (pipe, "No such device"), (file, "neither"), (tmp_path / "none", "No such file"),
    ):  # fmt: skip
        with pytest.raises(CallerError, match=why):
            LineHands(path)


def test_a_lost_link_that_nobody_notices_is_found() -> None:
    checks = tuple(check for check in CHECKS if check.name.startswith("lost-link"))
    with TcpServer(analyzer_of(LinkLossUnnoticed)) as server:

        def connect() -> Transport:
            return TcpTransport(server.host, server.port)

        results = run(connect, connect_again=connect, checks=checks)
    assert len(results) == 2
    assert named(results, Outcome.FAILED) == {check.name for check in checks}, told(results)


# ---- the report and the command ----


def test_every_check_has_its_section_of_the_document() -> None:
    text = (Path(__file__).parent.parent / "firmware_bridge" / "PROTOCOL.md").read_text()
    headings = dict(re.findall(r"^## (\d+)\. (.+)$", text, re.M))
    assert SECTIONS.items() <= headings.items()
    assert len(CHECK_NAMES) == len(CHECKS)
    for check in CHECKS:
        assert check.section in SECTIONS
        assert check.rule.endswith(".")


def test_a_run_in_which_nothing_was_tried_does_not_conform() -> None:
    skipped = Result("one", "2", "A rule.", Outcome.SKIPPED, "no")
    passed = Result("two", "2", "A rule.", Outcome.PASSED, "")
    failed = Result("three", "2", "A rule.", Outcome.FAILED, "another thing")
    assert not Report("p", "", "", "", [skipped]).conforms
    assert Report("p", "", "", "", [skipped, passed]).conforms
    assert not Report("p", "", "", "", [passed, failed]).conforms
    assert "section 2, Packet" in line(failed)
    assert "another thing" in line(failed)


def test_what_an_analyzer_says_does_not_command_the_terminal() -> None:
    said = Result("one", "2", "A rule.", Outcome.FAILED, "no\x1b[2J\r\nno")
    assert "came:     no?[2J??no" in line(said)


def test_the_command_says_which_rule_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    with TcpServer(analyzer_of(CapabilitiesChange)) as server:
        words = ["conformance", "--port", server.address, "--only", "capabilities-are-stable"]
        code = run_command([*words, "--only", "dark-frame", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 6
    assert (told["passed"], told["failed"], told["conforms"]) == (1, 1, False)
    first = told["checks"][0]
    assert (first["name"], first["section"], first["outcome"]) == (
        "capabilities-are-stable",
        "5",
        "failed",
    )
    assert first["section_title"] == "Requests"
    assert "different things" in first["came"]


def test_the_command_prints_a_table_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["conformance", "--port", "sim:", "--hazardous", "--soak", "20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CHECKS) + 2
    assert lines[-1].startswith(f"Checks: {len(CHECKS)}; ")
    assert " 0 failed" in lines[-1]


def test_flags_allow_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    for flags, laser, flash in (([], "skip", "skip"), (["--slots"], "skip", "pass")):
        only = ["--only", "arming", "--only", "slot-bounds", "--only", "power"]
        assert run_command(["conformance", "--port", "sim:", *only, *flags]) == 0
        marks = [text.split()[0] for text in capsys.readouterr().out.splitlines()[1:-1]]
        assert marks == ["pass", laser, flash]


def test_an_unknown_check_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["conformance", "--port", "sim:", "--only", "no-such"]) == 2
    assert "hello-is-stable" in capsys.readouterr().err


@contextmanager
def silent_peer() -> Iterator[str]:
    """A TCP peer that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []
        thread = threading.Thread(target=lambda: taken.append(listener.accept()[0]))
        thread.start()
        yield "tcp://{}:{}".format(*listener.getsockname())
        thread.join()
        for one in taken:
            one.close()


def test_an_analyzer_that_never_answers_is_a_timeout(capsys: pytest.CaptureFixture[str]) -> None:
    with silent_peer() as port:
        assert run_command(["conformance", "--port", port, "--timeout", "0.6", "--json"]) == 5
    assert "answers nothing" in json.loads(capsys.readouterr().out)["error"]["text"]
