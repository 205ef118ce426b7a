"""Flashing an analyzer: refusals before a byte is sent, and the old or the new model after any cut.

The simulated analyzer keeps its flash in a file and is reached over TCP, as on a bench.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from device.cli.exit_codes import (
    EXIT_INTERRUPTED,
    EXIT_MODEL_REFUSED,
    EXIT_NO_ANALYZER,
    EXIT_ROLLED_BACK,
    EXIT_USAGE,
)
from device.cli.main import run_command
from device.inference.container import Container
from device.inference.trust import SigningKey
from device.simulated.flash_file import FlashFile
from firmware_bridge.messages import SlotState
from firmware_bridge.simulator.firmware import SimulatedAnalyzer
from firmware_bridge.simulator.scenes import EmptyScene
from firmware_bridge.simulator.serve import TcpServer
from tests.tiny_bundles import FIXTURES, tiny_bundle, tiny_path, tiny_variant
from tools import flash_progress, flashing
from tools.flash_model import cli

ROOT = FIXTURES.parent.parent
SCRIPT = ROOT / "tools" / "flash_model.py"


@dataclass
class Bench:
    """An analyzer in flight, its flash file, and the command line."""

    server: TcpServer
    capture: pytest.CaptureFixture[str]
    folder: Path

    @property
    def analyzer(self) -> SimulatedAnalyzer:
        return self.server.analyzer

    @property
    def states(self) -> list[SlotState]:
        return [slot.state for slot in self.analyzer.slots.slots]

    def bundle_file(self, data: bytes, name: str = "new.ramix") -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def run(self, *arguments: object) -> tuple[int, str, str]:
        """Exit code, stdout, stderr of `ramix-flash ARGUMENTS --port ...`."""
        self.capture.readouterr()
        words = [*map(str, arguments), "--port", self.server.address]
        code = run_command(words, cli, "ramix-flash")
        output = self.capture.readouterr()
        return code, output.out, output.err

    def flash(self, data: bytes, *options: str) -> tuple[int, str, str]:
        return self.run(self.bundle_file(data), *options)

    def active_bundle(self) -> bytes:
        """What the active slot holds, as another program reads it."""
        from device.ports import open_analyzer

        with open_analyzer(self.server.address) as analyzer:
            slot = analyzer.active_slot()
            assert slot is not None
            return b"".join(analyzer.read_slot(slot))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Bench]:
    flash = FlashFile.open(tmp_path / "flash.bin")
    try:
        with TcpServer(SimulatedAnalyzer(EmptyScene(), flash=flash)) as server:
            yield Bench(server, capsys, tmp_path)
    finally:
        flash.close()


def large_bundle(**changes: Any) -> bytes:
    """A working bundle whose upload takes a while: the signed part is padded."""
    return tiny_variant(provenance={"padding": "x" * 600_000}, **changes)


# ---- the way it should go ----


def test_an_empty_analyzer_gets_a_model_that_survives_a_restart(bench: Bench) -> None:
    code, out, err = bench.flash(tiny_path(2).read_bytes())
    assert code == 0, err
    assert "slot A: upload" in out and "confirmed" in out and "slot A answers: tiny-2 1.0.0" in out
    assert "demo key" in err
    with bench.server.lock:
        bench.analyzer.reboot()
    time.sleep(0.06)  # until the server's thread has hung up on whoever was connected
    assert bench.states == [SlotState.CONFIRMED, SlotState.EMPTY]
    assert bench.active_bundle() == tiny_path(2).read_bytes()


def test_flashing_the_same_bundle_again_changes_nothing(bench: Bench) -> None:
    bench.flash(tiny_path(2).read_bytes())
    operations = bench.analyzer.flash.operations
    code, out, _ = bench.flash(tiny_path(2).read_bytes())
    assert code == 0
    assert "already the active model" in out
    assert bench.analyzer.flash.operations == operations


def test_the_next_model_takes_the_other_slot_and_rollback_returns(bench: Bench) -> None:
    bench.flash(tiny_path(1).read_bytes())
    assert bench.flash(tiny_path(2).read_bytes())[0] == 0
    assert bench.analyzer.slots.active == 1
    code, out, _ = bench.run("rollback")
    assert code == 0 and "slot A is active again" in out
    assert bench.active_bundle() == tiny_path(1).read_bytes()
    code, out, _ = bench.flash(tiny_path(2).read_bytes())
    assert code == 0 and "already confirmed in another slot" in out
    assert bench.active_bundle() == tiny_path(2).read_bytes()


def test_a_third_model_replaces_the_one_not_in_use(bench: Bench) -> None:
    bench.flash(tiny_path(1).read_bytes())
    bench.flash(tiny_path(2).read_bytes())
    third = tiny_variant(name="third", security_counter=2)
    assert bench.flash(third)[0] == 0
    assert bench.analyzer.slots.active == 0
    assert bench.active_bundle() == third


def test_status_and_results_as_json(bench: Bench) -> None:
    code, out, _ = bench.flash(tiny_path(2).read_bytes(), "--json")
    result = json.loads(out)
    assert code == 0 and result["action"] == "upload" and result["slot"] == "A"
    assert result["model"]["name"] == "tiny-2" and not result["dry_run"]
    code, out, _ = bench.run("status", "--json")
    slots = json.loads(out)["slots"]
    assert [slot["state"] for slot in slots] == ["confirmed", "empty"]
    assert slots[0]["sha256"] == hashlib.sha256(tiny_path(2).read_bytes()).hexdigest()
    assert slots[0]["active"] and slots[1]["sha256"] is None
    code, out, _ = bench.run("status")
    assert "tiny-2 1.0.0" in out and "slot B  empty" in out


def test_dry_run_checks_everything_and_sends_nothing(bench: Bench) -> None:
    code, out, _ = bench.flash(tiny_path(2).read_bytes(), "--dry-run")
    assert code == 0 and "nothing sent" in out
    assert bench.states == [SlotState.EMPTY, SlotState.EMPTY]
    assert bench.analyzer.flash.operations == 0
    code, _, err = bench.flash(wrong_golden(), "--dry-run")
    assert code == EXIT_MODEL_REFUSED and "golden vector" in err


# ---- refusals ----


def wrong_golden() -> bytes:
    manifest = json.loads(Container.from_bytes(tiny_path(2).read_bytes()).manifest)
    golden = manifest["golden"]
    golden["presence"][0] = [0.75, 0.2]
    return tiny_variant(name="wrong", golden=golden)


def flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (lambda: tiny_path(2).read_bytes()[:-1], "cut short"),
        (lambda: tiny_path(2).read_bytes() + b"\0", "foreign bytes"),
        (lambda: flipped(tiny_path(2).read_bytes(), -2000), "altered"),
        (lambda: flipped(tiny_path(2).read_bytes(), 500), "altered after signing"),
        (lambda: tiny_variant(signers=[]), "not signed"),
        (lambda: tiny_variant(signers=[SigningKey.generate()]), "not trusted here"),
        (lambda: tiny_variant(product="ramix-532"), "ramix-532"),
        (lambda: tiny_variant(hardware_revisions=[2, 3]), "hardware revision 2, 3"),
        (lambda: tiny_variant(model=tiny_bundle(1).model), "does not answer"),
        (lambda: b"", "cut short"),
    ],
)
def test_what_does_not_belong_on_the_analyzer_is_refused_unsent(
    bench: Bench, data: Any, sentence: str
) -> None:
    bench.flash(tiny_path(1).read_bytes())
    operations = bench.analyzer.flash.operations
    code, _, err = bench.flash(data())
    assert code == EXIT_MODEL_REFUSED
    assert sentence in err and "Traceback" not in err
    assert bench.analyzer.flash.operations == operations
    assert bench.active_bundle() == tiny_path(1).read_bytes()


def test_an_older_bundle_is_refused_here_and_by_the_analyzer(bench: Bench) -> None:
    new, old = tiny_variant(security_counter=7), tiny_variant(security_counter=6)
    bench.flash(new)
    code, _, err = bench.flash(old)
    assert code == EXIT_MODEL_REFUSED and "older" in err and "6" in err and "7" in err
    code, _, err = bench.flash(old, "--allow-older")
    assert code == EXIT_MODEL_REFUSED and "The analyzer itself refuses" in err
    assert bench.active_bundle() == new


def test_rollback_to_a_model_below_the_counter_is_refused(bench: Bench) -> None:
    bench.flash(tiny_variant(security_counter=1))
    bench.flash(tiny_variant(security_counter=2))
    code, _, err = bench.run("rollback")
    assert code == EXIT_MODEL_REFUSED and "no longer accepts" in err
    assert bench.analyzer.slots.active == 1


def test_rollback_without_another_model_is_refused(bench: Bench) -> None:
    bench.flash(tiny_path(2).read_bytes())
    code, _, err = bench.run("rollback")
    assert code == EXIT_MODEL_REFUSED and "no other confirmed model" in err


def test_wrong_arguments_files_and_ports(bench: Bench, tmp_path: Path) -> None:
    assert run_command([str(tiny_path(2))], cli, "ramix-flash") == EXIT_USAGE
    assert bench.run()[0] == EXIT_USAGE
    code, _, err = bench.run(tmp_path / "none.ramix")
    assert code == EXIT_MODEL_REFUSED and "cannot be read" in err
    nobody = [str(tiny_path(2)), "--port", "tcp://127.0.0.1:9"]
    assert run_command(nobody, cli, "ramix-flash") == EXIT_NO_ANALYZER
    malformed = [str(tiny_path(2)), "--port", "nonsense"]
    assert run_command(malformed, cli, "ramix-flash") == EXIT_USAGE


# ---- what fails on trial goes back ----


def test_wrong_golden_answers_roll_back_to_the_model_before(bench: Bench) -> None:
    bench.flash(tiny_path(1).read_bytes())
    code, _, err = bench.flash(wrong_golden())
    assert code == EXIT_ROLLED_BACK
    assert "rolled back" in err and "golden vector 0" in err
    assert bench.analyzer.slots.active == 0 and bench.analyzer.slots.trial is None
    assert bench.active_bundle() == tiny_path(1).read_bytes()


@pytest.mark.parametrize("place", ["prove", "cache"])
def test_ctrl_c_during_the_trial_goes_back_and_after_it_keeps_the_new_model(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    bench.flash(tiny_path(1).read_bytes())
    monkeypatch.setattr(flashing, place, interrupted)
    assert bench.flash(tiny_path(2).read_bytes())[0] == EXIT_INTERRUPTED
    assert bench.analyzer.slots.trial is None
    assert bench.analyzer.slots.active == (0 if place == "prove" else 1)


def test_ctrl_c_between_two_steps_ends_the_trial(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command itself is interrupted, not the work: it must close the work it leaves."""

    def show(progress: flashing.Progress) -> None:
        if progress.step == "read back":
            raise KeyboardInterrupt

    bench.flash(tiny_path(1).read_bytes())
    monkeypatch.setattr(flash_progress, "shown", lambda _: contextlib.nullcontext(show))
    assert bench.flash(tiny_path(2).read_bytes())[0] == EXIT_INTERRUPTED
    assert bench.states == [SlotState.CONFIRMED, SlotState.VERIFIED]


