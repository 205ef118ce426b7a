"""What a shell needs: completion without importing a verb, man pages, and a version everywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from device.cli.completion import SHELLS, completion_script
from device.cli.lazy_group import commands_of
from device.cli.main import cli
from device.cli.verbs import VERBS
from device.version import VERSION
from tools.man_pages import page, write_pages

COMMANDS = dict(commands_of(cli, "ramix"))
NAMES = list(COMMANDS)


def complete(words: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "_RAMIX_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    program = "import sys; from device.cli.start import main\ntry: main()\nfinally: " + (
        "print('modules', *(name for name in sys.modules if name.startswith('device.')))"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_verbs_are_completed_without_importing_one() -> None:
    offered, _, modules = complete("ramix re").stdout.partition("modules")
    assert "plain,records" in offered.splitlines()
    assert not {verb.module for verb in VERBS.values()} & set(modules.split())


def test_options_and_choices_of_a_verb_are_completed() -> None:
    assert "plain,--port" in complete("ramix identify --po").stdout
    assert "plain,litert" in complete("ramix identify --runtime li").stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script(shell: str) -> None:
    assert "_RAMIX_COMPLETE" in completion_script(shell)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_takes_the_script() -> None:
    subprocess.run(["bash", "-n", "-c", completion_script("bash")], check=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_verb_says_its_version(name: str) -> None:
    from click.testing import CliRunner

    done = CliRunner().invoke(cli, [*name.split()[1:], "--version"], prog_name="ramix")
    assert (done.exit_code, done.output) == (0, f"ramix {VERSION}\n")


@pytest.mark.parametrize("name", NAMES)
def test_every_verb_has_a_man_page_with_its_options(name: str) -> None:
    text = page(name, COMMANDS[name])
    assert text.startswith(f'.TH "{name.replace(" ", "-").upper()}" 1')
    assert "\\-\\-help" in text and "\\-\\-version" in text
    assert "\b" not in text
    described, _, examples = text.partition(".SH EXAMPLES\n")
    assert name.replace("-", "\\-") in examples and ".nf" not in described


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff here")
def test_groff_has_nothing_against_them(tmp_path: Path) -> None:
    pages = write_pages(tmp_path)
    done = subprocess.run(
        ["groff", "-man", "-ww", "-z", "-Tutf8", *map(str, pages)], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stderr == ""
