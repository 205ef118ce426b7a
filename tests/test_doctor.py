"""`ramix doctor`: each thing that can be missing is found, explained and mended as it says."""

import builtins
import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from device.cli.main import run_command
from device.doctor import access, analyzer, examination, model, state
from device.doctor.finding import Finding, Level
from device.driver.analyzer import Analyzer
from device.driver.transports.in_process import InProcessTransport
from device.field_library.store import FieldLibrary
from device.inference.errors import RuntimeMissing
from device.ports import PortInfo
from firmware_bridge.errors import PortNotFound
from firmware_bridge.framing import Framing
from firmware_bridge.messages import Opcode
from firmware_bridge.simulator.equipment import Equipment
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import EmptyScene
from tests.hostile import Liar, Lie, saying, silent

ROOT = Path(__file__).resolve().parent.parent
RULE = '"1209" "7850"\n'
BLANK = "sim:model=none"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("RAMIX_HOME", str(folder))
    return folder


def levels(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    found = list(findings)
    for finding in found:
        assert finding.text.endswith(".") and finding.text.count("\n") == 0
        assert bool(finding.remedy) is (finding.level is not Level.OK)
    return [(finding.check, str(finding.level)) for finding in found]


def only(findings: Iterator[Finding]) -> Finding:
    found = list(findings)
    assert len(found) == 1, found
    return found[0]


# ---- the command ----


def test_all_checks_of_machine_and_analyzer_are_told(capsys: Capture) -> None:
    code = run_command(["doctor", "--port", BLANK, "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (code, told["healthy"]) == (0, True)
    named = {one["check"] for one in told["checks"]}
    assert named >= {
        "usb driver", "serial driver", "udev rule", "serial group", "ports", "runtime", "kernel",
        "signature", "model", "records", "field library", "file modes", "disk", "clock",
        "analyzer", "calibration", "camera", "events", "laser", "battery", "temperatures",
        "cooler", "trigger", "analyzer clock", "analyzer model",
    }  # fmt: skip
    for one in told["checks"]:
        assert set(one) == {"check", "level", "text", "remedy"}


def test_without_a_port_no_analyzer_is_asked(capsys: Capture) -> None:
    assert run_command(["doctor"]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "golden spectra hold" in output and "Faults: 0" in output
    assert "calibration" not in output


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_it_is_as_wide_as_the_terminal_and_loses_no_word(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    run_command(["doctor", "--port", BLANK])
    output = capsys.readouterr().out
    assert max(map(len, output.splitlines())) <= columns
    assert "The calibration page is valid: 250 to 2550 cm-1, laser" in " ".join(output.split())


def test_a_fault_is_exit_code_1_and_stands_with_its_remedy(capsys: Capture) -> None:
    assert run_command(["doctor", "--port", "/dev/no-such-port"]) == 1
    output = capsys.readouterr().out
    assert "There is no /dev/no-such-port." in output and "-> Run `ramix list`" in output
    assert run_command(["doctor", "--port", "/dev/no-such-port", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["healthy"] is False


@pytest.mark.parametrize("words", [["--port", "nonsense"], ["--set-clock"], ["--acknowledge"]])
def test_a_wrong_line_is_a_usage_error(words: list[str], capsys: Capture) -> None:
    assert run_command(["doctor", *words, "--json"]) == 2
    assert set(json.loads(capsys.readouterr().out)) == {"error"}


def test_nothing_is_created_by_looking(home: Path) -> None:
    assert run_command(["doctor"]) == 0
    assert not home.exists()


# ---- permission ----


def test_the_udev_rule(tmp_path: Path) -> None:
    assert only(access.udev_rule([tmp_path, tmp_path / "none"])).level is Level.WARNING
    rules = tmp_path / "70-any.rules"
    rules.write_text(f"# {RULE}")
    assert "No udev rule" in only(access.udev_rule([tmp_path])).text  # a comment is no rule
    rules.write_text(RULE)
    assert "ModemManager" in only(access.udev_rule([tmp_path])).text
    rules.write_text(f'{RULE} ENV{{ID_MM_DEVICE_IGNORE}}="1"')
    assert only(access.udev_rule([tmp_path])).level is Level.OK


def test_the_serial_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found = only(access.serial_group([tmp_path], "no-such-group"))
    assert found.level is Level.WARNING and "usermod -aG no-such-group" in found.remedy
    (tmp_path / "70-any.rules").write_text(RULE)
    assert only(access.serial_group([tmp_path], "no-such-group")).level is Level.OK
    monkeypatch.setattr(access, "_own_groups", lambda: {"dialout"})
    assert "is in the group" in only(access.serial_group([])).text


@pytest.mark.parametrize(
    ("port", "level"),
    [
        (PortInfo("usb:RX-1", "usb", "RX-1"), Level.OK),
        (PortInfo("usb:", "usb", ""), Level.FAULT),
        (PortInfo("/dev/no-such-node", "serial", "RX-1"), Level.FAULT),
        (PortInfo(os.devnull, "serial", "RX-1"), Level.OK),
    ],
)
def test_a_node_that_may_not_be_opened(
    port: PortInfo, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "list_ports", lambda: [port])
    assert only(access.nodes()).level is level


@pytest.mark.parametrize("missing", ["usb_bulk", "serial_port"])
def test_a_driver_that_cannot_be_imported(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.endswith(missing):
            raise ModuleNotFoundError("blocked", name="vendor_library")
        return honest(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    faults = [one for one in access.drivers() if one.level is Level.FAULT]
    assert len(faults) == 1 and "vendor_library is missing" in faults[0].text
    assert "pip install" in faults[0].remedy


def test_a_missing_libusb(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_libusb() -> list[str]:
        raise PortNotFound("libusb is missing.", remedy="Install it.")

    monkeypatch.setattr("device.driver.transports.usb_bulk.list_usb", no_libusb)
    assert levels(access.drivers()) == [("usb driver", "fault"), ("serial driver", "ok")]


# ---- what answers ----


def test_a_missing_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> Any:
        raise RuntimeMissing("No runtime for the network.")

    monkeypatch.setattr(model, "runtime_here", none)
    monkeypatch.setattr(model, "prove", none)
    monkeypatch.setattr(examination, "MACHINE_CHECKS", [("runtime", model.runtime)])
    assert levels(examination.examine_machine()) == [("runtime", "fault")]
    assert levels(model.model()) == [("signature", "warning"), ("model", "fault")]


def test_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.native.library.backend", lambda: "numpy")
    assert "no compiled kernel" in only(model.kernel()).text
    monkeypatch.setenv("RAMIX_KERNEL", "none")
    assert "Unset RAMIX_KERNEL" in only(model.kernel()).remedy
    monkeypatch.setattr("device.native.library.backend", lambda: "native")
    assert only(model.kernel()).level is Level.OK


def test_a_damaged_model_is_a_fault_in_its_own_words(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "model.ramix").write_bytes(b"no bundle")
    monkeypatch.setattr(examination, "MACHINE_CHECKS", [("model", model.model)])
    assert levels(examination.examine_machine()) == [("model", "fault")]


# ---- what is kept ----


def _store_one(home: Path) -> Path:
    frame = "data/solvents13/mixtures/FourSolvent-1.txt"
    path = home / "records.sqlite"
    code = run_command(["identify", "--file", str(ROOT / frame), "--store", str(path)])
    assert code in (0, 9, 10) and path.exists()
    return path


def test_the_records_are_verified(home: Path) -> None:
    assert "no records yet" in only(state.records()).text
    path = _store_one(home)
    assert "1 records" in only(state.records()).text
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("UPDATE contents SET data = x'00' WHERE sequence = 1")
    connection.commit()
    connection.close()
    found = only(state.records())
    assert found.level is Level.FAULT and "measured data was changed" in found.text
    path.write_bytes(b"something else" * 1000)
    path.with_name("records.sqlite-wal").unlink(missing_ok=True)
    assert levels(examination._guarded("records", state.records)) == [("records", "fault")]


def test_the_store_of_simulated_analyzers_in_place_of_the_other_is_a_fault(home: Path) -> None:
    from device.records.store import RecordStore
    from tests.sample_answers import answer

    with RecordStore(home / "records.sqlite", simulated=True) as store:
        store.append(answer())
    found = only(state.records())
    assert found.level is Level.FAULT and "that of simulated analyzers" in found.text


def test_records_that_may_not_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert only(state.records()).level is Level.FAULT


def test_a_damaged_entry_of_the_field_library(home: Path) -> None:
    assert "0 compounds" in only(state.field_library()).text
    (home / "library").mkdir(parents=True)
    (home / "library" / "x.json").write_text("{")
    found = only(state.field_library())
    assert found.level is Level.FAULT and "ramix library remove x" in found.remedy


def test_what_this_program_keeps_is_its_owners_alone(home: Path) -> None:
    before = os.umask(0o022)
    try:
        _store_one(home / "deep")
        with FieldLibrary(home / "library")._locked():
            pass
    finally:
        os.umask(before)
    kept = [home, *home.rglob("*")]
    assert len(kept) == 8 and [path for path in kept if path.stat().st_mode & 0o077] == []


def test_file_modes(home: Path) -> None:
    assert only(state.file_modes()).level is Level.OK
    home.mkdir(mode=0o700)
    (home / "records.sqlite").touch(mode=0o600)
    assert only(state.file_modes()).level is Level.OK
    (home / "records.sqlite").chmod(0o644)
    found = only(state.file_modes())
    assert found.level is Level.WARNING and found.remedy == f"Close them: chmod -R go= {home}"
    (home / "records.sqlite").chmod(0o600)
    home.chmod(0o755)
    assert only(state.file_modes()).level is Level.WARNING
    home.chmod(0o700)
    (home / "etc").mkdir(mode=0o755)
    (home / "etc" / "trust.json").touch()
    (home / "etc" / "trust.json").chmod(0o666)
    assert levels(state.file_modes()) == [("file modes", "ok"), ("file modes", "fault")]


@pytest.mark.parametrize(
    ("free_bytes", "level"), [(1e6, Level.FAULT), (1e8, Level.WARNING), (1e10, Level.OK)]
)
def test_room_on_the_disk(free_bytes: float, level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free_bytes))
    assert only(state.disk()).level is level


@pytest.mark.parametrize(
    ("year", "level"), [(1970, Level.FAULT), (2030, Level.OK), (2107, Level.FAULT)]
)
def test_a_clock_that_was_never_set(year: int, level: Level) -> None:
    assert only(state.clock(datetime(year, 1, 2, tzinfo=UTC))).level is level


# ---- the analyzer ----


def examined(instrument: Any, **how: bool) -> dict[str, list[Finding]]:
    found = list(
        examination.examine_analyzer(lambda: Analyzer(InProcessTransport(instrument), 1.0), **how)
    )
    levels(iter(found))
    return {name: [one for one in found if one.check == name] for name in (f.check for f in found)}


def test_an_analyzer_without_fault() -> None:
    instrument = SimulatedAnalyzer(EmptyScene())
    found = examined(instrument, set_clock=True)
    wrong = [one for ones in found.values() for one in ones if one.level is not Level.OK]
    assert [one.check for one in wrong] == ["analyzer model"]
    assert "switched on (event 1)" in found["events"][0].text
    assert not instrument.laser_on_log


def test_less_equipment() -> None:
    parts = Equipment(
        tells_camera=False, has_tec=False, has_trigger=False, has_thermometer=False,
        battery_percent=None,
    )  # fmt: skip
    found = examined(SimulatedAnalyzer(EmptyScene(), equipment=parts))
    assert "gain, read noise" in found["camera"][0].text
    assert found["trigger"][0].level is Level.WARNING
    assert found["cooler"][0].text == "There is no detector cooler."
    assert "no battery" in found["battery"][0].text


def test_a_low_battery() -> None:
    low = Equipment(battery_percent=10)
    assert examined(SimulatedAnalyzer(EmptyScene(), equipment=low))["battery"][0].remedy
    fed = Equipment(battery_percent=10, charging=True)
    assert not examined(SimulatedAnalyzer(EmptyScene(), equipment=fed))["battery"][0].remedy


def test_a_laser_fault_is_told_and_released_by_acknowledging() -> None:
    instrument = SimulatedAnalyzer(EmptyScene())
    instrument.break_laser()
    found = examined(instrument)
    assert [one.level for one in found["events"]] == [Level.OK, Level.FAULT]
    assert found["laser"][0].level is Level.FAULT
    assert len(examined(instrument)["events"]) == 2  # looking cleared nothing
    assert "number 2 are acknowledged" in examined(instrument, acknowledge=True)["events"][-1].text
    found = examined(instrument)
    assert found["laser"][0].level is found["events"][0].level is Level.OK


def test_an_open_cover_and_a_full_log() -> None:
    instrument = SimulatedAnalyzer(EmptyScene())
    for _ in range(40):
        instrument.interlock(True)
        instrument.interlock(False)
    instrument.interlock(True)
    found = examined(instrument)
    assert found["laser"][0].text == "The interlock is open."
    assert found["events"][-1].text == "10 more happened while the log was full."


def test_a_clock_that_is_wrong_and_set() -> None:
    opened = Analyzer(InProcessTransport(SimulatedAnalyzer(EmptyScene())), 1.0)
    with opened as instrument:
        assert "not set" in only(analyzer.clock(instrument)).text
        now = datetime.now(UTC)
        instrument.set_clock_utc(now - timedelta(minutes=5))
        found = only(analyzer.clock(instrument, now))
        assert found.text == "The analyzer's clock is 300 s behind this computer's."
        instrument.set_clock_utc(now)
        assert only(analyzer.clock(instrument, now)).level is Level.OK


def test_a_damaged_calibration_page_is_one_fault_among_the_rest() -> None:
    instrument = SimulatedAnalyzer(EmptyScene())
    instrument.set_calibration_page(b"nonsense")
    found = examined(instrument)
    assert found["calibration"][0].level is Level.FAULT
    assert found["trigger"][0].level is Level.OK


LIES: dict[str, tuple[dict[int | None, Lie], str]] = {
    "a clock beyond the calendar": (
        {Opcode.GET_CLOCK: saying(Framing.RAW, utc_ms=2**63)}, "analyzer clock",
    ),
    "another protocol": (
        {Opcode.HELLO: saying(Framing.RAW, protocol_version=9)}, "analyzer",
    ),
    "silence": ({None: silent}, "analyzer"),
    "silence on the way": ({Opcode.GET_POWER: silent}, "analyzer"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_a_fault_with_a_sentence(lie: str) -> None:
    lies, check = LIES[lie]
    found = examined(Liar(SimulatedAnalyzer(EmptyScene()), lies))
    assert [one.level for one in found[check]][-1] is Level.FAULT


def test_every_check_is_listed_once() -> None:
    for checks in (examination.MACHINE_CHECKS, analyzer.CHECKS):
        names = [name for name, _ in checks]
        functions: list[Callable[..., Any]] = [function for _, function in checks]
        assert len(set(names)) == len(names) and len(set(functions)) == len(functions)