# ---- interrupted and taken up again ----


def test_killed_in_mid_upload_the_next_run_resumes_and_says_so(bench: Bench) -> None:
    bench.flash(tiny_path(1).read_bytes())
    data = large_bundle()
    path = bench.bundle_file(data)
    command = [sys.executable, str(SCRIPT), str(path), "--port", bench.server.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        received = kill_in_mid_upload(bench, process, len(data))
    assert process.returncode == -signal.SIGKILL
    assert bench.active_bundle() == tiny_path(1).read_bytes()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "resuming the upload at" in done.stdout
    resumed_at = int(done.stdout.split("resuming the upload at ")[1].split()[0].replace(",", ""))
    assert received <= resumed_at < len(data)
    assert bench.active_bundle() == data


def kill_in_mid_upload(bench: Bench, process: "subprocess.Popen[bytes]", size: int) -> int:
    """SIGKILL while the analyzer holds still with part of the image; how much it has then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with bench.server.lock:  # nothing is received while we look and strike
            slot = bench.analyzer.slots.slots[1]
            if slot.state is SlotState.STAGED and 0 < slot.received < size:
                process.kill()
                process.wait()
                return slot.received
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    raise AssertionError("the upload never began")


def test_a_trial_that_lost_its_host_is_checked_and_confirmed(bench: Bench) -> None:
    from device.ports import open_analyzer

    data = tiny_path(2).read_bytes()
    with open_analyzer(bench.server.address) as analyzer:
        list(analyzer.upload(0, data, 1))
        analyzer.verify(0)
        analyzer.trial(0)
    code, out, _ = bench.flash(data)
    assert code == 0 and "already on trial: check it" in out
    assert bench.states[0] is SlotState.CONFIRMED


def test_a_verified_upload_is_not_sent_again(bench: Bench) -> None:
    from device.ports import open_analyzer

    data = tiny_path(2).read_bytes()
    with open_analyzer(bench.server.address) as analyzer:
        list(analyzer.upload(0, data, 1))
        analyzer.verify(0)
    code, out, _ = bench.flash(data)
    assert code == 0 and "already uploaded and verified" in out
    assert bench.states[0] is SlotState.CONFIRMED


def test_somebody_elses_trial_ends_before_the_upload(bench: Bench) -> None:
    from device.ports import open_analyzer

    bench.flash(tiny_path(1).read_bytes())
    stranger = tiny_variant(name="stranger")
    with open_analyzer(bench.server.address) as analyzer:
        list(analyzer.upload(1, stranger, 1))
        analyzer.verify(1)
        analyzer.trial(1)
    code, out, _ = bench.flash(tiny_path(2).read_bytes())
    assert code == 0 and "ended the trial in slot B" in out
    assert bench.active_bundle() == tiny_path(2).read_bytes()


def test_rollback_ends_a_trial(bench: Bench) -> None:
    from device.ports import open_analyzer

    bench.flash(tiny_path(1).read_bytes())
    with open_analyzer(bench.server.address) as analyzer:
        list(analyzer.upload(1, tiny_path(2).read_bytes(), 1))
        analyzer.verify(1)
        analyzer.trial(1)
    code, out, _ = bench.run("rollback")
    assert code == 0 and "slot A is active again" in out
    assert bench.states == [SlotState.CONFIRMED, SlotState.VERIFIED]


# ---- as a file ----


@pytest.mark.parametrize("arguments", [[], ["flash"], ["status"], ["rollback"]])
def test_every_command_has_an_example(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*arguments, "--help"], cli, "ramix-flash") == 0
    assert "Example" in capsys.readouterr().out


def test_the_script_runs_as_a_file_of_its_own() -> None:
    """Directly too, in the checkout's environment, whatever Python the shell would find."""
    commands = [[sys.executable, str(SCRIPT)]]
    if (ROOT / ".venv" / "bin" / "python").exists():
        commands.append([str(SCRIPT)])
    for command in commands:
        done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
        assert "rollback" in done.stdout


def test_somebody_at_a_terminal_sees_a_bar(bench: Bench) -> None:
    master, slave = os.openpty()
    path = bench.bundle_file(large_bundle())
    command = [sys.executable, str(SCRIPT), str(path), "--port", bench.server.address]
    environment = {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment
    ) as process:
        os.close(slave)
        shown = read_terminal(master)
    os.close(master)
    assert process.returncode == 0
    assert "━" in shown and "kB" in shown and "read back" in shown and "confirmed" in shown


def read_terminal(master: int) -> str:
    shown = b""
    while True:
        try:
            shown += os.read(master, 65_536)
        except OSError:  # EIO: the last process at the other end has gone
            return shown.decode("utf-8", "replace")
