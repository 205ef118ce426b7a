"""Chatter from C++ stays off the terminal; warnings, and everything outside, come through."""

import os
import subprocess
import sys

import pytest

from device.inference.quiet_stderr import without_chatter
from tests.tiny_bundles import tiny_path


def test_information_is_dropped_and_warnings_pass(capfd: pytest.CaptureFixture[str]) -> None:
    with without_chatter():
        os.write(2, b"INFO: delegate created\nWARNING: slow kernel\n")
    os.write(2, b"INFO: from elsewhere\n")
    assert capfd.readouterr().err == "WARNING: slow kernel\nINFO: from elsewhere\n"


def test_what_was_written_before_an_error_passes(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="damaged"), without_chatter():
        os.write(2, b"ERROR: damaged model\n")
        raise ValueError("damaged")
    assert capfd.readouterr().err == "ERROR: damaged model\n"


def test_descriptors_do_not_pile_up() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        with without_chatter():
            pass
    assert len(os.listdir("/proc/self/fd")) == before


LOAD = """
import sys
from pathlib import Path
from device.inference.interpreter import Interpreter
from device.inference.container import Container
{before}
Interpreter(Container.from_bytes(Path(sys.argv[1]).read_bytes()).model)
print("loaded")
"""


@pytest.mark.parametrize("before", ["", "import os; os.close(2)"])
def test_loading_a_model_says_nothing(before: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", LOAD.format(before=before), str(tiny_path(2))],
        capture_output=True,
        text=True,
    )
    assert (finished.stdout, finished.stderr) == ("loaded\n", "")


def test_without_the_guard_the_library_does_chatter() -> None:
    program = LOAD.format(before="import device.inference.interpreter as i; import contextlib")
    program = program.replace(
        "import contextlib", "import contextlib; i.without_chatter = contextlib.nullcontext"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, str(tiny_path(2))], capture_output=True, text=True
    )
    assert finished.stderr.startswith("INFO:")
